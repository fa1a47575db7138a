"""Which rule speaks to which clause of which framework, and which clauses a gate leaves out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from release_gate.diagnostics import PolicyError, printable
from release_gate.document import Base, validate
from release_gate.facts.release import Name
from release_gate.gate.reports.escape import markdown
from release_gate.policy.documents import Many
from release_gate.policy.model import Policy
from release_gate.policy.overlay import chain
from release_gate.source import read_file, require_mapping

__all__ = [
    "Clause",
    "Framework",
    "crosswalk",
    "crosswalk_tree",
    "html_crosswalk",
    "markdown_crosswalk",
    "render_crosswalk",
]

SURE: Final = ("primary", "secondary")
"""The confidence of a citation that somebody has read."""

RuleName = Annotated[str, Field(pattern=r"^[a-z0-9._-]+/[a-z0-9._-]+$")]


class ClauseDocument(Base):
    """A clause of a framework."""

    title: Name
    """What it is about."""
    rules: Many[RuleName]
    """The rules that speak to it, as `policy/rule`."""


class FrameworkDocument(Base):
    """A framework."""

    title: Name
    """What it is called."""
    clauses: dict[str, ClauseDocument]
    """Its clauses."""


class CrosswalkDocument(Base):
    """Frameworks and the rules that speak to their clauses."""

    release_gate: Literal["crosswalk/v1"]
    """The kind of this document."""
    frameworks: dict[str, FrameworkDocument]
    """The frameworks, by name."""


@dataclass(frozen=True)
class Clause:
    """A clause, and the rules of a gate that speak to it.

    Attributes:
        name: Where it stands in its framework.
        title: What it is about.
        rules: The rules of the gate, as ``policy/rule``; none if the gate leaves the clause out.
        elsewhere: Rules of packs that are not in the gate.
        unsure: Those of its rules whose citation nobody has read in the source.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    elsewhere: tuple[str, ...]
    unsure: tuple[str, ...] = ()

    @property
    def packs(self) -> tuple[str, ...]:
        """The packs that are not in the gate and speak to it."""
        return tuple(sorted({rule.partition("/")[0] for rule in self.elsewhere}))


@dataclass(frozen=True)
class Framework:
    """A framework as a gate covers it."""

    id: str
    title: str
    clauses: tuple[Clause, ...]

    @property
    def covered(self) -> int:
        """How many clauses some rule of the gate speaks to."""
        return sum(1 for clause in self.clauses if clause.rules)


def crosswalk(file: Path, policies: Iterable[Policy]) -> tuple[Framework, ...]:
    """Hold the policies of a gate against the clauses of frameworks.

    Args:
        file: The crosswalk.
        policies: The policies of the gate.

    Raises:
        DocumentError: The file is not YAML as we accept it, or not a crosswalk.
        PolicyError: It is not a valid crosswalk.
    """
    document = read_file(file)
    require_mapping(document, ("crosswalk/v1",))
    shape = validate(CrosswalkDocument, document.tree, document, PolicyError, "RG504")
    there = dict(_there(policies))
    return tuple(
        Framework(name, each.title, tuple(_clauses(each, there))) for name, each in shape.frameworks.items()
    )


