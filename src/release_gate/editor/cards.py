"""What is shown about a fact: its type, what it means, its unit and its words, and who says what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from release_gate.editor.conditions import Resolved, describe
from release_gate.editor.known_names import Named
from release_gate.facts.meanings import meanings, supplier
from release_gate.facts.types import Choice, Length, ListType, MapType, Number, RecordType, Type
from release_gate.facts.vocabularies import Vocabulary
from release_gate.source import Pointer

__all__ = ["FUNCTIONS", "WORDS", "card", "fact_at", "words_of"]

FUNCTIONS: Final = {
    "$any": "Whether one is true, or more: `$any([s.effective for s in safeguards])`. Of no members: false.",
    "$all": "Whether all are true: `$all([p.terms.open for p in lineage])`. Of no members: true.",
    "$count": "How many members a list has; a range, while it is not known of each whether it counts.",
    "$distinct": "How many different values a list has: `$distinct([e.producer for e in evidence])`.",
    "$abs": "A number without its sign.",
}
"""What each function does."""

WORDS: Final = {
    "and": "Both must be true. False if one is false, whatever the other; else unknown if one is.",
    "or": "One must be true. True if one is true, whatever the other; else unknown if one is.",
    "not": "The opposite. What is unknown stays unknown.",
    "in": 'Whether a list has a value: `"image" in model.modalities_out`.',
    "for": "Goes through a list: `[condition for x in list]`.",
    "if": "Keeps some members of a list: `[x.name for x in list if x.direct]`.",
    "true": "True.",
    "false": "False.",
    "null": "There is none, and somebody said so. A fact that nobody stated is not null but unknown.",
    "is": "Named conditions of this policy: `is.NAME`.",
    "parameter": "Parameters of this policy: `parameter.NAME`.",
    "metric": "Measurements that this policy declares: `metric.NAME`.",
    "own": "Facts that this policy declares: `own.NAME`.",
    "tier": "The tier that the release is in. Only a higher one may make a rule stricter.",
}  # fmt: skip
"""What each word of conditions means."""


def words_of(words: Vocabulary) -> str:
    """The words of a vocabulary, as Markdown."""
    if words.ordered:
        return " < ".join(f"`{word}`" for word in words.members)
    if all(word.replace("_", " ") == title for word, title in words.members.items()):
        return ", ".join(f"`{word}`" for word in words.members)
    return "\n".join(f"- `{word}`: {title}" for word, title in words.members.items())


def card(path: str, found: Resolved, subject: str, named: Named | None = None) -> str:
    """What is shown about a fact.

    Args:
        path: How it is called here.
        found: What the path leads to.
        subject: What the policy judges.
        named: What the policy says about it, if it has declared it.
    """
    meaning = named.about if named is not None else meanings(subject).get(found.path, "")
    title = f"{found.title[:1].upper()}{found.title[1:]}." if found.title else ""
    lines = [f"**`{path}`** · {describe(found.kind)}", meaning, title, *_details(found.kind)]
    if not isinstance(found.kind, RecordType | MapType) and not found.path.startswith(("is.", "parameter.")):
        lines.append(f"*Said by {supplier(found.path)}.*")
    return "\n\n".join(line for line in lines if line)


def _details(kind: Type) -> Iterable[str]:
    inner = kind.item if isinstance(kind, ListType) else kind
    match inner:
        case Choice(vocabulary=found):
            yield ("From least to most:\n" if found.ordered else "One of:\n") + words_of(found)
        case Number(low=low, high=high, unit=unit):
            if unit:
                yield f"Unit: {unit}."
            if high is not None or (low is not None and low != 0):
                yield f"From {inner.bounds}."
        case Length():
            yield "Such as `P180D` for 180 days."
        case RecordType(fields=fields):
            yield ", ".join(f"`{name}`" for name in fields)
        case MapType(words=words):
            yield "\n".join(f"- `{word}`: {title}" for word, title in words.items())
        case _:
            pass


def fact_at(pointer: Pointer, root: RecordType) -> tuple[str, Resolved] | None:
    """The fact that a place of a request states: how it is called, and what it is."""
    steps = [step for step in pointer if step != "items"]
    if steps[:1] == ["variants"]:
        steps = steps[2:]
    if steps[:1] == ["artifacts"]:
        steps = ["artifact", *steps[2:]]
    if steps[:1] == ["action"]:
        steps = ["request", "action"]
    found, shown = Resolved(root, ""), ""
    for step in steps:
        kind = found.kind
        if isinstance(step, int):
            if not isinstance(kind, ListType):
                return None
            found, shown = Resolved(kind.item, found.path + "[]"), shown + "[]"
            continue
        inner = _inside(kind, "name" if step == "parent" else step)
        if inner is None:
            return None
        name = "*" if isinstance(kind, MapType) else step
        title = kind.words.get(step, "") if isinstance(kind, MapType) else ""
        found = Resolved(inner, f"{found.path}.{name}".lstrip("."), title)
        shown = f"{shown}.{step}".lstrip(".")
    return (shown, found) if shown else None


def _inside(kind: Type, name: str) -> Type | None:
    if isinstance(kind, RecordType):
        fields: Mapping[str, Type] = kind.fields
        return fields.get(name)
    return kind.item if isinstance(kind, MapType) and name in kind.words else None
