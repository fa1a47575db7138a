"""Sealed values: a digest stands in the record, and what it is of is kept apart and can be erased.

What is sealed is replaced by ``{"sealed": DIGEST}``. The digest is over the value, a salt of 256 random bits,
the place of the value in the record, and a name that is the record's alone. Without the salt nobody can try
values until one fits, and a disclosure for one place or record opens no other. Whoever erases the salt erases
the value; the record, which has only the digest, stays as it is.

Places are JSON pointers (RFC 6901) into the record, with content read in place of the digests that name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final

from release_gate.canonical import digest
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable

__all__ = [
    "EVENT",
    "Disclosure",
    "Disclosures",
    "Erased",
    "Sealer",
    "check_opens",
    "field_of",
    "is_seal",
    "is_sealed",
    "opened",
    "pointer",
    "sealed_places",
    "steps_of",
]

DOMAIN: Final = "urn:model-release-gate:sealed:v1"
SALT: Final = 32
"""How many bytes of salt a value gets."""
LEAST_SALT: Final = 16
"""How many it must have to be believed: fewer could be guessed."""
MARK: Final = "sealed"
EVENT: Final = ("by", "note", "to")
"""What an event may say of persons."""
_DIGEST: Final = "sha256:[0-9a-f]{64}"


class Erased(InputError):  # noqa: N818 - it is named for what happened
    """Values are needed that were erased, or were not disclosed."""


@dataclass(frozen=True)
class Disclosure:
    """What opens one sealed value.

    Attributes:
        pointer: The place of the value in the record.
        salt: Random hexadecimal digits.
        value: The value, as JSON has it.
    """

    pointer: str
    salt: str = field(repr=False)
    value: Any = field(repr=False)

    def digest(self, seal: str) -> str:
        """The digest that stands in the record with this seal."""
        return digest([DOMAIN, seal, self.pointer, self.salt, self.value])


@dataclass(frozen=True)
class Disclosures:
    """The disclosures of one record.

    Attributes:
        seal: The random name by which the record refers to them.
        all: The disclosures.
    """

    seal: str
    all: tuple[Disclosure, ...]

    def only(self, fields: Iterable[str]) -> Disclosures:
        """Those of some fields of the request, and of what is below them."""
        wanted = [steps_of(each.split(".")) for each in fields]
        found = [
            each
            for each in self.all
            if (at := field_of(each.pointer)) is not None
            and any(at[: len(names)] == names for names in wanted)
        ]
        return Disclosures(self.seal, tuple(found))

    def without(self, fields: Iterable[str]) -> Disclosures:
        """What may be kept once some fields are erased.

        The text as it was typed, and what the decision and the trace say of facts, may show what is erased.
        So only other fields of the request are left.
        """
        gone = [steps_of(each.split(".")) for each in fields]
        kept = [
            each
            for each in self.all
            if (at := field_of(each.pointer)) is not None
            and not any(at[: len(names)] == names[: len(at)] for names in gone)
        ]
        return Disclosures(self.seal, tuple(kept))


def steps_of(steps: Sequence[str]) -> tuple[str, ...]:
    """The names on the way to a field. Lists and variants do not count: it is one field in all of them."""
    rest = steps[2:] if steps[:1] in (["variants"], ("variants",)) else steps
    return tuple(each for each in rest if each != "items" and not each.isdigit())


def field_of(place: str) -> tuple[str, ...] | None:
    """The names on the way to the field of a request or an event that a pointer is to; None for others."""
    steps = [each.replace("~1", "/").replace("~0", "~") for each in place.split("/")[1:]]
    if len(steps) == 1 and steps[0] in EVENT:
        return "event", steps[0]
    return steps_of(steps[2:]) if steps[:2] == ["request", "tree"] else None


class Sealer:
    """Seals the values of one record, and keeps what opens them."""

    def __init__(self) -> None:
        self.seal = token_hex(16)
        self.made: list[Disclosure] = []

    def __call__(self, place: str, value: Any) -> dict[str, str]:
        """What stands in the record in place of a value."""
        made = Disclosure(place, token_hex(SALT), value)
        self.made.append(made)
        return {MARK: made.digest(self.seal)}

    @property
    def disclosures(self) -> Disclosures:
        """What opens all that was sealed."""
        return Disclosures(self.seal, tuple(self.made))


def pointer(*steps: str | int) -> str:
    """A JSON pointer. RFC 6901, section 3."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def is_sealed(value: Any) -> bool:
    """Whether a value of a record stands for one that is sealed."""
    return isinstance(value, Mapping) and MARK in value


def is_seal(value: Any) -> bool:
    """Whether a sealed value has the form that it must have."""
    return (
        isinstance(value, Mapping)
        and [*value] == [MARK]
        and re.fullmatch(_DIGEST, str(value[MARK])) is not None
    )


def sealed_places(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in a value that is sealed, with its place."""
    if is_sealed(value):
        yield place, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from sealed_places(item, place + pointer(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from sealed_places(item, place + pointer(index))


def opened(value: Any, disclosures: Disclosures, place: str = "", *, all_of_it: bool = True) -> Any:
    """A value with everything in it opened.

    Args:
        value: The value.
        disclosures: What opens it.
        place: The place of the value in the record.
        all_of_it: Whether all of it must be opened; else what cannot be opened stays sealed.

    Raises:
        Erased: Something cannot be opened.
        IntegrityError: A disclosure is not of what is sealed in its place.
    """
    there = {each.pointer: each for each in disclosures.all}
    left = sum(at not in there for at, _ in sealed_places(value, place))
    if left and all_of_it:
        # Which values these are is seen in the record, and nothing is taken to be absent.
        one, several = (
            "a sealed value is needed here, and was",
            f"{left} sealed values are needed here, and were",
        )
        message = f"{one if left == 1 else several} erased or not disclosed"
        help_ = "ask whoever keeps the disclosures; what was erased is gone for good"
        raise Erased([Diagnostic("RG742", message, help=help_)])
    return _opened(value, disclosures.seal, there, place)


def _opened(value: Any, seal: str, there: Mapping[str, Disclosure], place: str) -> Any:
    if is_sealed(value):
        disclosure = there.get(place)
        if disclosure is None:
            return value
        check_opens(disclosure, seal, value)
        return disclosure.value
    if isinstance(value, Mapping):
        return {name: _opened(item, seal, there, place + pointer(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, seal, there, place + pointer(index)) for index, item in enumerate(value)]
    return value


def check_opens(disclosure: Disclosure, seal: str, value: Any) -> None:
    """That a disclosure is of what is sealed.

    Raises:
        IntegrityError: It is not.
    """
    if value != {MARK: disclosure.digest(seal)}:
        message = f"the disclosure for `{printable(disclosure.pointer)}` is not of what is sealed there"
        help_ = "it is of another place or record, or was edited"
        raise IntegrityError([Diagnostic("RG743", message, help=help_)])
    if len(disclosure.salt) < 2 * LEAST_SALT:
        message = f"the salt of `{printable(disclosure.pointer)}` is so short that its value can be guessed"
        raise IntegrityError([Diagnostic("RG744", message)])
