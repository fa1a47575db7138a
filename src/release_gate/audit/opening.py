"""Records with sealed fields, for whoever has disclosures: opened as they were, or as far as these reach."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from release_gate.audit.content import Content, Fetch
from release_gate.audit.disclosures import Kept
from release_gate.audit.record import Record
from release_gate.audit.sealed import Disclosures, is_sealed, opened, pointer, sealed_places
from release_gate.diagnostics import Diagnostic, IntegrityError

__all__ = ["is_sealed_record", "open_record", "sealed_in", "seen_by"]


def is_sealed_record(record: Record) -> bool:
    """Whether anything in a record is sealed."""
    return "seal" in record.body


def open_record(record: Record, fetch: Fetch, disclosures: Disclosures) -> tuple[Record, Fetch]:
    """A record with everything in the open, as it was before it was sealed, and its content.

    Raises:
        Erased: Something of it was erased, or is not disclosed.
        IntegrityError: A disclosure is not of what is sealed in its place.
    """
    if not is_sealed_record(record):
        return record, fetch
    body: dict[str, Any] = json.loads(json.dumps(record.body))
    if record.kind != "decision":
        return replace(record, body=opened(body, disclosures)), fetch
    content = Content()
    try:
        body |= {
            "request": opened(body["request"], disclosures, pointer("request")),
            "papers": opened(body.get("papers"), disclosures, pointer("papers")),
        }
        tree = _opened_content(fetch, body["request"]["tree"], disclosures, pointer("request", "tree"))
        decision = _opened_content(fetch, body["decision"], disclosures, pointer("decision"))
        decision["request"]["digest"] = body["request"]["tree"] = content.put_json(tree)
        body["decision"] = content.put_json(decision)
        if "text" in body["request"]:
            body["request"]["text"] = content.put(body["request"]["text"].encode())
        if body["papers"] is None:
            del body["papers"]
        else:
            told = body["papers"]
            body["papers"] = {
                "applied": content.put(told["applied"].encode()),
                "text": [content.put(b64decode(each)) for each in told["text"]],
            }
    except (KeyError, TypeError, AttributeError, ValueError):
        raise IntegrityError(
            [Diagnostic("RG711", "the sealed record has not the shape that it must have")]
        ) from None
    return replace(record, body=body), lambda name: content[name] if name in content else fetch(name)


def sealed_in(record: Record, fetch: Fetch) -> Iterator[tuple[str, Any]]:
    """Everything that is sealed in a record and in its content, with its place.

    Raises:
        IntegrityError: Its content is not there, or not what it was.
    """
    if is_sealed_record(record):
        yield from sealed_places(dict(record.body))
        for place, name in _sealed_content(record):
            yield from sealed_places(json.loads(fetch(name)), place)


def _sealed_content(record: Record) -> Iterator[tuple[str, str]]:
    body: Any = record.body
    if record.kind != "decision":
        return
    yield pointer("request", "tree"), str(body["request"]["tree"])
    yield pointer("decision"), str(body["decision"])


def seen_by(record: Record, fetch: Fetch, kept: Kept | None) -> tuple[Mapping[str, Any], Fetch]:
    """What a record says to somebody who has some disclosures: what these do not open stays sealed.

    Raises:
        IntegrityError: A disclosure is not of what is sealed in its place.
    """
    if kept is None or not is_sealed_record(record):
        return record.body, fetch
    disclosures, content = kept.find(str(record.body["seal"])), Content()
    body: dict[str, Any] = opened(json.loads(json.dumps(record.body)), disclosures, all_of_it=False)
    text = body["request"].get("text") if record.kind == "decision" else None
    if isinstance(text, str) and is_sealed(record.body["request"]["text"]):
        body["request"]["text"] = content.put(text.encode())
    for place, name in _sealed_content(record):
        *steps, last = place.split("/")[1:]
        at: Any = body
        for step in steps:
            at = at[step]
        at[last] = content.put_json(
            opened(
                json.loads(fetch(name), parse_float=Decimal, parse_int=Decimal),
                disclosures,
                place,
                all_of_it=False,
            )
        )
    return body, lambda name: content[name] if name in content else fetch(name)


def _opened_content(fetch: Fetch, name: str, disclosures: Disclosures, place: str) -> Any:
    told = json.loads(fetch(name), parse_float=Decimal, parse_int=Decimal)
    return opened(told, disclosures, place)
