"""What it takes for a signed sign-off to count, and everything that voids one."""

import base64
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate import engine
from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import DocumentError, IntegrityError, PolicyError
from release_gate.envelope import sign_envelope
from release_gate.gate.gate import Gate
from release_gate.gate.statements import sign_waiver

DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


def voids(decision: Decision) -> tuple[str, ...]:
    return decision.artifacts[0].sign_offs[0].void


def given(decision: Decision) -> tuple[str, ...]:
    return decision.artifacts[0].sign_offs[0].given


def test_two_persons_who_have_signed_are_two(project: Any) -> None:
    assert project.decide().verdict is Verdict.NEEDS_APPROVAL
    project.sign("ada")
    assert project.decide().verdict is Verdict.NEEDS_APPROVAL
    project.sign("bob", expires="2026-12-01")
    decision = project.decide()
    assert decision.verdict is Verdict.APPROVE
    assert given(decision) == ("ada", "bob")
    assert not decision.notes


def test_one_person_with_two_keys_is_one(project: Any) -> None:
    project.people["ada"]["keys"].append({"pem": project.keys["ada-2"].public.pem})
    project.sign("ada")
    project.sign("ada", key="ada-2")
    decision = project.decide()
    assert (given(decision), decision.verdict) == (("ada",), Verdict.NEEDS_APPROVAL)


def test_one_key_of_two_persons_is_refused(project: Any) -> None:
    project.people["bob"]["keys"] = project.people["ada"]["keys"]
    with pytest.raises(PolicyError, match="RG511 the same key is that of `ada` and of `bob`"):
        project.decide()


def test_who_asks_does_not_sign(project: Any) -> None:
    project.sign("ada")
    project.sign("eve")
    assert voids(project.decide()) == ("eve as lead: who asks may not sign",)


VOID: dict[str, tuple[dict[str, Any], str]] = {
    "a more closed rung": ({"rung": "trusted_testers"}, "it is for trusted_testers only"),
    "other policies": ({"policies": OTHER}, "it was given under other policies"),
    "the future": ({"on": "2026-11-25"}, "it is dated in the future"),
    "expired": ({"expires": "2026-11-23"}, "it expired on 2026-11-23"),
}


@pytest.mark.parametrize(("said", "why"), VOID.values(), ids=VOID)
def test_a_sign_off_for_something_else_is_void_and_says_what_differs(
    project: Any, said: dict[str, Any], why: str
) -> None:
    project.sign("ada")
    project.sign("bob", **said)
    decision = project.decide()
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    assert voids(decision) == (f"bob as lead: {why}",)


def test_a_sign_off_lapses_when_the_request_changes(project: Any) -> None:
    project.sign("ada")
    project.sign("bob")
    changed = project.request(model={"name": "M", "parameters": 8})
    assert {void.partition(": ")[2] for void in voids(project.decide(changed))} == {
        "it is for another version of this request"
    }


def test_a_sign_off_lapses_when_the_weights_change(project: Any) -> None:
    project.sign("ada")
    project.sign("bob")
    artifact = {"id": "w", "kind": "weights", "wanted": "hosted", "digest": OTHER}
    decision = project.decide(project.request(artifacts=[artifact]))
    assert {void.partition(": ")[2] for void in voids(decision)} == {
        "it is for other content of the artifact"
    }
    assert decision.verdict is Verdict.NEEDS_APPROVAL


def test_a_sign_off_lapses_when_the_policies_change(project: Any) -> None:
    project.sign("ada")
    project.sign("bob")
    policy = project.folder / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("1e12", "1e11"), encoding="utf-8")
    assert {void.partition(": ")[2] for void in voids(project.decide())} == {
        "it was given under other policies"
    }


