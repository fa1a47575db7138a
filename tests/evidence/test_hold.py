"""Claims of a request, held against what is found: what disagrees is unknown, and nothing is ever added."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import Gate, ReleaseRequest
from release_gate.cli import main
from release_gate.decision import Verdict
from release_gate.diagnostics import PolicyError, RequestError
from release_gate.evidence.collect import EvidenceError, collect
from release_gate.evidence.collected import Collected, Found, Provenance
from release_gate.evidence.combine import combine
from release_gate.evidence.held import Held
from release_gate.evidence.hold import hold
from release_gate.facts.truth import Range, Reason, Unknown
from release_gate.source import read_document
from tests.evidence.files import CARD, MIT, good_weights, safetensors, tensor, write

LOG: dict[str, Any] = {
    "results": {"harm": {"refusal,none": 0.9512, "refusal_stderr,none": 0.01}},
    "versions": {},
    "n-samples": {"harm": {"original": 400, "effective": 400}},
    "config": {"model_args": "pretrained=acme/tiny", "limit": None},
    "date": 1_760_000_000,
}
CONFLICTING = Unknown(Reason.CONFLICTING)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with a card and a log."""
    files: dict[str, str | bytes] = {
        "model.safetensors": good_weights(),
        "README.md": CARD,
        "config.json": '{"architectures": ["Bert"]}',
        "log/results.json": json.dumps(LOG),
    }
    return write(tmp_path / "tiny", files)


def request(**more: Any) -> ReleaseRequest:
    artifact: dict[str, Any] = {"id": "w", "kind": "weights", "wanted": "weights_open"}
    tree: dict[str, Any] = {
        "release_gate": "request/v1",
        "id": "r",
        "action": "release",
        "artifacts": [artifact],
    }
    for way, value in more.items():
        steps = way.split("__")
        place: Any = tree if steps[0] != "artifact" else artifact
        steps = steps[1:] if steps[0] == "artifact" else steps
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return ReleaseRequest.model_validate(tree)


def licence(held: ReleaseRequest) -> Any:
    return held.artifacts[0].license.value


def refusal(held: ReleaseRequest) -> Any:
    return held.metric["harm_refusal"].value.value


