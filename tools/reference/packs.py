"""The pages of the packs: an overview, and for each its README with what its policies say of themselves."""

from __future__ import annotations

from typing import Final

from release_gate.gate.crosswalk import crosswalk
from release_gate.gate.crosswalk_reports import markdown_crosswalk
from release_gate.policy.model import Policy
from release_gate.policy.packs import ALWAYS_ON, data_folder, load_pack, pack_names, pack_versions
from tools.reference.markdown import page, table

__all__ = ["packs"]

OVERVIEW: Final = """
Packs are policies that ship with the library. They are illustrative: they show how published frameworks, laws
and licences can be written as rules, and cite them; they are not legal advice. A gate file names those that
shall apply (`- pack: NAME`), `release-gate packs show NAME` prints one, and
[an overlay](../../how-to/tighten-a-pack.md) makes one stricter.

A decision for a day uses the version that was in force on it. Only a pack that judges the release as a whole
can approve one; the others add to it.
"""
CROSSWALK: Final = """
Which rule of the packs speaks to which clause of which framework, and which clauses none of them speaks to.
That a rule speaks to a clause does not mean that whoever passes it complies. *Unverified* is a rule whose
clause was cited from memory. `release-gate packs coverage` says the same of your gate:
[See what a gate leaves out](../how-to/see-what-a-gate-leaves-out.md). Illustrative, not legal advice.
"""
COLUMNS: Final = ("version", "in force", "judges", "rules")


def packs() -> dict[str, str]:
    """Every page of the packs: its name, and its text."""
    pages = {f"packs/{name}": of_pack(name) for name in pack_names()}
    return {"packs/index": overview(), "crosswalk": clauses(), **pages}


def overview() -> str:
    """The table of all packs."""
    newest = {name: pack_versions(name)[0] for name in pack_names()}
    rows = ((f"[{name}]({name}.md)", policy.document.title, *row(policy)) for name, policy in newest.items())
    return page("# Packs", OVERVIEW, table(("pack", "what it is", *COLUMNS), rows))


def clauses() -> str:
    """Which rule of all packs speaks to which clause of which framework."""
    found = crosswalk(data_folder("policies") / "crosswalk.yaml", map(load_pack, pack_names()))
    return page("# Clauses and rules", CROSSWALK, "".join(markdown_crosswalk(found)))


def of_pack(name: str) -> str:
    """The page of a pack: its versions, and its README."""
    title, _, text = (
        (data_folder("policies") / name / "README.md").read_text(encoding="utf-8").partition("\n")
    )
    return page(title, table(COLUMNS, map(row, pack_versions(name))), text)


def row(policy: Policy) -> tuple[str, ...]:
    """What a policy says of itself."""
    return policy.version, in_force(policy), judges(policy), str(len(policy.rules))


def in_force(policy: Policy) -> str:
    """When a policy applies."""
    window = policy.in_force
    return f"{window.from_ or '…'} to {window.until or '…'}"


def judges(policy: Policy) -> str:
    """What a policy judges."""
    always = "; part of every gate" if policy.id == ALWAYS_ON else ""
    if policy.document.subject == "access":
        return "who asks for access" + always
    return ("the release as a whole" if policy.document.covers else "a part of it") + always
