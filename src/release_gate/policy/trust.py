"""Who may sign what: persons, their keys and their roles, each from when to when."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from release_gate.document import Base
from release_gate.facts.records import Id, Name
from release_gate.facts.types import problem
from release_gate.policy.documents import InForce, Many

__all__ = ["KeyDocument", "Person", "Standing", "TrustDocument"]


class RoleDocument(InForce):
    """A role that a person has."""

    role: Id
    """The role, as rules name it."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"role": raw} if isinstance(raw, str) else raw


class KeyDocument(InForce):
    """A public key of a person: exactly one of a PEM file, PEM, and an SSH key."""

    file: str | None = None
    """A file with the key in PEM, P-256 or Ed25519."""
    pem: str | None = None
    """The key in PEM."""
    ssh: str | None = None
    """The key as a line of `~/.ssh/id_ed25519.pub`."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"file": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(way is not None for way in (self.file, self.pem, self.ssh)) != 1:
            raise problem("a key is a `file`, a `pem` or an `ssh` key", "write one of the three")
        return self


class PersonDocument(Base):
    """A person who may sign."""

    name: Name | None = None
    """Their name."""
    roles: Many[RoleDocument] = ()
    """Their roles."""
    keys: Many[KeyDocument] = ()
    """Their keys."""


class TrustDocument(Base):
    """Which key is which person, in which roles."""

    release_gate: Literal["trust/v1"]
    """The kind of this document."""
    people: Annotated[dict[Id, PersonDocument], Field(min_length=1)]
    """The persons, by the names that sign-offs have for them."""
    allowed_signers: str | None = None
    """A file of SSH keys, as `ssh-keygen` reads it; each principal is one of the persons."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person, and the roles that they have."""

    id: str
    roles: tuple[RoleDocument, ...]

    def has(self, role: str, day: date) -> bool:
        """Whether the person has a role on a day."""
        return any(each.role == role and each.holds(day) for each in self.roles)


@dataclass(frozen=True, slots=True)
class Standing:
    """With what right somebody has signed: who the key is, and from when to when.

    Attributes:
        person: The person whose key it is.
        key: From when to when the key is theirs.
    """

    person: Person
    key: InForce

    def lacking(self, role: str | None, *days: date) -> str:
        """Why a signature does not count on some days, or an empty string.

        The day of signing is what the signer says, so that a key or a role that has ended does not count
        for what is said to have been signed before.
        """
        for day in days:
            if not self.key.holds(day):
                return f"the key of {self.person.id} is not valid on {day}"
            if role is not None and not self.person.has(role, day):
                return f"{self.person.id} is not {role} on {day}"
        return ""
