"""A file of tests to trials: each a request, a day, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Final

from release_gate.authoring.testing.document import CaseDocument, TestsDocument
from release_gate.authoring.testing.expectations import Expectation, expectations
from release_gate.decision import in_words
from release_gate.diagnostics import (
    Diagnostic,
    InputError,
    PolicyError,
    Span,
    did_you_mean,
    nearest,
    printable,
)
from release_gate.document import validate
from release_gate.engine import policies_digest
from release_gate.facts.access import KINDS, kind_of
from release_gate.facts.derived import derived
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.settings import Change, SettingError, changed
from release_gate.facts.types import Day
from release_gate.policy.in_force import in_force
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack, pack_names
from release_gate.source import Document, Pointer, read_document, read_file, require_mapping

__all__ = ["Suite", "Trial", "load_suite", "policy_file", "stand_in"]

COVER: Final = "covers-for-tests"
MAX_CELLS: Final = 20_000
"""As many cells the matrices of a file of tests have together; each is a request of its own."""
"""Covers every release and asks nothing, so that a policy that does not cover can be tested by itself."""
_COVER = f"""\
release_gate: policy/v1
id: {COVER}
version: 1.0.0
title: Stands for the policies that would cover the release
covers: true
rules: [{{id: nothing, require: "true"}}]
"""


def stand_in() -> Policy:
    """A policy that covers every release and asks nothing, beside one that covers none."""
    return policy_from_document(read_document(_COVER, COVER))


@dataclass(frozen=True, slots=True)
class Trial:
    """One request to judge, and what is expected.

    Attributes:
        name: The name of the case, and the values of the matrix that it has.
        case: Its number in the file, from 0.
        cell: Which value of each path of the matrix it has.
        request: The request.
        as_of: The day.
        expectations: What is expected.
        span: Where the case is named.
    """

    name: str
    case: int
    cell: tuple[int, ...]
    request: ReleaseRequest
    as_of: date
    expectations: tuple[Expectation, ...]
    span: Span | None


_PLACES: Final = "name a pack, or a policy by its id, which is the name of its file in this folder: ID.yaml"


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one file.

    Attributes:
        document: The file.
        policy: The policy that is tested.
        beside: What judges beside it.
        trials: The cases, each cell of a matrix as one of its own.
        files: Every file that the tests were read from.
    """

    document: Document
    policy: Policy
    beside: tuple[Policy, ...]
    trials: tuple[Trial, ...]
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.document.source.name

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every policy that judges."""
        return (self.policy, *self.beside)


def load_suite(path: Path, policy: Policy | None = None) -> Suite:
    """Read a file of tests.

    Args:
        path: The file.
        policy: A policy to test in the place of the one that the file names.

    Raises:
        InputError: With every diagnostic of the file, and of the requests and policies that it names.
    """
    document = read_file(path)
    require_mapping(document, ("tests/v1",))
    shape = validate(TestsDocument, document.tree, document, PolicyError, "RG801")
    return _Loader(path, document, shape, policy).load()


def policy_file(path: Path, name: str) -> Path | None:
    """The file of the policy that tests in a file name; None if it is a pack.

    A name with a slash or an ending is a file, from the folder of the tests. Another is the id of a policy
    beside the tests (``policy.yaml`` or ``ID.yaml``, in their folder or the one above), else of a pack.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        return path.parent / name
    for folder in (path.parent, path.parent.parent):
        for candidate in (folder / f"{name}.yaml", folder / "policy.yaml"):
            if candidate.is_file() and _id_of(candidate) == name:
                return candidate
    return None


def _id_of(path: Path) -> str | None:
    """The id of a policy file, or None if it is none."""
    try:
        tree = read_file(path).tree
    except InputError:
        return None
    if not isinstance(tree, dict) or tree.get("release_gate") != "policy/v1":
        return None
    return str(tree.get("id"))


