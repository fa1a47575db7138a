"""What is meant by a value that a fact cannot have: how people write numbers, and that nobody knows."""

from __future__ import annotations

import re
from typing import Any, Final

from release_gate.scalars import decimal_of

__all__ = ["known_hint", "list_hint", "number_hint"]

_NUMBER: Final = r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_SCALES: Final = {
    **dict.fromkeys(("k", "thousand"), 3),
    **dict.fromkeys(("m", "mn", "million"), 6),
    **dict.fromkeys(("b", "bn", "billion"), 9),
    **dict.fromkeys(("t", "tn", "trillion"), 12),
}
_NOT_KNOWN: Final = frozenset({"unknown", "n/a", "na", "tbd", "tba", "todo", "?", "-", "unclear", "pending"})
_UNKNOWN: Final = "if nobody knows it, leave it out, or write {unknown: not_assessed}"
_NUMBERS: Final = "write it without quotes, as 1000 or 1e25, and without separators"


def known_hint(raw: Any, otherwise: str) -> str:
    """How to say that something is not known, if that is what is written; else the other help."""
    return _UNKNOWN if isinstance(raw, str) and raw.strip().casefold() in _NOT_KNOWN else otherwise


def number_hint(raw: Any) -> str:
    """How a number is written that is written otherwise."""
    text = raw.strip() if isinstance(raw, str) and len(raw) < 60 else ""
    if found := re.fullmatch(f"({_NUMBER})\\s*%", text):
        return f"write it as a part of one: {decimal_of(found[1]).scaleb(-2).normalize():f}"
    if re.fullmatch(_NUMBER, text):
        return f"write it without quotes: {text}"
    if found := re.fullmatch(f"({_NUMBER})\\s*([A-Za-z]+)", text):
        scale = _SCALES.get(found[2].lower())
        alone = f"write {found[1]} alone; a number has no unit"
        return f"write {found[1]}e{scale}" if scale and "e" not in found[1].lower() else alone
    if found := re.fullmatch(f"({_NUMBER})\\s*(?:-|\u2013|to)\\s*({_NUMBER})", text):
        return f"write a range: {{low: {found[1]}, high: {found[2]}}}"
    if text[:1] in ("~", "\u2248", "<", ">", "\u2264", "\u2265") and text:
        return "write what is known of it as a range: {low: 6e9, high: 8e9}"
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", text):
        return f"write it with a decimal point: {text.replace(',', '.')}"
    return known_hint(raw, _NUMBERS)


def list_hint(raw: Any) -> str:
    """How a list is written, of which only one member is written, or that it has none."""
    if isinstance(raw, str) and raw.strip().casefold() in ("none", "no", "nothing", "empty"):
        return "write [] if there are none"
    if isinstance(raw, str) and re.fullmatch(r"[A-Za-z0-9_./-]{1,60}", raw):
        return known_hint(raw, f"write [{raw}]")
    return "write [a, b] or lines that start with `- `"
