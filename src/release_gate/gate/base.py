"""What the gate was before a change, and what it would have said then.

Whoever wants a release through may loosen the policy in the same change. So the request is also judged by
the gate of the commit before, and every policy that has become looser is named, and whatever else of the gate
was changed (:mod:`release_gate.gate.changes`).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from os.path import abspath
from pathlib import Path
from typing import Final

from release_gate import engine
from release_gate.decision import ArtifactDecision, Decision, Verdict, worst
from release_gate.diagnostics import Diagnostic, InputError, PolicyError, Severity, printable
from release_gate.facts.ladder import ALL_RUNGS
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.changes import access_changes, changed_papers, changed_settings, files_of
from release_gate.gate.gate import Gate, read_gate
from release_gate.policy.documents import SignOffAsked
from release_gate.policy.gate_file import GateDocument
from release_gate.policy.model import Policy
from release_gate.policy.tighten import asks_as_much
from release_gate.source import MAX_BYTES

__all__ = ["Before", "gate_at", "loosened"]

_AskedFor = dict[tuple[str, str], SignOffAsked]
_OF_NOBODY: Final = ("u",) * 24
"""Folders within one that nobody else may enter: what a gate file names above its repository is not there, in
place of whatever somebody has put into the folder that all write to."""
_SUFFIXES: Final = (".yaml", ".yml", ".json", ".pem", ".pub", "")


@dataclass(frozen=True)
class Before:
    """What the gate was before a change.

    Attributes:
        gate: The gate.
        changed: What was changed in the gate file since then, so that more may get through.
    """

    gate: Gate
    changed: tuple[str, ...] = ()


def gate_at(ref: str, gate: Path | None, policies: Sequence[str]) -> Before:
    """The gate as it was at a commit.

    Args:
        ref: The commit, as git names it.
        gate: The gate file now; if it was not there then, nothing but the pack that is always on judges.
        policies: The policies, if there is no gate file.

    Raises:
        InputError: There is no such commit, or the gate was not valid then, or is not now.
    """
    here = (gate.parent if gate else Path()).resolve()
    root = Path(_git(here, "rev-parse", "--show-toplevel").decode().strip())
    commit = (
        _git(here, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        .decode()
        .strip()
    )
    now = read_gate(gate)[1] if gate is not None else None
    with tempfile.TemporaryDirectory() as name, _named(ref, folder := Path(name, *_OF_NOBODY)):
        _checkout(root, commit, folder)
        if gate is None or now is None:
            return Before(Gate.from_policies([_then(each, root, folder) for each in policies]))
        then = folder / _inside(gate, root)
        was = read_gate(then)[1] if then.exists() else None
        differ = _differing(root, commit, gate, now)
        changed = tuple(changed_settings(was, now, lambda name: name not in differ))
        if was is None:
            return Before(Gate(()), changed)
        if was.sign_offs is not None:
            _without_files(then.parent / was.sign_offs, folder)
        # The evidence is that of today; only what is asked of it may have become less.
        return Before(Gate.load(then, collect=False), changed)


@contextmanager
def _named(ref: str, folder: Path) -> Iterator[None]:
    """Name what is wrong with the gate of a commit as git does, not by the folder that it was written to."""

    def told(text: str) -> str:
        return text.replace(f"{folder.as_posix()}/", f"{printable(ref)}:")

    try:
        yield
    except InputError as error:
        found = [
            replace(
                each,
                message=told(each.message),
                help=told(each.help),
                span=each.span
                and replace(each.span, source=replace(each.span.source, name=told(each.span.file))),
            )
            for each in error.diagnostics
        ]
        raise type(error)(found, error.outcome) from None


def _without_files(path: Path, folder: Path) -> None:
    """Git keeps no folder without files: one that a gate file named was there, and empty."""
    if path.resolve().is_relative_to(folder.resolve()):
        path.mkdir(parents=True, exist_ok=True)


def _differing(root: Path, commit: str, gate: Path, now: GateDocument) -> set[str]:
    """The files of a gate file that were others at a commit. What is in no commit comes with no change."""
    found = set()
    for name in files_of(now):
        path = gate.parent / name
        try:
            place = _inside(path, root).as_posix()
        except PolicyError:
            continue
        was = _git(root, "ls-tree", "-z", "--full-tree", commit, "--", place).split()
        if (real := path.parent.resolve()) != (root / place).parent and real.is_relative_to(root):
            same = False  # git sees the link that leads there, and not what lies behind it
        elif was:
            now_ = _git(root, "hash-object", "--no-filters", "--", place) if path.is_file() else b""
            same = was[2] == now_.strip()
        else:
            same = not _git(root, "ls-files", "-z", "--", place)
        if not same:
            found.add(name)
    return found


def _then(policy: str, root: Path, folder: Path) -> str | Path:
    """A policy file as it was, or a pack, which comes with the library."""
    return folder / _inside(Path(policy), root) if Path(policy).exists() else policy


def _inside(path: Path, root: Path) -> Path:
    """Where a file stands in a repository, by its name.

    A link may have come with the change, and lead to what has been there for long.
    """
    named = Path(abspath(path))  # noqa: PTH100 - not where links lead
    above = next((each for each in named.parents if each.resolve() == root), None)
    if above is None:
        raise _problem(f"`{printable(path.as_posix())}` is not in the repository of `{root.name}`")
    return named.relative_to(above)


def _checkout(root: Path, commit: str, folder: Path) -> None:
    """Write the small documents of a commit into a folder. No filter, no hook and no link of it runs."""
    wanted = []
    for line in _git(root, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        about, _, name = line.partition(b"\t")
        mode, _, digest, size = about.split()
        path = Path(name.decode(errors="surrogateescape"))
        if path.is_absolute() or ".." in path.parts:  # git writes no such tree, and reads one
            raise _problem(f"the commit names a file outside of its folder, `{printable(str(path))}`")
        if mode in (b"100644", b"100755") and int(size) <= MAX_BYTES and path.suffix in _SUFFIXES:
            wanted.append((digest.decode(), path))
    data = _git(root, "cat-file", "--batch", told="".join(f"{digest}\n" for digest, _ in wanted))
    for _, path in wanted:
        head, _, data = data.partition(b"\n")
        size_of = int(head.split()[2])
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data[:size_of])
        except OSError as error:
            reason = (error.strerror or "unwritable").lower()
            raise _problem(f"cannot write `{printable(str(path))}` of the commit: {reason}") from None
        data = data[size_of + 1 :]


def _git(folder: Path, *arguments: str, told: str = "") -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 - a fixed program; a name of a commit cannot be an option
            ["git", *arguments],  # noqa: S607 - wherever git is installed
            cwd=folder,
            input=told.encode(),
            capture_output=True,
            check=True,
        )
    except FileNotFoundError:
        raise _problem("`git` is not installed") from None
    except subprocess.CalledProcessError as error:
        said = printable(error.stderr.decode(errors="replace").strip() or "there is no such commit", 300)
        raise _problem(f"cannot read what the gate was: {said}") from None
    return ended.stdout


def _problem(message: str) -> PolicyError:
    help_ = "name a commit that was fetched; in a build, fetch more than the last one"
    return PolicyError([Diagnostic("RG904", message, help=help_)])


def loosened(before: Before, now: Gate, request: ReleaseRequest, as_of: date) -> Iterator[Diagnostic]:
    """What has become looser for a request, up to the level that is asked for, and for access requests."""
    old, new = _bare(before.gate, request, as_of), _bare(now, request, as_of)
    names = sorted({used.id for used in (*old.policies, *new.policies)} | {"gate"})
    asked = [_asked_for(gate.in_force(as_of)) for gate in (before.gate, now)]
    for was, artifact in zip(old.artifacts, new.artifacts, strict=True):
        for name in names:
            rungs = [
                rung for rung in _up_to(artifact) if _rank(artifact, name, rung) < _rank(was, name, rung)
            ]
            if rungs:
                change = f"{_at(was, name, rungs[-1])} before, and is {_at(artifact, name, rungs[-1])}"
                yield _warning(f"the policy `{name}` was loosened: {artifact.id} at {rungs[-1]} was {change}")
                continue
            eased = list(_eased(was, artifact, name, *asked))
            for change in dict.fromkeys(change for change, _ in eased):
                listed = ", ".join(rule for what, rule in eased if what == change)
                yield _warning(f"the policy `{name}` was loosened: {artifact.id} {change}, {listed}")
    yield from map(_warning, changed_papers(before.gate.papers, now.papers, request.id))
    yield from map(_warning, access_changes(before.gate.in_force(as_of), now.in_force(as_of)))
    yield from map(_warning, before.changed)


def _warning(message: str) -> Diagnostic:
    help_ = "in the same change as the release; let it be reviewed and merged on its own first"
    return Diagnostic("RG903", message, help=help_, severity=Severity.WARNING)


def _bare(gate: Gate, request: ReleaseRequest, as_of: date) -> Decision:
    """What a gate says if nobody has signed: a signature under one policy is none under another."""
    papers = replace(gate.papers, signed=())
    return engine.decide(request.bare(), gate.policies, as_of, None, papers)


def _up_to(artifact: ArtifactDecision) -> Iterable[str]:
    """The rungs up to the one that is asked for."""
    return (rung for rung in artifact.ladder if ALL_RUNGS[rung] <= ALL_RUNGS[artifact.requested])


def _at(artifact: ArtifactDecision, policy: str, rung: str) -> Verdict:
    """What a policy alone comes to at a rung."""
    return worst(
        found.outcome for found in artifact.findings if found.policy == policy and found.stands_at(rung)
    )


def _rank(artifact: ArtifactDecision, policy: str, rung: str) -> int:
    return _at(artifact, policy, rung).rank


def _asked_for(policies: Iterable[Policy]) -> _AskedFor:
    """What the rules of policies ask of those who sign."""
    return {
        (policy.id, rule.id): rule.sign_off
        for policy in policies
        for rule in policy.rules
        if rule.sign_off is not None
    }


def _eased(
    was: ArtifactDecision, now: ArtifactDecision, policy: str, then: _AskedFor, today: _AskedFor
) -> Iterator[tuple[str, str]]:
    """What a policy asks less of than before while its verdict is the same, and by which rule.

    Another rule of the policy may keep the verdict up until somebody has signed.
    """
    signed = {(each.policy, each.rule): each for each in now.sign_offs}
    for state in was.sign_offs:
        key = state.policy, state.rule
        if state.policy != policy:
            continue
        if key not in signed or len(signed[key].roles) < len(state.roles):
            yield "needs fewer people", state.rule
        elif _later(signed[key].from_, state.from_) or not asks_as_much(then[key], today[key]):
            yield "may need less of a sign-off", state.rule
    owed = {(each.policy, each.rule): each for each in now.obligations}
    for duty in was.obligations:
        new = owed.get((duty.policy, duty.rule))
        same = (
            new is not None and replace(new, from_=duty.from_) == duty and not _later(new.from_, duty.from_)
        )
        if duty.policy == policy and not same:
            yield "may owe less", duty.rule


def _later(now: str, was: str) -> bool:
    return ALL_RUNGS[now] > ALL_RUNGS[was]
