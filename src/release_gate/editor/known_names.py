"""The names that a document may use: its own, and those of the policies that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from release_gate.diagnostics import InputError, Source, Span
from release_gate.document import Base
from release_gate.editor.nodes import Node
from release_gate.editor.pages import Page, page_of, policy_path
from release_gate.facts.schema import schema_of
from release_gate.facts.types import RecordType
from release_gate.policy.declarations import Declarations
from release_gate.policy.documents import (
    FactsDocument,
    MetricDocument,
    OwnFactDocument,
    ParameterDocument,
    PolicyDocument,
    SourceDocument,
    TierDocument,
)
from release_gate.policy.places import Places, Problems
from release_gate.source import Document, Pointer, Tree

__all__ = ["Known", "Named", "known_to", "named_in", "policy_of", "references", "shown", "tested"]

MAX_CHAIN: Final = 8
M = TypeVar("M", bound=Base)


@dataclass(frozen=True, slots=True)
class Named:
    """Something that has a name.

    Attributes:
        name: The name.
        about: What it is, as Markdown.
        span: Where it is written.
        page: The file in which it is written.
    """

    name: str
    about: str
    span: Span
    page: Page


@dataclass(frozen=True)
class Known:
    """A policy as far as it can be read, over the one that it extends.

    Attributes:
        page: Its file.
        base: What it extends.
    """

    page: Page
    base: Known | None = None

    @cached_property
    def tree(self) -> Mapping[str, Any]:
        """Everything that it says."""
        value = self.page.root.value
        return value if isinstance(value, dict) else {}

    @cached_property
    def sections(self) -> Mapping[str, Mapping[str, Named]]:
        """By section, what has a name: of the base, and over it of this policy."""
        found: dict[str, dict[str, Named]] = {}
        for what, (pointer, about) in _SECTIONS.items():
            inherited = self.base.sections[what] if self.base is not None else {}
            found[what] = {**inherited, **named_in(self.page, pointer, about)}
        return found

    @cached_property
    def shape(self) -> PolicyDocument:
        """What conditions need to know, without what is not valid."""
        base = self.base.shape if self.base is not None else _EMPTY
        said, facts = self.tree, _mapping(self.tree.get("facts"))
        words = {**base.facts.vocabularies}
        for name, more in _mapping(facts.get("vocabularies")).items():
            added = {word: str(title) for word, title in _mapping(more).items()}
            words[name] = {**words.get(name, {}), **added}
        tiers = [*filter(None, (_valid(TierDocument, each) for each in _list(said.get("tiers"))))]
        subject = "access" if said.get("subject") == "access" else base.subject
        return _EMPTY.model_copy(
            update={
                "subject": subject,
                "parameters": {
                    **base.parameters,
                    **_each(ParameterDocument, said.get("parameters")),
                },
                "facts": FactsDocument.model_construct(
                    metrics={**base.facts.metrics, **_each(MetricDocument, facts.get("metrics"))},
                    own={**base.facts.own, **_each(OwnFactDocument, facts.get("own"))},
                    vocabularies=words,
                ),
                "tiers": tuple(tiers) or base.tiers,
                "sources": {**base.sources, **_each(SourceDocument, said.get("sources"))},
            }
        )

    @cached_property
    def facts(self) -> RecordType:
        """Every fact that conditions of the policy may read."""
        nowhere = Places(Document(Source("", ""), None, {}, {}, {}))
        try:
            return Declarations(self.shape, Problems(nowhere)).root()
        except InputError:
            return schema_of(self.shape.subject)

    @property
    def chain(self) -> Iterator[Known]:
        """The policy, and those that it stands on."""
        yield self
        if self.base is not None:
            yield from self.base.chain


def named_in(page: Page, pointer: Pointer, about: Callable[[str, Any], str]) -> dict[str, Named]:
    """What has a name in a section of a file: the keys of a mapping, or the ids of the members of a list."""
    found: dict[str, Named] = {}
    for key, value in _members(page.root.at(pointer)):
        if key.text and key.text not in found:
            said = value.value if value is not None else None
            found[key.text] = Named(key.text, about(key.text, said), page.span(key), page)
    return found


def known_to(page: Page) -> Iterator[Known]:
    """The policies whose names a document may use."""
    folder = page.path.parent
    if page.kind == "policy/v1":
        yield _known(page, ())
    elif page.kind == "tests/v1":
        beside = page.root.at(("beside",))
        nodes = [page.root.at(("policy",)), *((beside.items if beside else None) or ())]
        yield from _referred((tested(node.text, page.path) for node in nodes if node is not None), page)
    elif page.kind == "gate/v1":
        yield from _referred(
            (policy_path(name, folder) for name in references(page.root.at(("policies",)))), page
        )
    elif page.kind in ("request/v1", "access-request/v1", "waivers/v1"):
        gate = gate_near(page.path)
        if gate is not None:
            yield from known_to(gate)


def policy_of(page: Page) -> Known | None:
    """The policy that conditions of a document are read by: the first that it is about."""
    return next(known_to(page), None)


def references(policies: Node | None) -> Iterator[str]:
    """The policies that a gate file names."""
    for each in (policies.items if policies else None) or ():
        node = each if each.entries is None else each.at(("pack",)) or each.at(("file",))
        if node is not None and node.text:
            yield node.text


def tested(name: str, path: Path) -> Path | None:
    """The file of the policy that tests in a file name."""
    from release_gate.authoring.testing.suites import policy_file  # noqa: PLC0415 - policies alone need no tests

    return policy_file(path, name) or policy_path(name, path.parent)


def gate_near(path: Path) -> Page | None:
    """The gate file that is nearest above a file."""
    for folder in path.parents:
        if (found := folder / "release-gate.yaml").is_file():
            return page_of(found)
        if (folder / ".git").exists():
            break
    return None


def _referred(paths: Iterable[Path | None], page: Page) -> Iterator[Known]:
    for path in paths:
        found = page_of(path) if path is not None else None
        if found is not None and found.kind == "policy/v1":
            yield _known(found, (page.path,))


def _known(page: Page, above: tuple[Path, ...]) -> Known:
    reference = page.word(("extends",))
    path = policy_path(reference, page.path.parent) if reference else None
    if path is None or path in above or len(above) >= MAX_CHAIN:
        return Known(page)
    base = page_of(path)
    return Known(page, _known(base, (*above, page.path)) if base is not None else None)


def _members(node: Node | None) -> Iterator[tuple[Node, Node | None]]:
    """The keys of a mapping, or the ids of the members of a list, each with what has it."""
    for entry in (node.entries if node else None) or ():
        yield entry.key, entry.value
    for item in (node.items if node else None) or ():
        named = item.at(("id",)) or item.at(("name",))
        if named is not None:
            yield named, item


def _mapping(value: Tree) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Tree) -> list[Any]:
    return value if isinstance(value, list) else []


def _valid(model: type[M], value: Any) -> M | None:
    try:
        found: M = model.__pydantic_validator__.validate_python(value)
    except ValidationError:
        return None
    return found


def _each(model: type[M], value: Tree) -> dict[str, M]:
    found = {name: _valid(model, said) for name, said in _mapping(value).items()}
    return {name: each for name, each in found.items() if each is not None}


# -- what is said about what has a name


def _tier(_name: str, said: Any) -> str:
    return f"A tier. Its ceiling is `{_mapping(said).get('ceiling', '')}`: nothing in it is ever more open."


def _parameter(_name: str, said: Any) -> str:
    parts = _mapping(said)
    stricter = f" Stricter is {parts['stricter']}." if parts.get("stricter") else ""
    return f"A parameter: `{shown(parts.get('value'))}`.{stricter} An overlay or a gate file may set it."


def _metric(_name: str, said: Any) -> str:
    parts = _mapping(said)
    title = f"{str(parts['title'])[:1].upper()}{str(parts['title'])[1:]}. " if parts.get("title") else ""
    ends = parts.get("range")
    told = [f"from {shown(ends[0])} to {shown(ends[1])}"] if isinstance(ends, list) and len(ends) == 2 else []
    told += [f"{parts['better']} is better"] if parts.get("better") else []
    told += [f"no older than `{parts['max_age']}`"] if parts.get("max_age") else []
    told += ["measured on the very artifact, by digest"] if parts.get("bound") else []
    told += ["by somebody independent of the developer"] if parts.get("independent") else []
    return f"{title}A measurement" + (": " + ", ".join(told) if told else "") + "."


def _own(_name: str, said: Any) -> str:
    parts = _mapping(said)
    title = f"{str(parts['title'])[:1].upper()}{str(parts['title'])[1:]}. " if parts.get("title") else ""
    return f"{title}A fact that this policy declares; the request states it under `own:`."


def _definition(_name: str, said: Any) -> str:
    return f"A named condition:\n\n```\n{said}\n```"


def _source(_name: str, said: Any) -> str:
    parts = _mapping(said)
    more = ", ".join(str(parts[key]) for key in ("publisher", "date") if parts.get(key))
    return f"{parts.get('title', '')}" + (f" ({more})" if more else "")


def _rule(_name: str, said: Any) -> str:
    parts = _mapping(said)
    lines = [f"{key}: {shown(parts[key])}" for key in _SHOWN if parts.get(key) is not None]
    because = parts.get("because") or parts.get("deny")
    return "A rule.\n\n```yaml\n" + "\n".join(lines) + "\n```" + (f"\n\n{because}" if because else "")


def shown(value: Tree) -> str:
    """A value as it is written, in one line."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(shown, value)) + "]"
        case _:
            return str(value)


_SHOWN: Final = ("at", "when", "tier", "ceiling", "require", "sign_off", "else", "oblige")
_SECTIONS: Final[Mapping[str, tuple[Pointer, Callable[[str, Any], str]]]] = {
    "tier": (("tiers",), _tier),
    "parameter": (("parameters",), _parameter),
    "metric": (("facts", "metrics"), _metric),
    "own": (("facts", "own"), _own),
    "is": (("definitions",), _definition),
    "source": (("sources",), _source),
    "rule": (("rules",), _rule),
}
_EMPTY: Final = PolicyDocument(release_gate="policy/v1", id="x", version="1", title="x")
