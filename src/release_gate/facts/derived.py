"""A request that is another with a few changes: only what changed is read again.

Tests judge hundreds of requests that differ from one in a fact or two. A changed document shares with the old
one whatever it has not changed, so that it is enough to look which parts are still the very same.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

from release_gate.facts.release import ReleaseRequest
from release_gate.source import Document

__all__ = ["derived"]

_BY_NAME: Final = ("capability", "document", "metric", "misuse")
"""Parts in which each name has a record of its own."""


def derived(base: ReleaseRequest, document: Document) -> ReleaseRequest:
    """The request of a document that was made from that of another request.

    Args:
        base: The other request.
        document: The changed document. What it shares with the document of ``base`` has not changed.

    Raises:
        DocumentError: It is not a request.
        RequestError: It is not a valid request.
    """
    tree, old = document.tree, base.tree
    if not isinstance(tree, dict) or not isinstance(old, dict):
        return ReleaseRequest.from_document(document)
    same = {key for key, value in tree.items() if key in old and value is old[key]}
    given = {key: value if key not in same else getattr(base, key) for key, value in tree.items()}
    for key in given.keys() & set(_BY_NAME):
        given[key] = {} if key in same else _changed(tree[key], old.get(key))
    try:
        read = ReleaseRequest.__pydantic_validator__.validate_python(given)
    except ValidationError:
        return ReleaseRequest.from_document(document)  # which says what is wrong, and where
    kept: dict[str, Any] = {}
    for key in given.keys() & set(_BY_NAME):
        mine, before = getattr(read, key), getattr(base, key)
        names: Any = tree[key]
        kept[key] = before if key in same else {name: mine.get(name) or before[name] for name in names}
    request: ReleaseRequest = read.model_copy(update=kept)
    request._document, request._tree = document, tree  # noqa: SLF001 - our own
    return request


def _changed(part: Any, old: Any) -> Any:
    """The records of a part that are not the very same as before; all of it, if it is no mapping."""
    if not isinstance(part, dict) or not isinstance(old, dict):
        return part
    return {name: value for name, value in part.items() if name not in old or value is not old[name]}