CLAIMS: dict[str, tuple[dict[str, Any], Callable[[ReleaseRequest], Any], Any]] = {
    "the same licence": ({"artifact__license": "Apache-2.0"}, licence, "Apache-2.0"),
    "the same licence by another name": ({"artifact__license": "apache-2.0"}, licence, "Apache-2.0"),
    "another licence": ({"artifact__license": "MIT"}, licence, CONFLICTING),
    "no licence": ({"artifact__license": None}, licence, CONFLICTING),
    "another digest": (
        {"artifact__digest": "sha256:" + "0" * 64},
        lambda held: held.artifacts[0].digest.value,
        CONFLICTING,
    ),
    "another format": (
        {"artifact__format": "pickle"},
        lambda held: held.artifacts[0].format.value,
        CONFLICTING,
    ),
    "as many parameters": ({"model__parameters": 400}, lambda held: held.model.parameters.value, 400),
    "more parameters": ({"model__parameters": 401}, lambda held: held.model.parameters.value, CONFLICTING),
    "about as many": (
        {"model__parameters": {"low": 300, "high": 500}},
        lambda held: held.model.parameters.value,
        Range(Decimal(300), Decimal(500)),
    ),
    "no parameters": ({"model__parameters": None}, lambda held: held.model.parameters.value, CONFLICTING),
    "as many at least": (
        {"model__parameters": {"low": 400, "high": 500}},
        lambda held: held.model.parameters.value,
        Range(Decimal(400), Decimal(500)),
    ),
    "as many at most": (
        {"model__parameters": {"low": 300, "high": 400}},
        lambda held: held.model.parameters.value,
        Range(Decimal(300), Decimal(400)),
    ),
    "another architecture": (
        {"model__architecture": "Gpt"},
        lambda held: held.model.architecture.value,
        CONFLICTING,
    ),
    "the name with the name of its owner": (
        {"model__name": "acme/tiny"},
        lambda held: held.model.name.value,
        "acme/tiny",
    ),
    "another name": ({"model__name": "acme/huge"}, lambda held: held.model.name.value, CONFLICTING),
    "no ancestors": ({"lineage": []}, lambda held: held.lineage.unknown, "conflicting"),
    "another ancestor": (
        {"lineage": [{"parent": "eve/base"}]},
        lambda held: held.lineage.unknown,
        "conflicting",
    ),
    "the ancestor": (
        {"lineage": [{"parent": "acme/base-7b", "relation": "finetune"}]},
        lambda held: held.lineage.items[0].relation.value,
        "finetune",
    ),
    "the ancestor of something else": (
        {"variants": {"demo": {}}, "lineage": [{"child": "demo", "parent": "acme/base-7b"}]},
        lambda held: held.lineage.unknown,
        "conflicting",
    ),
    "the ancestor of another artifact": (
        {
            "artifacts": [
                {"id": "w", "kind": "weights", "wanted": "weights_open"},
                {"id": "d", "kind": "demo", "wanted": "hosted", "variant": "demo"},
            ],
            "variants": {"demo": {}},
            "lineage": [{"child": "demo", "parent": "acme/base-7b"}],
        },
        lambda held: held.lineage.unknown,
        "conflicting",
    ),
    "the ancestor of an ancestor": (
        {"lineage": [{"parent": "mine"}, {"child": "mine", "parent": "acme/base-7b"}]},
        lambda held: held.lineage.unknown,
        None,
    ),
    "the ancestor, otherwise": (
        {"lineage": [{"parent": "acme/base-7b", "relation": "component"}]},
        lambda held: held.lineage.items[0].relation.value,
        CONFLICTING,
    ),
    "the ancestor, otherwise, in a list with more": (
        {"lineage": {"items": [{"parent": "base-7b", "relation": "component"}], "complete": False}},
        lambda held: held.lineage.items[0].relation.value,
        CONFLICTING,
    ),
    "no data": ({"data__sources": []}, lambda held: held.data.sources.unknown, "conflicting"),
    "more data": (
        {"data__sources": [{"name": "c4"}, {"name": "acme/private"}, {"name": "books"}]},
        lambda held: len(held.data.sources.items),
        3,
    ),
    "data and more": (
        {"data__sources": {"items": [], "complete": False}},
        lambda held: held.data.sources.unknown,
        None,
    ),
    "a polished number": ({"metric__harm_refusal": 0.99}, refusal, CONFLICTING),
    "a number that is no number of the log": ({"metric__harm_refusal": 0.952}, refusal, CONFLICTING),
    "the number without its uncertainty": (
        {"metric__harm_refusal": 0.9512},
        refusal,
        Range(Decimal("0.9316"), Decimal("0.9708")),
    ),
    "the number, rounded": (
        {"metric__harm_refusal": 0.95},
        refusal,
        Range(Decimal("0.9316"), Decimal("0.9708")),
    ),
    "the number, rounded beyond its uncertainty": (
        {"metric__harm_refusal": 1},
        refusal,
        Range(Decimal("0.9316"), Decimal(1)),
    ),
    "the number at least": (
        {"metric__harm_refusal": {"low": 0.9512, "high": 1}},
        refusal,
        Range(Decimal("0.9316"), Decimal(1)),
    ),
    "the number at most": (
        {"metric__harm_refusal": {"low": 0.9, "high": 0.9512}},
        refusal,
        Range(Decimal("0.9"), Decimal("0.9708")),
    ),
    "a smaller uncertainty": (
        {"metric__harm_refusal": {"value": 0.9512, "stderr": 0.001}},
        refusal,
        Range(Decimal("0.9316"), Decimal("0.9708")),
    ),
    "a larger uncertainty": (
        {"metric__harm_refusal": {"value": 0.9512, "stderr": 0.1}},
        refusal,
        Range(Decimal("0.7552"), Decimal("1.1472")),
    ),
    "none": ({"metric__harm_refusal": None}, refusal, CONFLICTING),
    "another day": (
        {"metric__harm_refusal": {"value": 0.9512, "measured": "2026-11-01", "n": 400}},
        lambda held: held.metric["harm_refusal"].measured.value,
        CONFLICTING,
    ),
    "another day, with all of the uncertainty": (
        {"metric__harm_refusal": {"low": 0.9, "high": 1, "measured": "2026-11-01"}},
        lambda held: held.metric["harm_refusal"].measured.value,
        CONFLICTING,
    ),
    "the day": (
        {"metric__harm_refusal": {"value": 0.9512, "measured": "2025-10-09", "n": 400}},
        lambda held: held.metric["harm_refusal"].measured.value,
        date(2025, 10, 9),
    ),
    "a larger sample": (
        {"metric__harm_refusal": {"value": 0.9512, "n": 4000}},
        lambda held: held.metric["harm_refusal"].n.value,
        CONFLICTING,
    ),
    "what else is said of a number": (
        {"metric__harm_refusal": {"value": 0.9512, "independent": True, "note": "ours"}},
        lambda held: held.metric["harm_refusal"].independent.value,
        True,
    ),
    "nothing": ({}, licence, Unknown(Reason.MISSING)),
    "nothing about a number": (
        {"metric__harm_refusal": {"unknown": "missing"}},
        refusal,
        Unknown(Reason.MISSING),
    ),
}


