"""What a test expects: read from the file, spread over the cells of a matrix, held against a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.diagnostics import Diagnostic, did_you_mean, printable
from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import Artifact
from release_gate.policy.model import Policy
from release_gate.source import Document, Pointer

__all__ = ["Expectation", "expectations", "found", "in_short", "named", "rule_names", "shortened"]

VERDICTS: Final = tuple(verdict.value for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that is expected of one artifact.

    Attributes:
        artifact: The artifact.
        about: ``verdict``, ``best``, ``because`` and so on; with what it is said of, as in ``levels.hosted``.
        expected: What is expected: a word, None, or a set of words.
        at: Where it stands in the file.
        rungs: The access levels that the case looks at: the one asked for, and those it names.
    """

    artifact: str
    about: str
    expected: Any
    at: Pointer
    rungs: tuple[str, ...]

    def holds(self, came: Any) -> bool:
        """Whether what came is as expected."""
        if self.about == "because":
            return all(named(name, came) for name in self.expected)
        if self.about == "not_because":
            return not any(named(name, came) for name in self.expected)
        if self.about.partition(".")[0] in ("obligations", "unverified"):
            return len(came) == len(self.expected) and all(named(name, came) for name in self.expected)
        return bool(came == self.expected)


def found(expectation: Expectation, decision: ArtifactDecision) -> Any:
    """What a decision says about what is expected."""
    about, _, rest = expectation.about.partition(".")
    match about:
        case "verdict" | "levels":
            return decision.ladder[rest or decision.requested].value
        case "best" | "not_ruled_out":
            return getattr(decision, about)
        case "tier":
            state = decision.tiers.get(rest)
            return (state.certain, state.possible) if state is not None else None
        case "missing":
            return frozenset(decision.missing_at.get(rest, ()) if rest else decision.missing)
        case "could_lift":
            return frozenset(decision.could_lift)
        case "unverified":
            return frozenset(decision.unverified_at.get(rest or decision.requested, ()))
        case "obligations":
            return frozenset(f"{duty.policy}/{duty.rule}" for duty in decision.obligations)
        case _:
            return frozenset(
                f"{each.policy}/{each.rule}"
                for each in decision.findings
                if any(each.stands_at(name) for name in expectation.rungs)
            )


def named(name: str, rules: Iterable[str]) -> bool:
    """Whether a name, short or with its policy, is that of one of these rules."""
    return any(name in (rule, rule.partition("/")[2]) for rule in rules)


def in_short(value: Any) -> str:
    """What is expected, or came instead, as a test writes it."""
    match value:
        case None:
            return "null"
        case (certain, possible):
            return certain if certain == possible else f"{{certain: {certain}, possible: {possible}}}"
        case frozenset():
            return "[" + ", ".join(sorted(value)) + "]"
        case _:
            return str(value)


def shortened(came: Any) -> Any:
    """Names of rules without their policy, where that is enough to tell them apart."""
    if not isinstance(came, frozenset) or not all("/" in name for name in came):
        return came
    short = frozenset(name.partition("/")[2] for name in came)
    return short if len(short) == len(came) else came


def rule_names(policies: Iterable[Policy]) -> set[str]:
    """Every name that a finding of these policies may have, short and with its policy."""
    names = {"coverage"}
    for policy in policies:
        rules = [rule.id for rule in policy.rules] + [f"tier.{tier.step}" for tier in policy.tiers]
        names |= {*rules, *(f"{policy.id}/{rule}" for rule in rules)}
    return names


