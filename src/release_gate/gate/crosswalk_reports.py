"""A crosswalk as text, Markdown, one page, and mappings for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from release_gate.escape import markdown
from release_gate.gate.crosswalk import Clause, Framework
from release_gate.pages import END, head, shown

__all__ = ["crosswalk_tree", "html_crosswalk", "markdown_crosswalk", "render_crosswalk"]


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


def html_crosswalk(frameworks: Iterable[Framework], about: str) -> Iterator[str]:
    """Frameworks and their clauses as one page that needs nothing else, neither a script nor an address.

    Args:
        frameworks: The frameworks.
        about: What they are held against.
    """
    title = "Clauses and rules"
    yield head(title)
    yield (
        f"<h1>{title}</h1>\n<p>Held against: {shown(about)}. That a rule speaks to a clause does "
        "not mean that whoever passes it complies. Illustrative, not legal advice.</p>\n"
    )
    for framework in frameworks:
        yield (
            f"<h2>{shown(framework.title)}</h2>\n"
            f"<p>{framework.covered} of {len(framework.clauses)} clauses</p>\n"
            '<div class="scroll" tabindex="0"><table>\n<tr><th scope="col">clause</th>'
            '<th scope="col">about</th><th scope="col">rules</th></tr>\n'
        )
        for clause in framework.clauses:
            rules = "<br>".join(f"<code>{shown(rule)}</code>{_unsure(clause, rule)}" for rule in clause.rules)
            kind = "" if clause.rules else ' class="none"'
            yield (
                f"<tr{kind}><td>{shown(clause.name)}</td><td>{shown(clause.title)}</td>"
                f"<td>{rules or shown(_nothing(clause))}</td></tr>\n"
            )
        yield "</table></div>\n"
    yield END


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