@pytest.mark.parametrize(("claim", "look", "value"), CLAIMS.values(), ids=CLAIMS)
def test_a_claim_stays_widens_or_is_unknown(
    model: Path, claim: dict[str, Any], look: Callable[[ReleaseRequest], Any], value: Any
) -> None:
    held = hold(request(**claim), collect([model], named=["acme/tiny"]))
    assert look(held.request) == value
    assert hold(held.request, collect([model], named=["acme/tiny"])).request.tree == held.request.tree


def test_a_request_that_agrees_is_the_same_request(model: Path) -> None:
    data = [{"name": name} for name in ("c4", "acme/private", "books")]
    asked = request(artifact__license="Apache-2.0", model__parameters=400, data__sources=data)
    held = hold(asked, collect([model]))
    assert held.request is asked
    assert set(held.agreed) == {
        ("artifacts", 0, "license"), ("model", "parameters"), ("data", "sources"),
    }  # fmt: skip
    assert held.disagreements == ()


UNCLEAN = {
    "a limited run": (("config", "limit", 5), Reason.UNTRUSTED),
    "a run of another model": (("config", "model_args", "pretrained=eve/tiny"), Reason.UNBOUND),
    "a run without its number": (("results", "harm", {"refusal,none": "N/A"}), Reason.MISSING),
}


@pytest.mark.parametrize(("change", "reason"), UNCLEAN.values(), ids=UNCLEAN)
def test_a_claim_whose_only_log_does_not_count_does_not_count(
    model: Path, change: tuple[str, str, Any], reason: Reason
) -> None:
    log = json.loads(json.dumps(LOG))
    log[change[0]][change[1]] = change[2]
    write(model, {"log/results.json": json.dumps(log)})
    held = hold(request(metric__harm_refusal=0.9512), collect([model], named=["acme/tiny"]))
    assert refusal(held.request) == Unknown(reason)


def test_a_failed_run_takes_nothing_from_a_good_one(model: Path) -> None:
    limited = json.dumps({**LOG, "config": {**LOG["config"], "limit": 5}})
    write(model, {"log/earlier.json": limited})
    held = hold(request(metric__harm_refusal=0.9512), collect([model], named=["acme/tiny"]))
    assert isinstance(refusal(held.request), Range)


def test_a_licence_that_nobody_can_read_is_no_agreement(model: Path) -> None:
    write(model, {"LICENSE": "Apache-2.0, but not on Mondays."})
    assert licence(hold(request(artifact__license="Apache-2.0"), collect([model])).request) == CONFLICTING


@pytest.mark.parametrize(
    ("claimed", "held"),
    [
        (400, Range(Decimal(400), Decimal(403))),
        (403, Decimal(403)),
        (410, CONFLICTING),
        (500, CONFLICTING),
        ({"low": 404, "high": 500}, CONFLICTING),
        ({"low": 400, "high": 402}, CONFLICTING),
    ],
)
def test_a_count_may_be_claimed_rounded_and_not_otherwise(tmp_path: Path, claimed: Any, held: Any) -> None:
    weights = safetensors({"a": tensor(0, 1612, "F32", [403])}, 1612)
    found = collect([write(tmp_path / "tiny", {"model.safetensors": weights})])
    assert hold(request(model__parameters=claimed), found).request.model.parameters.value == held


def test_what_cannot_be_counted_leaves_the_claim(model: Path) -> None:
    write(model, {"more.safetensors": good_weights()})
    held = hold(request(model__parameters=9), collect([model]))
    assert held.request.model.parameters.value == 9


def test_a_claim_that_nothing_is_found_about_is_told(model: Path) -> None:
    asked = request(metric__other=0.9, metric__harm_refusal=0.95, variants__big__metric__third=1)
    found = hold(asked, collect([model], named=["acme/tiny"])).alone
    assert found == (("metric", "other"), ("variants", "big", "metric", "third"))


