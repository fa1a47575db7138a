"""Facts, read from the models before rules run: into one flat tuple of Python's own values.

A model answers for a fact through two or three objects, and each fact has to be asked whether it is known.
Here both is done once for all rules that read it, so that the rules are left with comparing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from release_gate.evaluate.emit import Code, Loader
from release_gate.evaluate.fetch import Leaf, Many, Variables
from release_gate.facts.truth import Step
from release_gate.policy.model import Policy

__all__ = [
    "MEMBER",
    "PARTLY",
    "Each",
    "Gatherer",
    "Null",
    "Plain",
    "Sheet",
    "Size",
    "Slot",
    "Values",
    "packed",
]

MEMBER: Final = ""
"""Where the path of a fact begins that a member of a list has: no name of a fact is empty."""

PARTLY: Final = "partly"
"""What code calls it whether some fact that is not plainly known is a range or null, and not just unknown."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The value of a fact: as Python has it, or the rank of a step."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Null:
    """Whether a fact is null."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a complete list has."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """The members of a complete list of facts, if all of them are plainly known."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """The members of a complete list: of each, a tuple of these facts; or the fact, if it is one."""

    path: tuple[str, ...]
    facts: dict[Slot, None] = field(default_factory=dict, compare=False)


Slot: TypeAlias = Plain | Null | Size | Values | Each
"""Something that rules read: ``None`` where it is not plainly known."""


class Sheet:
    """What rules read, or a loop of theirs reads of each member of a list.

    Attributes:
        slots: All that is read, in the order in which it is first asked for. Loops over a list share it.
        needed: The names that must not be None for the condition that is being written.
        sure: The names that cannot be None after the conditions before it.
    """

    def __init__(self, code: Code, slots: dict[Slot, None]) -> None:
        self.code, self.slots = code, slots
        self.needed: dict[str, None] = {}
        self.sure: set[str] = set()
        self._names: dict[Slot, str] = {}

    @property
    def targets(self) -> list[str]:
        """The names of all that is read, ``_`` for what only others read."""
        return [self._names.get(slot, "_") for slot in self.slots]

    def read(self, slot: Slot) -> str:
        """The name of something that the condition reads which is being written."""
        if slot not in self._names:
            self.slots.setdefault(slot)
            self._names[slot] = self.code.temp()
        return self.need(self._names[slot])

    def members(self, path: tuple[str, ...]) -> tuple[str, Sheet]:
        """The name of a list, and what is read of its members."""
        name = self.read(Each(path))
        listed = next(slot for slot in self.slots if slot == Each(path))
        assert isinstance(listed, Each)  # noqa: S101 - nothing else equals it
        return name, Sheet(self.code, listed.facts)

    def need(self, name: str) -> str:
        """Have it asked before the condition whether something is known."""
        self.needed[name] = None
        return name

    @contextmanager
    def asking(self, unknown: str) -> Iterator[None]:
        """A condition: what it needs is asked for before it, where no condition before it has asked."""
        ask, around = self.code.line(), self.needed
        self.needed = {}
        yield
        new = [name for name in self.needed if name not in self.sure]
        if new:
            ask.text = f"if {' or '.join(f'{name} is None' for name in new)}: {unknown}"
        self.sure.update(new)
        self.needed = around


class Gatherer(Loader):
    """Writes the code that reads a sheet."""

    def __init__(self, code: Code, policy: Policy, slots: Iterable[Slot]) -> None:
        super().__init__(code, policy)
        self.slots = tuple(slots)
        self.count({slot.path for slot in self.slots})

    def count(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Count how many facts are in each record."""
        self.facts_in.update(path[:end] for path in paths for end in range(1, len(path)))

    def emit(self) -> None:
        """Give back what is read, and at the end what ``PARTLY`` says."""
        self.code.line(f"{PARTLY} = False")
        names = [self.load(slot, {}) for slot in self.slots]
        self.code.line(f"return {packed([*names, PARTLY])}")

    def load(self, slot: Slot, variables: Variables) -> str:
        """Read something into a name."""
        found = self.find(slot.path, variables)
        match slot, found:
            case Plain(), Leaf():
                partly = "" if variables else f"{PARTLY} = {PARTLY} or {{0}}.__class__ is not Unknown; "
                return self.value(found, partly + "{0} = None")
            case Null(), Leaf(code=code):
                name = self.set(code)
                self.code.line(f"{name} = None if {name}.__class__ is Unknown else {name} is None")
            case ((Size() | Values() | Each()), Many(code=code)):
                name = self.set(f"{code}.__dict__")
                self.code.line(f"if {name}['unknown'] is not None or not {name}['complete']: {name} = None")
                with self.block("else:"):
                    self.load_list(name, slot, found)
            case _:
                raise AssertionError(slot)  # a list is no leaf
        return name

    def value(self, leaf: Leaf, unknown: str) -> str:
        """The value of a fact in a name, and what happens where it is not plainly known."""
        name = self.set(leaf.code)
        self.code.line(f"if {name}.__class__ is not {leaf.known.__name__}: {unknown.format(name)}")
        if leaf.known is Step:
            self.code.line(f"else: {name} = {name}.rank")
        return name

    def load_list(self, name: str, slot: Size | Values | Each, many: Many) -> None:
        """Replace a complete list by what is read of it."""
        if isinstance(slot, Size):
            self.code.line(f"{name} = len({name}['items'])")
            return
        items = self.set(f"{name}['items']")
        self.code.line(f"{name} = []")
        with self.each(self.code.temp(), items, many) as member:
            inner = {MEMBER: member}
            if isinstance(slot, Values):
                leaf = self.find((MEMBER,), inner)
                assert isinstance(leaf, Leaf)  # noqa: S101 - these are lists of facts
                names = [self.value(leaf, f"{name} = None; break")]
            else:
                self.count({(member[0], *fact.path[1:]) for fact in slot.facts})
                names = [self.load(fact, inner) for fact in slot.facts]
            self.code.line(f"{name}.append({packed(names)})")


def packed(names: Collection[str]) -> str:
    """A tuple, or the one thing that would be in it."""
    return next(iter(names)) if len(names) == 1 else f"({', '.join(names)})"
