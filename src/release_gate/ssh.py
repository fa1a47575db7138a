"""Signatures with SSH keys, by ``ssh-keygen -Y``: engineers have such keys, in files, agents and tokens.

What is signed and verified is an SSHSIG (PROTOCOL.sshsig of OpenSSH) in a namespace of our own, so that a
signature over a commit or a file cannot be shown as one over a statement.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from release_gate.bounded import read_bounded
from release_gate.diagnostics import Diagnostic, InputError, printable

__all__ = ["AllowedSigner", "SshKey", "SshSigner", "read_allowed_signers"]

NAMESPACE: Final = "model-release-gate"
MAX_KEY_FILE: Final = 64 * 1024
KINDS: Final = {
    "ssh-ed25519": 2,
    "ecdsa-sha2-nistp256": 3,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
}
"""The types of keys, and of how many strings each is made."""
_ARMOUR: Final = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
_KEY: Final = re.compile(r"([a-z0-9@.-]+) +([A-Za-z0-9+/]+={0,2})(?: .*)?")
_LINE: Final = re.compile(
    r'(\S+) +(?:((?:[a-z-]+(?:="[^"]*")?)(?:,[a-z-]+(?:="[^"]*")?)*) +)?([a-z0-9@.-]+ +\S+.*)'
)


@dataclass(frozen=True)
class SshKey:
    """A public SSH key.

    Attributes:
        kind: Its type, such as ``ssh-ed25519``.
        blob: The key, as SSH writes it.
    """

    kind: str
    blob: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> SshKey:
        """A key from a line such as those in ``~/.ssh/id_ed25519.pub``.

        Raises:
            InputError: It is none, or of a kind that is not used here.
        """
        found = _KEY.fullmatch(text.strip())
        if not found:
            raise _problem(f"`{printable(text, 60)}` is not a public SSH key")
        if found[1] not in KINDS:
            raise _problem(f"SSH keys of type `{found[1]}` are not used here", f"one of {', '.join(KINDS)}")
        try:
            key = cls(found[1], base64.b64decode(found[2], validate=True))
        except binascii.Error:
            raise _problem(f"`{printable(text, 60)}` is not a public SSH key") from None
        parts = key.parts()
        if parts[:1] != [found[1].encode()] or len(parts) != KINDS[found[1]]:
            raise _problem(f"the SSH key says that it is `{found[1]}`, and is not")
        return key

    def parts(self) -> list[bytes]:
        """The strings that a key is made of; none, if it is not made of strings (RFC 4251 §5)."""
        parts, rest = [], self.blob
        while rest:
            size = int.from_bytes(rest[:4])
            if len(rest) < 4 + size:
                return []
            parts.append(rest[4 : 4 + size])
            rest = rest[4 + size :]
        return parts

    @property
    def point(self) -> bytes:
        """The key itself, the same however it is written down."""
        parts = self.parts()
        return parts[-2] if self.kind.startswith("sk-") else parts[-1]

    @property
    def key_id(self) -> str:
        """The fingerprint, as OpenSSH writes it."""
        digest = hashlib.sha256(self.blob).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message was made with the private half of this key.

        Raises:
            InputError: There is no ``ssh-keygen``.
        """
        if not signature.startswith(b"SSHSIG") or self.blob not in signature:
            return False  # not by this key, and not worth a process
        line = f"signer {self.kind} {base64.b64encode(self.blob).decode()}\n"
        armour = "\n".join((_ARMOUR[0], base64.encodebytes(signature).decode().strip(), _ARMOUR[1], ""))
        with tempfile.TemporaryDirectory() as folder:
            allowed, given = Path(folder, "allowed"), Path(folder, "signature")
            allowed.write_text(line, encoding="ascii")
            given.write_text(armour, encoding="ascii")
            arguments = [
                "-Y",
                "verify",
                "-q",
                "-n",
                NAMESPACE,
                "-I",
                "signer",
                "-f",
                str(allowed),
                "-s",
                str(given),
            ]
            return _ssh_keygen(arguments, message).returncode == 0


@dataclass(frozen=True)
class SshSigner:
    """A private SSH key: a file, or a public key whose private half an agent or a token holds."""

    path: Path

    @property
    def public(self) -> SshKey:
        """The public half, which lies beside it."""
        path = self.path if self.path.suffix == ".pub" else self.path.with_name(self.path.name + ".pub")
        try:
            return SshKey.read(read_bounded(path, MAX_KEY_FILE).decode())
        except (OSError, UnicodeDecodeError):
            raise _problem(
                f"cannot read `{printable(str(path))}`", "the public half lies beside the key"
            ) from None

    def sign(self, message: bytes) -> bytes:
        """The signature over a message, as an SSHSIG without its armour.

        Raises:
            InputError: The key did not sign.
        """
        ended = _ssh_keygen(["-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(self.path)], message)
        text = ended.stdout.decode(errors="replace").strip()
        if ended.returncode or not text.startswith(_ARMOUR[0]):
            said = printable(ended.stderr.decode(errors="replace").strip(), 300)
            raise _problem(f"`ssh-keygen` did not sign with `{printable(str(self.path))}`", said)
        return base64.b64decode(text.removeprefix(_ARMOUR[0]).removesuffix(_ARMOUR[1]))


@dataclass(frozen=True)
class AllowedSigner:
    """A line of an ``allowed_signers`` file: whose key, and from when to when."""

    person: str
    key: SshKey
    first: date | None
    last: date | None


def read_allowed_signers(text: str, name: str) -> Iterator[AllowedSigner]:
    """Read a file as ``ssh-keygen`` has it, one person to a key.

    Patterns would let a key speak for several persons, and certificate authorities for anybody, so that both
    are refused.

    Raises:
        InputError: A line is not one that can be used.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        place = f"line {number} of `{printable(name)}`"
        found = _LINE.fullmatch(line.strip())
        if not found or re.search(r"[*?!,]", found[1]):
            raise _problem(f"{place} is not a person and a key", "one name, without patterns, and one key")
        first = last = None
        for option, value in re.findall(r'([a-z-]+)(?:="([^"]*)")?', found[2] or ""):
            if option == "namespaces" and NAMESPACE in value.split(","):
                continue
            day = _day(value)
            if option == "valid-after" and day:
                first = day
            elif option == "valid-before" and day:
                last = day - timedelta(days=1)
            else:
                raise _problem(
                    f"{place} has the option `{option}`, which cannot be used", "see the documentation"
                )
        yield AllowedSigner(found[1], SshKey.read(found[3]), first, last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch("[0-9]{8}", text) else None
    except ValueError:
        return None


def _ssh_keygen(arguments: list[str], message: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a fixed program, and arguments that are no options
            ["ssh-keygen", *arguments],  # noqa: S607 - wherever OpenSSH is installed
            input=message,
            capture_output=True,
            check=False,
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise _problem("`ssh-keygen` cannot be run", "SSH keys need OpenSSH 8.2 or later") from None


def _problem(message: str, help_: str = "") -> InputError:
    return InputError([Diagnostic("RG513", message, help=help_)])