class _Loader:
    def __init__(self, path: Path, document: Document, shape: TestsDocument, policy: Policy | None) -> None:
        self.path, self.document, self.shape = path, document, shape
        self.problems: list[Diagnostic] = []
        self.cells = 0
        self.files = [path]
        self.fixtures: dict[str, Document | None] = {}
        self.requests: dict[str, ReleaseRequest | None] = {}
        self.policies = self.read_policies(policy)

    def load(self) -> Suite:
        if not self.policies:
            raise PolicyError(self.problems)
        for name in self.shape.fixtures:
            self.fixture(name, ())
        trials = [trial for index, case in enumerate(self.shape.cases) for trial in self.case(index, case)]
        self.check_names()
        if self.problems:
            raise PolicyError(self.problems)
        policy, *beside = self.policies
        return Suite(self.document, policy, tuple(beside), tuple(trials), tuple(self.files))

    def problem(self, code: str, message: str, at: Pointer, help: str = "") -> None:  # noqa: A002
        self.problems.append(Diagnostic(code, message, self.document.span(at), help))

    # -- policies

    def read_policies(self, given: Policy | None) -> list[Policy]:
        found = [given] if given is not None else self.policy(self.shape.policy, ("policy",))
        for index, name in enumerate(self.shape.beside):
            found += self.policy(name, ("beside", index))
        if not any(policy.document.covers for policy in found):
            found.append(stand_in())
        return found if given is not None or not self.problems else []

    def policy(self, name: str, at: Pointer) -> list[Policy]:
        try:
            file = policy_file(self.path, name)
            policy = load_policy(file) if file is not None else load_pack(name)
        except InputError as error:
            told = [each for each in error.diagnostics if each.span is not None]
            self.problems += told
            if not told:
                first = error.diagnostics[0]
                is_pack = nearest(name.partition("@")[0], pack_names())
                self.problem("RG802", first.message, at, first.help if is_pack else _PLACES)
            return []
        self.files += [file] if file is not None else []
        return [policy]

    # -- fixtures

    def fixture(self, name: str, trail: tuple[str, ...]) -> Document | None:
        """The request document of a fixture, or None if it cannot be had, which has been told."""
        if name in self.fixtures:
            return self.fixtures[name]
        shape = self.shape.fixtures[name]
        at: Pointer = ("fixtures", name)
        self.fixtures[name] = None
        if shape.file is not None:
            self.fixtures[name] = self.read(shape.file, at)
        elif shape.inline is not None:
            self.fixtures[name] = _cut(self.document, at)
        elif shape.from_ in (name, *trail):
            self.problem("RG803", f"the fixture `{printable(name)}` goes in a circle", (*at, "from"))
        elif (base := self.named(str(shape.from_), (*at, "from"), (name, *trail))) is not None:
            self.fixtures[name] = self.change(base, self.changes(shape.set, (*at, "set")))
        return self.fixtures[name]

    def named(self, name: str, at: Pointer, trail: tuple[str, ...] = ()) -> Document | None:
        if name in self.shape.fixtures:
            return self.fixture(name, trail)
        self.problem("RG803", f"there is no fixture `{printable(name)}`", at,
                     did_you_mean(name, self.shape.fixtures) or "name a file under `fixtures:`")  # fmt: skip
        return None

    def read(self, name: str, at: Pointer) -> Document | None:
        file = self.path.parent / name
        try:
            document = read_file(file)
            require_mapping(document, KINDS)
        except InputError as error:
            told = [each for each in error.diagnostics if each.span is not None]
            self.problems += told
            if not told:
                self.problem(
                    "RG803", error.diagnostics[0].message, at, "paths start at the folder of the tests"
                )
            return None
        self.files.append(file)
        return document

    def changes(self, paths: Mapping[str, Any], at: Pointer) -> list[Change]:
        return [Change(path, self.document, (*at, path), (*at, path)) for path in paths]

    def change(self, base: Document, changes: Sequence[Change]) -> Document | None:
        try:
            return changed(base, changes)
        except SettingError as error:
            self.problems.append(error.diagnostic)
            return None

    # -- cases

    def check_names(self) -> None:
        seen: set[str] = set()
        for index, case in enumerate(self.shape.cases):
            if case.name in seen:
                self.problem("RG806", f"two cases have the name `{printable(case.name)}`",
                             ("cases", index, "name"), "give each its own")  # fmt: skip
            seen.add(case.name)

    def case(self, index: int, case: CaseDocument) -> list[Trial]:
        at: Pointer = ("cases", index)
        base = self.named(case.request, (*at, "request"))
        empty = [path for path, values in case.matrix.items() if not values]
        for path in empty:
            self.problem("RG804", "a path of a matrix has at least one value", (*at, "matrix", path))
        twice = [path for path in case.matrix if path in case.set]
        for path in twice:
            self.problem("RG804", f"`{printable(path)}` is in `set` and in `matrix`", (*at, "set", path),
                         "keep one of them")  # fmt: skip
        if not case.expect:
            self.problem("RG805", "nothing is expected", (*at, "expect"), "name an artifact and a verdict")
        if base is None or empty or twice:
            return []
        sizes = [len(values) for values in case.matrix.values()]
        self.cells += prod(sizes)
        if self.cells > MAX_CELLS:
            message = f"the matrices have more than {MAX_CELLS:,} cells together"
            self.problem("RG801", message, (*at, "matrix"), "try fewer values, or fewer facts at once")
            return []
        trials: list[Trial] = []
        for cell in product(*map(range, sizes)):
            trial = self.trial(index, case, base, sizes, cell)
            if trial is None:
                break  # the other cells would mostly say it again
            trials.append(trial)
        return trials

    def trial(
        self, index: int, case: CaseDocument, base: Document, sizes: Sequence[int], cell: Sequence[int]
    ) -> Trial | None:
        at: Pointer = ("cases", index)
        changes = self.changes(case.set, (*at, "set"))
        for path, place in zip(case.matrix, cell, strict=True):
            key: Pointer = (*at, "matrix", path)
            changes.append(Change(path, self.document, (*key, place), key))
        as_of = self.day(case, [change for change in changes if change.path == "as_of"], at)
        document = self.change(base, [change for change in changes if change.path != "as_of"])
        if as_of is None or document is None:
            return None
        request = self.request(case.request, document, as_of)
        if request is None:
            return None
        expected: list[Expectation] = []
        artifacts = {artifact.id: artifact for artifact in request.artifacts}
        before = len(self.problems)
        for name in case.expect:
            where: Pointer = (*at, "expect", name)
            if name not in artifacts:
                span = self.document.key_span(where)
                message = f"there is no artifact `{printable(name)}`"
                self.problems.append(Diagnostic("RG805", message, span, did_you_mean(name, artifacts)))
                continue
            expected += expectations(
                self.document, where, artifacts[name], self.policies, (sizes, cell), self.problems
            )
        if len(self.problems) > before:
            return None
        return Trial(
            _name(case, cell),
            index,
            tuple(cell),
            request,
            as_of,
            tuple(expected),
            self.document.span((*at, "name")),
        )

    def day(self, case: CaseDocument, changes: Sequence[Change], at: Pointer) -> date | None:
        for change in changes:
            try:
                return Day().read(change.value)
            except ValueError as error:
                span = self.document.span(change.at)
                self.problems.append(Diagnostic("RG804", f"as_of: {error}", span, "write 2026-11-24"))
                return None
        if case.as_of is None and self.shape.as_of is None:
            self.problem("RG807", "this case has no day", (*at, "name"),
                         "add `as_of: 2026-11-24` to it or to the file; no test reads the clock")  # fmt: skip
        return case.as_of or self.shape.as_of

    def request(self, fixture: str, document: Document, as_of: date) -> ReleaseRequest | None:
        base = self.base(fixture)
        try:
            bound, kind = self.bound(document, as_of), kind_of(document.tree)
            if base is None or kind is not ReleaseRequest:
                return kind.from_document(bound)
            return derived(base, bound)
        except InputError as error:
            self.problems += error.diagnostics
            return None

    def base(self, fixture: str) -> ReleaseRequest | None:
        """The request of a fixture as it stands; None if it is valid only with what a case changes."""
        document = self.fixtures[fixture]
        if fixture not in self.requests and document is not None:
            try:
                self.requests[fixture] = ReleaseRequest.from_document(document)
            except InputError:
                self.requests[fixture] = None
        return self.requests.get(fixture)

    def bound(self, document: Document, as_of: date) -> Document:
        """The request with its sign-offs bound to it, and to the policies, where they do not say to what.

        An author of tests cannot write down digests of what is still changing.
        """
        tree = document.tree
        said = tree.get("sign_offs") if isinstance(tree, dict) else None
        if not isinstance(said, list) or not said or not isinstance(tree, dict):
            return document
        free = {key: value for key, value in tree.items() if key != "sign_offs"}
        request = kind_of(free).from_document(
            Document(document.source, free, document.spans, document.keys, document.styles)
        )
        inforce, _ = in_force(self.policies, as_of)
        seen = {"request": request.proposal_digest, "policies": policies_digest(inforce)}
        signed = [{**seen, **each} if isinstance(each, dict) else each for each in said]
        return Document(
            document.source, {**free, "sign_offs": signed}, document.spans, document.keys, document.styles
        )


def _name(case: CaseDocument, cell: Sequence[int]) -> str:
    if not cell:
        return case.name
    values = [
        f"{path} = {_in_short(case.matrix[path][index])}"
        for path, index in zip(case.matrix, cell, strict=True)
    ]
    return f"{case.name} [{', '.join(values)}]"


def _in_short(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_in_short(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_in_short(item) for item in value) + "]"
        case _:
            return in_words(value)


def _cut(document: Document, at: Pointer) -> Document:
    """A part of a document as a document of its own."""
    tree: Any = document.tree
    for step in at:
        tree = tree[step]
    depth = len(at)
    spans, keys, styles = (
        {place[depth:]: said for place, said in places.items() if place[:depth] == at}
        for places in (document.spans, document.keys, document.styles)
    )
    return Document(document.source, tree, spans, keys, styles)  # type: ignore[arg-type]
