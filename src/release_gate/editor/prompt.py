"""Conditions that are tried against a request, one after the other, and facts that are changed meanwhile."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from release_gate.diagnostics import (
    Diagnostic,
    InputError,
    PolicyError,
    RequestError,
    Source,
    Span,
    did_you_mean,
)
from release_gate.editor.completion import Item, complete_condition
from release_gate.editor.conditions import Line
from release_gate.engine import check_declared, explain_rule, facts_at
from release_gate.evaluate.reference import Facts, Trace, evaluate
from release_gate.expression import nodes
from release_gate.expression.check import Scope, check_value
from release_gate.facts.access import kind_of
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.settings import Change, SettingError, changed
from release_gate.facts.truth import Step, Unknown
from release_gate.facts.types import STATED_REASONS, Day, ListType, MapType, RecordType, Type
from release_gate.policy.declarations import Declarations
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.policy.places import Problems
from release_gate.source import Document, read_document

__all__ = ["COMMANDS", "Prompt", "Tried", "refused", "without_policy"]

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    ":facts": ("[PATTERN]", "what the request states; with a pattern, every fact that is like it"),
    ":set": (
        "FACT VALUE",
        "give a fact another value, as requests write it: 0.98, high, {low: 1, high: 2}",
    ),
    ":unknown": ("FACT [REASON]", "take a fact away"),
    ":reset": ("", "take back everything that was set"),
    ":rules": ("[PATTERN]", "the rules of the policy"),
    ":rule": ("ID", "what the conditions of a rule come to"),
    ":at": ("RUNG", "the access level that is judged"),
    ":artifact": ("ID", "the artifact that is judged"),
    ":as-of": ("DATE", "the day for which to judge"),
    ":help": ("", "this list"),
    ":quit": ("", "leave"),
}
"""What can be written beside conditions: with what behind it, and what it does."""
_NOTHING: Final = "release_gate: policy/v1\nid: none\nversion: 1.0.0\ntitle: No policy\nsubject: {}\n"


def without_policy(subject: str) -> Policy:
    """A policy that declares nothing, so that only the facts of the request can be read."""
    return policy_from_document(read_document(_NOTHING.format(subject), "no policy"))


@dataclass(frozen=True, slots=True)
class Tried:
    """What a condition, or any other expression, came to.

    Attributes:
        text: The expression.
        trace: What each part of it came to.
        label: What it is in a rule, if it is one of a rule.
    """

    text: str
    trace: Trace
    label: str = ""


class Prompt:
    """A request, an artifact in it, and what the conditions of a policy read about that at a rung.

    Attributes:
        request: The request as it is now.
        policy: The policy whose definitions, parameters and measurements can be read.
        artifact: The artifact that is judged.
        rung: The access level that is judged.
        as_of: The day.
    """

    def __init__(self, document: Document, policy: Policy, as_of: date) -> None:
        """Start with a request as it was read.

        Args:
            document: The request.
            policy: The policy.
            as_of: The day for which to judge.

        Raises:
            InputError: It is no valid request, or is not what the policy judges.
        """
        self.first = self.document = document
        self.policy, self.as_of = policy, as_of
        self.request = self._read(document)
        if policy.document.subject != self.request.SUBJECT:
            message = f"`{policy.id}` judges `{policy.document.subject}`, and this is no request for it"
            raise PolicyError([Diagnostic("RG870", message, help="name a policy for such requests")])
        self.artifact: Artifact = self.request.artifacts[0]
        self.rung: Step = self.artifact.rung

    def _read(self, document: Document) -> ReleaseRequest:
        request = kind_of(document.tree).from_document(document)
        check_declared(request, [self.policy])
        return request

    # -- what is asked

    @cached_property
    def root(self) -> RecordType:
        """Every fact that can be read."""
        return Declarations(self.policy.document, Problems(self.policy.places)).root()

    @cached_property
    def scope(self) -> Scope:
        """What a condition may name."""
        return Scope(self.root, {name: each.root for name, each in self.policy.definitions.items()})

    @property
    def facts(self) -> Facts:
        """Every fact as it is at the rung that is judged."""
        request = self.request.on(self.as_of)
        artifact = next(each for each in request.artifacts if each.id == self.artifact.id)
        return facts_at(request, artifact, self.policy, [self.rung], self.as_of)[self.rung]

    def tried(self, text: str) -> Tried:
        """What an expression comes to.

        Raises:
            PolicyError: It is not one that a policy can have.
        """
        node, _, problems = check_value(text, self.scope)
        if node is None or problems:
            source = Source("<prompt>", text)
            raise PolicyError(
                Diagnostic(
                    each.code,
                    each.message,
                    Span(source, 1, each.at.start + 1, 1, max(each.at.end, each.at.start + 1) + 1),
                    each.help,
                )
                for each in problems
            )
        return Tried(text, evaluate(node, self.facts))

    def rule(self, name: str) -> list[Tried]:
        """What the conditions of a rule come to.

        Raises:
            PolicyError: There is no such rule.
        """
        rule = next((each for each in self.policy.rules if each.id == name), None)
        if rule is None:
            raise refused(f"there is no rule `{name}`", did_you_mean(name, self.rule_names()))
        request = self.request.on(self.as_of)
        artifact = next(each for each in request.artifacts if each.id == self.artifact.id)
        said = explain_rule(request, artifact, self.policy, rule, self.as_of)
        return [Tried(text, trace, label) for label, text, trace in said]

    def rule_names(self, pattern: str = "") -> list[str]:
        """The rules of the policy that are like a pattern."""
        return [rule.id for rule in self.policy.rules if _like(rule.id, pattern)]

    def listed(self, pattern: str = "") -> Iterator[Trace]:
        """The facts that are like a pattern; without one, those that are not simply missing."""
        facts = self.facts
        for path in self.paths():
            if not _like(path, pattern):
                continue
            trace = evaluate(nodes.Fact(nodes.At(0, 0), tuple(path.split("."))), facts)
            missing = isinstance(trace.value, Unknown) and trace.value.reason.value == "missing"
            if pattern or not missing:
                yield trace

    def paths(self) -> Iterator[str]:
        """The paths of all facts."""
        waiting: list[tuple[str, Type]] = [*self.root.fields.items()][::-1]
        while waiting:
            path, kind = waiting.pop()
            inside: list[tuple[str, Type]] = []
            if isinstance(kind, RecordType):
                inside = [*kind.fields.items()]
            elif isinstance(kind, MapType):
                inside = [(word, kind.item) for word in kind.words]
            else:
                yield path
            waiting += [(f"{path}.{name}", inner) for name, inner in reversed(inside)]

    # -- what is changed

    def set(self, path: str, value: str) -> None:
        """Give a fact another value.

        Args:
            path: The fact, as rules or tests name it.
            value: The value, as a request writes it.

        Raises:
            InputError: There is no such fact, or it cannot have this value. Then nothing has changed.
        """
        self._check_path(path)
        said = read_document(f"{json.dumps(path)}: {value}\n", "<prompt>")
        try:
            document = changed(self.document, [Change(path, said, (path,), (path,))])
        except SettingError as error:
            variant = self.artifact.variant
            if variant is None or "itself" not in str(error):
                raise RequestError([error.diagnostic]) from None
            # What variants state for themselves is meant for the one that is judged.
            self.set(f"variants[{variant}].{path}", value)
            return
        self._take(document)

    def forget(self, path: str, reason: str = "missing") -> None:
        """Take a fact away.

        Raises:
            InputError: There is no such fact, or nobody can state that reason. Then nothing has changed.
        """
        if reason not in STATED_REASONS:
            raise refused(f"`{reason}` is no reason for not knowing", did_you_mean(reason, STATED_REASONS))
        self.set(path, f"{{unknown: {reason}}}")

    def reset(self) -> None:
        """Take back everything that was set."""
        self._take(self.first)

    def _check_path(self, path: str) -> None:
        """Refuse the name of a fact that no condition can read: setting it would change nothing."""
        head = path.partition(".")[0].partition("[")[0]
        if "[" in path or head in ("variants", "artifacts", "sources", "sign_offs"):
            return
        if path in self.paths() or isinstance(self._kind(path), ListType):
            return
        raise refused(f"there is no fact `{path}`", did_you_mean(path, self.paths()))

    def _kind(self, path: str) -> Type | None:
        found = Line("", self.root, {}).resolve(path)
        return found.kind if found is not None else None

    def _take(self, document: Document) -> None:
        request = self._read(document)
        artifact = next((each for each in request.artifacts if each.id == self.artifact.id), None)
        self.document, self.request = document, request
        self.choose((artifact or request.artifacts[0]).id, keep=True)

    def choose(self, name: str, *, keep: bool = False) -> None:
        """Judge another artifact.

        Args:
            name: The artifact.
            keep: Whether the rung stays, if the artifact has it.

        Raises:
            PolicyError: There is no such artifact.
        """
        artifact = next((each for each in self.request.artifacts if each.id == name), None)
        if artifact is None:
            known = [each.id for each in self.request.artifacts]
            raise refused(f"there is no artifact `{name}`", did_you_mean(name, known))
        self.artifact = artifact
        if not keep or self.rung not in artifact.ladder:
            self.rung = artifact.rung

    def go(self, name: str) -> None:
        """Judge another rung.

        Raises:
            PolicyError: The artifact has no such rung.
        """
        rungs = {step.name: step for step in self.artifact.ladder}
        if name not in rungs:
            message = f"`{name}` is not an access level of `{self.artifact.id}`"
            raise refused(message, did_you_mean(name, rungs))
        self.rung = rungs[name]

    def judge_on(self, day: str) -> None:
        """Judge for another day.

        Raises:
            PolicyError: It is no date.
        """
        try:
            self.as_of = Day().read(day)
        except ValueError:
            raise refused(f"`{day}` is not a date", "write 2026-11-24") from None

    # -- what can be written

    def complete(self, text: str, offset: int) -> list[Item]:
        """What can be written at an offset of a line."""
        if not text.startswith(":"):
            line = Line(text, self.root, self.scope.definitions)
            return complete_condition(line, offset, self.policy.document.subject)
        command, blank, rest = text[:offset].partition(" ")
        start = text.rfind(" ", 0, offset) + 1
        commands = [f"{name} " if behind else name for name, (behind, _) in COMMANDS.items()]
        names = self._behind(command, rest) if blank else commands
        return [Item(name.strip(), "name", name, start=start, end=offset) for name in names]

    def _behind(self, command: str, rest: str) -> list[str]:
        """What can stand behind a command, after what is there."""
        if " " in rest.lstrip():
            return list(STATED_REASONS) if command == ":unknown" else []
        match command:
            case ":facts" | ":set" | ":unknown":
                return [*self.paths()]
            case ":rule":
                return self.rule_names()
            case ":at":
                return [step.name for step in self.artifact.ladder]
            case ":artifact":
                return [each.id for each in self.request.artifacts]
        return []


def _like(name: str, pattern: str) -> bool:
    """Whether a name is like a pattern: has it in it, or matches its stars."""
    return fnmatch.fnmatchcase(name, pattern if "*" in pattern else f"*{pattern}*")


def refused(message: str, help_: str) -> InputError:
    """Something that was written and cannot be done."""
    return PolicyError([Diagnostic("RG870", message, help=help_)])
