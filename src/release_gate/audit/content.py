"""Content by its digest."""

from __future__ import annotations

from typing import Any

from release_gate.canonical import canonical_bytes, digest_of_bytes

__all__ = ["Content"]


class Content(dict[str, bytes]):
    """Content by digest."""

    def put(self, data: bytes) -> str:
        """Add content, and return its digest."""
        name = digest_of_bytes(data)
        self[name] = data
        return name

    def put_json(self, value: Any) -> str:
        """Add a value in canonical form, and return its digest."""
        return self.put(canonical_bytes(value))
