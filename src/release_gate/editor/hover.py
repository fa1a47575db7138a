"""What is shown when somebody rests on a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from release_gate.editor import schema
from release_gate.editor.cards import FUNCTIONS, WORDS, card, fact_at
from release_gate.editor.conditions import KEYWORDS, Line, Resolved, masked
from release_gate.editor.known_names import Known, Named, policy_of
from release_gate.editor.nodes import Found, Node
from release_gate.editor.pages import Page, page_of
from release_gate.editor.roles import file_at, names, role_of, within
from release_gate.facts.access import KINDS, AccessRequest
from release_gate.facts.schema import schema_of
from release_gate.facts.types import RecordType
from release_gate.facts.vocabularies import Vocabulary
from release_gate.source import Pointer

__all__ = ["Hover", "condition_at", "hover", "line_of", "path_before"]

TEMPLATE: Final = re.compile(r"\{([^{}\n]*)(?:\}|\Z|(?=\n))")
_STEP: Final = re.compile(r"([A-Za-z_][\w-]*)|\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Hover:
    """What is shown, as Markdown, and of which stretch of the text."""

    text: str
    start: int
    end: int


def hover(page: Page, offset: int) -> Hover | None:
    """What is shown about what stands at an offset."""
    found = page.find(offset)
    if found is None:
        return None
    kind, pointer = within(page, found.pointer)
    role = role_of(kind, pointer, is_key=found.is_key)
    if role in ("condition", "template"):
        return _in_condition(page, found, offset, role)
    said = ""
    if role == "path":
        said = _path(page, found.node.text)
    elif role == "policy":
        said = _policy(page, found.node.text)
    elif role not in ("", "metric", "own"):
        named = names(page, role, found.pointer).get(found.node.text)
        said = named.about if named is not None else ""
    said = said or (_key(page, kind, pointer) if found.is_key else _value(page, kind, pointer, found.node))
    return Hover(said, found.node.start, found.node.end) if said else None


# -- conditions


def line_of(page: Page, node: Node, policy: Known | None) -> Line:
    """The condition that stands in a node. Its offsets start at that of what the node says."""
    start, end = node.inner
    facts = policy.facts if policy is not None else schema_of("release")
    return Line(masked(page.text[start:end], node.style), facts, policy.sections["is"] if policy else {})


def condition_at(page: Page, found: Found, offset: int, role: str) -> tuple[Line, int] | None:
    """The condition at an offset, and where it starts: all of a text, or what is in braces in one."""
    policy = policy_of(page)
    line = line_of(page, found.node, policy)
    start = found.node.inner[0]
    if role == "condition":
        return line, start
    for match in TEMPLATE.finditer(line.text):
        if match.start(1) <= offset - start <= match.end(1):
            beside = _variables_beside(page, found.pointer, policy)
            return Line(match[1], line.root, line.definitions, beside), start + match.start(1)
    return None


def _variables_beside(page: Page, pointer: Pointer, policy: Known | None) -> dict[str, Resolved]:
    """The variables of the conditions of a rule, which its texts may show."""
    found: dict[str, Resolved] = {}
    for key in ("when", "require"):
        node = page.root.at((*pointer[:-1], key))
        if node is not None and node.entries is None and node.items is None:
            found |= line_of(page, node, policy).variables
    return found


def _in_condition(page: Page, found: Found, offset: int, role: str) -> Hover | None:
    at = condition_at(page, found, offset, role)
    if at is None:
        return None
    line, start = at
    here = line.at(offset - start)
    if here is None:
        return None
    place, word = here
    if word.kind == "text":
        said = _word(page, line.vocabulary(place), word.text.strip("\"' "))
        return Hover(said, start + word.start, start + word.end) if said else None
    if word.kind == "function":
        said = FUNCTIONS.get(word.text, "")
        return Hover(f"**`{word.text}`**\n\n{said}", start + word.start, start + word.end) if said else None
    if word.kind != "name":
        return None
    path = path_before(word.text, offset - start - word.start)
    said = f"**`{path}`**\n\n{WORDS[path]}" if path in KEYWORDS else _fact(page, line, path)
    return Hover(said, start + word.start, start + word.start + len(path)) if said else None


def path_before(path: str, offset: int) -> str:
    """A path up to the end of the word that an offset is in."""
    end = path.find(".", offset)
    return path if end < 0 else path[:end]


def _fact(page: Page, line: Line, path: str) -> str:
    policy = policy_of(page)
    named = _declared(policy, path)
    if path.startswith("is.") and named is not None:
        return f"**`{path}`**\n\n{named.about}"
    found = line.resolve(path)
    if found is None or path in ("is", "parameter", "metric", "own", "tier"):
        said = WORDS.get(path, "")
        extra = _tiers(policy) if path == "tier" and policy is not None else ""
        return f"**`{path}`**\n\n{said}{extra}" if said else ""
    return card(path, found, policy.shape.subject if policy else "release", named)


def _tiers(policy: Known) -> str:
    return "\n\nFrom least to most: " + " < ".join(f"`{name}`" for name in policy.sections["tier"])


def _word(page: Page, words: Vocabulary | None, word: str) -> str:
    """What a word of a vocabulary means."""
    if words is None or word not in words.members:
        return ""
    if words.name == "tier":
        policy = policy_of(page)
        named = policy.sections["tier"].get(word) if policy is not None else None
        return f"**`{word}`**\n\n{named.about}" if named is not None else ""
    rank = f", number {list(words.members).index(word) + 1} of {len(words.members)}" if words.ordered else ""
    return f"**`{word}`** · {words.name.replace('_', ' ')}{rank}\n\n{words.members[word]}"


# -- keys and values


def _root(page: Page, kind: str) -> RecordType:
    policy = policy_of(page)
    subject = "access" if kind == AccessRequest.KIND else "release"
    return policy.facts if policy is not None and policy.shape.subject == subject else schema_of(subject)


def _path(page: Page, path: str) -> str:
    """A fact by the path that tests have for it: members of lists are in brackets."""
    policy = policy_of(page)
    steps: list[str | int] = [match[1] or 0 for match in _STEP.finditer(path)]
    found = fact_at(tuple(steps), policy.facts if policy is not None else schema_of("release"))
    if found is None:
        return ""
    return card(path, found[1], policy.shape.subject if policy else "release", _declared(policy, path))


def _declared(policy: Known | None, path: str) -> Named | None:
    """What a policy says about a fact that it declares."""
    head, _, name = path.partition(".")
    return policy.sections[head].get(name) if policy is not None and head in policy.sections else None


def _policy(page: Page, name: str) -> str:
    path = file_at(page, "policy", name)
    if path is None:
        return ""
    found = page_of(path)
    if found is None:
        return ""
    rules = len(Known(found).sections["rule"])
    return (
        f"**{found.word(('title',))}**\n\n`{found.word(('id',))}` {found.word(('version',))}, {rules} rules"
    )


def _key(page: Page, kind: str, pointer: Pointer) -> str:
    if kind in KINDS and (stated := fact_at(pointer, _root(page, kind))) is not None:
        path, found = stated
        subject = "access" if kind == AccessRequest.KIND else "release"
        return card(path, found, subject, _declared(policy_of(page), path))
    about = schema.described(kind, pointer, extends=page.extends)
    words = schema.words_at(kind, pointer, extends=page.extends)
    default = schema.default_at(kind, pointer, extends=page.extends)
    lines = [about, _listed(words), f"If not said: `{default}`." if default else ""]
    return "\n\n".join([f"**`{pointer[-1]}`**", *filter(None, lines)]) if any(lines) else ""


def _listed(words: dict[str, str]) -> str:
    if not any(words.values()):
        return ", ".join(f"`{word}`" for word in words)
    return "\n".join(f"- `{word}`: {about}" if about else f"- `{word}`" for word, about in words.items())


def _value(page: Page, kind: str, pointer: Pointer, node: Node) -> str:
    words = schema.words_at(kind, pointer, extends=page.extends)
    if about := words.get(node.text, ""):
        return f"**`{node.text}`**\n\n{about}"
    while pointer and isinstance(pointer[-1], int):
        pointer = pointer[:-1]
    return _key(page, kind, pointer) if pointer else ""