def test_a_sign_off_of_another_request_is_not_about_this_one(project: Any) -> None:
    project.sign("ada")
    project.sign("bob")
    assert voids(project.decide(project.request(id="other"))) == ()
    assert given(project.decide(project.request(id="other"))) == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"roles": []}, "bob is not lead on 2026-11-20"),
        ({"roles": ["board"]}, "bob is not lead on 2026-11-20"),
        ({"roles": [{"role": "lead", "until": "2026-11-22"}]}, "bob is not lead on 2026-11-24"),
        ({"roles": [{"role": "lead", "from": "2026-11-22"}]}, "bob is not lead on 2026-11-20"),
        ({"until": "2026-11-22"}, "the key of bob is not valid on 2026-11-24"),
        ({"from": "2026-11-21"}, "the key of bob is not valid on 2026-11-20"),
    ],
)
def test_a_role_and_a_key_must_hold_when_it_was_signed_and_now(
    project: Any, change: dict[str, Any], why: str
) -> None:
    project.sign("ada")
    project.sign("bob")
    if "roles" in change:
        project.people["bob"]["roles"] = change["roles"]
    else:
        project.people["bob"]["keys"][0] |= change
    assert voids(project.decide()) == (f"bob as lead: {why}",)


@pytest.mark.parametrize("word", ["object", "reverse"])
def test_an_objection_denies_even_if_the_key_has_ended_since(project: Any, word: str) -> None:
    project.sign("ada")
    project.sign("bob")
    project.sign("cy", word=word)
    project.people["cy"]["keys"][0] |= {"until": "2026-11-21"}
    decision = project.decide()
    assert decision.verdict is Verdict.DENY
    assert decision.artifacts[0].findings[0].rule == f"{word}-cy"


def test_who_has_recused_themselves_does_not_count(project: Any) -> None:
    project.sign("ada")
    project.sign("bob")
    project.sign("bob", word="recuse", role="recused", rung="withheld")
    assert voids(project.decide()) == ("bob as lead: they have recused themselves",)


def test_a_recusal_is_for_every_artifact_of_the_request(project: Any) -> None:
    artifacts = [{"id": name, "kind": "weights", "wanted": "hosted", "digest": DIGEST} for name in ("a", "b")]
    request = project.request(artifacts=artifacts)
    turned = project.request(artifacts=artifacts[::-1])
    project.sign("bob", request=request, word="recuse", role="recused", rung="withheld")
    project.sign("bob", request=turned)
    assert project.decide(turned).artifacts[1].sign_offs[0].void == (
        "bob as lead: they have recused themselves",
    )


# ------------------------------------------------------------------ unsigned


def unsigned(project: Any, **said: Any) -> Any:
    free = project.request()
    people = [
        {"person": name, "role": "lead", "word": "approve", "artifact": "w", "rung": "hosted",
         "on": "2026-11-20", "request": free.proposal_digest, "policies": project.policies_digest(), **said}
        for name in ("ada", "bob")
    ]  # fmt: skip
    return project.request(sign_offs=people)


def test_an_unsigned_sign_off_does_not_count_beside_a_trust_file(project: Any) -> None:
    decision = project.decide(unsigned(project))
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    assert voids(decision)[0] == "ada as lead: it is not signed, and this gate counts signed ones only"


NOBODY = {"trust": None, "sign_offs": None}


@pytest.mark.parametrize(
    "gate", [{"unsigned_sign_offs": "allow"}, NOBODY, {**NOBODY, "unsigned_sign_offs": "allow"}]
)
def test_where_unsigned_sign_offs_count_the_decision_says_so(project: Any, gate: dict[str, Any]) -> None:
    project.gate_file = gate
    decision = project.decide(unsigned(project))
    assert decision.verdict is Verdict.APPROVE
    (note,) = decision.notes
    assert note == (
        "NOT SIGNED: the sign-offs of ada, bob for w have no signature, "
        "so that whoever can edit the request can have written them"
    )


def test_an_objection_that_lapses_is_not_forgotten(project: Any) -> None:
    """Whoever asks could rid themselves of one by a title or another id, and nobody would see it."""
    project.sign("ada", word="object")
    assert not project.decide().notes
    said = "ada as lead has said `object` from hosted on 2026-11-20"
    for changes, why in (
        ({"title": "Another"}, "about another version of the request or under other policies"),
        ({"id": "small-2"}, "of the same content, in the request small"),
    ):
        decision = project.decide(project.request(**changes))
        told = f"{said}{'' if why.startswith('of') else ','} {why}: it does not count for w"
        assert (decision.verdict, decision.notes) == (Verdict.NEEDS_APPROVAL, (told,))
    other = [{"id": "w", "kind": "weights", "wanted": "hosted", "digest": OTHER}]
    assert not project.decide(project.request(id="small-2", artifacts=other)).notes


