"""Policies from files."""

from __future__ import annotations

from pathlib import Path

from release_gate.diagnostics import Diagnostic, PolicyError, printable
from release_gate.policy.build import Finder, build, build_text
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack
from release_gate.source import POLICY_LIMITS, Document, read_source

__all__ = ["is_path", "load_policy", "policy_from_document"]

MAX_CHAIN = 8
"""How many policies may stand on each other."""


def load_policy(path: str | Path, name: str | None = None) -> Policy:
    """Read a policy from a file, with the policy that it extends.

    Args:
        path: The file.
        name: What diagnostics and decisions call it; the path as given, if not said.

    Raises:
        DocumentError: A file is not YAML as we accept it, or not a policy.
        PolicyError: It is not a valid policy.
    """
    return _load(Path(path), name, ())


def policy_from_document(document: Document) -> Policy:
    """Check a policy document. It may extend a pack; only a file can extend a file.

    Raises:
        DocumentError: It is not a policy.
        PolicyError: With every diagnostic.
    """
    return build(document, _packs_only)


def is_path(reference: str) -> bool:
    """Whether a reference names a file, and not a pack."""
    return "/" in reference or reference.endswith((".yaml", ".yml", ".json"))


def _packs_only(reference: str) -> Policy:
    if is_path(reference):
        message = f"cannot find `{printable(reference)}` from here"
        raise PolicyError([Diagnostic("RG321", message, help="only a policy in a file can extend a file")])
    return load_pack(reference)


def _load(path: Path, name: str | None, above: tuple[Path, ...]) -> Policy:
    return build_text(read_source(path, name, POLICY_LIMITS), _finder(path, (*above, path.resolve())))


def _finder(path: Path, above: tuple[Path, ...]) -> Finder:
    """Finds what the policy in a file extends."""

    def find(reference: str) -> Policy:
        if not is_path(reference):
            return load_pack(reference)
        file = path.parent / reference
        if file.resolve() in above:
            message = f"`{printable(reference)}` extends this policy, so that they go in a circle"
        elif len(above) >= MAX_CHAIN:
            message = f"more than {MAX_CHAIN} policies stand on each other"
        elif Path(reference).is_absolute():
            message = f"`{printable(reference)}` is not a path from here"
        else:
            return _load(file, None, above)
        raise PolicyError(
            [Diagnostic("RG321", message, help="extend a pack, or the policy of a file near by")]
        )

    return find
