"""Signatures in the name of an account, without a key that lasts, as Sigstore makes them.

The only place for ``sigstore``. Nothing is fetched: certificates and logs that are trusted come in a file,
the *trusted root*, and what a bundle brings along must verify against that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable

if TYPE_CHECKING:
    from sigstore.verify import Verifier

__all__ = ["Account", "Keyless", "read_keyless"]


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign.

    Attributes:
        issuer: Who says that it is this account: the address of an OpenID provider.
        identity: The account: an address of mail, or of a workflow.
    """

    issuer: str
    identity: str

    def __str__(self) -> str:
        """The account, and who says so."""
        return f"{self.identity} ({self.issuer})"


@dataclass(frozen=True, slots=True)
class Keyless:
    """Verifies what certain accounts have signed."""

    verifier: Verifier
    accounts: tuple[Account, ...]

    def verify(self, bundle: bytes, payload_type: str) -> tuple[bytes, str]:
        """The very bytes that were signed, and the account that has signed them.

        Raises:
            IntegrityError: The bundle does not verify, or is of another account or another type.
        """
        from sigstore.models import Bundle  # noqa: PLC0415 - heavy, and few signatures are of this kind
        from sigstore.verify.policy import Identity  # noqa: PLC0415 - as above

        why = "no account was named"
        for account in self.accounts:
            asked = Identity(identity=account.identity, issuer=account.issuer)
            try:
                kind, payload = self.verifier.verify_dsse(Bundle.from_json(bundle), asked)
            except Exception as error:  # noqa: BLE001 - whatever it is, it has not verified
                why = printable(" ".join(str(error).split()), 200) or type(error).__name__
                continue
            if kind != payload_type:
                raise _failed(f"the envelope holds `{printable(kind)}`, not `{payload_type}`")
            return payload, str(account)
        raise _failed(f"no account that may sign has signed it: {why}")


def read_keyless(root: Path, accounts: Sequence[Account]) -> Keyless:
    """Read what is trusted.

    Args:
        root: The trusted root, a JSON file.
        accounts: Who may sign.

    Raises:
        InputError: The file is none, or the extra ``sigstore`` is not installed.
    """
    shown = printable(root.as_posix())
    try:
        from sigstore.models import TrustedRoot  # noqa: PLC0415 - as above
        from sigstore.verify import Verifier  # noqa: PLC0415 - as above
    except ImportError:
        message, help_ = (
            "signatures of Sigstore need the extra `sigstore`",
            "pip install 'model-release-gate[sigstore]'",
        )
        raise InputError([Diagnostic("RG642", message, help=help_)]) from None
    try:
        return Keyless(Verifier(trusted_root=TrustedRoot.from_file(str(root))), tuple(accounts))
    except Exception:  # noqa: BLE001 - a file by somebody else
        message = f"`{shown}` is no trusted root of Sigstore"
        raise InputError([Diagnostic("RG642", message, help="a trusted_root.json")]) from None


def _failed(message: str) -> IntegrityError:
    return IntegrityError([Diagnostic("RG640", message)])
