"""From code to functions: what generated code may name, and how a debugger shows it."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from release_gate.evaluate.emit import Code
from release_gate.evaluate.fetch import ROOTS
from release_gate.facts import arithmetic, truth
from release_gate.facts.frame import terms_of
from release_gate.facts.truth import Duration, Items, Reason, Step, Unknown, Value
from release_gate.policy.model import Policy

__all__ = ["Function", "Tri", "function", "made"]

Tri: TypeAlias = "bool | None"
"""True, false, or ``None`` for what cannot be told."""
Function: TypeAlias = "Callable[..., Any]"

_NAMES: Final[dict[str, Any]] = {
    "Decimal": Decimal, "Step": Step, "Duration": Duration, "date": date, "Items": Items,
    "UNDECIDED": truth.UNDECIDED, "compare": truth.compare, "arithmetic": arithmetic.arithmetic,
    "contains": truth.contains, "count": truth.count, "distinct": truth.distinct, "hull": truth.hull,
    "absolute": arithmetic.absolute, "part": truth.part, "terms_of": terms_of, "Unknown": Unknown,
}  # fmt: skip
"""What generated code may name, beside its own values and the functions below."""


def _named(function: Function) -> Function:
    _NAMES[function.__name__] = function
    return function


@_named
def settled(value: Value) -> Tri:
    """A truth of the reference as one of ours."""
    return value if value is True or value is False else None


@_named
def plain(value: Value) -> Value:
    """A value that is plainly known."""
    if value is None or not truth.is_settled(value):
        raise ArithmeticError
    return value


@_named
def values(items: Any) -> Value:
    """A list of facts as the list of their values."""
    if items.unknown is not None:
        return Unknown(Reason(items.unknown))
    return Items(tuple(getattr(item, "value", item) for item in items.items), items.complete)


@_named
def collected(items: Any, sure: list[Value], perhaps: list[Value]) -> Value:
    """What a filter has left of a list."""
    if items.unknown is not None:
        return truth.UNDECIDED
    return Items(tuple(sure), items.complete, tuple(perhaps))


def function(policy: Policy, title: str, body: Callable[[Code], None]) -> Function:
    """Make a function of a reading, the scope, the tier and the rung."""
    code = Code()
    with code.block("def evaluate(r, scope=True, tier=None, access=None):"):
        heads = {name: code.line() for name in ROOTS}
        body(code)
        for name, head in heads.items():
            if re.search(rf"\b{name}\[", code.text):
                head.text = f"{name} = {ROOTS[name]}"
    return made(policy, title, code)


def made(policy: Policy, title: str, code: Code) -> Function:
    """Make a function of code that defines ``evaluate``."""
    text = code.text
    name = f"<policy {policy.id} {policy.version}: {title}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    found: dict[str, Any] = {**_NAMES, **code.values}
    exec(compile(text, name, "exec"), found)  # noqa: S102 - of the code above, which has no text of a policy
    function: Function = found["evaluate"]
    return function
