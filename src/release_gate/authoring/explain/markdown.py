"""An explanation as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from release_gate.authoring.explain.explanation import Explanation, RuleInWords

__all__ = ["as_markdown"]

_COMMAND: Final = re.compile(r"##(?=\w*\[)")
"""How a command of a build log begins, wherever it stands. No heading does."""


def as_markdown(said: Explanation) -> str:
    """The page, in an order that does not change."""
    return "\n".join([*_head(said), *_table(said), *_named(said), *_rules(said)]) + "\n"


def _head(said: Explanation) -> Iterator[str]:
    yield f"# {_plain(said.title)}"
    for sentence in said.lead:
        yield ""
        yield _text(sentence)


def _table(said: Explanation) -> Iterator[str]:
    words = said.words
    yield from ("", f"## {words('where')}", "", words("where_lead"), "")
    columns = [words("access_level"), *(_plain(name) for name in said.columns)]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in said.table:
        level = f"{row.level} ({words('for_good')})" if row.for_good else row.level
        cells = (_text("; ".join(cell)) for cell in row.cells)
        yield f"| {' | '.join([_plain(level), *cells])} |"
    if said.tiers:
        yield ""
        yield from (f"- {_text(sentence)}" for sentence in said.tiers)


def _named(said: Explanation) -> Iterator[str]:
    for heading, pairs in said.named.items():
        yield from ("", f"## {_plain(heading)}", "")
        yield from (f"- {_text(name)}: {_text(meaning)}" for name, meaning in pairs)


def _rules(said: Explanation) -> Iterator[str]:
    yield from ("", f"## {said.words('rules')}")
    for rule in said.rules:
        yield from ("", f"### {rule.id}", "", _text(rule.sentence))
        for line in _below(said, rule):
            yield ""
            yield line


def _below(said: Explanation, rule: RuleInWords) -> Iterator[str]:
    words = said.words
    yield from (_text(remark) for remark in rule.remarks)
    for name, text in (("why", rule.why), ("what_to_do", rule.fix)):
        if text:
            yield f"{words(name)}: {_text(text)}"
    if rule.written:
        conditions = "; ".join(f"{key} {_code(text)}" for key, text in rule.written)
        yield f"{words('written')}: {conditions}"
    if rule.source is not None:
        address = f" <{rule.source.url}>" if _is_address(rule.source.url) else ""
        confidence = f" ({rule.source.confidence})" if rule.source.confidence else ""
        yield f"{words('source')}: {_plain(rule.source.text)}{address}{confidence}."


def _is_address(url: str | None) -> bool:
    return url is not None and url.startswith("https://") and not set(url) & set(" <>\n")


def _text(text: str) -> str:
    """A sentence in which names stand between backticks."""
    parts = text.split("`")
    return "".join(_code(part) if number % 2 else _plain(part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{_COMMAND.sub('# #', text)}{space}{fence}"


def _plain(text: str) -> str:
    """Text that means nothing to Markdown but what it says."""
    flat = text.replace("\\", "\\\\")
    return "".join(f"\\{char}" if char in "`*_[]<>|#" else char for char in flat)
