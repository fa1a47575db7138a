"""Reading what a gate has beside its policies: who may sign, what was signed, and the waivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from release_gate.bounded import TooLargeError, read_bounded
from release_gate.canonical import digest
from release_gate.diagnostics import (
    Diagnostic,
    InputError,
    IntegrityError,
    PolicyError,
    did_you_mean,
    printable,
    reason_of,
)
from release_gate.document import validate
from release_gate.envelope import Envelope, verify_envelope
from release_gate.facts.types import Day
from release_gate.gate.statements import PAYLOAD_TYPE, SIGN_OFF, WAIVER, Statement, waiver_digest
from release_gate.policy.documents import InForce
from release_gate.policy.gate_file import GateDocument
from release_gate.policy.papers import Papers, Signed
from release_gate.policy.trust import KeyDocument, Person, Standing, TrustDocument
from release_gate.policy.waivers import Approval, Waiver, WaiversDocument
from release_gate.signing import PublicKey, public_key_from_pem
from release_gate.source import read_file, require_mapping
from release_gate.ssh import SshKey, read_allowed_signers

__all__ = ["Trust", "read_papers", "read_trust", "require_standing"]

MAX_FILE: Final = 64 * 1024
T = TypeVar("T")
Key = PublicKey | SshKey


@dataclass(frozen=True)
class Trust:
    """Which key is which person."""

    people: Mapping[str, Person]
    keys: Mapping[Key, Standing]

    @property
    def digest(self) -> str:
        """The digest of all of it."""
        keys = [
            [standing.person.id, key.key_id, standing.key.from_, standing.key.until]
            for key, standing in self.keys.items()
        ]
        roles = [
            [name, role.role, role.from_, role.until]
            for name, person in self.people.items()
            for role in person.roles
        ]
        return digest([sorted(keys, key=str), sorted(roles, key=str)])


def read_papers(gate: GateDocument, folder: Path) -> Papers:
    """Read the papers that a gate file names. Paths start at its folder.

    Raises:
        DocumentError: A file cannot be read.
        PolicyError: A file is not valid.
        IntegrityError: A statement was changed after it was signed, or nobody who is trusted has signed it.
    """
    if gate.trust is None:
        if gate.sign_offs or gate.waivers or gate.unsigned_sign_offs == "refuse":
            raise _problem(
                "RG510",
                "signed sign-offs and waivers need `trust`, which says who may sign",
                "add trust: trust.yaml",
            )
        return Papers()
    trust = read_trust(folder / gate.trust)
    statements = list(_statements(folder / gate.sign_offs, trust)) if gate.sign_offs else []
    return Papers(
        signed=tuple(_signed(*each) for each in statements if each[0].kind == SIGN_OFF),
        unsigned_count=gate.unsigned_sign_offs == "allow",
        waivers=tuple(_waivers(folder / gate.waivers, statements)) if gate.waivers else (),
        trust=trust.digest,
    )


def read_trust(path: Path) -> Trust:
    """Read a trust file. Paths in it start at its folder.

    Raises:
        DocumentError: A file cannot be read.
        PolicyError: It is not valid, or a key is that of two persons.
    """
    document = read_file(path)
    require_mapping(document, ("trust/v1",))
    shape = validate(TrustDocument, document.tree, document, PolicyError, "RG510")
    people = {name: Person(name, each.roles) for name, each in shape.people.items()}
    found: dict[Key, Standing] = {}
    owners: dict[bytes, str] = {}

    def add(person: Person, key: Key, valid: InForce) -> None:
        raw = key.raw if isinstance(key, PublicKey) else key.point
        if owners.setdefault(raw, person.id) != person.id:
            both = f"`{owners[raw]}` and of `{person.id}`"
            raise _problem("RG511", f"the same key is that of {both}", "a key is that of one person")
        found[key] = Standing(person, valid)

    for name, each in shape.people.items():
        for number, said in enumerate(each.keys):
            at = document.span(("people", name, "keys", number))
            add(people[name], _at(at, _key, said, path.parent), said)
    if shape.allowed_signers is not None:
        place = path.parent / shape.allowed_signers
        for line in read_allowed_signers(_text(place), place.name):
            if line.person not in people:
                named = f"`{printable(line.person)}` in `{place.name}`"
                raise _problem("RG510", f"{named} is not among the people of `{path.name}`")
            add(people[line.person], line.key, InForce.model_construct(from_=line.first, until=line.last))
    return Trust(people, found)


def require_standing(trust: Path, person: str, key: Key, day: date, role: str | None = None) -> None:
    """Refuse what would not count, before it is signed.

    Args:
        trust: The trust file.
        person: Who wants to sign.
        key: The public half of what they sign with.
        day: The day of the signature.
        role: The role in which they sign, if in one.

    Raises:
        InputError: It would not count.
    """
    read, file = read_trust(trust), printable(trust.name)
    known, owner = read.people.get(person), read.keys.get(key)
    if known is None:
        why, help_ = f"`{file}` names nobody `{printable(person)}`", did_you_mean(person, read.people)
    elif owner is None:
        why = f"`{file}` does not have this key"
        help_ = f"add its public half to the keys of `{printable(person)}`"
    elif owner.person.id != person:
        why = f"this is the key of `{owner.person.id}`, and not of `{printable(person)}`"
        help_ = "everybody signs for themselves"
    elif lacking := owner.lacking(role, day):
        why, help_ = lacking, did_you_mean(role or "", (each.role for each in known.roles))
    else:
        return
    raise InputError([Diagnostic("RG517", f"this would not count: {why}", help=help_)], "nothing was signed")


def _at(span: Any, read: Callable[..., T], *arguments: Any) -> T:
    """What ``read`` gives, with the place of a problem that has none."""
    try:
        return read(*arguments)
    except InputError as error:
        raise PolicyError(
            Diagnostic(each.code, each.message, each.span or span, each.help) for each in error.diagnostics
        ) from None


def _key(said: KeyDocument, folder: Path) -> Key:
    if said.ssh is not None:
        return SshKey.read(said.ssh)
    if said.pem is not None:
        return public_key_from_pem(said.pem)
    file = folder / str(said.file)
    return public_key_from_pem(_bytes(file), printable(file.as_posix()))


def _bytes(path: Path) -> bytes:
    shown = printable(path.as_posix())
    try:
        return read_bounded(path, MAX_FILE)
    except TooLargeError:
        raise _problem("RG510", f"`{shown}` is too large for what it should be") from None
    except OSError as error:
        raise _problem("RG510", f"cannot read `{shown}`: {reason_of(error)}") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise _problem("RG510", f"cannot read `{printable(path.as_posix())}`: it is not UTF-8 text") from None


def _statements(folder: Path, trust: Trust) -> Iterator[tuple[Statement, Standing, str]]:
    """Every statement in a folder, with the key that has signed it. One that does not hold is no detail."""
    if not folder.is_dir():
        shown = printable(folder.as_posix())
        raise _problem(
            "RG510", f"there is no folder `{shown}` of signed statements", "make it; it may be empty"
        )
    for path in sorted(folder.glob("*.json")):
        shown = printable(path.as_posix())
        statement, keys = _verified(_bytes(path), trust, shown)
        standings = [trust.keys[key] for key in keys]
        mine = [each for each in standings if each.person.id == statement.person]
        if not mine:
            signer = ", ".join(sorted({each.person.id for each in standings}))
            said = f"`{shown}` speaks for `{printable(statement.person)}`, and was signed by `{signer}`"
            help_ = "everybody signs for themselves; remove the file, and let whom it names sign anew"
            raise IntegrityError([Diagnostic("RG514", said, help=help_)])
        yield statement, mine[0], shown


def _verified(data: bytes, trust: Trust, shown: str) -> tuple[Statement, tuple[PublicKey, ...]]:
    """A statement, and the keys that have signed it."""
    with _naming(shown):
        envelope = Envelope.read(data, "it")
        # An SSH key accepts a signature or does not, as the others do.
        verified = verify_envelope(envelope, cast("Iterator[PublicKey]", trust.keys), PAYLOAD_TYPE)
        return Statement.read(verified.payload), verified.keys


def _signed(statement: Statement, standing: Standing, shown: str) -> Signed:
    with _naming(shown):
        said, request, seen = statement.sign_off()
    return Signed(said, request, seen, standing)


@contextmanager
def _naming(shown: str) -> Iterator[None]:
    """Say in which file it is that something does not hold."""
    try:
        yield
    except IntegrityError as error:
        raise IntegrityError(
            Diagnostic(each.code, f"`{shown}`: {each.message}", help=each.help) for each in error.diagnostics
        ) from None


def _waivers(path: Path, statements: list[tuple[Statement, Standing, str]]) -> Iterator[Waiver]:
    document = read_file(path)
    require_mapping(document, ("waivers/v1",))
    shape = validate(WaiversDocument, document.tree, document, PolicyError, "RG515")
    ids = [each.id for each in shape.waivers]
    for number, said in enumerate(shape.waivers):
        if said.id in ids[:number]:
            at = document.span(("waivers", number, "id"))
            raise PolicyError([Diagnostic("RG515", f"two waivers have the id `{said.id}`", at, "rename one")])
        tree = cast("Any", document.tree)["waivers"][number]
        approvals = (
            Approval(_on(statement, shown), standing)
            for statement, standing, shown in statements
            if statement.kind == WAIVER and statement.predicate.get("waiver") == waiver_digest(tree)
        )
        yield Waiver(said, tuple(approvals))


def _on(statement: Statement, shown: str) -> date:
    try:
        return Day().read(statement.predicate.get("on"))
    except ValueError:
        raise IntegrityError([Diagnostic("RG512", f"`{shown}` does not say when it was signed")]) from None


def _problem(code: str, message: str, help_: str = "") -> PolicyError:
    return PolicyError([Diagnostic(code, message, help=help_)])
