"""A gate: the policies that a project is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from release_gate import engine
from release_gate.decision import Decision
from release_gate.diagnostics import Diagnostic, PolicyError
from release_gate.document import validate
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.documents import GateDocument
from release_gate.policy.load import load_policy
from release_gate.policy.model import Policy
from release_gate.policy.packs import ALWAYS_ON, load_pack, pack_names
from release_gate.source import read_file, require_mapping

__all__ = ["Gate"]


class Gate:
    """The policies that releases are judged by. The pack ``ladder`` is always among them."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        """Put policies together.

        Raises:
            PolicyError: The same policy is given twice with different content.
        """
        found: dict[str, Policy] = {}
        for policy in (*policies, load_pack(ALWAYS_ON)):
            known = found.setdefault(policy.id, policy)
            if known.digest != policy.digest:
                message = f"the policy `{policy.id}` is given twice, with different content"
                raise PolicyError(
                    [Diagnostic("RG502", message, help=f"in {known.name} and {policy.name}; keep one")]
                )
        self.policies: tuple[Policy, ...] = tuple(found[name] for name in sorted(found))

    @classmethod
    def load(cls, path: str | Path) -> Gate:
        """Read a gate file. Paths in it start at its folder.

        Raises:
            DocumentError: A file is not YAML as we accept it, or not of the kind that it should be.
            PolicyError: The gate or a policy is not valid.
        """
        file = Path(path)
        document = read_file(file)
        require_mapping(document, ("gate/v1",))
        shape = validate(GateDocument, document.tree, document, PolicyError, "RG503")
        policies = []
        for each in shape.policies:
            if each.pack is not None:
                policies.append(load_pack(each.pack))
            else:
                policies.append(load_policy(file.parent / str(each.file)))
        return cls(policies)

    @classmethod
    def from_policies(cls, policies: Iterable[str | Path]) -> Gate:
        """A gate of packs, by name, and of policy files, by path.

        Raises:
            DocumentError: A file is not YAML as we accept it, or not a policy.
            PolicyError: There is no such pack, or a policy is not valid.
        """
        return cls(_policy(each) for each in policies)

    def decide(self, request: ReleaseRequest, *, as_of: date, policies_as_of: date | None = None) -> Decision:
        """Judge a request.

        Args:
            request: What is to be released.
            as_of: The day for which to decide.
            policies_as_of: The day whose policies to use instead; makes it hypothetical.

        Raises:
            RequestError: The request states a fact in a way that a policy does not allow.
        """
        return engine.decide(request, self.policies, as_of, policies_as_of)


def _policy(reference: str | Path) -> Policy:
    text = str(reference)
    if isinstance(reference, str) and (text.partition("@")[0] in pack_names() or not _is_path(text)):
        return load_pack(text)
    return load_policy(reference)


def _is_path(text: str) -> bool:
    return "/" in text or text.endswith((".yaml", ".yml", ".json"))
