"""``@frozen`` beside ``@dataclass(frozen=True, slots=True)``: the same class, made in less time."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from release_gate.frozen import frozen


@frozen
class Base:
    """What both have."""

    at: int = field(compare=False, repr=False)


@frozen
class Quick(Base):
    """One with all that fields may say."""

    name: str
    size: int = 3
    parts: dict[str, int] = field(default_factory=dict, hash=False)
    double: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "double", 2 * self.size)

    @property
    def shout(self) -> str:
        """A property is kept."""
        return self.name.upper()


@dataclass(frozen=True, slots=True)
class SlowBase:
    """The same, as data classes are."""

    at: int = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Slow(SlowBase):
    """The same, as data classes are."""

    name: str
    size: int = 3
    parts: dict[str, int] = field(default_factory=dict, hash=False)
    double: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "double", 2 * self.size)


def outcome(ask: Callable[[], Any]) -> str:
    """What an expression comes to, or how it fails, in words that do not name the class."""
    try:
        said = repr(ask())
    except (AttributeError, TypeError, ValueError) as error:
        said = type(error).__name__
    return said.replace("Quick", "Slow")


def through_pickle(value: Any) -> Any:
    """A value as another process gets it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


ASKED: dict[str, Callable[[Any], Any]] = {
    "shown": lambda cls: cls(1, "a"),
    "named": lambda cls: cls(at=1, name="a", size=4, parts={"x": 1}),
    "too few": lambda cls: cls(1),
    "too many": lambda cls: cls(1, "a", 2, {}, 4),
    "unheard of": lambda cls: cls(1, "a", colour="red"),
    "equal": lambda cls: cls(1, "a") == cls(2, "a"),
    "unequal": lambda cls: cls(1, "a") == cls(1, "b"),
    "not its kind": lambda cls: cls(1, "a") == ("a", 3, {}, 6),
    "hash": lambda cls: hash(cls(1, "a")) == hash(cls(2, "a")),
    "in a set": lambda cls: len({cls(1, "a"), cls(2, "a"), cls(1, "b")}),
    "replaced": lambda cls: replace(cls(1, "a"), size=7),
    "replaced what is made": lambda cls: replace(cls(1, "a"), double=7),
    "own parts": lambda cls: cls(1, "a").parts is cls(1, "a").parts,
    "copied": lambda cls: copy.copy(cls(1, "a")),
    "copied deeply": lambda cls: copy.deepcopy(cls(1, "a", parts={"x": 1})),
    "pickled": lambda cls: through_pickle(cls(1, "a")),
    "place kept": lambda cls: through_pickle(cls(9, "a")).at,
    "changed": lambda cls: setattr(cls(1, "a"), "name", "b"),
    "deleted": lambda cls: delattr(cls(1, "a"), "name"),
    "fields": lambda cls: [(each.name, each.compare, each.init) for each in fields(cls)],
    "matched": lambda cls: cls.__match_args__,
    "slots": lambda cls: cls.__slots__,
    "no dictionary": lambda cls: hasattr(cls(1, "a"), "__dict__"),
    "data class": is_dataclass,
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_it_is_in_use_what_a_data_class_is(ask: Callable[[Any], Any]) -> None:
    assert outcome(lambda: ask(Quick)) == outcome(lambda: ask(Slow))


def test_what_cannot_be_changed_says_so() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot change `name`"):
        Quick(1, "a").name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot change `colour`"):
        Quick(1, "a").colour = "red"  # type: ignore[attr-defined]


def test_methods_of_its_own_stay() -> None:
    @frozen
    class Shown:
        """One that shows itself."""

        name: str

        def __repr__(self) -> str:
            return self.name

    assert repr(Shown("a")) == "a"
    assert Quick(1, "a").shout == "A"


def test_super_finds_the_class_above_although_slots_make_a_new_one() -> None:
    @frozen
    class Above:
        """What is above."""

        name: str

        @property
        def shout(self) -> str:
            """In capitals."""
            return self.name.upper()

        def said(self) -> str:
            """As it is."""
            return self.name

    @frozen
    class Loud(Above):
        """One that asks what is above in a property alone."""

        @property
        def shout(self) -> str:
            """In capitals, and more."""
            return super().shout + "!"

    @frozen
    class Twice(Above):
        """One that asks in a method."""

        def said(self) -> str:
            """As it is, twice."""
            return super().said() * 2

    assert Loud("a").shout == "A!"
    assert Twice("a").said() == "aa"
