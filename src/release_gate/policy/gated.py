"""What a gate file says about a repository behind a gate, and what a line of a register of grants says.

No field of a form is guessed: the answer to one becomes a fact only where the gate file says which, and how
it is read.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema, model_validator

from release_gate.diagnostics import did_you_mean, printable
from release_gate.document import Base
from release_gate.facts.records import DIGEST, FactRecord, Id, Name
from release_gate.facts.subjects import ASKED, NOT_ASKED
from release_gate.facts.types import Day, FactType, problem
from release_gate.policy.documents import Many

__all__ = [
    "MALFORMED",
    "REPOSITORY",
    "AnswerDocument",
    "EntryDocument",
    "GatedDocument",
    "ReleaseReference",
    "Repository",
    "fact_type",
]

REPOSITORY: Final = r"^((datasets|spaces)/)?[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$"
"""How a repository is written: a model as OWNER/NAME."""


@cache
def _pattern() -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, Field(pattern=REPOSITORY)], config=ConfigDict(strict=True))


def _repository(raw: Any) -> Any:
    """A repository. What plainly is one does not wait until its pattern is compiled.

    That takes longer than all else in a gate file, because any letter of Unicode may stand at each place.
    """
    plain = isinstance(raw, str) and raw.isascii() and re.fullmatch(REPOSITORY, raw)
    return raw if plain else _pattern().validate_python(raw)


Repository = Annotated[
    str, BeforeValidator(_repository), WithJsonSchema({"type": "string", "pattern": REPOSITORY})
]

MALFORMED: Final = date.min
"""The end of a grant whose end is not a date: long ago."""
_ACCOUNT: Final = ("id", "verified")
"""What nobody says of themselves in a form."""
_OF_THE_REQUEST: Final = frozenset({"release_gate", "id", "action", "sign_offs", *ASKED, *NOT_ASKED})


@cache
def _form() -> dict[str, type[FactRecord]]:
    """What a form can say facts of."""
    from release_gate.facts.access import AccessRequester, Use  # noqa: PLC0415 - few gates have a form

    return {"requester": AccessRequester, "use": Use}


def fact_type(path: str) -> FactType | None:
    """The type of a fact that a form can say, or None for one that a policy declares itself."""
    section, _, name = path.partition(".")
    if section == "own":
        return None
    found = _form()[section].model_fields[name].metadata
    return next(mark for mark in found if isinstance(mark, FactType))


def _facts() -> list[str]:
    return [
        f"{section}.{name}"
        for section, model in _form().items()
        for name in model.model_fields
        if (section, name) not in [("requester", each) for each in _ACCOUNT]
    ]


class AnswerDocument(Base):
    """What the answer to a field of a form says. The name of a fact alone takes the answer as it is."""

    fact: str | None = None
    """The fact that it is: of `requester`, of `use`, or of a policy's own."""
    agreement: Annotated[str, Field(pattern=f"^{DIGEST}$")] | None = None
    """For a box that is ticked: the digest of the text that is accepted."""
    representative: bool | None = None
    """Beside `agreement`: whether the text is accepted for an organisation."""
    ticked: bool | str = True
    """Beside `agreement`: how the hub says that the box is ticked."""
    answers: dict[str, Any] | None = None
    """For each answer that counts, what it means. Any other leaves the fact unknown."""
    as_: Literal["birth_date"] | None = Field(default=None, alias="as")
    """For `requester.age`: that the answer is the date of birth."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"fact": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.fact is None) == (self.agreement is None):
            raise problem("an answer is a `fact` or an `agreement`", "write a fact, as requester.country")
        if self.agreement is not None and (self.answers is not None or self.as_ is not None):
            raise problem("a box that is ticked has no `answers`", "leave them out")
        if self.agreement is None and {"representative", "ticked"} & self.model_fields_set:
            raise problem("`representative` and `ticked` belong to an `agreement`", "leave them out")
        if self.fact is not None:
            self._check_fact(self.fact)
        return self

    def _check_fact(self, fact: str) -> None:
        section, _, name = fact.partition(".")
        if section == "own" and name:
            if self.answers is None:
                raise problem(
                    f"`{printable(fact)}` has no `answers`",
                    "say what each answer means: answers: {Yes: true}",
                )
            return
        if fact not in _facts():
            raise problem(
                f"`{printable(fact)}` is no fact that a form can say",
                did_you_mean(fact, _facts()) or "one of requester, use or own",
            )
        if self.as_ is not None and (fact != "requester.age" or self.answers is not None):
            raise problem("`as: birth_date` is a way to say `requester.age`", "leave it out")
        kind = fact_type(fact)
        for value in (self.answers or {}).values():
            if kind is not None:
                kind.parse(value)  # raises the problem with it


class ReleaseReference(Base):
    """The decision about the release of the artifact, as `check -o json=FILE` writes it."""

    decision: Name
    """The file."""
    request: Id | None = None
    """The request in it; needed where it has several."""
    artifact: Id | None = None
    """The artifact in it; that of `facts`, if not said."""
    tiers_of: Id | None = None
    """The policy whose risk tier counts; needed where several have one."""
    receipt: Name | None = None
    """The file of the receipt that says that it is on record. Without one, whoever can write the file of the
    decision says what was decided."""
    key: Name | None = None
    """With a receipt: the file of the key of the log, as `audit key` prints it."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"decision": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _is_proof(self) -> Self:
        if (self.receipt is None) != (self.key is None):
            raise problem(
                "a receipt and the key of its log prove something together",
                "add `key: FILE`, as `release-gate audit key` prints it"
                if self.key is None
                else "add `receipt: FILE`, as `check --receipts` writes it",
            )
        return self


