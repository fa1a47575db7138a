"""From the address of a ledger to the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Final

from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import Ledger, Store
from release_gate.audit.notes import check_key_name
from release_gate.audit.recorded_papers import paper_files
from release_gate.audit.sensitive import Sensitive
from release_gate.audit.store_postgres import PostgresStore
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.tiles import ExportView, is_export
from release_gate.audit.view import View
from release_gate.diagnostics import Diagnostic, InputError, PolicyError, printable
from release_gate.document import validate
from release_gate.policy.gate_file import GateDocument
from release_gate.signing import Signer, open_signer
from release_gate.source import read_file, require_mapping

__all__ = ["Settings", "open_ledger", "open_view", "settings_of"]

_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = "postgresql://"


@dataclass(frozen=True)
class Settings:
    """What a gate file says about its ledger.

    Attributes:
        address: Where it is.
        origin: Its name, if the gate file says one.
        log_key: The key that signs checkpoints.
        signing_key: The key that attests decisions.
        public_key: The public half of the latter, which a key in a token or a service needs.
        verifier: The URI by which others know who decides.
        papers: The files that the sign-offs and the waivers of the gate come from.
        sensitive: The fields that are sealed in records.
        disclosures: The folder with what opens them.
    """

    address: str
    origin: str | None = None
    log_key: str | Path | None = None
    signing_key: str | Path | None = None
    public_key: Path | None = None
    verifier: str | None = None
    papers: list[Path] = field(default_factory=list)
    sensitive: tuple[str, ...] = ()
    disclosures: Path | None = None

    def log_signer(self) -> Signer | None:
        """The key that signs checkpoints, if there is one."""
        return open_signer(self.log_key) if self.log_key is not None else None

    def signer(self) -> Signer | None:
        """The key that attests decisions, if there is one."""
        return open_signer(self.signing_key, self.public_key) if self.signing_key is not None else None

    def sealing(self) -> tuple[Sensitive, Kept] | None:
        """The fields that are sealed, and where what opens them is kept; None if there are none.

        Raises:
            InputError: One is no field, or there is no place for what opens them.
        """
        if not self.sensitive:
            return None
        sensitive = Sensitive.of(self.sensitive)
        if self.disclosures is None:
            help_ = "add `disclosures: FOLDER` to `ledger`, where the ledger is not"
            raise InputError(
                [Diagnostic("RG741", "there is no place for the values of sensitive fields", help=help_)]
            )
        return sensitive, Kept(self.disclosures)


def settings_of(gate: Path) -> Settings:
    """What a gate file says about its ledger. Paths in it start at its folder.

    Raises:
        InputError: It cannot be read, or names no ledger.
    """
    document = read_file(gate)
    require_mapping(document, ("gate/v1",))
    shape = validate(GateDocument, document.tree, document, PolicyError, "RG503")
    told = shape.ledger
    if told is None:
        message = f"the gate file `{printable(gate.as_posix())}` names no ledger"
        help_ = "add `ledger: sqlite:///.release-gate/ledger.db`"
        raise InputError([Diagnostic("RG737", message, document.span(()), help_)])
    folder = gate.parent
    return Settings(
        _address(told.url, folder),
        told.origin,
        _key(told.log_key, folder),
        _key(told.signing_key, folder),
        folder / told.public_key if told.public_key is not None else None,
        told.verifier,
        paper_files(shape, folder),
        told.sensitive,
        folder / told.disclosures if told.disclosures is not None else None,
    )


def open_ledger(settings: Settings, writer: str | None = None) -> Ledger:
    """The ledger of a gate, to be written. It is made if it is not there yet.

    Args:
        settings: What the gate file says about it.
        writer: In PostgreSQL, the role that records.

    Raises:
        InputError: It cannot be made or opened, or has another name.
    """
    if settings.origin is not None:
        check_key_name(settings.origin)
    # Two logs must never share a name, and nobody has to own an address to have one.
    name = settings.origin or f"ledger-{token_hex(8)}.invalid"
    store: Store = (
        PostgresStore.create(settings.address, name, writer)
        if settings.address.startswith(_POSTGRES)
        else SqliteStore.create(_sqlite_path(settings.address), name)
    )
    if settings.origin not in (None, store.origin):
        store.close()
        message = f"the ledger is `{printable(store.origin)}`, and not `{printable(str(settings.origin))}`"
        raise InputError([Diagnostic("RG733", message, help="a log keeps its name")])
    return Ledger(store)


def open_view(place: str) -> View:
    """A log to be read: a database, a copy of one, or an export.

    Raises:
        InputError: There is no log.
    """
    if place.startswith(_POSTGRES):
        return PostgresStore.open(place)
    if is_export(Path(place)):
        return ExportView(Path(place))
    return SqliteStore.open(_sqlite_path(place))


def _sqlite_path(address: str) -> Path:
    if "://" in address and not address.startswith(_SQLITE):
        message = f"`{printable(address)}` is no address of a ledger"
        raise InputError([Diagnostic("RG733", message, help="write sqlite:///PATH or postgresql://…")])
    return Path(address.removeprefix(_SQLITE))


def _address(url: str, folder: Path) -> str:
    return _SQLITE + str(folder / url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else url


def _key(reference: str | None, folder: Path) -> str | Path | None:
    """A key reference. What has no scheme is a file, whose path starts at the folder of the gate."""
    if reference is None or ":" in reference:
        return reference
    return folder / reference
