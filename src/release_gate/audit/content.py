"""Content by its digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from release_gate.canonical import canonical_bytes, digest_of_bytes
from release_gate.facts.truth import Duration

__all__ = ["Content", "Fetch", "written"]

Fetch = Callable[[str], bytes]
"""Content by its digest: it is there, and has that digest."""


class Content(dict[str, bytes]):
    """Content by digest."""

    def put(self, data: bytes) -> str:
        """Add content, and return its digest."""
        name = digest_of_bytes(data)
        self[name] = data
        return name

    def put_as(self, name: str, data: bytes) -> str:
        """Add content whose digest is known."""
        self[name] = data
        return name

    def put_json(self, value: Any) -> str:
        """Add a value in canonical form, and return its digest."""
        return self.put(canonical_bytes(value))


def written(value: Any) -> Any:
    """A part of a document as it would be written, without what nobody said."""
    match value:
        case BaseModel():
            fields = type(value).model_fields
            return {
                fields[name].alias or name: written(getattr(value, name))
                for name in sorted(value.model_fields_set)
                if getattr(value, name) is not None or fields[name].is_required()
            }
        case Mapping():
            return {name: written(item) for name, item in value.items()}
        case tuple() | list():
            return [written(item) for item in value]
        case Duration():
            return str(value)
        case _:
            return value