def test_an_unsigned_objection_counts_always(project: Any) -> None:
    project.sign("ada")
    project.sign("bob")
    assert project.decide(unsigned(project, word="object")).verdict is Verdict.DENY
    assert project.decide(unsigned(project, word="recuse")).verdict is Verdict.NEEDS_APPROVAL


# ------------------------------------------------------------------ forgeries


def test_a_changed_statement_stops_the_gate(project: Any) -> None:
    project.sign("ada")
    path = project.sign("bob", rung="internal")
    project.tamper(path, lambda payload: payload["predicate"].update(rung="fully_open"))
    with pytest.raises(IntegrityError, match=r"RG704 `.*bob--approve.json`: 0 of the 4 trusted keys"):
        project.decide()


def test_a_changed_objection_stops_the_gate_too(project: Any) -> None:
    path = project.sign("cy", word="object")
    project.tamper(path, lambda payload: payload["predicate"].update(rung="fully_open"))
    with pytest.raises(IntegrityError):
        project.decide()


def test_a_signature_of_nobody_stops_the_gate(project: Any) -> None:
    project.sign("ada", key="nobody")
    with pytest.raises(IntegrityError, match="somebody else signed it"):
        project.decide()


def test_nobody_signs_for_another(project: Any) -> None:
    project.sign("bob", key="ada")
    with pytest.raises(IntegrityError, match=r"RG514 .* speaks for `bob`, and was signed by `ada`"):
        project.decide()


def test_a_key_id_is_no_proof(project: Any) -> None:
    path = project.sign("ada", key="nobody")
    tree = json.loads(path.read_bytes())
    tree["signatures"][0]["keyid"] = project.keys["ada"].public.key_id
    path.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(IntegrityError, match="RG704"):
        project.decide()


def test_a_signature_over_another_kind_of_thing_is_none(project: Any) -> None:
    envelope = sign_envelope(b"{}", "text/plain", [project.keys["ada"]])
    project.keep(envelope, "x")
    with pytest.raises(IntegrityError, match="RG703"):
        project.decide()


def test_a_signature_under_a_waiver_is_no_sign_off_and_the_other_way_round(project: Any) -> None:
    project.keep(sign_waiver({"id": "x"}, "ada", date(2026, 11, 20), project.keys["ada"]), "x")
    assert given(project.decide()) == ()


STATEMENTS: list[Any] = [
    [],
    {"predicateType": "urn:other", "predicate": {"person": "ada"}},
    {"predicateType": "urn:model-release-gate:sign-off:v1", "predicate": []},
    {"predicateType": "urn:model-release-gate:sign-off:v1", "predicate": {"person": 1}},
    {"predicateType": "urn:model-release-gate:sign-off:v1", "predicate": {"person": "ada"}},
]


@pytest.mark.parametrize("tree", STATEMENTS)
def test_what_was_signed_must_be_a_sign_off(project: Any, tree: Any) -> None:
    envelope = sign_envelope(json.dumps(tree).encode(), "application/vnd.in-toto+json", [project.keys["ada"]])
    project.keep(envelope, "x")
    with pytest.raises(IntegrityError, match="RG512") as error:
        project.decide()
    assert str(error.value).count("x.json") == len(error.value.diagnostics)


@pytest.mark.parametrize("missing", ["request_id", "request"])
def test_a_sign_off_says_what_was_seen(project: Any, missing: str) -> None:
    path = project.sign("ada")
    tree = json.loads(path.read_bytes())
    payload = json.loads(base64.b64decode(tree["payload"]))
    del payload["predicate"][missing]
    project.keep(
        sign_envelope(json.dumps(payload).encode(), "application/vnd.in-toto+json", [project.keys["ada"]]),
        "x",
    )
    with pytest.raises(IntegrityError, match="does not say what was seen"):
        project.decide()


def test_a_statement_that_is_too_large_is_not_read(project: Any) -> None:
    (project.folder / "sign-offs" / "x.json").write_bytes(b" " * 70_000)
    with pytest.raises(PolicyError, match="too large"):
        project.decide()


