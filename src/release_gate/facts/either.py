"""What is known when nobody can say which of two things is the case.

Both are requests as trees. What is the same in both is known, and whatever differs is unknown, so that either
of the two says more than what comes out and nothing else: what an uncertain answer allows, both allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any, Final, TypeAlias

from release_gate.facts.truth import Reason

__all__ = ["FACT", "either"]

FACT: Final = frozenset({"value", "low", "high", "stderr", "unknown"})
"""The keys that say what a fact is; one that is written as a mapping has some of them."""
_UNKNOWN: Final = {"unknown": Reason.UNDECIDED.value}
_LABELS: Final = ("id", "name", "parent", "child")
_ABSENT: Final = object()
_List: TypeAlias = tuple[list[Any], bool]
_NOTHING_KNOWN: Final[_List] = ([], False)


def either(one: Any, other: Any) -> Any:
    """What one tree and another have in common, and unknown whatever they have not.

    Args:
        one: A request, or a part of one.
        other: The same, as it may be instead.
    """
    if one is other or one == other:
        return one
    items, others = _items(one), _items(other)
    if items is not None or others is not None:
        return _list(items or _NOTHING_KNOWN, others or _NOTHING_KNOWN)
    mappings = [each for each in (one, other) if isinstance(each, Mapping)]
    if FACT.isdisjoint(key for each in mappings for key in each):
        if len(mappings) == 2 or (mappings and _ABSENT in (one, other)):
            first, second = (each if isinstance(each, Mapping) else {} for each in (one, other))
            keys = dict.fromkeys((*first, *second))
            return {key: either(first.get(key, _ABSENT), second.get(key, _ABSENT)) for key in keys}
    elif len(mappings) == 2:
        beside = {key: each for key, each in mappings[0].items() if key not in FACT}
        kept = {key: each for key, each in beside.items() if mappings[1].get(key, _ABSENT) == each}
        return {**kept, **_UNKNOWN}
    return dict(_UNKNOWN)


def _items(tree: Any) -> _List | None:
    """The members of a list, and whether these are all."""
    if isinstance(tree, list):
        return tree, True
    if isinstance(tree, Mapping) and isinstance(tree.get("items"), list):
        return tree["items"], tree.get("complete", True) is True
    return None


def _list(one: _List, other: _List) -> Any:
    """The members that two lists begin with both, and that there may be more, if one goes on differently."""
    pairs = takewhile(_is_same, zip(one[0], other[0], strict=False))
    common = [either(*pair) for pair in pairs]
    if len(common) == len(one[0]) == len(other[0]) and one[1] and other[1]:
        return common
    return {"items": common, "complete": False}


def _is_same(pair: tuple[Any, Any]) -> bool:
    """Whether two members of lists are about the same thing."""
    labels = [_label(each) for each in pair]
    return labels[0] == labels[1] if None not in labels else bool(pair[0] == pair[1])


def _label(member: Any) -> tuple[Any, ...] | None:
    if not isinstance(member, Mapping):
        return None
    names = tuple(member.get(name) for name in _LABELS)
    return names if any(names) else ("", member.get("kind"), member.get("rung"))
