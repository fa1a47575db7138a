"""What rules may read, in which words, and what licences let people do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any, Final, cast

from release_gate.docstrings import attribute_docstrings
from release_gate.facts import records, subjects
from release_gate.facts.meanings import meanings
from release_gate.facts.schema import access_schema, schema
from release_gate.facts.types import Choice, ListType, MapType, Number, RecordType, Type
from release_gate.facts.vocabularies import Vocabulary, vocabulary
from release_gate.source import read_document
from tools.reference.markdown import code, page, plain, table, words

__all__ = ["data", "facts", "licenses", "vocabularies"]

POLICY: Final = (
    ("`tier`", "the policy's tiers, in order", "The risk class. Only a higher one may make a rule bite."),
    ("`metric.NAME`", "number", "A measurement that the policy declares under `facts.metrics`."),
    ("`own.NAME`", "as declared", "A fact that the policy declares under `facts.own`."),
    ("`parameter.NAME`", "as its value", "A parameter of the policy."),
    ("`is.NAME`", "true or false", "A condition that the policy names under `definitions`."),
)


def facts() -> str:
    """The page of facts."""
    said = {path: plain(meaning) for path, meaning in meanings().items()}
    single: list[tuple[str, Type]] = []
    parts = []
    for name, kind in schema().fields.items():
        if name in {"metric", "own"}:
            continue
        if not isinstance(kind, RecordType | ListType | MapType):
            single.append((name, kind))
            continue
        parts += [f"## {name}", said[name], _table(_leaves(kind, name), said)]
    return page(
        "# Facts",
        "What a condition may read. A name in capitals stands for a word of a vocabulary, and `[]` for the "
        "members of a list. A fact that the request does not state is unknown. How a fact is written is in "
        "[the request](request.md); how conditions are written is in [expressions](expressions.md).",
        *parts,
        "## The day",
        _table(single, said),
        "## Access",
        "What only policies with `subject: access` read, beside the facts above. `request.action` is "
        f"`request`, `renew` or `review` there, and there is no {words(sorted(subjects.NOT_ASKED), ', ')}.",
        *_of_access(),
        "## What a policy brings",
        table(("fact", "type", "meaning"), POLICY),
    )


def _of_access() -> Iterator[str]:
    """The sections that only access requests have."""
    said = {path: plain(meaning) for path, meaning in meanings("access").items()}
    asked = access_schema().fields
    for name in subjects.ASKED:
        yield from (f"### {name} of access", said[name], _table(_leaves(asked[name], name), said))
    name = "artifact.release"
    released = [
        (path, kind) for path, kind in _leaves(asked["artifact"], "artifact") if path.startswith(name)
    ]
    yield from (f"### {name}", said[name], _table(released, said))


def _table(leaves: Iterable[tuple[str, Type]], meanings: dict[str, str]) -> str:
    rows = [(code(path), _words_of(kind), meanings[_general(path)]) for path, kind in leaves]
    return table(("fact", "type", "meaning"), rows)


def _leaves(kind: Type, path: str) -> Iterator[tuple[str, Type]]:
    if isinstance(kind, RecordType) and path.endswith(".terms"):
        yield f"{path}.TERM", kind
    elif isinstance(kind, RecordType):
        for name, inner in kind.fields.items():
            yield from _leaves(inner, f"{path}.{name}")
    elif isinstance(kind, MapType):
        yield from _leaves(kind.item, f"{path}.{kind.name.upper()}")
    elif isinstance(kind, ListType) and isinstance(kind.item, RecordType):
        yield from _leaves(kind.item, f"{path}[]")
    else:
        yield path, kind


def _general(path: str) -> str:
    """A path with `*` for the words of a vocabulary."""
    return ".".join("*" if step.isupper() else step for step in path.removesuffix(".TERM").split("."))


def _words_of(kind: Type) -> str:
    match kind:
        case Choice(vocabulary=found):
            return f"[{found.name}](vocabularies.md#{found.name})" + (", ordered" if found.ordered else "")
        case RecordType():
            return "a [term](licenses.md) of the licence"
        case ListType():
            return f"list of: {_words_of(kind.item)}"
        case Number():
            return kind.describe() if kind.high is None else f"number, {kind.bounds}"
        case _:
            return kind.describe()


def vocabularies() -> str:
    """The page of vocabularies."""
    parts = []
    for name in _vocabulary_names():
        found = vocabulary(name)
        about = [
            "From least to most; its words compare by rank." if found.ordered else "",
            "A policy may add words." if found.extensible else "",
        ]
        parts += [f"## {name}", " ".join(filter(None, about)), _members(found)]
    return page(
        "# Vocabularies", "The words that facts are stated in. A word that is not here is an error.", *parts
    )


def _members(found: Vocabulary) -> str:
    if all(word.replace("_", " ") == title for word, title in found.members.items()):
        return words(found.members, " < " if found.ordered else " · ")
    return table(("word", "meaning"), [(code(word), title) for word, title in found.members.items()])


def _vocabulary_names() -> list[str]:
    return sorted({*data("vocabularies.yaml"), "access"})


def licenses() -> str:
    """The page of licences."""
    found = data("licenses.yaml")
    meanings = {name: plain(text) for name, text in attribute_docstrings(records.Terms).items()}
    classes = [
        (code(name), body["title"], *(_term(term, body["terms"]) for term in meanings))
        for name, body in found["classes"].items()
    ]
    rows = [
        (
            code(name),
            words(body.get("aliases", ())),
            code(body.get("class", "")),
            " · ".join(f"`{term}`: {_said(value)}" for term, value in body.get("terms", {}).items()),
            body.get("confidence", ""),
            found["sources"][body["source"]]["title"] if "source" in body else "",
        )
        for name, body in found["licenses"].items()
    ]
    return page(
        "# Licences",
        "What licences let people do, as `terms` say it. Illustrative, read from the licence texts; not "
        "legal advice. Of a licence that is not here all terms are unknown, unless the request states them.",
        table(("term", "meaning"), [(code(name), meaning) for name, meaning in meanings.items()]),
        "## Classes",
        "A licence has the terms of its class, and what is said beside it. A term that neither says is "
        "unknown.",
        table(("class", "", *(term.replace("_", " ") for term in meanings)), classes),
        "## The table",
        table(("licence", "also called", "class", "beside it", "known from", "source"), rows),
    )


def _term(name: str, terms: dict[str, Any]) -> str:
    return _said(terms[name]) if name in terms else ""


def _said(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case _:
            return f"{value:,}"


def data(name: str) -> dict[str, Any]:
    """One of the tables that the facts are stated in."""
    text = (resources.files("release_gate.facts") / name).read_text(encoding="utf-8")
    return cast("dict[str, Any]", read_document(text, name).tree)
