"""A located tree to a typed model, with every error of the model turned into a diagnostic at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from release_gate.diagnostics import Diagnostic, InputError, Span, did_you_mean, listed, offer, printable
from release_gate.docstrings import attribute_docstrings
from release_gate.limits import MAX_PROBLEMS
from release_gate.meant import list_hint
from release_gate.source import Document, Pointer

__all__ = ["Base", "problems_of", "validate"]


class Base(BaseModel):
    """A part of a document: frozen, strict, and without unknown keys."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in attribute_docstrings(cls).items():
            field = cls.model_fields.get(name)
            if field is not None and field.description is None:
                properties[field.alias or name]["description"] = text
        return schema


Model = TypeVar("Model", bound=BaseModel)

_WHAT = {
    "string_type": ("this must be a text", 'put it in quotes if it looks like something else: "1.10"'),
    "bool_type": ("this must be true or false", "write true or false, without quotes"),
    "dict_type": ("this must be a mapping", "write `key: value` lines below it"),
    "model_type": ("this must be a mapping", "write `key: value` lines below it"),
    "list_type": ("this must be a list", "write [a, b] or lines that start with `- `"),
    "tuple_type": ("this must be a list", "write [a, b] or lines that start with `- `"),
    "int_type": ("this must be a whole number above 0", "write it with digits alone: 2"),
    "too_short": ("this must not be empty", "name at least one"),
    "missing": ("`{key}` is missing", "add `{key}:`"),
}


_MEANT: dict[str, tuple[str, str]] = {
    "if": ("when", ""),
    "condition": ("when", ""),
    "unless": ("when", "write `when:` and the condition within `not (…)`"),
    "reason": ("because", ""),
    "why": ("because", ""),
    "message": ("because", ""),
    "remedy": ("fix", ""),
    "hint": ("fix", ""),
    "level": ("at", ""),
    "rung": ("at", ""),
    "source": ("cite", ""),
    "reference": ("cite", ""),
    "approval": ("sign_off", ""),
    "approvals": ("sign_off", ""),
    "forbid": ("deny", ""),
    "exception": ("waivable", ""),
    "variables": ("parameters", ""),
    "metrics": ("facts", "write it under `facts:`"),
    "own": ("facts", "write it under `facts:`"),
    "vocabularies": ("facts", "write it under `facts:`"),
    "effective": ("in_force", ""),
}
"""Keys that other languages have, the one that means it here, and what else there is to say."""
_PATTERNS = {
    r"^[^/\s]{1,64}/[^/\s]{1,64}$": "write the policy and the rule: acme/model-card",
    "^sha256:[0-9a-f]{64}$": "write sha256: and 64 hexadecimal digits",
    "^[a-z_][a-z0-9_]{0,63}$": "write small letters, digits and _, and begin with a letter",
    "^[a-z0-9][a-z0-9._-]{0,63}$": "write small letters, digits, dots, hyphens and _",
}
"""What some patterns mean."""
MAX_LISTED = 24
"""So many keys are listed where none is near."""


def validate(
    model: type[Model], tree: Any, document: Document | None, error: type[InputError], code: str
) -> Model:
    """Build a model from a tree.

    Args:
        model: What to build.
        tree: Mappings, lists and scalars.
        document: Where the tree stands, if it was read from a file.
        error: What to raise.
        code: The code of a diagnostic that does not name its own.

    Raises:
        InputError: Of the class ``error``, with every diagnostic.
    """
    try:
        built: Model = model.__pydantic_validator__.validate_python(tree)
    except ValidationError as found:
        raise error(problems_of(found, model, tree, document, code)) from None
    return built


def problems_of(
    error: ValidationError, model: type[BaseModel], tree: Any, document: Document | None, code: str
) -> list[Diagnostic]:
    """Every error of a validation as a diagnostic."""
    found = error.errors(include_url=False, include_input=False)
    if any(item["type"] == "too_short" for item in found):  # a list of wrong members is not also too short
        at = {tuple(item["loc"][:depth]) for item in found for depth in range(len(item["loc"]))}
        found = [item for item in found if item["type"] != "too_short" or item["loc"] not in at]
    return [_problem(dict(item), model, tree, document, code) for item in found[:MAX_PROBLEMS]]