@dataclass
class _Reader:
    """Reads what one case expects in one cell of its matrix."""

    document: Document
    artifact: Artifact
    policies: Sequence[Policy]
    sizes: Sequence[int]
    cell: Sequence[int]
    problems: list[Diagnostic]

    def problem(self, at: Pointer, message: str, help: str = "") -> None:  # noqa: A002
        self.problems.append(Diagnostic("RG805", message, self.document.span(at), help))

    def pick(self, tree: Any, at: Pointer, *, words: bool = False) -> tuple[Any, Pointer] | None:
        """What stands for this cell: a list has one for each value of the first path of the matrix."""
        for size, index in zip(self.sizes, self.cell, strict=True):
            if not isinstance(tree, list) or (words and not any(isinstance(each, list) for each in tree)):
                break
            if len(tree) != size:
                self.problem(at, f"{len(tree)} are expected, and the matrix has {size} values here",
                             "write one for each value, or a single one for all")  # fmt: skip
                return None
            tree, at = tree[index], (*at, index)
        return tree, at

    def word(
        self, tree: Any, at: Pointer, known: Sequence[str | None], what: str
    ) -> Iterator[tuple[Any, Pointer]]:
        picked = self.pick(tree, at)
        if picked is None:
            return
        value, place = picked
        if value in known and not isinstance(value, bool):
            yield value, place
        else:
            words = [word for word in known if word]
            self.problem(place, f"{_shown(value)} is not {what}", did_you_mean(str(value), words))

    def words(self, tree: Any, at: Pointer) -> Iterator[tuple[frozenset[str], Pointer]]:
        picked = self.pick(tree, at, words=True)
        if picked is None:
            return
        value, place = picked
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            yield frozenset(value), place
        else:
            self.problem(place, "this must be a list of texts", "write [a, b], or [] for none")

    def rules(self, tree: Any, at: Pointer) -> Iterator[tuple[frozenset[str], Pointer]]:
        known = rule_names(self.policies)
        for names, place in self.words(tree, at):
            for name in sorted(names - known):
                if name.startswith(("object-", "reverse-")):
                    continue
                self.problem(place, f"there is no rule `{printable(name)}`", did_you_mean(name, known))
            yield names, place

    def levels(self, tree: Any, at: Pointer, like: str) -> Iterator[tuple[str, Any, Pointer]]:
        rungs = {rung.name for rung in self.artifact.ladder}
        for rung, inner in tree.items() if isinstance(tree, dict) else ():
            if rung in rungs:
                yield rung, inner, (*at, rung)
            else:
                said = f"an artifact of kind `{self.artifact.kind}` has no access level `{printable(rung)}`"
                span = self.document.key_span((*at, rung))
                self.problems.append(Diagnostic("RG805", said, span, did_you_mean(rung, rungs)))
        if not isinstance(tree, dict) or not tree:
            self.problem(at, "this must name access levels", f"write {{hosted: {like}}}")

    def tier(self, tree: Any, at: Pointer) -> Iterator[tuple[Any, Pointer]]:
        known = [tier.step.name for tier in self.policies[0].tiers]
        picked = self.pick(tree, at)
        if picked is None:
            return
        value, place = picked
        ends = (value, value)
        if isinstance(value, dict) and set(value) == {"certain", "possible"}:
            ends = (value["certain"], value["possible"])
        for end in ends:
            if end not in known:
                self.problem(place, f"{_shown(end)} is not a tier of `{self.policies[0].id}`",
                             did_you_mean(str(end), known))  # fmt: skip
                return
        yield ends, place

    def read(self, about: str, tree: Any, at: Pointer) -> Iterator[tuple[str, Any, Pointer]]:
        """What one key of an expectation says in this cell: about what, what, and where."""
        if about == "levels":
            for rung, inner, place in self.levels(tree, at, "approve"):
                for value, where in self.word(inner, place, VERDICTS, "a verdict"):
                    yield f"levels.{rung}", value, where
        elif about in ("missing", "unverified") and isinstance(tree, dict):
            for rung, inner, place in self.levels(tree, at, "[]"):
                for names, where in self.plain(about, inner, place):
                    yield f"{about}.{rung}", names, where
        else:
            name = f"tier.{self.policies[0].id}" if about == "tier" else about
            for value, where in self.plain(about, tree, at):
                yield name, value, where

    def plain(self, about: str, tree: Any, at: Pointer) -> Iterator[tuple[Any, Pointer]]:
        rungs = [rung.name for rung in self.artifact.ladder]
        readers: Mapping[str, Callable[[], Iterator[tuple[Any, Pointer]]]] = {
            "verdict": lambda: self.word(tree, at, VERDICTS, "a verdict"),
            "best": lambda: self.word(tree, at, rungs, "an access level of this artifact"),
            "not_ruled_out": lambda: self.word(tree, at, [*rungs, None], "an access level of this artifact"),
            "tier": lambda: self.tier(tree, at),
            "missing": lambda: self.words(tree, at),
            "could_lift": lambda: self.words(tree, at),
            "because": lambda: self.rules(tree, at),
            "not_because": lambda: self.rules(tree, at),
            "obligations": lambda: self.rules(tree, at),
            "unverified": lambda: self.rules(tree, at),
        }
        yield from readers[about]()


def _shown(value: Any) -> str:
    return f"`{printable(str(value))}`" if isinstance(value, str) else "this"


def expectations(
    document: Document,
    at: Pointer,
    artifact: Artifact,
    policies: Sequence[Policy],
    matrix: tuple[Sequence[int], Sequence[int]],
    problems: list[Diagnostic],
) -> list[Expectation]:
    """What a case expects of an artifact in one cell of its matrix.

    Args:
        document: The tests.
        at: Where the expectations of this artifact stand.
        artifact: The artifact.
        policies: The policy that is tested, and those beside it.
        matrix: How many values each path of the matrix has, and which of them this cell has.
        problems: Where to put what is wrong.
    """
    tree: Any = document.tree
    for step in at:
        tree = tree[step]
    reader = _Reader(document, artifact, policies, *matrix, problems)
    levels = tree.get("levels")
    named = [rung for rung in levels if rung in RUNGS] if isinstance(levels, dict) else []
    rungs = tuple(dict.fromkeys([artifact.wanted, *named]))
    if not tree:
        reader.problem(at, "nothing is expected", "say a verdict, or remove it")
    return [
        Expectation(artifact.id, about, value, place, rungs)
        for key, inner in tree.items()
        for about, value, place in reader.read(key, inner, (*at, key))
    ]