class GatedDocument(Base):
    """A repository behind a gate: what is known of the artifact, how its form is read, who has access."""

    facts: dict[str, Any]
    """What every access request says about the artifact, in the words of `access-request/v1`."""
    release: ReleaseReference | None = None
    """What was decided about its release."""
    form: dict[str, AnswerDocument] = Field(default_factory=dict)
    """For each field of the form, by its label, what the answer to it says."""
    grants: Name | None = None
    """The register of grants: a file to which a line is added for whatever happens to one."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for key in self.facts:
            if key in _OF_THE_REQUEST:
                raise problem(
                    f"`facts` has no `{printable(key)}`",
                    "it is said by who asks, or counted, or not of access",
                )
        said: dict[str, str] = {}
        for label, answer in self.form.items():
            if answer.fact is not None and said.setdefault(answer.fact, label) != label:
                raise problem(
                    f"the fields `{printable(said[answer.fact])}` and `{printable(label)}` "
                    f"both say `{answer.fact}`",
                    "keep one of them",
                )
        return self


def _end(raw: Any) -> Any:
    """The last day; None if there is none. What is not a date is over, and the register stays readable."""
    try:
        return None if raw is None else Day().read(raw)
    except ValueError:
        return MALFORMED


class EntryDocument(Base):
    """A line of a register: something that happened to a grant."""

    release_gate: Literal["grant/v1"]
    """The kind of this document."""
    entry: Literal["granted", "renewed", "reviewed", "revoked", "breached"]
    """What happened."""
    grant: Id
    """The grant, by the id of the access request."""
    on: Annotated[date, BeforeValidator(lambda raw: Day().read(raw))]
    """The day."""
    by: Name | None = None
    """Who did it; not said, where policies decided."""
    repository: Name | None = None
    """For `granted`: the repository."""
    artifact: Id | None = None
    """For `granted`: the artifact."""
    who: Annotated[str, Field(min_length=1)] | None = None
    """For `granted`: the account; not said, where the hub hides it."""
    organisation: Annotated[str, Field(min_length=1)] | None = None
    """For `granted`: the organisation that was named."""
    expires: Annotated[date | None, BeforeValidator(_end)] = MALFORMED
    """For `granted` and `renewed`: the last day, or null for none. What is not a date has expired."""
    scope: Many[Name] = ()
    """For `granted` and `renewed`: what it is for; anything, if empty."""
    decision: Annotated[str, Field(pattern=f"^{DIGEST}$")] | None = None
    """The digest of the decision."""
    tier: Name | None = None
    """The risk tier of the artifact at that time."""
    said: dict[str, Any] = Field(default_factory=dict)
    """For `granted`: what the request said, the agreements with the digests of their texts among it."""
    reason: Name | None = None
    """For `revoked` and `breached`: why."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key in _NEEDS[self.entry]:
            if getattr(self, key) is None:
                raise problem(f"`{self.entry}` says its `{key}`", f"add `{key}`")
        return self

    @property
    def line(self) -> Mapping[str, Any]:
        """What is written: nothing that was not said."""
        said = self.model_dump(exclude_unset=True)
        return {key: value for key, value in said.items() if value is not None or key == "expires"}


_NEEDS: Final = {
    "granted": ("repository", "artifact", "decision"),
    "renewed": ("decision",),
    "reviewed": ("decision",),
    "revoked": ("reason",),
    "breached": ("reason",),
}
