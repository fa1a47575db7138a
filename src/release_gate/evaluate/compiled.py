"""Policies as Python functions: what runs. :mod:`release_gate.evaluate.reference` defines what they must say.

A program evaluates all rules of a policy at once, and names those that bite (``True``) or may bite
(``None``). Rules are grouped into chunks, and a chunk has three functions. One reads what the rules need from
the models, as plain values. One runs the rules on these, and leaves a rule for later when it meets a gap. One
is for every fact, and reads the models itself. Rules that begin with *this fact is that word* stand in an
index by the word, so that thousands of them cost what one of them does. What reads the rung or the tier is
left out of the chunks, and evaluated for one rung at a time.

Functions are made when they are first needed, from source that ``linecache`` shows to debuggers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, TypeAlias

from release_gate.evaluate.emit import Code, expressible
from release_gate.evaluate.fetch import Leaf, Reading
from release_gate.evaluate.functions import Function, Tri, function, made
from release_gate.evaluate.gather import Gatherer, Slot
from release_gate.evaluate.kleene import Kleene
from release_gate.evaluate.known import Known
from release_gate.expression import nodes
from release_gate.expression.monotone import reads
from release_gate.expression.nodes import Node, children
from release_gate.facts.truth import Step, Value
from release_gate.policy.model import Policy

__all__ = ["ACCESS", "TIER", "Gathered", "Hits", "Part", "Program", "Tri"]

ACCESS, TIER = ("artifact", "access"), ("tier",)
Hits: TypeAlias = "list[tuple[int, Tri]]"
"""The number of each rule that bites or may bite, with True or None."""
Gathered: TypeAlias = "list[Any]"
"""What each chunk of a program reads, as plain values: ``None`` for what is not plainly known."""

CHUNK: Final = 100
"""Rules to a function: enough to share what they load, and few enough to compile quickly."""
KEYED: Final = 8
"""So many rules that ask for a word of the same fact are worth an index."""


@dataclass(frozen=True)
class Part:
    """The conditions of a rule: it bites where all guards hold, and the requirement, if any, does not."""

    index: int
    name: str
    guards: tuple[Node, ...]
    require: Node | None

    @property
    def conditions(self) -> tuple[Node, ...]:
        """All of its conditions."""
        return self.guards if self.require is None else (*self.guards, self.require)

    @cached_property
    def reads_access(self) -> bool:
        """Whether it reads the rung that is judged."""
        return any(reads(node, ACCESS) for node in self.conditions)

    @cached_property
    def reads_tier(self) -> bool:
        """Whether it reads the tier."""
        return any(reads(node, TIER) for node in self.conditions)

    @property
    def expressible(self) -> bool:
        """Whether there is code for all of it."""
        return all(expressible(node) for node in self.conditions)


class Program:
    """A policy, compiled.

    Attributes:
        policy: The policy.
        parts: The conditions of each rule.
        interpreted: The rules that have no code; they must be asked of the reference.
        by_rung: The rules that read the rung or the tier, one function for each.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.parts = tuple(_parts(policy))
        self.interpreted: list[Part] = []
        self.by_rung: dict[int, _Chunk] = {}
        together: list[Part] = []
        for part in self.parts:
            if not part.expressible:
                self.interpreted.append(part)
            elif part.reads_access or part.reads_tier:
                self.by_rung[part.index] = _Chunk(policy, (part,))
            else:
                together.append(part)
        self._index, rest = _indexed(policy, together)
        self._chunks = [_Chunk(policy, tuple(rest[at : at + CHUNK])) for at in range(0, len(rest), CHUNK)]

    def read(self, reading: Reading) -> Gathered:
        """What the rules read, for :meth:`run`. Not what stands in an index: that depends on the word."""
        return [chunk.read(reading) for chunk in self._chunks]

    def run(self, reading: Reading, scope: Tri, facts: Gathered | None = None) -> Hits:
        """The rules that bite or may bite, among those that read neither the rung nor the tier.

        Args:
            reading: The facts.
            scope: Whether the policy applies; not false.
            facts: What has been read of them, if it has.
        """
        hits: Hits = []
        for number, chunk in enumerate(self._chunks):
            hits += chunk.run(reading, scope, None if facts is None else facts[number])
        for index in self._index:
            for chunk in index.chunks(reading):
                hits += chunk.run(reading, scope)
        return hits

    def bites(self, part: int, reading: Reading, scope: Tri, tier: Value, access: Step) -> Tri:
        """Whether a rule of ``by_rung`` bites at a rung."""
        hits: Hits = self.by_rung[part].kleene(reading, scope, tier, access)
        return hits[0][1] if hits else False

    @cached_property
    def scope(self) -> Function | None:
        """Whether the policy applies: a function of a reading. None if there is no code for it."""
        condition = self.policy.scope
        if condition is None:
            return lambda _reading: True
        root = condition.root
        if not expressible(root):
            return None

        def body(code: Code) -> None:
            code.line(f"return {Kleene(code, self.policy).truth(root, {})}")

        return function(self.policy, "scope", body)

    @cached_property
    def columns(self) -> tuple[Function | None, ...]:
        """The columns of the table of tiers: each a function of a reading that gives a value.

        None for a column that there is no code for.
        """
        table = self.policy.table
        found: list[Function | None] = []
        for number, column in enumerate(table.columns if table else ()):
            if not expressible(column.root):
                found.append(None)
                continue

            def body(code: Code, node: Node = column.root) -> None:
                emitter = Kleene(code, self.policy)
                code.line(f"return {emitter.value(node, {})}")

            found.append(function(self.policy, f"column {number}", body))
        return tuple(found)