def _there(policies: Iterable[Policy]) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Each rule of a gate by its name in the pack that it comes from: its own name, and how sure it is.

    An overlay has the rules of what it extends, and a crosswalk names these.
    """
    for policy in policies:
        names: dict[str, set[str]] = {}
        for each in chain(policy):
            names.setdefault(each.id, set()).update(rule.id for rule in each.rules)
        for rule in policy.rules:
            cite = rule.document.cite
            source = policy.document.sources.get(cite.source) if cite is not None else None
            confidence = (cite.confidence or (source.confidence if source else None)) if cite else None
            for name, rules in names.items():
                if rule.id in rules:
                    yield f"{name}/{rule.id}", (f"{policy.id}/{rule.id}", confidence in SURE)


def _clauses(framework: FrameworkDocument, there: Mapping[str, tuple[str, bool]]) -> Iterator[Clause]:
    for name, clause in framework.clauses.items():
        here = [there[rule] for rule in clause.rules if rule in there]
        yield Clause(
            name,
            clause.title,
            tuple(rule for rule, _ in here),
            tuple(rule for rule in clause.rules if rule not in there),
            tuple(rule for rule, sure in here if not sure),
        )


def render_crosswalk(frameworks: Iterable[Framework]) -> Iterator[str]:
    """Frameworks and their clauses as text: first what covers a clause, or that nothing does."""
    for framework in frameworks:
        yield f"{framework.title}: {framework.covered} of {len(framework.clauses)} clauses"
        for clause in framework.clauses:
            mark = "✓" if clause.rules else "✗"
            yield f"  {mark} {clause.name}: {clause.title}"
            yield from (f"      {rule}{_unsure(clause, rule)}" for rule in clause.rules)
            if not clause.rules:
                yield f"      {_nothing(clause)}"


def _unsure(clause: Clause, rule: str) -> str:
    return " (unverified)" if rule in clause.unsure else ""


def _nothing(clause: Clause) -> str:
    return f"no rule; there is one in {', '.join(clause.packs)}" if clause.packs else "no rule in any pack"


def markdown_crosswalk(frameworks: Iterable[Framework]) -> Iterator[str]:
    """Frameworks and their clauses as Markdown: a table for each framework."""
    for framework in frameworks:
        yield f"## {markdown(framework.title)}\n\n"
        yield f"{framework.covered} of {len(framework.clauses)} clauses.\n\n"
        yield "| clause | about | rules |\n| --- | --- | --- |\n"
        for clause in framework.clauses:
            rules = ", ".join(f"`{rule}`{_unsure(clause, rule)}" for rule in clause.rules)
            cells = (markdown(clause.name), markdown(clause.title), rules or f"**{_nothing(clause)}**")
            yield f"| {' | '.join(cells)} |\n"
        yield "\n"


_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#1b1b1b}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3em .6em;"
    "border-bottom:1px solid #ccc}code{font-size:90%}.none td{background:#fde2e0}"
    ".none td:last-child{font-weight:bold}"
)


def html_crosswalk(frameworks: Iterable[Framework], about: str) -> Iterator[str]:
    """Frameworks and their clauses as one page that needs nothing else, neither a script nor an address.

    Args:
        frameworks: The frameworks.
        about: What they are held against.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>Clauses and rules</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Clauses and rules</h1>\n<p>Held against: {_safe(about)}. That a rule speaks to a clause does "
        "not mean that whoever passes it complies. Illustrative, not legal advice.</p>\n"
    )
    for framework in frameworks:
        yield (
            f"<h2>{_safe(framework.title)}</h2>\n"
            f"<p>{framework.covered} of {len(framework.clauses)} clauses</p>\n"
            "<table><tr><th>clause</th><th>about</th><th>rules</th></tr>\n"
        )
        for clause in framework.clauses:
            rules = "<br>".join(f"<code>{_safe(rule)}</code>{_unsure(clause, rule)}" for rule in clause.rules)
            kind = "" if clause.rules else ' class="none"'
            yield (
                f"<tr{kind}><td>{_safe(clause.name)}</td><td>{_safe(clause.title)}</td>"
                f"<td>{rules or _safe(_nothing(clause))}</td></tr>\n"
            )
        yield "</table>\n"
    yield "</body></html>\n"


def _safe(text: str) -> str:
    return escape(printable(text, 500))


def crosswalk_tree(frameworks: Iterable[Framework]) -> Mapping[str, Any]:
    """Frameworks and their clauses as mappings and lists, for JSON."""
    return {
        framework.id: {
            "title": framework.title,
            "covered": framework.covered,
            "left_out": [clause.name for clause in framework.clauses if not clause.rules],
            "clauses": {
                clause.name: {
                    "title": clause.title,
                    "rules": list(clause.rules),
                    "elsewhere": list(clause.elsewhere),
                    "unsure": list(clause.unsure),
                }
                for clause in framework.clauses
            },
        }
        for framework in frameworks
    }
