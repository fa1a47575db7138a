"""What requests look like among those that wait with them: counts, for policies to use as they see fit.

Nothing here is a verdict. A class that asks together and a script look alike from here, and which it is a
policy or a person says.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from release_gate.access.form import Asked, Said
from release_gate.access.register import Grant

__all__ = ["counts"]

_MINUTE: Final = timedelta(minutes=1)


def counts(
    waiting: Sequence[tuple[Asked, Said]], grants: Iterable[Grant] | None, day: date
) -> list[dict[str, Any]]:
    """The section ``batch`` of every request that waits, in the same order.

    Args:
        waiting: The requests, and what their answers say.
        grants: The grants of the register, or None if there is none.
        day: The day on which a grant is in force or not.
    """
    held = [grant for grant in grants or () if grant.in_force(day)]
    by_account = Counter(_plain(grant.who) for grant in held if grant.who)
    by_organisation = Counter(_plain(grant.organisation) for grant in held if grant.organisation)
    persons = _persons([asked for asked, _ in waiting])
    of_person = Counter(persons)
    organisations = [_organisation(said) for _, said in waiting]
    of_organisation = Counter(organisations)
    answers = [_answers(asked) for asked, _ in waiting]
    of_answers = Counter(answers)
    times = sorted(asked.at for asked, _ in waiting)
    found = []
    for index, (asked, _) in enumerate(waiting):
        organisation, answer, person = organisations[index], answers[index], persons[index]
        near = bisect_right(times, asked.at + _MINUTE) - bisect_left(times, asked.at - _MINUTE)
        said: dict[str, Any] = {"requests": len(waiting), "within_minute": near}
        if person is not None:
            said["same_person"] = of_person[person]
        if asked.account and grants is not None:
            said["person_grants"] = by_account[_plain(asked.account)]
        if organisation:
            said["same_organisation"] = of_organisation[organisation]
            if grants is not None:
                said["organisation_grants"] = by_organisation[organisation]
        if answer is not None:
            said["same_answers"] = of_answers[answer]
        found.append(said)
    return found


def _persons(waiting: Sequence[Asked]) -> list[int | None]:
    """A number for each request, the same for those that an account, a name or an address connects.

    One of which the hub shows nothing could be anybody, and has none.
    """
    root = list(range(len(waiting)))

    def top(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    first: dict[tuple[str, str], int] = {}
    shown = []
    for index, asked in enumerate(waiting):
        marks = {"account": asked.account, "name": asked.name, "email": asked.email}
        known = [(kind, _plain(mark)) for kind, mark in marks.items() if mark and mark.strip()]
        shown.append(bool(known))
        for mark in known:
            root[top(index)] = top(first.setdefault(mark, index))
    return [top(index) if known else None for index, known in enumerate(shown)]


def _organisation(said: Said) -> str | None:
    found = said.facts["requester"].get("organisation")
    return _plain(found) if isinstance(found, str) and found.strip() else None


def _answers(asked: Asked) -> str | None:
    return json.dumps(asked.answers, sort_keys=True) if asked.answers else None


def _plain(text: str) -> str:
    """A name without what somebody changes who wants to look like somebody else: case, spaces, width."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
