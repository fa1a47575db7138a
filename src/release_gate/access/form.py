"""What the answers to a form say, by the mapping in the gate file.

No field is guessed. An answer that is not there, or that cannot be read as the fact that it should be, leaves
the fact unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.facts.types import Day, FactType, Number
from release_gate.policy.gated import AnswerDocument, fact_type

__all__ = ["Asked", "Said", "read_form"]

MAX_ANSWER: Final = 4000
"""The longest answer, in characters, that is read and kept."""


@dataclass(frozen=True)
class Asked:
    """Somebody waits at a hub.

    Attributes:
        id: The id of the request there.
        account: The account, if the hub shows it.
        name: The name that the account shows.
        email: Its address.
        at: When they asked, in UTC.
        answers: What they answered, by the label of the field; None if there is no form.
    """

    id: str
    account: str | None
    name: str | None
    email: str | None
    at: datetime
    answers: Mapping[str, Any] | None = None


@dataclass
class Said:
    """What answers say.

    Attributes:
        facts: Sections of an access request.
        problems: For a fact that an answer should have said and does not, why.
        unread: The fields that no mapping is for.
    """

    facts: dict[str, Any]
    problems: dict[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def read_form(form: Mapping[str, AnswerDocument], asked: Asked, as_of: date) -> Said:
    """What the answers of somebody say.

    Args:
        form: For each field, what the answer to it says.
        asked: Who asks, and what they answered.
        as_of: The day, for what depends on one, such as an age.
    """
    answers = asked.answers or {}
    said = Said({"requester": {}, "use": {}, "own": {}})
    if asked.account is not None:
        said.facts["requester"]["id"] = asked.account
    agreements = []
    for label, told in form.items():
        answer = answers.get(label)
        if told.agreement is not None:
            agreements.append(_agreement(told, label, answer, asked, said))
        else:
            _fact(told, label, answer, as_of, said)
    if agreements:
        items = [each for each in agreements if isinstance(each, dict)]
        said.facts["agreements"] = {"items": items, "complete": None not in agreements}
    said.unread = tuple(sorted(set(answers) - set(form)))
    return said


def _agreement(
    told: AnswerDocument, label: str, answer: Any, asked: Asked, said: Said
) -> dict[str, Any] | bool | None:
    """The agreement that a ticked box is; False for one that is not ticked; None if it cannot be told."""
    if answer is False:
        return False
    if type(answer) is not type(told.ticked) or answer != told.ticked:
        said.problems["agreements"] = _why(label, answer, f"`{_shown(answer)}` is no tick")
        return None
    agreement: dict[str, Any] = {"text": told.agreement, "on": asked.at.date()}
    return agreement if told.representative is None else {**agreement, "representative": told.representative}


def _fact(told: AnswerDocument, label: str, answer: Any, as_of: date, said: Said) -> None:
    """The fact that an answer says, or that it is unknown and why."""
    assert told.fact is not None  # noqa: S101 - the model asks for it
    section, _, name = told.fact.partition(".")
    try:
        found = _read(told, answer, as_of)
    except _UnreadableError as error:
        said.problems[told.fact] = why = _why(label, answer, str(error))
        found = {"unknown": "missing", "note": why}
    said.facts[section][name] = found


class _UnreadableError(Exception):
    """An answer does not say what it should."""


def _read(told: AnswerDocument, answer: Any, as_of: date) -> Any:
    """What an answer says, as an access request writes it."""
    if answer is None or answer == "":
        raise _UnreadableError
    if told.answers is not None:
        key = {True: "true", False: "false"}[answer] if isinstance(answer, bool) else answer
        if not isinstance(key, str) or key not in told.answers:
            raise _UnreadableError(f"`{_shown(answer)}` is none of the answers that count")
        return told.answers[key]
    if told.as_ == "birth_date":
        return _age(_parsed(Day(), answer), as_of)
    kind = fact_type(told.fact or "")
    assert kind is not None  # noqa: S101 - a policy's own fact has `answers`
    if isinstance(kind, Number) and isinstance(answer, str) and answer.isascii() and answer.isdigit():
        answer = int(answer) if len(answer) < 10 else answer
    _parsed(kind, answer)
    return answer


def _parsed(kind: FactType, answer: Any) -> Any:
    """A plain answer as a fact of a type. What is no scalar would be read as more than an answer."""
    if not isinstance(answer, str | int | float | bool):
        raise _UnreadableError("that is no plain answer")
    if isinstance(answer, str) and len(answer) > MAX_ANSWER:
        raise _UnreadableError(f"the answer is longer than {MAX_ANSWER} characters")
    try:
        return kind.read(answer)
    except ValueError as error:
        raise _UnreadableError(str(error)) from None


def _age(born: date, as_of: date) -> int:
    """Full years on a day. Whoever was born on 29 February is a year older on 1 March."""
    age = as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
    if not 0 <= age <= 130:
        raise _UnreadableError(f"`{born}` is no date of birth of somebody who asks")
    return age


def _why(label: str, answer: Any, problem: str) -> str:
    shown = printable(label, 60)
    return f"`{shown}` is not answered" if answer in (None, "") else f"`{shown}`: {problem}"


def _shown(answer: Any) -> str:
    return printable(str(answer), 60)