@pytest.mark.parametrize("place", ["sign-offs/x.json", "key.pem", "allowed_signers"])
def test_a_pipe_does_not_hang_the_gate(project: Any, place: str) -> None:
    os.mkfifo(project.folder / place)
    project.people["ada"]["keys"] = ["key.pem"] if place == "key.pem" else project.people["ada"]["keys"]
    project.trust_file = {"allowed_signers": "allowed_signers"} if place == "allowed_signers" else {}
    with pytest.raises(PolicyError, match=r"RG510 .*it is a pipe or a device"):
        project.decide()


def test_what_cannot_be_read_is_an_error(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.sign("ada")
    real = os.open

    def refuse(place: str | Path, *arguments: Any, **options: Any) -> int:
        if Path(place) == path:
            raise PermissionError(13, "Permission denied")
        return real(place, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PolicyError, match="permission denied"):
        project.decide()


def test_allowed_signers_are_text(project: Any) -> None:
    (project.folder / "allowed_signers").write_bytes(b"\xff\xfe")
    project.trust_file = {"allowed_signers": "allowed_signers"}
    with pytest.raises(PolicyError, match="it is not UTF-8 text"):
        project.decide()


# ------------------------------------------------------------------ the gate and its files


def test_sign_offs_need_to_know_who_may_sign(project: Any) -> None:
    for gate in ({"sign_offs": "sign-offs"}, {"waivers": "w.yaml"}, {"unsigned_sign_offs": "refuse"}):
        project.gate_file = {"trust": None, "sign_offs": None, **gate}
        with pytest.raises(PolicyError, match="RG510 signed sign-offs and waivers need `trust`"):
            project.decide()


def test_a_folder_that_is_not_there_is_an_error(project: Any) -> None:
    project.gate_file = {"sign_offs": "sign-ofs"}
    with pytest.raises(PolicyError, match="there is no folder"):
        project.decide()


TRUST: dict[str, tuple[Any, type[Exception], str]] = {
    "nobody": ({}, PolicyError, "RG510"),
    "no key": ({"ada": {"keys": [{}]}}, PolicyError, "a key is a `file`, a `pem` or an `ssh` key"),
    "two keys in one": ({"ada": {"keys": [{"file": "x", "pem": "y"}]}}, PolicyError, "a key is a `file`"),
    "no such file": (
        {"ada": {"keys": ["absent.pem"]}},
        PolicyError,
        "RG510 cannot read .*absent.pem`: no such file",
    ),
    "not a key": ({"ada": {"keys": [{"pem": "x"}]}}, PolicyError, "is no public key in PEM"),
    "not an ssh key": ({"ada": {"keys": [{"ssh": "x"}]}}, PolicyError, "RG513 `x` is not a public SSH key"),
    "a strange name": ({"Ada Lovelace": {}}, PolicyError, "RG510"),
    "a strange role": (
        {"ada": {"roles": ["Lead!"]}},
        PolicyError,
        "RG510 `Lead!` is not written as it must be",
    ),
}


@pytest.mark.parametrize(("people", "error", "told"), TRUST.values(), ids=TRUST)
def test_a_trust_file_that_is_not_valid_is_refused(
    project: Any, people: Any, error: type[Exception], told: str
) -> None:
    project.people = people
    with pytest.raises(error, match=told):
        project.decide()


def test_a_trust_file_that_is_not_there_is_refused(project: Any) -> None:
    project.gate_file = {"trust": "absent.yaml"}
    with pytest.raises(DocumentError, match="RG001"):
        project.decide()


def test_a_key_may_lie_in_a_file_of_its_own(project: Any) -> None:
    (project.folder / "ada.pem").write_text(project.keys["ada"].public.pem, encoding="utf-8")
    project.people["ada"]["keys"] = ["ada.pem"]
    project.sign("ada")
    assert given(project.decide()) == ("ada",)


def test_the_private_key_is_not_taken_for_the_public_one(project: Any) -> None:
    project.people["ada"]["keys"] = [{"pem": project.keys["ada"].pem()}]
    with pytest.raises(PolicyError, match="is a private key, where a public one belongs"):
        project.decide()


def test_sign_offs_can_be_replayed_from_the_papers_alone(project: Any) -> None:
    project.sign("ada")
    decision = project.decide()
    gate = Gate.load(project.folder / "release-gate.yaml")
    again = engine.decide(project.request(), gate.policies, decision.as_of, None, gate.papers)
    assert again.to_json() == decision.to_json()
