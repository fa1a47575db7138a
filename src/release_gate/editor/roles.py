"""What a key or a value stands for: a condition, the path of a fact, or a name of something elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from release_gate.editor.known_names import Known, Named, known_to, named_in, references, tested
from release_gate.editor.pages import Page, page_of, policy_path
from release_gate.facts.access import KINDS
from release_gate.source import Pointer

__all__ = ["SECTIONS", "file_at", "names", "role_of", "within"]

SECTIONS: Final = ("tier", "parameter", "metric", "own", "is", "source", "rule")
"""What policies give names to, by the words that :class:`Known` has for them."""


def within(page: Page, pointer: Pointer) -> tuple[str, Pointer]:
    """The kind of document that a place is in, and the way to it: tests may hold requests."""
    if page.kind == "tests/v1" and pointer[:1] == ("fixtures",) and len(pointer) > 2:
        inline = page.word((*pointer[:2], "release_gate"))
        if inline in KINDS:
            return inline, pointer[2:]
    return page.kind, pointer


def role_of(kind: str, pointer: Pointer, *, is_key: bool) -> str:
    """What stands at a place of a kind of document; empty if it stands for itself."""
    return next(
        (
            role
            for role, patterns in (_KEYS if is_key else _VALUES).get(kind, {}).items()
            if any(_fits(pointer, pattern) for pattern in patterns.split())
        ),
        "",
    )


def _fits(pointer: Pointer, pattern: str) -> bool:
    """Whether a place is as a pattern says: `*` is any one step, `**` at its end any others."""
    steps = pattern.split(".")
    if steps[-1] == "**":
        steps.pop()
        pointer = pointer[: len(steps)]
    return len(steps) == len(pointer) and all(
        step in ("*", at) for step, at in zip(steps, map(str, pointer), strict=True)
    )


_REQUEST_KEYS: Final = {"metric": "metric.* variants.*.metric.*", "own": "own.* variants.*.own.*"}
_REQUEST_VALUES: Final = {
    "variant": "artifacts.*.variant",
    "artifact": "sign_offs.*.artifact",
    "stated_by": "*.source *.*.source *.*.*.source *.*.*.*.source *.*.*.*.*.source",
}
_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "policy/v1": {
        "parameter": "set.*",
        "tier": "ceilings.*",
        "rule": "approvers.*",
        "aged": "max_age.*",
        "code": "silence.* rules.*.silence.*",
    },
    "gate/v1": {"parameter": "policies.*.set.*"},
    "tests/v1": {
        "path": "fixtures.*.set.* cases.*.set.* cases.*.matrix.*",
        "expected": "cases.*.expect.*",
    },
    **dict.fromkeys(KINDS, _REQUEST_KEYS),
}
"""For each kind of document, what a key may stand for, and where."""
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "policy/v1": {
        "condition": "scope definitions.* tier_table.columns.* rules.*.when rules.*.require",
        "template": "rules.*.because rules.*.fix rules.*.deny",
        "tier": "default_tier tier_table.otherwise rules.*.tier",
        "cell": "tier_table.rows.*.*",
        "source": "rules.*.cite rules.*.cite.source",
        "replaced": "rules.*.id",
        "rule": "without.*",
        "policy": "extends in_force.superseded_by",
        "age": "facts.metrics.*.max_age max_age.*",
    },
    "gate/v1": {"policy": "policies.* policies.*.pack policies.*.file", "file": "trust waivers"},
    "tests/v1": {
        "policy": "policy beside.*",
        "file": "fixtures.* fixtures.*.file",
        "fixture": "fixtures.*.from cases.*.request",
        "rule": "cases.*.expect.*.because.** cases.*.expect.*.not_because.** cases.*.expect.*.obligations.** "
        "cases.*.expect.*.unverified.**",
        "path": "cases.*.expect.*.missing.** cases.*.expect.*.could_lift.**",
        "tier": "cases.*.expect.*.tier.**",
    },
    "waivers/v1": {"excused": "waivers.*.rule"},
    **dict.fromkeys(KINDS, _REQUEST_VALUES),
}
"""As above, what a value may stand for."""


def names(page: Page, role: str, pointer: Pointer) -> Mapping[str, Named]:
    """What may be named at a place of a document, by its name."""
    if role in SECTIONS:
        return _of_policies(_asked(page, pointer), role)
    found = _NAMES.get(role)
    return found(page, pointer) if found is not None else {}


def _cells(page: Page, pointer: Pointer) -> Mapping[str, Named]:
    """The tiers, in the last cell of a row of a table."""
    columns = page.root.at(("tier_table", "columns"))
    is_last = pointer[-1] == len((columns.items if columns else None) or ())
    return _of_policies(known_to(page), "tier") if is_last else {}


def _replaced(page: Page, _pointer: Pointer) -> Mapping[str, Named]:
    """The rules of what a policy extends, which a rule with the same id takes the place of."""
    base = next((each.base for each in known_to(page) if each.base is not None), None)
    return base.sections["rule"] if base is not None else {}


def _excused(page: Page, _pointer: Pointer) -> Mapping[str, Named]:
    return {
        f"{policy.page.word(('id',))}/{name}": each
        for policy in known_to(page)
        for name, each in policy.sections["rule"].items()
    }


def _aged(page: Page, _pointer: Pointer) -> Mapping[str, Named]:
    metrics = _of_policies(known_to(page), "metric")
    return {f"metric.{name}": each for name, each in metrics.items()} | dict(
        _of_policies(known_to(page), "rule")
    )


def _age(page: Page, _pointer: Pointer) -> Mapping[str, Named]:
    return {f"parameter.{n}": each for n, each in _of_policies(known_to(page), "parameter").items()}


def _expected(page: Page, pointer: Pointer) -> Mapping[str, Named]:
    return _artifacts_of(page, page.word((*pointer[:2], "request")))


def _here(key: str, about: str) -> Callable[[Page, Pointer], Mapping[str, Named]]:
    """The names of a section of the request that a place is in."""

    def found(page: Page, pointer: Pointer) -> Mapping[str, Named]:
        inside: Pointer = pointer[:2] if page.kind == "tests/v1" and key != "fixtures" else ()
        return named_in(page, (*inside, key), lambda *_: about)

    return found


_NAMES: Final[Mapping[str, Callable[[Page, Pointer], Mapping[str, Named]]]] = {
    "cell": _cells,
    "replaced": _replaced,
    "excused": _excused,
    "aged": _aged,
    "age": _age,
    "expected": _expected,
    "fixture": _here("fixtures", "A fixture: a request that cases start from."),
    "variant": _here("variants", "A variant: what differs between artifacts."),
    "artifact": _here("artifacts", "An artifact of this request."),
    "stated_by": _here("sources", "A source of this request."),
}


def _asked(page: Page, pointer: Pointer) -> Iterator[Known]:
    """The policies that a place is about: in a gate file, the one that it stands beside."""
    if page.kind != "gate/v1":
        yield from known_to(page)
        return
    node = page.root.at(pointer[:2])
    for name in references(type(node)(0, 0, items=[node])) if node is not None else ():
        path = policy_path(name, page.path.parent)
        found = page_of(path) if path is not None else None
        if found is not None:
            yield from known_to(found)


def _of_policies(policies: Iterator[Known], role: str) -> Mapping[str, Named]:
    found: dict[str, Named] = {}
    for policy in policies:
        found = {**policy.sections[role], **found}
    return found


def _artifacts_of(page: Page, fixture: str) -> Mapping[str, Named]:
    """The artifacts of the request that a fixture starts from."""
    for _ in range(8):
        base = page.word(("fixtures", fixture, "from"))
        if not base:
            break
        fixture = base
    if page.word(("fixtures", fixture, "release_gate")):
        return named_in(page, ("fixtures", fixture, "artifacts"), lambda *_: "An artifact.")
    file = page.word(("fixtures", fixture)) or page.word(("fixtures", fixture, "file"))
    found = page_of(page.path.parent / file) if file else None
    return named_in(found, ("artifacts",), lambda *_: "An artifact.") if found is not None else {}


def file_at(page: Page, role: str, text: str) -> Path | None:
    """The file that a reference leads to."""
    if role == "policy":
        path = tested(text, page.path) if page.kind == "tests/v1" else policy_path(text, page.path.parent)
        return path if path is not None and path.is_file() else None
    if role == "file" and text:
        path = page.path.parent / text
        return path if path.is_file() else None
    return None
