"""What somebody says about a release or about access, as requests and signed statements have it."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, field_validator

from release_gate.diagnostics import did_you_mean, printable
from release_gate.document import Base
from release_gate.facts.ladder import RUNGS
from release_gate.facts.records import DIGEST, Id
from release_gate.facts.types import Day, problem

__all__ = ["SignOff"]


class SignOff(Base):
    """What a named person says in a role, about one artifact, bound to what was seen."""

    person: Id
    """Who says it, by the name that the trust file has for them."""
    role: Id
    """In which role."""
    word: Literal["recommend", "approve", "object", "reverse", "recuse"]
    """What they say."""
    artifact: Id
    """About which artifact."""
    rung: Annotated[str, WithJsonSchema({"enum": list(RUNGS)})]
    """Up to which access level; for an objection, from which one."""
    on: date
    """On which day."""
    expires: date | None = None
    """The last day on which it counts."""
    request: Annotated[str, Field(pattern=f"^{DIGEST}$")] | None = None
    """The proposal digest of the request that was seen."""
    policies: Annotated[str, Field(pattern=f"^{DIGEST}$")] | None = None
    """The digest of the policies that were in force."""

    @field_validator("on", "expires", mode="before")
    @classmethod
    def _date(cls, raw: Any) -> Any:
        return None if raw is None else Day().read(raw)

    @field_validator("rung")
    @classmethod
    def _rung(cls, raw: str) -> str:
        if raw not in RUNGS:
            raise problem(f"`{printable(raw)}` is not an access level", did_you_mean(raw, RUNGS))
        return raw
