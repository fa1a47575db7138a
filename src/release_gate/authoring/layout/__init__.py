"""The canonical layout of documents: one way to write what a document says.

Comments, blank lines and what a document means are kept; order of keys, indentation, quotes and the shape of
lists and mappings are laid down. A printer of our own, because what our loader accepts of YAML is little (no
anchors, tags, merge keys or several documents), and a round trip through a general library keeps some of the
layout and loses some of the comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from release_gate.authoring.layout.lines import written
from release_gate.authoring.layout.order import Order
from release_gate.authoring.layout.parts import comments_of, parts_of
from release_gate.canonical import digest
from release_gate.diagnostics import Diagnostic, DocumentError, InputError, printable
from release_gate.source import POLICY_LIMITS, Document, read_document

__all__ = ["Schemas", "laid_out"]

Schemas = Callable[[str], Mapping[str, Any] | None]
"""For a kind as ``policy/v1``, its JSON Schema, if it has one: the order of its keys is ours."""


def laid_out(document: Document, schemas: Schemas) -> str:
    """The text of a document in its canonical layout.

    Raises:
        DocumentError: It would not say the same afterwards. This is checked, and should never happen.
    """
    text = document.source.text.replace("\r\n", "\n")
    if text != document.source.text:
        document = read_document(text, document.source.name, POLICY_LIMITS)
    new = written(*parts_of(document), Order.of(document.tree, schemas))
    if why := _lost(document, new):
        message = f"`{printable(document.source.name)}` stays as it is, because its layout would change {why}"
        raise DocumentError([Diagnostic("RG860", message, help="please report this, with the file")])
    return new


def _lost(document: Document, new: str) -> str:
    """What a new text does not keep of a document, or nothing."""
    try:
        after = read_document(new, document.source.name, POLICY_LIMITS)
    except InputError:
        return "what it says"
    if digest(after.tree) != digest(document.tree):
        return "what it says"
    kept = Counter(each.text for each in comments_of(after))
    return "" if kept == Counter(each.text for each in comments_of(document)) else "its comments"
