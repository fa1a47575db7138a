"""The licence table and SPDX expressions: from the name of a licence to what it lets people do.

A name that the table does not have (``other``, ``unknown``, a licence of somebody's own) has no terms at
all, and so never passes. See ``licenses.yaml`` beside this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache, reduce
from pathlib import Path
from typing import Any, Final, cast

from release_gate.facts.truth import Reason, Unknown, Value
from release_gate.facts.types import Text
from release_gate.source import read_document

__all__ = ["TERMS", "Licence", "license_name", "license_names", "license_terms"]

TERMS: Final = (
    "commercial_use",
    "redistribution",
    "derivatives",
    "use_restrictions",
    "flow_down",
    "share_alike",
    "outputs_may_train",
    "open",
    "mau_cap",
    "name_prefix",
    "display",
    "notice",
    "excludes_eu",
    "verified",
)
"""What the table says of a licence."""

LONGEST: Final = 500
"""Characters of an expression that are still read."""

KEPT: Final = 4096
"""How many names are remembered; requests may have any."""

_NOT_SAID: Final = Unknown(Reason.MISSING)
_NOTHING: Final = dict.fromkeys(TERMS, cast("Value", _NOT_SAID))
_NOT_WEIGHED: Final = ("notice", "verified")  # whoever chooses a licence gives its notice without regret
_FREEDOMS: Final = frozenset({"commercial_use", "redistribution", "derivatives", "outputs_may_train", "open"})


@lru_cache(maxsize=KEPT)
def license_terms(name: str) -> Mapping[str, Value] | None:
    """What a licence lets people do.

    Args:
        name: An identifier of SPDX or Hugging Face, a LicenseRef of the table, or an SPDX expression of
            these such as ``MIT OR Apache-2.0``.

    Returns:
        Every term, unknown where the table does not say it; None if it says nothing at all.
    """
    known = _table().get(name.strip().lower())
    if known is not None or " " not in name.strip() or len(name) > LONGEST:
        return known
    terms = _of_expression(name)
    return None if terms == _NOTHING else terms


@lru_cache(maxsize=KEPT)
def license_name(name: str) -> str | None:
    """What the table calls a licence by any of its names, or an SPDX expression of such names; else None."""
    if len(name) > LONGEST or license_terms(name) is None:
        return None
    return _names().get(name.strip().lower(), name.strip())


def license_names() -> frozenset[str]:
    """Every name by which the table knows a licence, as it is written there."""
    licences = _tree()["licenses"].items()
    return frozenset(each for name, entry in licences for each in (name, *entry.get("aliases", ())))


@dataclass(frozen=True)
class Licence(Text):
    """The name of a licence: by whichever of its names somebody calls it, the one that the table has."""

    title = "licence"

    def read(self, raw: Any) -> str:
        """What the table calls it."""
        return self.called(super().read(raw))

    @staticmethod
    def called(name: str) -> str:
        """The name in the table, or the name itself if the table does not know it."""
        return license_name(name) or name

    @staticmethod
    def could_name(text: str) -> bool:
        """Whether a text is a name in the table, or could be one: a word, or an expression of such."""
        words = re.sub(r"\s+(?:AND|OR|WITH)\s+", "", text)
        return license_name(text) is not None or re.search(r"\s", words) is None


@cache
def _names() -> dict[str, str]:
    licences = _tree()["licenses"].items()
    return {each.lower(): name for name, entry in licences for each in (name, *entry.get("aliases", ()))}


@cache
def _tree() -> dict[str, Any]:
    text = Path(__file__).with_name("licenses.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", read_document(text, "licenses.yaml").tree)


@cache
def _table() -> dict[str, Mapping[str, Value]]:
    """Each name of each licence, in small letters, with its terms."""
    tree = _tree()
    found: dict[str, Mapping[str, Value]] = {}
    for name, entry in tree["licenses"].items():
        stated = {**tree["classes"].get(entry.get("class"), {"terms": {}})["terms"], **entry}
        terms = {term: stated.get(term, _NOT_SAID) for term in TERMS}
        terms["verified"] = entry["confidence"] != "memory"
        for each in (name, *entry.get("aliases", ())):
            if found.setdefault(each.lower(), terms) is not terms:
                raise ValueError(f"two licences are called {each}")
    return found


@cache
def _exceptions() -> frozenset[str]:
    return frozenset(name.lower() for name in _tree()["exceptions"])


def _of_expression(text: str) -> Mapping[str, Value]:
    # imported late: most requests have no expression
    import license_expression as spdx  # noqa: PLC0415

    def terms_of(node: Any) -> Mapping[str, Value]:
        match node:
            case spdx.OR():
                return _either([terms_of(part) for part in node.args])
            case spdx.AND():
                return reduce(_both, [terms_of(part) for part in node.args])
            case spdx.LicenseWithExceptionSymbol() if node.exception_symbol.key.lower() in _exceptions():
                return terms_of(node.license_symbol)
            case spdx.LicenseSymbol():
                # `+` allows later versions too, so that what this one allows stays allowed
                return _table().get(node.key.lower().removesuffix("+"), _NOTHING)
            case _:
                return _NOTHING

    try:
        return terms_of(spdx.Licensing().parse(text))
    except (spdx.ExpressionError, spdx.ExpressionParseError):
        return _NOTHING


def _either(choices: Sequence[Mapping[str, Value]]) -> Mapping[str, Value]:
    """Whoever gets a copy chooses: the choice that is the freest in every term, else what all say."""
    for choice in sorted(choices, key=str):
        if all(_at_least_as_free(choice, other) for other in choices):
            return choice
    first = choices[0]
    return {
        term: first[term] if all(other[term] == first[term] for other in choices) else _NOT_SAID
        for term in TERMS
    }


def _at_least_as_free(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    return all(one[term] in (other[term], _freest(term)) for term in TERMS if term not in _NOT_WEIGHED)


def _freest(term: str) -> Value:
    if term in ("mau_cap", "name_prefix", "display", "notice"):
        return None
    return term in _FREEDOMS


def _both(one: Mapping[str, Value], other: Mapping[str, Value]) -> Mapping[str, Value]:
    """Both licences bind: of each term the stricter one."""
    return {term: _stricter(term, one[term], other[term]) for term in TERMS}


def _stricter(term: str, one: Value, other: Value) -> Value:
    if one == other:
        return one
    if term == "mau_cap" and isinstance(one, Decimal) and isinstance(other, Decimal):
        return min(one, other)
    free = True if term == "verified" else _freest(term)
    for mine, theirs in ((one, other), (other, one)):
        if mine == free:
            return theirs
    strict = not free if isinstance(free, bool) else _NOT_SAID
    return strict if strict in (one, other) else _NOT_SAID
