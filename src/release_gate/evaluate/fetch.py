"""From the path of a fact to the Python code that fetches it from a :class:`Reading`.

The code reads the request's own models, because every other form (dumped dictionaries, records with places)
costs more to make than the conditions that read it. Where several fields of a model are read, they are taken
from dataclasses import dataclass
from its ``__dict__``, which costs half of what it costs to ask the model for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeAlias, get_args, get_origin

from pydantic import BaseModel

from release_gate.facts.frame import Edge, Frame, measured, measured_beyond
from release_gate.facts.records import Ancestor, ListOf, Terms
from release_gate.facts.release import Artifact, ReleaseRequest, Sections
from release_gate.facts.subjects import ASKED
from release_gate.facts.truth import Duration, Reason, Step, Unknown, Value
from release_gate.facts.types import MISSING, Boolean, Choice, Day, Fact, FactType, Length, Number
from release_gate.policy.model import Policy

__all__ = ["ROOTS", "Leaf", "Many", "Reading", "Variables", "class_of", "fetch"]


class Reading:
    """The facts of a frame as one policy reads them, on one side of the irreversible boundary.

    Attributes:
        frame: The facts.
        policy: The policy.
        metrics: What each metric that the policy declares is worth to it.
        own: The facts of the policy's own.
    """

    __slots__ = ("frame", "metrics", "own", "policy")

    def __init__(self, frame: Frame, policy: Policy, metrics: dict[str, Value], own: dict[str, Fact]) -> None:
        self.frame, self.policy, self.metrics, self.own = frame, policy, metrics, own

    @classmethod
    def both(cls, frame: Frame, policy: Policy) -> tuple[Reading, Reading]:
        """What a policy reads below the boundary, and from the boundary upwards.

        The two are one and the same where no metric counts below only.
        """
        stated, own = frame.sections.metric, frame.sections.own
        below: dict[str, Value] = {}
        beyond: dict[str, Value] = {}
        for name, rule in policy.metrics.items():
            metric = stated.get(name)
            if metric is None:
                below[name] = beyond[name] = _MISSING
            else:
                below[name] = value = measured(metric, rule, frame)
                beyond[name] = measured_beyond(value, metric, frame)
        facts = {name: kind.parse(own[name]) if name in own else MISSING for name, kind in policy.own.items()}
        first = cls(frame, policy, below, facts)
        return first, first if below == beyond else cls(frame, policy, beyond, facts)


_MISSING: Final = Unknown(Reason.MISSING)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single fact: the code of its value, and the class of the value where it is known."""

    code: str
    known: type


@dataclass(frozen=True, slots=True)
class Many:
    """A list: the code of its :class:`ListOf`, and what its items are annotated with."""

    code: str
    item: Any

    def of_models(self) -> bool:
        """Whether its members are models. Variables stand for the fields of these, else for the members."""
        return isinstance(self.item, type) and issubclass(self.item, BaseModel)


Variables: TypeAlias = Mapping[str, tuple[str, Any]]
"""For the variable of a comprehension: its name in Python, and the annotation of the items."""
Bind: TypeAlias = Callable[[Any], str]
"""Gives a value a name that generated code may use."""
Hold: TypeAlias = Callable[[tuple[str, ...], str], str]
"""Gives the code for a record, by its path and the code that fetches it: perhaps a name that it has."""


ROOTS: Final = {
    "q": "r.frame.request.__dict__",
    "s": "r.frame.sections.__dict__",
    "a": "r.frame.artifact.__dict__",
}
"""What generated code calls the fields of the request, the sections and the artifact of a reading ``r``."""
_ROOTS: Final = {
    "requester": "q",
    "developer": "q",
    "rollout": "q",
    "transparency": "q",
    "releases": "q",
    "incidents": "q",
    "obligations": "q",
    **dict.fromkeys(ASKED, "q"),
    **dict.fromkeys(Sections.model_fields, "s"),
}


@cache
def _models(subject: str) -> dict[str, type[BaseModel]]:
    """The models of the roots."""
    if subject == "release":
        return {"q": ReleaseRequest, "s": Sections, "a": Artifact}
    from release_gate.facts.access import AccessRequest, GatedArtifact  # noqa: PLC0415 - most are about releases

    return {"q": AccessRequest, "s": Sections, "a": GatedArtifact}


def class_of(kind: Any) -> type:
    """The class that known values of a type have."""
    match kind:
        case Number():
            return Decimal
        case Boolean():
            return bool
        case Day():
            return date
        case Length():
            return Duration
        case Choice() if kind.vocabulary.ordered:
            return Step
        case _:
            return str