def _problem(
    item: dict[str, Any], model: type[BaseModel], tree: Any, document: Document | None, code: str
) -> Diagnostic:
    context = item.get("ctx") or {}
    pointer = _pointer((*item["loc"], *context.get("at", ())), tree)
    key = str(item["loc"][-1]) if item["loc"] else ""
    if item["loc"] and item["loc"][-1] == "[key]":
        at = _place(document, pointer[:-1], key=True)
    else:
        at = _place(document, pointer, key=item["type"] == "extra_forbidden")
    if item["type"] == "extra_forbidden":
        known = _keys_of(model, tuple(item["loc"][:-1]))
        return Diagnostic(
            code, f"unknown key `{printable(key)}`{_inside(pointer)}", at, _key_meant(key, known)
        )
    if item["type"] in _WHAT:
        message, help_ = (said.format(key=key) for said in _WHAT[item["type"]])
        if item["type"] == "string_type" and at is not None and isinstance(_written(pointer, tree), Decimal):
            help_ = f'put it in quotes: "{at.text}"'
        if item["type"] == "string_type" and isinstance(_written(pointer, tree), list):
            help_ = "write one value, not a list"
        if item["type"] in ("dict_type", "model_type"):
            help_ = _keys_hint(_keys_of(model, tuple(item["loc"]))) or help_
        if item["type"] in ("list_type", "tuple_type"):
            help_ = list_hint(_written(pointer, tree))
        if item["type"] == "missing":
            at = _place(document, pointer[:-1] if pointer and pointer[-1] == key else pointer, key=False)
        return Diagnostic(code, message + _inside(pointer), at, help_)
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if item["type"] == "string_pattern_mismatch":
        written = str(_written(pointer, tree))
        message = f"`{printable(written)}` is not written as it must be"
        help_ = _written_so(written, str(context.get("pattern")))
    elif item["type"] == "literal_error":
        written = printable(str(_written(pointer, tree)))
        is_key = isinstance(pointer[-1], str)
        message = f"`{printable(key)}` cannot be `{written}`" if is_key else f"`{written}` cannot stand here"
        help_ = did_you_mean(written, re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    else:
        help_ = str(context.get("help", ""))
    return Diagnostic(str(context.get("code", code)), message[:1].lower() + message[1:], at, help_)


def _key_meant(key: str, known: list[str]) -> str:
    """What is meant by a key that is not there: a word that means the same, one that is near, or any."""
    wanted, help_ = _MEANT.get(key, ("", ""))
    if wanted in known:
        return help_ or offer([wanted])
    few = listed(known, MAX_LISTED)
    return did_you_mean(key, known) or (f"one of {few}" if few else "")


def _keys_hint(keys: list[str]) -> str:
    """How a mapping is written that has these keys."""
    shown = ", ".join(f"{key}: …" for key in keys[:3])
    return f"write its keys: {{{shown}{', …' if len(keys) > 3 else ''}}}" if keys else ""


def _written_so(text: str, pattern: str) -> str:
    """How a text would be written that must match a pattern."""
    small = text.lower()
    for near in (
        small,
        *(re.sub(f"[^a-z0-9{signs}]+", signs[0], small).strip(signs) for signs in ("-._", "_")),
    ):
        if near != text and re.fullmatch(pattern, near):
            return offer([near])
    return _PATTERNS.get(pattern, f"it must match {pattern}")


def _inside(pointer: Pointer) -> str:
    path = ".".join(str(step) for step in pointer[:-1])
    return f" in `{printable(path)}`" if path else ""


def _place(document: Document | None, pointer: Pointer, *, key: bool) -> Span | None:
    if document is None:
        return None
    return document.key_span(pointer) if key else document.span(pointer)


def _pointer(loc: tuple[str | int, ...], tree: Any) -> Pointer:
    """A pydantic location as a pointer into the tree as it was written."""
    pointer: list[str | int] = []
    for index, step in enumerate(loc):
        is_index = isinstance(tree, list) and isinstance(step, int) and step < len(tree)
        if is_index or (isinstance(tree, Mapping) and step in tree):
            tree = tree[step]
        elif index < len(loc) - 1:
            continue  # a step that the model adds, such as the `items` of a plain list
        pointer.append(step)
    return tuple(pointer)


def _written(pointer: Pointer, tree: Any) -> Any:
    """What is written at a pointer; for that of a key, as pydantic says it, the key."""
    if pointer[-1] == "[key]":
        return pointer[-2]
    for step in pointer:
        if isinstance(tree, str):
            break  # written short: `role` in place of `{role: role}`
        try:
            tree = tree[step]
        except (KeyError, TypeError):
            break  # a step that the model adds: which of several types it was read as
    return tree


def _keys_of(model: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The keys that a model knows at a location."""
    for step in loc:
        model = _step(_bare(model), step)
    fields = getattr(_bare(model), "model_fields", {})
    return [found.alias or name for name, found in fields.items()]


def _step(model: Any, step: str | int) -> Any:
    """The annotation of a field of a model, of the values of a mapping, or of the members of a list."""
    fields = getattr(model, "model_fields", None)
    if fields is not None:
        found = next((f for name, f in fields.items() if step in (name, f.alias)), None)
        return found.annotation if found else None
    arguments = [each for each in get_args(model) if each is not Ellipsis]
    return arguments[-1] if arguments else None


def _bare(annotation: Any) -> Any:
    """An annotation without what validates it, and of what may be left out, that which may be there."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(each for each in get_args(annotation) if each is not NoneType))
    return annotation
