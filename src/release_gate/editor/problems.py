"""What is wrong with a document, as the commands would say it, while it is being written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from release_gate.authoring.lint import lint_policy
from release_gate.authoring.testing.suites import load_suite
from release_gate.diagnostics import Diagnostic, InputError, PolicyError, Severity, Span
from release_gate.document import validate
from release_gate.editor.known_names import gate_near
from release_gate.editor.nodes import texts
from release_gate.editor.pages import Page
from release_gate.editor.schema import KIND_NAMES
from release_gate.facts.access import AccessRequest
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.gate.lineage.names import Names
from release_gate.gate.paper_files import read_trust
from release_gate.gate.unlisted import unlisted
from release_gate.policy.load import is_path, load_policy
from release_gate.policy.unread import unread_names
from release_gate.policy.waivers import WaiversDocument
from release_gate.source import POLICY_LIMITS, read_file, require_mapping

__all__ = ["Told", "check"]


MOST_RULES: Final = 1000
"""Of a policy with more rules, only errors are told: warnings would take longer than anybody waits."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is wrong, at a place of the page.

    Attributes:
        diagnostic: What is wrong. Its span is in this page.
        elsewhere: Where it is wrong, if that is another file that this page refers to.
    """

    diagnostic: Diagnostic
    elsewhere: Span | None = None


def check(page: Page, as_of: date) -> list[Told]:
    """Everything that is wrong, or looks wrong, with a page. Nothing, if it is no document of ours.

    What stands in an editor and is not saved is read in place of its files: see :mod:`release_gate.unsaved`.
    """
    kind = page.root.entry("release_gate")
    if kind is None or not kind.colon:
        return []
    try:
        found = list(_CHECKS.get(page.kind, _unknown_kind)(page.path, as_of))
    except InputError as error:
        found = list(error.diagnostics)
    return sorted(
        dict.fromkeys(_told(page, each) for each in found), key=lambda told: told.diagnostic.sort_key
    )


def _unknown_kind(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    require_mapping(read_file(path), KIND_NAMES)
    return ()


def _policy(path: Path, as_of: date) -> Iterable[Diagnostic]:
    policy = load_policy(path)
    if len(policy.rules) > MOST_RULES:
        return ()
    return lint_policy(policy, read_file(path, limits=POLICY_LIMITS), as_of)


def _tests(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    load_suite(path)
    return ()


def _gate(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    Gate.load(path, collect=False)
    return ()


def _request(path: Path, as_of: date) -> Iterable[Diagnostic]:
    """What is wrong with a request, and the licences and names in it of which nothing is known."""
    document = read_file(path)
    request = ReleaseRequest.from_document(document)
    licences, near = list(unlisted(request)), gate_near(path)
    if near is None:
        return licences
    try:
        policies = Gate.load(near.path, collect=False).in_force(as_of)
    except InputError:
        return licences  # what is wrong is told in the gate file
    return licences + [
        Diagnostic("RG405", each.text, document.key_span(each.pointer), each.help, Severity.WARNING)
        for each in unread_names(request, policies)
    ]


def _access_request(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    AccessRequest.load(path)
    return ()


def _trust(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    read_trust(path)
    return ()


def _waivers(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    document = read_file(path)
    require_mapping(document, ("waivers/v1",))
    validate(WaiversDocument, document.tree, document, PolicyError, "RG515")
    return ()


def _aliases(path: Path, _as_of: date) -> Iterable[Diagnostic]:
    Names.load([path])
    return ()


_CHECKS: Final[Mapping[str, Callable[[Path, date], Iterable[Diagnostic]]]] = {
    "policy/v1": _policy,
    "tests/v1": _tests,
    "gate/v1": _gate,
    "request/v1": _request,
    "access-request/v1": _access_request,
    "trust/v1": _trust,
    "waivers/v1": _waivers,
    "aliases/v1": _aliases,
}


def _told(page: Page, found: Diagnostic) -> Told:
    """What is wrong with another file is told where this one refers to it."""
    name = page.path.as_posix()
    if found.span is None:
        return Told(_moved(found, _kind_span(page)))
    if found.span.file == name:
        return Told(found)
    span = next(_referring(page, found.span.file), None) or _kind_span(page)
    return Told(_moved(found, span), found.span)


def _moved(found: Diagnostic, span: Span) -> Diagnostic:
    return Diagnostic(found.code, found.message, span, found.help, found.severity)


def _referring(page: Page, file: str) -> Iterator[Span]:
    """The places that name a file, or a pack."""
    pack = file.removeprefix("pack:").partition("/")[0] if file.startswith("pack:") else None
    for _, node in texts(page.root):
        named = (
            node.text.partition("@")[0] == pack if pack is not None else _leads(page, node.text, Path(file))
        )
        if named:
            yield page.span(node)


def _leads(page: Page, text: str, file: Path) -> bool:
    """Whether a text is the name of a file: its path from here, or what it is called without its ending."""
    return text == file.stem or (is_path(text) and _same(page.path.parent / text, file))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, ValueError, RuntimeError):
        return False


def _kind_span(page: Page) -> Span:
    entry = page.root.entry("release_gate")
    node = entry.key if entry is not None else page.root
    return page.span(node)
