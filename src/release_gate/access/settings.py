"""What a gate file says about a repository behind a gate, ready for use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

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
from release_gate.envelope import read_json
from release_gate.facts.access import AccessRequest
from release_gate.gate.gate import read_gate
from release_gate.policy.gated import AnswerDocument, ReleaseReference
from release_gate.source import Document, Pointer

__all__ = ["Gated", "read_gated"]

_KIND = AccessRequest.KIND
MAX_REPORT: Final = 64 * 1024 * 1024
"""The largest report with a decision in it that is read."""


@dataclass(frozen=True)
class Gated:
    """A repository behind a gate.

    Attributes:
        name: The repository, as `OWNER/NAME`, or with `datasets/` or `spaces/` before it.
        facts: What every access request says about the artifact, its release decision among it.
        form: For each field of the form, what the answer to it says.
        register: The register of grants, if there is one.
    """

    name: str
    facts: Mapping[str, Any]
    form: Mapping[str, AnswerDocument]
    register: Path | None

    @property
    def artifact(self) -> str:
        """The artifact that is behind the gate."""
        return str(self.facts["artifacts"][0]["id"])

    @property
    def tier(self) -> str | None:
        """The risk tier of the artifact, if it is known."""
        found = self.facts["artifacts"][0].get("release", {}).get("tier")
        return found if isinstance(found, str) else None


def read_gated(gate: Path) -> dict[str, Gated]:
    """The repositories that a gate file names. Paths in it start at its folder.

    Raises:
        InputError: It cannot be read, or what it says of one is not valid.
    """
    document, shape = read_gate(gate)
    found = {}
    for name, told in shape.access.items():
        facts: dict[str, Any] = dict(told.facts)
        if told.release is not None:
            try:
                facts = _released(facts, told.release, gate.parent)
            except (AttributeError, KeyError, TypeError):
                raise _no_decision(printable(told.release.decision)) from None
        _check_facts(facts, document, ("access", name, "facts"))
        register = gate.parent / told.grants if told.grants is not None else None
        found[name] = Gated(name, facts, told.form, register)
    return found


def gated_of(gate: Path, repository: str) -> Gated:
    """A repository of a gate file.

    Raises:
        InputError: The gate file does not name it.
    """
    known = read_gated(gate)
    if repository not in known:
        message = f"the gate file `{printable(gate.as_posix())}` says nothing about `{printable(repository)}`"
        help_ = did_you_mean(repository, known) or f"add it below `access:`, as {repository}: {{facts: …}}"
        raise PolicyError([Diagnostic("RG530", message, help=help_)])
    return known[repository]


def _check_facts(facts: Mapping[str, Any], document: Document, place: Pointer) -> None:
    """Refuse facts that no access request could have, at the place where they are written."""
    depth = len(place)
    inside = replace(
        document,
        spans={at[depth:]: span for at, span in document.spans.items() if at[:depth] == place},
        keys={at[depth:]: span for at, span in document.keys.items() if at[:depth] == place},
    )
    tree = {"release_gate": _KIND, "id": "a-request", **facts}
    validate(AccessRequest, tree, inside, PolicyError, "RG531")


def _released(facts: Mapping[str, Any], told: ReleaseReference, folder: Path) -> dict[str, Any]:
    """The facts with the decision about the release of the artifact in them.

    Raises:
        InputError: There is no such decision, or it is not what was decided.
    """
    artifacts = facts.get("artifacts")
    if not isinstance(artifacts, list) or not artifacts or not isinstance(artifacts[0], Mapping):
        return dict(facts)  # whoever checks the facts says what is wrong with them
    if "release" in artifacts[0]:
        raise _problem("the artifact states its release, and `release:` reads it from a decision", "keep one")
    shown = printable(told.decision)
    decision = _decision(folder / told.decision, told, shown)
    if told.receipt is not None and told.key is not None:
        from release_gate.access.proven import check_on_record  # noqa: PLC0415 - only for those who ask

        check_on_record(decision, folder / told.receipt, folder / told.key, shown)
    name = told.artifact or artifacts[0].get("id")
    found = {each["id"]: each for each in decision["artifacts"]}
    if name not in found:
        raise _problem(
            f"the decision `{shown}` has no artifact `{printable(str(name))}`", did_you_mean(str(name), found)
        )
    each = found[name]
    release = {
        "verdict": each["verdict"],
        "rung": each["requested"],
        "on": decision["as_of"],
        "digest": decision["digest"],
    }
    if (tier := _tier(each["tiers"], told.tiers_of, shown)) is not None:
        release["tier"] = tier
    return {**facts, "artifacts": [{**artifacts[0], "release": release}, *artifacts[1:]]}


def _decision(path: Path, told: ReleaseReference, shown: str) -> Any:
    try:
        data = read_bounded(path, MAX_REPORT)
    except TooLargeError:
        message = f"the decision `{shown}` is larger than {MAX_REPORT >> 20} MiB"
        raise _problem(message, "name the decision alone") from None
    except OSError as error:
        raise _problem(f"the decision `{shown}` cannot be read: {reason_of(error)}", "") from None
    found = read_json(data, f"`{shown}`")
    decision = _one_of(found, told, shown)
    body = {key: value for key, value in decision.items() if key != "digest"}
    if decision.get("digest") != digest(body):
        message = f"the decision `{shown}` is not as it was made: its digest does not match"
        raise IntegrityError([Diagnostic("RG532", message, help="write it anew, or find out who changed it")])
    if decision["hypothetical"] is not None:
        raise _problem(f"the decision `{shown}` is hypothetical", "decide by the policies of the day")
    return decision


def _one_of(found: Any, told: ReleaseReference, shown: str) -> Any:
    """The decision that is meant, of a file that is one, or of a report of `check` with several."""
    schema = found.get("schema") if isinstance(found, dict) else None
    requests = found["requests"] if schema == "check/v1" else [{"held_back": [], "decision": found}]
    if schema not in ("check/v1", "decision/v1"):
        raise _no_decision(shown)
    made = [each for each in requests if each["decision"] is not None]
    decided = {each["decision"]["request"]["id"]: each for each in made}
    if len(decided) < len(made):
        raise _problem(f"`{shown}` has several decisions about one request", "decide about each once")
    name = told.request or (next(iter(decided)) if len(decided) == 1 else None)
    if name is None:
        help_ = (
            f"say which: add request: one of {', '.join(sorted(decided))}" if decided else "mend the request"
        )
        raise _problem(f"`{shown}` has {len(decided)} decisions", help_)
    if name not in decided:
        raise _problem(f"`{shown}` has no decision about `{printable(name)}`", did_you_mean(name, decided))
    if decided[name]["held_back"]:
        raise _problem(f"the decision `{shown}` is held back: {decided[name]['held_back'][0]}", "decide anew")
    return decided[name]["decision"]


def _tier(tiers: Mapping[str, Any], policy: str | None, shown: str) -> str | None:
    """The tier that is certain and possible; None where it is not settled, so that it stays unknown."""
    if policy is None and len(tiers) > 1:
        raise _problem(
            f"the decision `{shown}` has tiers of {', '.join(sorted(tiers))}",
            "say which: add tiers_of: POLICY",
        )
    if policy is not None and policy not in tiers:
        raise _problem(
            f"the decision `{shown}` has no tier of `{printable(policy)}`", did_you_mean(policy, tiers)
        )
    state = tiers[policy] if policy is not None else next(iter(tiers.values()), None)
    return state["certain"] if state is not None and state["certain"] == state["possible"] else None


def _no_decision(shown: str) -> InputError:
    return _problem(f"`{shown}` is no decision", "write one with `release-gate check -o json=FILE`")


def _problem(message: str, help_: str) -> InputError:
    return PolicyError([Diagnostic("RG523", message, help=help_)])
