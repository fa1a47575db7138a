"""What is allowed in a policy, and probably not meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from release_gate.authoring.lint import logic, shape
from release_gate.authoring.lint.subject import Remark, Subject
from release_gate.authoring.targets import Targets
from release_gate.authoring.testing.suites import load_suite
from release_gate.diagnostics import Diagnostic, InputError, Severity, did_you_mean, printable
from release_gate.policy.load import load_policy
from release_gate.policy.model import Policy
from release_gate.source import Document, Pointer, read_file

__all__ = ["CHECKS", "lint", "lint_policy"]

CHECKS: Final[tuple[Callable[[Subject], Iterable[Remark]], ...]] = (
    logic.conditions,
    logic.empty_lists,
    shape.tiers,
    shape.table,
    shape.texts,
    shape.sources,
    shape.standing,
    shape.look_alikes,
    shape.duplicates,
    shape.unused,
)


def lint(found: Targets, as_of: date) -> list[tuple[Path, list[Diagnostic]]]:
    """Everything that is wrong or looks wrong with policies and their tests, by file.

    Args:
        found: The files.
        as_of: The day for which to judge what has a date.
    """
    told: list[tuple[Path, list[Diagnostic]]] = []
    for path in found.policies:
        try:
            policy, document = load_policy(path), read_file(path)
            told.append((path, lint_policy(policy, document, as_of)))
        except InputError as error:
            told.append((path, list(error.diagnostics)))
    known = {each for _, diagnostics in told for each in diagnostics}
    for path in found.tests:
        try:
            load_suite(path)
            told.append((path, []))
        except InputError as error:
            told.append((path, [each for each in error.diagnostics if each not in known]))
    return told


def lint_policy(policy: Policy, document: Document, as_of: date) -> list[Diagnostic]:
    """The warnings about a policy, without those that it silences, and those about its silences."""
    subject = Subject.of(policy, document, as_of)
    remarks = [remark for check in CHECKS for remark in check(subject)]
    silences: dict[tuple[str | None, str], Pointer] = {}
    places: list[tuple[str | None, Pointer]] = [(None, ("silence",))]
    places += [(rule.id, (*at, "silence")) for rule, at in subject.own_rules()]
    for rule, at in places:
        silences |= {(rule, code): (*at, code) for code in _at(document, at)}
    kept = [remark for remark in remarks if (remark.rule, remark.diagnostic.code) not in silences]
    used = {(remark.rule, remark.diagnostic.code) for remark in remarks}
    # What tests have not seen is told, and so silenced, elsewhere.
    used |= {key for key in silences if key[1] in MEASURED}
    kept += [_useless(subject, key, at) for key, at in silences.items() if key not in used]
    return sorted((remark.diagnostic for remark in kept), key=lambda each: each.sort_key)


def _at(document: Document, at: Pointer) -> Iterator[str]:
    found: Any = document.tree
    for step in at:
        found = found.get(step, {}) if isinstance(found, Mapping) else found[step]
    yield from found


def _useless(subject: Subject, key: tuple[str | None, str], at: Pointer) -> Remark:
    rule, code = key
    span = subject.document.key_span(at)
    if code not in CODES:
        message = f"`{printable(code)}` is not a warning that can be silenced"
        return Remark(Diagnostic("RG839", message, span, did_you_mean(code, CODES), Severity.WARNING), rule)
    message = f"there is no {code} here to be silenced"
    return Remark(Diagnostic("RG838", message, span, "remove it", Severity.WARNING), rule)


CODES: Final = tuple(f"RG{number}" for number in (*range(820, 828), *range(830, 838)))
"""The warnings that can be silenced."""

MEASURED: Final = ("RG840", "RG841", "RG842", "RG850")
"""Those of `cover` and `mutate`, which can be silenced too."""
