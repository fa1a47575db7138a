"""Statements of persons who vouch that a log was measured on an artifact, where the log cannot tell.

No evaluation tool writes a digest of the weights into its logs. So somebody who knows signs for it: an
in-toto statement, in a DSSE envelope beside the log, names the log and the artifact by digest, and who says
so.
``release-gate vouch`` writes it. A statement that does not hold binds nothing, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable
from release_gate.envelope import Envelope, read_json, verify_envelope
from release_gate.evidence.collected import Collected, Note, Provenance, Vouch, problem
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import at
from release_gate.evidence.reading import Item, Reading, each

if TYPE_CHECKING:
    from release_gate.signing import PublicKey

__all__ = ["PAYLOAD_TYPE", "SUFFIX", "VOUCH", "Vouches", "Vouching", "astray"]

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
VOUCH: Final = "urn:model-release-gate:vouch:v1"
SUFFIX: Final = ".vouch.json"
"""How files with statements end; before it stands the name of the log."""

_FORMS: Final = {
    "person": re.compile("[a-z0-9][a-z0-9._-]{0,63}"),
    "role": re.compile("[a-z0-9][a-z0-9._-]{0,63}"),
    "log": re.compile("sha256:[0-9a-f]{64}"),
    "log_name": re.compile(r"[^\x00-\x1f/]{1,255}"),
    "artifact": re.compile("sha256:[0-9a-f]{64}"),
    "on": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "expires": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""What each word of a statement looks like. All but the last must be there."""


class Vouches:
    """``*.vouch.json``: statements that a log was measured on an artifact."""

    name = "vouches"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The statements that somebody who is trusted has signed."""
        return each(reading, reading.files(SUFFIX), self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        data, where = reading.data(entry), reading.where(entry, "", "release-gate vouch")
        if not reading.trusted:
            yield Note("somebody vouches for a log, and nothing says whose word counts (--trust)", where)
            return
        try:
            vouch = _verified(reading, data, where)
        except InputError as error:
            why = error.diagnostics[0].message
            help_ = "let somebody sign it whose key is in the trust file"
            yield problem("RG633", f"`{printable(where.file)}` binds nothing: {why}", help_)
            return
        yield vouch


def _verified(reading: Reading, data: bytes, where: Provenance) -> Vouch:
    """What is said, from the very bytes that were signed, and by whom.

    Raises:
        IntegrityError: It was changed, nobody who is trusted has signed it, or it is another statement.
    """
    envelope = Envelope.read(data, "the statement")
    # An SSH key accepts a signature or does not, as the others do.
    verified = verify_envelope(envelope, cast("Iterable[PublicKey]", reading.trusted), PAYLOAD_TYPE)
    tree = read_json(verified.payload, "the statement")
    if at(tree, "predicateType") != VOUCH:
        raise IntegrityError([Diagnostic("RG633", "it is another kind of statement")])
    said = _said(at(tree, "predicate"))
    standings = [reading.trusted[key] for key in verified.keys]
    mine = [standing for standing in standings if standing.person.id == said["person"]]
    if not mine:
        signer = ", ".join(sorted({standing.person.id for standing in standings}))
        message = f"it speaks for `{said['person']}`, and was signed by `{signer}`"
        raise IntegrityError([Diagnostic("RG633", message)])
    return Vouch(**said, standing=mine[0], where=where)


def _said(tree: Any) -> dict[str, Any]:
    """The words of a statement.

    Raises:
        IntegrityError: One is missing, or is not what it should be. A malformed end is no end at all.
    """
    said: dict[str, Any] = {name: at(tree, name) for name in _FORMS}
    try:
        for name, form in _FORMS.items():
            if (name, said[name]) == ("expires", None):
                continue
            if not isinstance(said[name], str) or not form.fullmatch(said[name]):
                raise _wrong(name)
            if name in ("on", "expires"):
                said[name] = date.fromisoformat(said[name])
    except ValueError:
        raise _wrong("date") from None
    return said


def _wrong(name: str) -> IntegrityError:
    return IntegrityError([Diagnostic("RG633", f"its `{name}` is not what it should be")])


@dataclass(frozen=True, slots=True)
class Vouching:
    """Whose statements count on a day.

    Attributes:
        vouches: The statements whose signatures hold.
        roles: The roles in which one may vouch.
        day: The day.
    """

    vouches: tuple[Vouch, ...]
    roles: tuple[str, ...]
    day: date

    def lacking(self, logs: Iterable[Provenance], artifact: str) -> str:
        """Why it is not certain that all of these logs were measured on an artifact, or an empty string."""
        return next(filter(None, (self._lacking(log, artifact) for log in logs)), "")

    def _lacking(self, log: Provenance, artifact: str) -> str:
        name = log.file.rpartition("/")[2]
        about = [each for each in self.vouches if each.log == log.digest]
        about.sort(key=lambda each: each.artifact != artifact)  # what comes closest is named
        reasons = [self._void(each, artifact) for each in about]
        if "" in reasons:
            return ""
        if reasons:
            return reasons[0]
        if changed := [each.person for each in self.vouches if each.log_name == name]:
            return f"{changed[0]} vouches for other content of `{printable(name)}`; it was changed since"
        return f"nobody vouches that `{printable(name)}` was measured on it"

    def _void(self, said: Vouch, artifact: str) -> str:
        """Why a statement about a log does not bind it to an artifact, or an empty string."""
        if said.artifact != artifact:
            return f"{said.person} vouches that it was measured on another artifact, {said.artifact[:19]}…"
        if said.role not in self.roles:
            return f"{said.person} vouches as {said.role}, and it takes {' or '.join(self.roles)}"
        if said.on > self.day:
            return f"what {said.person} says is dated in the future"
        if said.expires is not None and said.expires < self.day:
            return f"what {said.person} says expired on {said.expires}"
        return said.standing.lacking(said.role, said.on, self.day)

    def by(self, logs: Iterable[Provenance], artifact: str) -> str:
        """Who vouches for some logs."""
        digests = {log.digest for log in logs}
        return ", ".join(
            dict.fromkeys(
                f"{each.person} as {each.role}"
                for each in self.vouches
                if each.log in digests and not self._void(each, artifact)
            )
        )


def astray(collected: Collected) -> Iterator[Diagnostic]:
    """The statements about files that are not there, or no longer as they were."""
    there = {file.sha256: file.path for subject in collected.subjects for file in subject.manifest.files}
    for said in collected.vouches:
        if said.log.removeprefix("sha256:") not in there:
            message = f"`{printable(said.where.file)}` vouches for a file that is not there as it was"
            yield problem("RG634", message, "vouch again for what is there, or remove the statement")