def _parts(policy: Policy) -> Iterator[Part]:
    for index, rule in enumerate(policy.rules):
        guards = (rule.when.root,) if rule.when is not None else ()
        yield Part(index, rule.id, guards, rule.require.root if rule.require is not None else None)


# -- chunks


class _Chunk:
    """Rules that are evaluated together."""

    def __init__(self, policy: Policy, parts: tuple[Part, ...]) -> None:
        self.policy, self.parts = policy, parts
        self.alone: dict[int, Function] = {}

    def run(self, reading: Reading, scope: Tri, facts: Any = None) -> Hits:
        if not scope:
            return self.kleene(reading, scope)  # type: ignore[no-any-return]
        hits: Hits
        hits, later = self.known(self.read(reading) if facts is None else facts)
        if not later:
            return hits
        if len(later) > len(self.parts) // 2:
            return self.kleene(reading, scope)  # type: ignore[no-any-return]
        for number in later:
            hits += (self.alone.get(number) or self.made_alone(number))(reading, scope)
        hits.sort()
        return hits

    def made_alone(self, number: int) -> Function:
        """The function of one of the rules, for every fact."""
        part = next(part for part in self.parts if part.index == number)
        self.alone[number] = alone = _Chunk(self.policy, (part,)).kleene
        return alone

    @cached_property
    def known(self) -> Function:
        """Of what was read: the rules that bite, and the numbers of those that need more."""
        return self._plain[0]

    @cached_property
    def read(self) -> Function:
        """What the rules read, as plain values."""
        return self._plain[1]

    @cached_property
    def _plain(self) -> tuple[Function, Function]:
        code = Code()
        emitter = Known(code, self.policy)
        with code.block("def evaluate(facts):"):
            unpacked = code.line()
            self.emit_known(emitter)
            unpacked.text = f"{emitter.finish()} = facts"
        known = made(self.policy, self.title("known"), code)
        return known, function(self.policy, self.title("read"), partial(self.emit_read, emitter.sheet.slots))

    def emit_read(self, slots: Iterable[Slot], code: Code) -> None:
        Gatherer(code, self.policy, slots).emit()

    @cached_property
    def kleene(self) -> Function:
        """The rules that bite or may bite."""
        return function(self.policy, self.title("three-valued"), self.emit_kleene)

    def title(self, kind: str) -> str:
        first, last = self.parts[0].name, self.parts[-1].name
        return f"{first}, {kind}" if first == last else f"{first} to {last}, {kind}"

    def emit_known(self, emitter: Known) -> None:
        emitter.code.line("hits, later = [], []")
        for named in _Uses(self.parts).shared_definitions():
            emitter.share(named)
        for part in self.parts:
            emitter.code.line(f"# {part.name}")
            conditions = [(node, True) for node in part.guards]
            if part.require is not None:
                conditions.append((part.require, False))
            emitter.rule(part.index, conditions)
        emitter.code.line("return hits, later")

    def emit_kleene(self, code: Code) -> None:
        emitter = Kleene(code, self.policy)
        code.line("hits = []")
        self.load_shared(emitter)
        for part in self.parts:
            code.line(f"# {part.name}")
            bad = emitter.set("scope")
            for guard in part.guards:
                emitter.join(bad, "and", partial(emitter.truth, guard, {}))
            if part.require is not None:
                refused = nodes.Not(part.require.at, part.require)
                emitter.join(bad, "and", partial(emitter.truth, refused, {}))
            code.line(f"if {bad} is not False: hits.append(({part.index}, {bad}))")
        code.line("return hits")

    def load_shared(self, emitter: Kleene) -> None:
        """Load what several rules read before all of them: facts, and definitions in their order."""
        uses = _Uses(self.parts)
        emitter.facts_in = uses.records()
        for path in uses.facts:
            emitter.find(path, {})  # loads the records that several facts are in
        for fact in uses.shared_facts():
            if isinstance(emitter.find(fact.path, {}), Leaf):
                emitter.fact(fact, {})
        for named in uses.shared_definitions():
            emitter.named(named, {})