def fetch(  # noqa: PLR0911 - a case for each root
    path: tuple[str, ...], variables: Variables, policy: Policy, bind: Bind, hold: Hold
) -> Leaf | Many | None:
    """How a checked path is fetched; None for a record, which no expression uses as a value.

    In the code, ``r`` is the :class:`Reading`, and ``tier`` and ``access`` are those of the rung.

    Args:
        path: The path.
        variables: The variables of the comprehensions around it.
        policy: The policy whose condition names it.
        bind: Gives a value a name.
        hold: Gives a record on the way a name.
    """
    models = _models(policy.document.subject)
    head, *rest = path
    if head in variables:
        code, item = variables[head]
        return _member(code, item, rest, bind, hold)
    match path:
        case ("as_of",):
            return Leaf("r.frame.as_of", date)
        case ("tier",):
            return Leaf("tier", Step)
        case ("artifact", "access"):
            return Leaf("access", Step)
        case ("artifact", "wanted"):
            return Leaf("r.frame.artifact.rung", Step)
        case ("request", name):
            return Leaf(f"q[{name!r}]", str)
        case ("metric", name):
            return Leaf(f"r.metrics[{name!r}]", Decimal)
        case ("own", name):
            return Leaf(f"r.own[{name!r}].value", class_of(policy.own[name]))
        case ("parameter", name):
            value = policy.parameters[name]
            return Leaf(bind(value), type(value))
        case ("lineage",):
            return Many("r.frame.lineage", Edge)
        case ("artifact", *names):
            return _walk("a", models["a"], names, bind, hold, ("artifact",))
    root = _ROOTS[head]
    return _walk(root, models[root], path, bind, hold)


def _member(code: str, item: Any, rest: list[str], bind: Bind, hold: Hold) -> Leaf | Many | None:
    """What a path finds in a member of a list. The way to what is held begins with its name."""
    if item is Edge:
        match rest:
            case ["name"]:
                return Leaf(f"{code}.stated.parent", str)
            case ["direct"]:
                return Leaf(f"{code}.direct", bool)
        return _walk(hold((code,), f"{code}.stated.__dict__"), Ancestor, rest, bind, hold, (code,))
    kind = next((mark for mark in getattr(item, "__metadata__", ()) if isinstance(mark, FactType)), None)
    if kind is not None:
        return Leaf(f"{code}.value", class_of(kind))
    return _walk(code, item, rest, bind, hold, (code,))


def _walk(
    code: str,
    model: Any,
    path: Sequence[str],
    bind: Bind,
    hold: Hold,
    way: tuple[str, ...] = (),
) -> Leaf | Many | None:
    """Follow names through the fields of models, from what ``way`` has led to."""
    names = list(path)
    while names:
        name, *names = names
        way = (*way, name)
        field = model.model_fields[name]
        kind = next((mark for mark in field.metadata if isinstance(mark, FactType)), None)
        annotation = field.annotation
        if kind is not None:
            return Leaf(f"{_field(code, name)}.value", class_of(kind))
        if annotation is Terms:
            stated = next(m for m in Terms.model_fields[names[0]].metadata if isinstance(m, FactType))
            terms = hold(way, f"terms_of({_field(code, 'terms')}, {_field(code, 'license')})")
            return Leaf(f"{terms}[{names[0]!r}]", class_of(stated))
        if get_origin(annotation) is dict:
            words = hold(way, _field(code, name))
            word, *names = names
            way = (*way, word)
            (_, model) = get_args(annotation)
            # A word that the request does not mention: all of its facts are missing.
            code = hold(way, f"({words}.get({bind(word)}) or {bind(_nothing(model))}).__dict__")
            continue
        if isinstance(annotation, type) and issubclass(annotation, ListOf):
            (item,) = annotation.__pydantic_generic_metadata__["args"]
            return Many(_field(code, name), item)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return Leaf(_field(code, name), str)
        code, model = hold(way, f"{_field(code, name)}.__dict__"), annotation
    return None


def _field(fields: str, name: str) -> str:
    """Code for one of the fields of a model: where nothing else is asked of it, of the model itself."""
    model = fields.removesuffix(".__dict__")
    return f"{fields}[{name!r}]" if model == fields else f"{model}.{name}"


@cache
def _nothing(model: type[BaseModel]) -> BaseModel:
    """A record that states nothing."""
    return model()
