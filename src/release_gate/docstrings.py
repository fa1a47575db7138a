"""What the docstrings below the attributes of a class say.

They are read from the source when a schema or a page asks for them, and not whenever a class is imported.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any, cast

__all__ = ["attribute_docstrings"]


@cache
def attribute_docstrings(cls: type[Any]) -> dict[str, str]:
    """The docstring of each attribute that has one, by name; those of a base class are among them.

    Raises:
        OSError: The source of the class is not there.
    """
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("release_gate.") and "[" not in base.__name__:
            found |= _own(base)
    return found


def _own(cls: type[Any]) -> dict[str, str]:
    body = cast("ast.ClassDef", ast.parse(dedent(inspect.getsource(cls))).body[0])
    return {
        attribute.target.id: inspect.cleandoc(text.value.value)
        for attribute, text in pairwise(body.body)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