def two(model: Path, **names: str) -> tuple[ReleaseRequest, Collected]:
    """A request for two artifacts, and a second model."""
    other = write(model.parent / "large", {"model.safetensors": good_weights(), "LICENSE": MIT})
    artifacts = [
        {"id": id_, "kind": "weights", "wanted": "internal", "variant": id_, "license": "MIT"}
        for id_ in names
    ]
    tree = {
        "release_gate": "request/v1",
        "id": "r",
        "action": "release",
        "artifacts": artifacts,
        "variants": {id_: {"model": {"parameters": 400 + index}} for index, id_ in enumerate(names)},
    }
    return ReleaseRequest.model_validate(tree), collect([model, other])


def test_each_artifact_is_held_against_its_own_folder(model: Path) -> None:
    asked, found = two(model, tiny="", large="")
    held = hold(asked, found).request
    assert [each.license.value for each in held.artifacts] == [CONFLICTING, "MIT"]
    assert held.variants["tiny"].model.parameters.value == 400
    assert held.variants["large"].model.parameters.value == CONFLICTING


def test_an_artifact_that_cannot_be_told_stops_the_decision(model: Path) -> None:
    asked, found = two(model, tiny="", huge="")
    with pytest.raises(RequestError, match="which artifact the folder `large` is"):
        hold(asked, found)


def test_weights_that_no_artifact_is_are_to_be_added(model: Path) -> None:
    """Only an interface is wanted, and the folder has the weights behind it."""
    text = "release_gate: request/v1\nid: r\naction: release\n"
    text += "artifacts: [{id: tiny, kind: api, wanted: hosted}]\n"
    asked = ReleaseRequest.from_document(read_document(text, "r.yaml"))
    with pytest.raises(RequestError) as error:
        hold(asked, collect([model]))
    [found] = error.value.diagnostics
    assert found.message == "no artifact of this request is the weights in the folder `tiny`"
    assert found.span is not None
    assert found.span.text == "[{id: tiny, kind: api, wanted: hosted}]"
    literally = text.replace("]\n", ", " + found.help.split(": ", 1)[1] + "]\n")
    held = hold(ReleaseRequest.from_document(read_document(literally, "r.yaml")), collect([model]))
    assert [each.id for each in held.request.artifacts] == ["tiny", "weights"]


def test_a_digest_tells_which_artifact_a_folder_is(model: Path) -> None:
    asked, found = two(model, a="", b="")
    tree: Any = asked.tree
    for artifact, subject in zip(tree["artifacts"], found.models, strict=True):
        artifact["digest"] = subject.manifest.digest
    held = hold(ReleaseRequest.model_validate(tree), found).request
    assert [each.license.value for each in held.artifacts] == [CONFLICTING, "MIT"]


def test_logs_beside_two_models_are_about_both(model: Path) -> None:
    asked, _ = two(model, tiny="", large="")
    logs = write(model.parent / "logs", {"results.json": json.dumps(LOG)})
    tree: Any = asked.tree
    tree["metric"] = {"harm_refusal": 0.5}
    found = collect([model, model.parent / "large", logs], named=["acme/tiny"])
    assert refusal(hold(ReleaseRequest.model_validate(tree), found).request) == CONFLICTING


POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme
covers: true
facts: {metrics: {refusal: {range: [0, 1]}}}
rules: [{id: floor, require: metric.refusal >= 0.94}]
"""
GATE = """\
release_gate: gate/v1
policies: [policy.yaml]
evidence: {folders: [tiny], named: [acme/tiny], metrics: {refusal: harm_refusal}}
"""
REQUEST = """\
release_gate: request/v1
id: r
action: release
metric:
  refusal: %s
