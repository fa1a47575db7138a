"""Every setting of a gate file is watched: whoever loosens one in the same change as a release is seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from release_gate.document import Base
from release_gate.facts.sign_off import SignOff
from release_gate.gate.changes import access_changes, changed_papers, changed_settings, files_of
from release_gate.gate.gate import Gate
from release_gate.policy.documents import InForce
from release_gate.policy.gate_file import GateDocument
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.policy.papers import Papers, Signed
from release_gate.policy.trust import Person, Standing
from release_gate.policy.waivers import Waiver, WaiverDocument
from release_gate.source import read_document

TEXT = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
LEDGER = {
    "url": "sqlite:///ledger.db", "origin": "example.org/log", "log_key": "env:LOG",
    "signing_key": "env:KEY", "public_key": "key.pem", "verifier": "https://example.org",
    "sensitive": ["requester.id"], "disclosures": "kept",
}  # fmt: skip
EVIDENCE = {
    "folders": ["a", "b"], "named": ["small"], "metrics": {"harm": "harm/acc"}, "keys": ["model.pem"],
    "sigstore": {"root": "root.json", "signers": [{"issuer": "https://id.example", "identity": "ci"}]},
    "parents": ["p"], "vouched_by": ["evaluator"],
}  # fmt: skip
ACCESS = {
    "facts": {"artifacts": [{"id": "w", "kind": "weights"}]},
    "release": {
        "decision": "d.json",
        "request": "r",
        "artifact": "w",
        "tiers_of": "own",
        "receipt": "d.tlog-proof",
        "key": "log.key",
    },
    "form": {
        "Country": {"fact": "requester.country"},
        "Born": {"fact": "requester.age", "as": "birth_date"},
        "For": {"fact": "use.purpose", "answers": {"Study": "research"}},
        "Terms": {"agreement": TEXT, "representative": True, "ticked": "on"},
    },
    "grants": "grants.jsonl",
}
GATE: dict[str, Any] = {
    "release_gate": "gate/v1",
    "policies": ["own.yaml"],
    "ledger": LEDGER,
    "evidence": EVIDENCE,
    "access": {"acme/brief": ACCESS},
}

Change = tuple[str, Any, str]
"""The place of a setting in the gate file above, what it is set to, and what is said about it."""
LESS = "claims are held against less than before: {}"
RECORDED = "the gate file was changed: `ledger.{}`"
GIVEN = "how access to `acme/brief` is given was changed: `{}`"
BRIEF = "access.acme/brief."

CHANGES: dict[str, Change] = {
    "ledger.url": ("ledger.url", "sqlite:///other.db", RECORDED.format("url")),
    "ledger.origin": ("ledger.origin", "example.org/other", RECORDED.format("origin")),
    "ledger.log_key": ("ledger.log_key", "env:OTHER", RECORDED.format("log_key")),
    "ledger.signing_key": ("ledger.signing_key", "env:OTHER", RECORDED.format("signing_key")),
    "ledger.public_key": ("ledger.public_key", "other.pem", RECORDED.format("public_key")),
    "ledger.verifier": ("ledger.verifier", None, RECORDED.format("verifier")),
    "ledger.sensitive": ("ledger.sensitive", [], RECORDED.format("sensitive")),
    "ledger.disclosures": ("ledger.disclosures", "elsewhere", RECORDED.format("disclosures")),
    "evidence.folders": ("evidence.folders", ["a"], LESS.format("without `b`")),
    "evidence.named": ("evidence.named", ["large"], LESS.format("`named` changed")),
    "evidence.metrics": ("evidence.metrics.harm", "harm/best", LESS.format("`metrics` changed")),
    "evidence.keys": ("evidence.keys", ["other.pem"], LESS.format("`keys` changed")),
    "evidence.sigstore.root": ("evidence.sigstore.root", "my.json", LESS.format("`sigstore` changed")),
    "evidence.sigstore.signers.issuer": (
        "evidence.sigstore.signers",
        [{"issuer": "https://mine.example", "identity": "ci"}],
        LESS.format("`sigstore` changed"),
    ),
    "evidence.sigstore.signers.identity": (
        "evidence.sigstore.signers",
        [{"issuer": "https://id.example", "identity": "me"}],
        LESS.format("`sigstore` changed"),
    ),
    "evidence.parents": ("evidence.parents", [], LESS.format("without `p`")),
    "evidence.vouched_by": (
        "evidence.vouched_by", ["evaluator", "intern"], LESS.format("more may vouch for logs"),
    ),
    "access.facts": (BRIEF + "facts.artifacts", [{"id": "v", "kind": "weights"}],
                     GIVEN.format("facts.artifacts")),
    "access.release.decision": (
        BRIEF + "release.decision", "mine.json", GIVEN.format("release.decision"),
    ),
    "access.release.request": (BRIEF + "release.request", "s", GIVEN.format("release.request")),
    "access.release.artifact": (BRIEF + "release.artifact", "v", GIVEN.format("release.artifact")),
    "access.release.tiers_of": (BRIEF + "release.tiers_of", "mof", GIVEN.format("release.tiers_of")),
    "access.release.receipt": (
        BRIEF + "release.receipt", "mine.tlog-proof", GIVEN.format("release.receipt"),
    ),
    "access.release.key": (BRIEF + "release.key", "mine.key", GIVEN.format("release.key")),
    "access.form.fact": (
        BRIEF + "form.Country.fact", "requester.organisation", GIVEN.format("form.Country.fact"),
    ),
    "access.form.agreement": (
        BRIEF + "form.Terms.agreement", OTHER, GIVEN.format("form.Terms.agreement"),
    ),
    "access.form.representative": (
        BRIEF + "form.Terms.representative", False, GIVEN.format("form.Terms.representative"),
    ),
    "access.form.ticked": (BRIEF + "form.Terms.ticked", True, GIVEN.format("form.Terms.ticked")),
    "access.form.answers": (
        BRIEF + "form.For.answers.Sale", "research", GIVEN.format("form.For.answers.Sale"),
    ),
    "access.form.as": (BRIEF + "form.Born.as", None, GIVEN.format("form.Born.as")),
    "access.grants": (BRIEF + "grants", "mine.jsonl", GIVEN.format("grants")),
}  # fmt: skip
"""For each setting, a change that may let more through. A new setting needs one."""

ELSEWHERE = {
    "release_gate": "it is the same for all gate files",
    "policies.pack": "tests/cli/test_base.py: what policies say of a release, and each rule about access",
    "policies.file": "as above",
    "policies.set": "as above",
    "trust": "tests/cli/test_base.py: who may sign",
    "sign_offs": "tests/cli/test_base.py: an objection that is gone",
    "unsigned_sign_offs": "tests/cli/test_base.py: who may sign",
    "waivers": "tests/cli/test_base.py: they change what a policy says of a release; those about access",
}
"""What is seen in more than the gate file, and where that is tested."""


def settings(model: type[Base], place: str = "") -> Iterator[str]:
    """Every setting of a document, by its place."""
    for name, field in model.model_fields.items():
        here = f"{place}{field.alias or name}"
        parts = list(parts_of(field.annotation))
        if not parts:
            yield here
        for part in parts:
            yield from settings(part, f"{here}.")


def parts_of(annotation: Any) -> Iterator[type[Base]]:
    """The documents that a setting consists of."""
    if isinstance(annotation, type) and issubclass(annotation, Base):
        yield annotation
    for inner in get_args(annotation):
        yield from parts_of(inner)


def test_a_new_setting_is_not_forgotten() -> None:
    assert sorted(settings(GateDocument)) == sorted({*CHANGES, *ELSEWHERE})


def said(then: Mapping[str, Any] | None, now: Mapping[str, Any], *changed: str) -> list[str]:
    """What is said about a change of a gate file, and of files that it names."""
    before, after = (None if each is None else GateDocument.model_validate(each) for each in (then, now))
    assert after is not None
    return list(changed_settings(before, after, lambda name: name not in changed))


def put(tree: Any, place: str, value: Any) -> dict[str, Any]:
    """A tree with another value at a place; None takes it out."""
    key, _, rest = place.partition(".")
    if rest:
        return {**tree, key: put(tree[key], rest, value)}
    return {name: each for name, each in {**tree, key: value}.items() if name != key or value is not None}


@pytest.mark.parametrize("setting", CHANGES)
def test_what_is_set_otherwise_is_named(setting: str) -> None:
    place, value, told = CHANGES[setting]
    assert said(GATE, put(GATE, place, value)) == [told]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("ledger", ["the gate file was changed: `ledger`"]),
        ("evidence", ["claims are held against less than before: the gate file names no `evidence`"]),
        ("access", ["the gate file says nothing about access to `acme/brief`, and did before"]),
        ("evidence.vouched_by", ["claims are held against less than before: nobody needs to vouch for logs"]),
        (BRIEF + "form.Terms", ["how access to `acme/brief` is given was changed: `form.Terms`"]),
    ],
)
def test_what_is_taken_out_is_named(place: str, told: list[str]) -> None:
    assert said(GATE, put(GATE, place, None)) == told


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (GATE, GATE),
        (GATE, put(GATE, BRIEF + "form.Country", "requester.country")),  # in other words
        (put(GATE, "ledger", None), GATE),
        (put(GATE, "evidence", None), GATE),
        (GATE, put(GATE, "evidence.folders", ["b", "a", "c"])),
        (put(GATE, "evidence.vouched_by", ["evaluator", "intern"]), GATE),
        (put(GATE, "evidence.vouched_by", []), GATE),
    ],
)
def test_what_lets_no_more_through_is_not_named(then: dict[str, Any], now: dict[str, Any]) -> None:
    assert said(then, now) == []


@pytest.mark.parametrize("then", [None, put(GATE, "access", None)])
def test_access_that_can_be_asked_for_only_now_is_named(then: dict[str, Any] | None) -> None:
    assert said(then, GATE) == ["the gate file lets people ask for `acme/brief`, and did not before"]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("model.pem", LESS.format("`model.pem` changed")),
        ("root.json", LESS.format("`root.json` changed")),
        ("d.json", GIVEN.format("d.json")),
        ("log.key", GIVEN.format("log.key")),
    ],
)
def test_a_file_that_holds_something_else_is_named(file: str, told: str) -> None:
    assert said(GATE, GATE, file) == [told]
    assert file in files_of(GateDocument.model_validate(GATE))


POLICY = """\
release_gate: policy/v1
id: who
version: 1.0.0
title: Who may have it
subject: access
covers: true
scope: request.action == "request"
sources: {law: {title: The law}}
parameters: {age: {value: 18, stricter: higher}}
definitions: {adult: requester.age >= parameter.age}
rules:
  - {id: adults, require: is.adult, because: Adults only., cite: law}
  - {id: people, sign_off: {role: lead, count: 2}, waivable: {by: board}}
  - {id: a-year, oblige: {duty: Ask again, expires: P1Y, scope: [research]}}
