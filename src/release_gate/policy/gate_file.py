"""The shape of gate files, as they are written."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from release_gate.document import Base
from release_gate.facts.records import Id, Name
from release_gate.facts.types import problem
from release_gate.policy.documents import FactName, Many, Scalar
from release_gate.policy.gated import GatedDocument, Repository

__all__ = [
    "EvidenceDocument",
    "GateDocument",
    "LedgerReference",
    "PolicyReference",
    "SigstoreDocument",
]


class PolicyReference(Base):
    """A policy of a gate: a pack by name, or a file."""

    pack: str | None = None
    """The pack, with `@version` behind it or without."""
    file: str | None = None
    """The file, from the folder of this one."""
    set_: dict[FactName, Scalar] = Field(default_factory=dict, alias="set")
    """New values of its parameters."""

    @model_validator(mode="before")
    @classmethod
    def _file(cls, raw: Any) -> Any:
        return {"file": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.pack is None) == (self.file is None):
            raise problem(
                "a policy of a gate is a pack or a file", "write `- pack: NAME` or `- path/to/policy.yaml`"
            )
        return self


class LedgerReference(Base):
    """Where decisions are recorded, and which keys sign."""

    url: Annotated[str, Field(pattern=r"^(sqlite:///|postgresql://)[^\s]+$")]
    """Where the ledger is: `sqlite:///PATH` or `postgresql://…`."""
    origin: str | None = None
    """The name of the log, as an address without a scheme."""
    log_key: str | None = None
    """The Ed25519 key that signs checkpoints: a file, or `env:NAME`."""
    signing_key: str | None = None
    """The key that signs attestations: a file, `env:NAME`, or the URI of a key in a token or a service."""
    public_key: str | None = None
    """The public half of that key, which one in a token or a cloud service needs."""
    verifier: str | None = None
    """The URI by which others know who decides."""
    sensitive: Many[Name] = ()
    """Fields of requests, as `requester.id`, that are sealed in records: only a salted digest is there."""
    disclosures: str | None = None
    """The folder in which the values of sensitive fields are kept, with their salts."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"url": raw} if isinstance(raw, str) else raw


class SignerDocument(Base):
    """An account that may sign models."""

    issuer: Name
    """The address of the OpenID provider that says whose account it is."""
    identity: Name
    """The account: an address of mail, or of a workflow."""


class SigstoreDocument(Base):
    """Which signatures without a key are trusted."""

    root: str
    """A file with the certificates and logs that are trusted: `trusted_root.json`."""
    signers: Annotated[Many[SignerDocument], Field(min_length=1)]
    """Who may sign."""


class EvidenceDocument(Base):
    """Folders with evidence, and how to read what is in them. A plain list names the folders."""

    folders: Annotated[Many[Name], Field(min_length=1)]
    """The folders, from that of the gate file."""
    named: Many[Name] = ()
    """Names by which logs call the model."""
    metrics: dict[FactName, Name] = Field(default_factory=dict)
    """For a metric of a policy, the result of a log that it is."""
    keys: Many[Name] = ()
    """Files with the keys, or certificates, that signatures of models are verified with."""
    sigstore: SigstoreDocument | None = None
    """Which signatures of models without a key are trusted."""
    parents: Many[Name] = ()
    """Folders of models that these stand on, for their licences."""
    vouched_by: Many[Id] = ()
    """Roles that may vouch on which artifact a log was measured. Then a request alone cannot say it."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"folders": raw} if isinstance(raw, list) else raw


class GateDocument(Base):
    """The policies that a project is judged by."""

    release_gate: Literal["gate/v1"]
    """The kind of this document."""
    policies: Annotated[Many[PolicyReference], Field(min_length=1)]
    """The policies in force."""
    ledger: LedgerReference | None = None
    """Where decisions are recorded."""
    trust: str | None = None
    """A file that says who may sign: `trust/v1`."""
    sign_offs: str | None = None
    """A folder of signed statements: sign-offs, and signatures under waivers."""
    unsigned_sign_offs: Literal["allow", "refuse"] | None = None
    """Whether sign-offs without a signature count. If not said: only where nothing says who may sign."""
    waivers: str | None = None
    """A file with exceptions: `waivers/v1`."""
    evidence: EvidenceDocument | None = None
    """Files that the claims of requests are held against."""
    access: dict[Repository, GatedDocument] = Field(default_factory=dict)
    """Repositories behind a gate, as OWNER/NAME; data sets and spaces as `datasets/OWNER/NAME` and so on."""
