"""The packs that ship with the library: policies with citations, in all their versions.

``policies/NAME/policy.yaml`` is the newest version of a pack; an older one is beside it, in a folder that is
named for it: ``policies/NAME/2026.5.0/policy.yaml``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from release_gate.diagnostics import Diagnostic, PolicyError, did_you_mean, printable
from release_gate.policy.build import build_text
from release_gate.policy.documents import InForce
from release_gate.policy.model import Policy, Remark, chain, link
from release_gate.source import POLICY_LIMITS, read_source

__all__ = ["ALWAYS_ON", "data_folder", "load_pack", "pack_file", "pack_names", "pack_versions"]

ALWAYS_ON = "ladder"
"""The pack that says what each rung claims. It is part of every gate."""


def data_folder(name: str) -> Path:
    """A folder of data that ships with the library: beside the package in a wheel, at the top in a clone."""
    package = Path(__file__).resolve().parents[1]
    installed = package / name
    return installed if installed.is_dir() else package.parents[1] / name


def pack_names() -> tuple[str, ...]:
    """The names of all packs."""
    return tuple(sorted(path.parent.name for path in data_folder("policies").glob("*/policy.yaml")))


def pack_versions(reference: str) -> tuple[Policy, ...]:
    """The versions of a pack that a reference leaves open, newest first.

    Args:
        reference: The name, with ``@`` and the first parts of a version behind it or without.

    Raises:
        PolicyError: There is no such pack, or not in that version.
    """
    name, pinned, wanted = reference.partition("@")
    every = _versions(name)
    found = tuple(policy for policy in every if not pinned or f"{policy.version}.".startswith(f"{wanted}."))
    if not found:
        there = ", ".join(policy.version for policy in every)
        message = f"the pack `{name}` is there in version {there}, not {printable(wanted)}"
        raise PolicyError([Diagnostic("RG501", message)])
    return found


def pack_file(policy: Policy) -> Path:
    """The file of a version of a pack."""
    return data_folder("policies") / policy.name.removeprefix("pack:")


@cache
def load_pack(reference: str) -> Policy:
    """A pack by its name, with ``@`` and the first parts of a version behind it or without.

    The newest version that the reference leaves open, with those before it for the days before its own. A
    pinned version applies even after one that the reference leaves out has taken its place, and then every
    decision says so.

    Raises:
        PolicyError: There is no such pack, or not in that version.
    """
    every, wanted = _versions(reference.partition("@")[0]), pack_versions(reference)
    later = every[: every.index(wanted[0])]
    found: list[Policy] = []
    for index, version in enumerate(wanted):
        for policy in _own(version):
            if later and not index:
                found.append(_pinned(policy, later[-1]))
            else:
                window = policy.in_force.within(_before(wanted[:index]))
                found.append(replace(policy, in_force=window))
    bases = [policy for version in wanted for policy in chain(version)[len(_own(version)) :]]
    return link([*found, *bases])


def _own(version: Policy) -> tuple[Policy, ...]:
    """The policies of a version that is an overlay, one over each version of what it extends; else itself."""
    return tuple(policy for policy in chain(version) if policy.id == version.id)


def _before(versions: tuple[Policy, ...]) -> InForce:
    """The time before all of these versions."""
    starts = [policy.in_force.from_ or date.min for policy in versions]
    if not starts:
        return InForce()
    first = min(starts)
    return InForce(until=first - timedelta(days=1) if first > date.min else date.min)


def _pinned(policy: Policy, next_: Policy) -> Policy:
    """A version that goes on applying after the next one, encoded or not, has taken its place."""
    own, starts = policy.in_force.from_ or date.min, [(next_.in_force.from_ or date.min, next_.version)]
    starts += [(each.from_, each.version) for each in next_.document.left_out if each.from_ > own]
    since, version = min(starts)
    text = f"{policy.id} is pinned to version {policy.version}, and {version} has taken its place"
    in_force = policy.in_force.model_copy(update={"until": None})
    remark = Remark(text, since if since > date.min else None)
    return replace(policy, in_force=in_force, remarks=(remark, *policy.remarks))


_LISTED: Final = "`release-gate packs list` has them all; a file is written with its ending, as policy.yaml"


@cache
def _versions(name: str) -> tuple[Policy, ...]:
    """Every version of a pack, newest first."""
    if name not in pack_names():
        message = f"there is no pack `{printable(name)}`"
        help_ = did_you_mean(name, pack_names()) or _LISTED
        raise PolicyError([Diagnostic("RG501", message, help=help_)])
    folder = data_folder("policies")
    files = [folder / name / "policy.yaml", *sorted((folder / name).glob("*/policy.yaml"))]
    found = []
    for file in files:
        shown = f"pack:{file.relative_to(folder).as_posix()}"
        found.append(build_text(read_source(file, shown, POLICY_LIMITS), load_pack))
    return tuple(sorted(found, key=lambda policy: _order(policy.version), reverse=True))


def _order(version: str) -> tuple[tuple[bool, int, str], ...]:
    """What versions are ordered by: their parts, numbers by value and after words."""
    parts = re.split(r"[.+-]", version)
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