"""
WHO = "who is given access by the policy `who` was changed: {}"
RULES: dict[str, tuple[str, str, str]] = {
    "a longer grant": ("expires: P1Y", "expires: P2Y", WHO.format("`rules.a-year.oblige.expires`")),
    "for more": ("[research]", "[research, product]", WHO.format("`rules.a-year.oblige.scope`")),
    "fewer who review": ("count: 2", "count: 1", WHO.format("`rules.people.sign_off.count`")),
    "others who review": ("role: lead", "role: intern", WHO.format("`rules.people.sign_off.role`")),
    "others who excuse": ("by: board", "by: intern", WHO.format("`rules.people.waivable.by`")),
    "another definition": ("age >=", "age >", WHO.format("`definitions.adult`")),
    "another number": ("value: 18", "value: 16", WHO.format("`parameters.age.value`")),
    "a rule less": (
        "  - {id: adults, require: is.adult, because: Adults only., cite: law}\n", "",
        WHO.format("`rules.adults`"),
    ),
    "for some": ("{id: adults", "{when: use.commercial, id: adults", WHO.format("`rules.adults.when`")),
    "for fewer requests": ('request.action == "request"', "use.commercial", WHO.format("`scope`")),
    "not any more": ("covers: true\n", "", WHO.format("`covers`")),
    "other words": ("title: Who", "title: Those who", ""),
    "another reason": ("Adults only.", "Nobody under age.", ""),
    "a rule more": ("rules:\n", "rules:\n  - {id: never, deny: No.}\n", ""),
}  # fmt: skip


def policy(text: str) -> Policy:
    return policy_from_document(read_document(text, "who.yaml"))


@pytest.mark.parametrize("change", RULES)
def test_what_a_policy_about_access_asks_less_of_is_named(change: str) -> None:
    old, new, told = RULES[change]
    assert old in POLICY
    changed = policy(POLICY.replace(old, new))
    assert list(access_changes([policy(POLICY)], [changed])) == [told] * bool(told)


def test_a_policy_that_is_gone_or_about_something_else_is_named() -> None:
    about_releases = POLICY[: POLICY.index("subject")] + "rules: [{id: no, deny: No.}]\n"
    told = "the policy `who` does not judge any more who is given access"
    assert list(access_changes([policy(POLICY)], [])) == [told]
    assert list(access_changes([policy(POLICY)], [policy(about_releases)])) == [told]


def test_a_policy_that_lets_people_in_is_named_if_it_is_new() -> None:
    told = "the policy `who` can give access, and did not before"
    assert list(access_changes([], [policy(POLICY)])) == [told]
    assert list(access_changes([], [policy(POLICY.replace("covers: true\n", ""))])) == []


def test_what_a_gate_sets_for_access_is_named(tmp_path: Path) -> None:
    (tmp_path / "who.yaml").write_text(POLICY, encoding="utf-8")
    gates = []
    for age in (18, 16):
        (tmp_path / "gate.yaml").write_text(
            f"release_gate: gate/v1\npolicies: [{{file: who.yaml, set: {{age: {age}}}}}]\n", encoding="utf-8"
        )
        gates.append(Gate.load(tmp_path / "gate.yaml").policies)
    assert list(access_changes(*gates)) == [WHO.format("`parameters.age.value`")]


ADA = Standing(Person("ada", ()), InForce())
DAY = date(2026, 11, 24)


def signed(word: Any, request: str = "small") -> Signed:
    said = SignOff(person="ada", role="lead", word=word, artifact="w", rung="internal", on=DAY)
    return Signed(said, request, None, ADA)


def waiver(rung: str, name: str = "w1") -> Waiver:
    said = WaiverDocument(
        id=name, rule="who/people", model="m", artifact="w", digest=TEXT, rung=rung,
        reason="once", ticket="T-1", owner="ada", expires=DAY,
    )  # fmt: skip
    return Waiver(said)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (Papers(signed=(signed("object"),)), Papers(), ["what ada signed against w is gone"]),
        (Papers(signed=(signed("reverse"),)), Papers(), ["what ada signed against w is gone"]),
        (Papers(signed=(signed("recuse"),)), Papers(), ["the recusal of ada is gone"]),
        (Papers(signed=(signed("object"),)), Papers(signed=(signed("object"),)), []),
        (Papers(signed=(signed("object", "large"),)), Papers(), []),  # about another request
        (Papers(signed=(signed("approve"),)), Papers(), []),
        (Papers(), Papers(signed=(signed("object"), signed("approve"))), []),
        (Papers(), Papers(waivers=(waiver("granted"),)), ["the waiver w1 excuses `who/people` for access"]),
        (Papers(waivers=(waiver("granted"),)), Papers(waivers=(waiver("granted"),)), []),
        (Papers(), Papers(waivers=(waiver("internal"),)), []),  # is seen in what policies say of a release
        (
            Papers(unsigned_count=False),
            Papers(),
            ["sign-offs without a signature count now, and did not before"],
        ),
        (Papers(), Papers(unsigned_count=False), []),
        (Papers(trust=TEXT), Papers(trust=OTHER), ["who may sign was changed"]),
    ],
)
def test_what_was_signed_is_watched(before: Papers, now: Papers, told: list[str]) -> None:
    assert list(changed_papers(before, now, "small")) == told
