"""Data classes that do not keep a command waiting.

A command makes some seventy classes before it does anything, and ``@dataclass(frozen=True, slots=True)``
has six functions compiled for each of them, one by one. ``@frozen`` has only ``__init__`` compiled, which
takes a quarter of the time, and the class is the same in use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

__all__ = ["frozen"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A data class with slots that cannot be changed. A field may say what those of data classes may say."""
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    _tell_super(cls, made)
    every = fields(made)  # type: ignore[arg-type]
    methods = {"__init__": _init(made, every), **_comparing(every), **_keeping(every)}
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _tell_super(cls: type[Any], made: type[Any]) -> None:
    """Slots need a new class, and ``super()`` knows the class by a cell that all of its methods share."""
    for member in vars(cls).values():
        method = getattr(member, "fget", None) or getattr(member, "__func__", member)
        names = getattr(getattr(method, "__code__", None), "co_freevars", ())
        if "__class__" in names:
            method.__closure__[names.index("__class__")].cell_contents = made
            return


def _init(cls: type[Any], every: Sequence[Field[Any]]) -> Callable[..., None]:
    names: dict[str, Any] = {"set_": object.__setattr__, "MISSING": MISSING}
    arguments, lines = ["self"], ["def __init__({}):"]
    for each in every:
        name = value = each.name
        if not each.init:
            continue
        if each.default_factory is not MISSING:
            names[f"make_{name}"] = each.default_factory
            arguments.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        elif each.default is not MISSING:
            names[f"default_{name}"] = each.default
            arguments.append(f"{name}=default_{name}")
        else:
            arguments.append(name)
        lines.append(f" set_(self, {name!r}, {value})")
    lines.append(" self.__post_init__()" if hasattr(cls, "__post_init__") else " return")
    exec("\n".join(lines).format(", ".join(arguments)), names)  # noqa: S102 - of names of fields alone
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _comparing(every: Sequence[Field[Any]]) -> Mapping[str, Callable[..., Any]]:
    parts = _parts([each.name for each in every if each.compare])
    keys = _parts([each.name for each in every if (each.compare if each.hash is None else each.hash)])
    names = [each.name for each in every if each.repr]

    def equal(self: Any, other: object) -> bool:
        return parts(self) == parts(other) if other.__class__ is self.__class__ else NotImplemented

    def shown(self: Any) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({said})"

    return {"__eq__": equal, "__hash__": lambda self: hash(keys(self)), "__repr__": shown}


def _parts(names: Sequence[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _keeping(every: Sequence[Field[Any]]) -> Mapping[str, Callable[..., Any]]:
    """What keeps an object as it is, and lets it be copied all the same."""
    names = [each.name for each in every]

    def restore(self: Any, state: Sequence[Any]) -> None:
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    return {
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": lambda self: [getattr(self, name) for name in names],
        "__setstate__": restore,
    }


def _refuse(_: object, name: str, *_value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot change `{name}`")
