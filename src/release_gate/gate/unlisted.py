"""Licences of a request of which nothing is known: most often a name that is written otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from release_gate.diagnostics import Diagnostic, Severity, nearest, offer, printable
from release_gate.facts.licenses import license_name, license_names

if TYPE_CHECKING:
    from release_gate.facts.records import Ancestor, DataSource, ListOf
    from release_gate.facts.release import Artifact, ReleaseRequest
    from release_gate.source import Pointer

__all__ = ["unlisted"]


def unlisted(request: ReleaseRequest) -> Iterator[Diagnostic]:
    """The licences that the table does not have, and whose terms the request does not state either.

    A reference to a licence of somebody's own is left alone.
    """
    for pointer, each in _licensed(request):
        name = each.license.value
        if not isinstance(name, str) or each.terms.model_fields_set or name.startswith("LicenseRef-"):
            continue
        if license_name(name) is None:
            yield Diagnostic(
                "RG407",
                f"nothing is known of the licence `{printable(name)}`, so that all of its terms are unknown",
                request.where((*pointer, "license")),
                offer(nearest(name, license_names())) or "state its `terms`",
                Severity.WARNING,
            )


def _licensed(request: ReleaseRequest) -> Iterator[tuple[Pointer, Artifact | Ancestor | DataSource]]:
    for index, artifact in enumerate(request.artifacts):
        yield ("artifacts", index), artifact
    yield from _members(request, ("lineage",), request.lineage)
    yield from _members(request, ("data", "sources"), request.data.sources)


def _members(
    request: ReleaseRequest, pointer: Pointer, members: ListOf[Ancestor] | ListOf[DataSource]
) -> Iterator[tuple[Pointer, Ancestor | DataSource]]:
    items: Iterable[Ancestor | DataSource] = members.items
    for index, each in enumerate(items):
        plain = (*pointer, index)
        yield plain if request.where(plain) else (*pointer, "items", index), each