artifacts: [{id: w, kind: weights, wanted: hosted}]
"""


def decide(folder: Path, claim: str, gate: str = GATE) -> Any:
    write(folder, {"policy.yaml": POLICY, "release-gate.yaml": gate, "request.yaml": REQUEST % claim})
    asked = ReleaseRequest.load(folder / "request.yaml")
    return Gate.load(folder / "release-gate.yaml").decide(asked, as_of=date(2026, 11, 24))


VERDICTS = {
    "typed, and in the log straddling the floor": ("0.9512", Verdict.NEEDS_EVIDENCE),
    "typed, and not in the log": ("0.99", Verdict.NEEDS_EVIDENCE),
}


@pytest.mark.parametrize(("claim", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_a_gate_with_evidence_never_passes_what_the_evidence_does_not_bear_out(
    model: Path, claim: str, verdict: Verdict
) -> None:
    assert decide(model.parent, claim, GATE.replace("evidence", "#")).verdict is Verdict.APPROVE
    assert decide(model.parent, claim).verdict is verdict


def test_a_gate_with_evidence_passes_what_it_bears_out(model: Path) -> None:
    log = json.loads(json.dumps(LOG))
    log["results"]["harm"]["refusal_stderr,none"] = 0.001
    write(model, {"log/results.json": json.dumps(log)})
    assert decide(model.parent, "0.9512").verdict is Verdict.APPROVE


def test_what_is_held_keeps_its_place_in_the_file(model: Path) -> None:
    path = write(model.parent, {"request.yaml": REQUEST % "0.99"}) / "request.yaml"
    found = collect([model], named=["acme/tiny"], metrics={"harm_refusal": "refusal"})
    span = hold(ReleaseRequest.load(path), found).request.where(("metric", "refusal"))
    assert span is not None
    assert (span.line, span.text) == (5, "0.99")


@pytest.mark.parametrize("key", ["evidence: []", "evidence: {folders: []}", "evidence: tiny"])
def test_evidence_of_a_gate_names_folders(model: Path, key: str) -> None:
    with pytest.raises(PolicyError):
        decide(model.parent, "1", "release_gate: gate/v1\npolicies: [policy.yaml]\n" + key)


def test_a_gate_verifies_signatures_with_the_keys_that_it_names(tmp_path: Path) -> None:
    logs = Path(__file__).parent / "logs"
    write(tmp_path, {"policy.yaml": POLICY, "k.pem": (logs / "signed.pem").read_bytes()})
    shutil.copytree(logs / "signed", tmp_path / "m")
    gate = "release_gate: gate/v1\npolicies: [policy.yaml]\nevidence: {folders: [m], keys: [k.pem]}\n"
    found = Gate.load(write(tmp_path, {"g.yaml": gate}) / "g.yaml").evidence
    assert found is not None
    (value,) = [each.value for each in found.subjects[0].found if each.path == "evidence"]
    assert isinstance(value, dict)
    assert value["state"] == "pass"


def test_evidence_that_is_refused_stops_the_gate(model: Path) -> None:
    (model / "more").symlink_to("/etc")
    with pytest.raises(EvidenceError, match="is a link"):
        decide(model.parent, "1")


def test_a_plain_list_of_folders_will_do(model: Path) -> None:
    gate = "release_gate: gate/v1\npolicies: [policy.yaml]\nevidence: [tiny]"
    assert decide(model.parent, "1", gate).verdict is Verdict.APPROVE


def test_collect_says_which_claims_are_borne_out(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(model.parent, {"request.yaml": REQUEST % "0.99"}) / "request.yaml"
    codes = []
    for metric in ("harm_refusal", "other"):
        named = ("--named", "acme/tiny", "--metric", f"refusal={metric}")
        with pytest.raises(SystemExit) as stop:
            main(["collect", str(model), "--check", str(path), *named])
        codes.append(stop.value.code)
    told = capsys.readouterr()
    assert codes == [6, 0]
    assert "0 claims are borne out, 1 is not" in told.out
    assert "`metric.refusal` is claimed, and nothing was found about it" in told.err
    assert (
        "`metric.refusal` claims 0.99, and `tiny/log/results.json #/results/harm/refusal,none` differs"
        in told.err
    )


PLACE = Provenance("a")
shares = st.decimals(0, 1, places=3)
measurements = st.fixed_dictionaries(
    {"value": shares}, optional={"stderr": st.decimals("0.001", "0.1", places=3)}
)


@given(st.lists(measurements, min_size=1, max_size=3))
def test_together_sources_never_know_more_than_one_of_them(found: list[dict[str, Any]]) -> None:
    from release_gate.evidence.combine import interval

    value = combine("metric.a", [Found("metric.a", dict(each), PLACE) for each in found]).value
    assert isinstance(value, dict)
    if "unknown" not in value:
        low, high = interval(value)
        assert all(low <= interval(each)[0] and interval(each)[1] <= high for each in found)


@given(shares, measurements)
def test_a_claim_that_is_held_is_never_sharper_than_before(claim: Decimal, found: dict[str, Any]) -> None:
    held = _held(claim, found)
    value = held.metric["a"].value.value
    if isinstance(value, Range):
        assert value.low <= claim <= value.high
    else:
        assert value in (claim, CONFLICTING)


def _held(claim: Decimal, found: dict[str, Any]) -> ReleaseRequest:
    from release_gate.evidence.collected import Subject
    from release_gate.evidence.folder import Folder
    from release_gate.evidence.manifest import Manifest

    fact = Found("metric.a", found, PLACE)
    subject = Subject(Folder(Path(), "a", ()), Manifest((), ""), is_model=False, found=(fact,), notes=())
    result: Held = hold(request(metric__a=claim), Collected((subject,), ()))
    return result.request