class _Uses:
    """How often facts and definitions are named: facts by how many rules, definitions in all."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.facts: dict[tuple[str, ...], nodes.Fact] = {}
        self.rules: Counter[tuple[str, ...]] = Counter()
        self.definitions: Counter[int] = Counter()
        self.named: dict[int, nodes.Named] = {}
        self.inside: dict[int, set[tuple[str, ...]]] = {}
        for part in parts:
            self.rules.update(set().union(*(self.paths(node, frozenset()) for node in part.conditions)))

    def records(self) -> Counter[tuple[str, ...]]:
        """How many facts are named in each record."""
        return Counter(path[:end] for path in self.facts for end in range(1, len(path)))

    def shared_facts(self) -> list[nodes.Fact]:
        return [self.facts[path] for path in sorted(self.rules) if self.rules[path] > 1]

    def shared_definitions(self) -> list[nodes.Named]:
        """The definitions that are named more than once, each after those that it stands on."""
        return [named for body, named in self.named.items() if self.definitions[body] > 1]

    def paths(self, node: Node, bound: frozenset[str]) -> set[tuple[str, ...]]:
        match node:
            case nodes.Fact():
                if node.path[0] in bound:
                    return set()
                self.facts.setdefault(node.path, node)
                return {node.path}
            case nodes.Named():
                body = id(node.body)
                self.definitions[body] += 1
                if body not in self.inside:
                    self.inside[body] = self.paths(node.body, frozenset())
                    self.named[body] = node
                return self.inside[body]
            case nodes.Comprehension():
                bound |= {node.variable}
        return set().union(*(self.paths(child, bound) for child in children(node)))


# -- the index


class _Index:
    """Chunks by the word that their rules ask a fact for."""

    def __init__(self, policy: Policy, path: tuple[str, ...], by_word: dict[Any, tuple[Part, ...]]) -> None:
        self.policy, self.path, self.by_word = policy, path, by_word
        self.made: dict[Any, _Chunk] = {}

    @cached_property
    def fact(self) -> Function:
        """The fact that is asked for: a function of a reading."""

        def body(code: Code) -> None:
            code.line(f"return {Kleene(code, self.policy).fact(nodes.Fact(nodes.At(0, 1), self.path), {})}")

        return function(self.policy, f"index by {'.'.join(self.path)}", body)

    def chunks(self, reading: Reading) -> Iterable[_Chunk]:
        value = self.fact(reading)
        if isinstance(value, str | Step):
            return (self.chunk(value),) if value in self.by_word else ()
        return map(self.chunk, self.by_word)

    def chunk(self, word: Any) -> _Chunk:
        if word not in self.made:
            self.made[word] = _Chunk(self.policy, self.by_word[word])
        return self.made[word]


def _indexed(policy: Policy, parts: Sequence[Part]) -> tuple[list[_Index], list[Part]]:
    """Put rules that ask for a word of the same fact into an index, and give back the others."""
    keys = {part.index: _keys(part) for part in parts}
    popular = Counter(path for found in keys.values() for path in found)
    groups: dict[tuple[str, ...], dict[Any, list[Part]]] = {}
    rest: list[Part] = []
    for part in parts:
        best = max(keys[part.index], key=lambda path: (popular[path], path), default=None)
        if best is None or popular[best] < KEYED:
            rest.append(part)
            continue
        for word in keys[part.index][best]:
            groups.setdefault(best, {}).setdefault(word, []).append(part)
    made = [
        _Index(policy, path, {word: tuple(found) for word, found in words.items()})
        for path, words in sorted(groups.items())
    ]
    return made, rest


def _keys(part: Part) -> dict[tuple[str, ...], frozenset[Any]]:
    """For each fact that must be one of some words before the rule bites: those words."""
    found: dict[tuple[str, ...], frozenset[Any]] = {}
    for guard in part.guards:
        for node in guard.values if isinstance(guard, nodes.Logic) and guard.op == "and" else (guard,):
            match node:
                case nodes.Compare(
                    op="==", left=nodes.Fact(path=path), right=nodes.Literal(value=str() | Step() as word)
                ):
                    found[path] = frozenset([word])
                case nodes.In(member=nodes.Fact(path=path), container=nodes.ListOf(items=items)) if all(
                    isinstance(item, nodes.Literal) and isinstance(item.value, str | Step) for item in items
                ):
                    found[path] = frozenset(item.value for item in items if isinstance(item, nodes.Literal))
    return found
