"""A request that could be read in two ways is refused."""

import json
import pickle
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
import yaml

from benchmarks.workload import requests
from release_gate.canonical import digest as digest_of
from release_gate.diagnostics import DocumentError, RequestError
from release_gate.facts.release import ReleaseRequest
from release_gate.source import read_document

ARTIFACT = "artifacts: [{id: w, kind: weights, wanted: hosted}]\n"


def request(**more: Any) -> ReleaseRequest:
    artifacts = [{"id": "w", "kind": "weights", "wanted": "hosted"}]
    return ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": artifacts, **more})


def test_an_ancestor_of_nobody_is_refused() -> None:
    """An edge with a misspelt child would hide the ancestor from every rule."""
    with pytest.raises(RequestError, match=r"names the child `w1`, which is not there \(did you mean `w`\)"):
        request(lineage=[{"child": "w1", "parent": "LLaMA"}])
    known = [{"child": "LLaMA", "parent": "CCNet"}, {"parent": "LLaMA"}, {"child": "v", "parent": "LLaMA"}]
    assert len(request(lineage=known, variants={"v": {}}).lineage.items) == 3


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("filter", "filter", "two members have the id `filter`"),
        ("filter-1", "filter-l", "the ids `filter-1` and `filter-l` of two members look the same"),
        ("filter0", "filtero", "look the same"),
        ("a-b", "a_b", "look the same"),
        ("modem", "modern", "look the same"),
    ],
)
def test_safeguards_can_be_told_apart(first: str, second: str, message: str) -> None:
    """A measurement behind `a` would count if either of two safeguards `a` could not be removed."""
    safeguards = [{"id": first, "removable": True}, {"id": second, "removable": False}]
    with pytest.raises(RequestError, match=message):
        request(safeguards=safeguards)


def test_artifacts_can_be_told_apart() -> None:
    twins = [{"id": name, "kind": "weights", "wanted": "hosted"} for name in ("w-0", "w-o")]
    with pytest.raises(RequestError, match="the ids `w-0` and `w-o` of two artifacts look the same"):
        request(artifacts=twins)


def test_a_digest_is_of_what_was_read() -> None:
    """A caller who changes his mapping afterwards changes nothing of the request."""
    tree: dict[str, Any] = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
        "model": {"parameters": 5},
    }
    before = ReleaseRequest.model_validate(tree).proposal_digest
    read = ReleaseRequest.model_validate(tree)
    tree["model"]["parameters"] = 7
    assert read.proposal_digest == before


def test_a_request_in_json_is_read_by_the_rules_for_files() -> None:
    """Two values of one key would be whichever came last, and its digest that of nothing."""
    text = '{"release_gate": "request/v1", "id": "r", "action": "release", "model": {"parameters": 0.3}, '
    text += '"artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}]}'
    asked = request(release_gate="request/v1", model={"parameters": 0.3})
    for data in (text, text.encode(), bytearray(text.encode())):
        read = ReleaseRequest.model_validate_json(data)
        assert read.digest == asked.digest
        assert read.where(("model", "parameters")) is not None
    with pytest.raises(DocumentError, match="the key `id` is written twice"):
        ReleaseRequest.model_validate_json(text.replace('"action"', '"id": "s", "action"'))


@pytest.mark.parametrize("asked", requests(6, 3, gaps=True), ids=lambda asked: asked["id"])
def test_a_request_is_the_same_in_whatever_form_it_is_read(asked: dict[str, Any]) -> None:
    texts = (json.dumps(asked), json.dumps(asked, indent=2), yaml.safe_dump(asked))
    documents = [ReleaseRequest.from_document(read_document(text)) for text in texts]
    for read in (ReleaseRequest.model_validate(asked), *documents):
        assert read.digest == digest_of(asked)
        for name in ReleaseRequest.model_fields:
            assert getattr(read, name) == getattr(documents[0], name)
    for read in documents:
        span = read.where(("metric", "refusal", "value"))
        assert span is not None
        assert span.text == str(asked["metric"]["refusal"]["value"])


def test_what_was_not_read_has_no_digest() -> None:
    """Any two such requests would have the same."""
    built = ReleaseRequest(id="r", action="release", artifacts=request().artifacts)
    for digest in ("digest", "proposal_digest"):
        with pytest.raises(TypeError, match="build a request with"):
            getattr(built, digest)


def test_a_copy_with_other_facts_has_not_the_digest_of_what_was_asked() -> None:
    """A decision about it would stand as one about the other, and sign-offs of that would count."""
    asked = request(release_gate="request/v1", model={"parameters": 7 * 10**9})
    for read in (asked, ReleaseRequest.from_document(read_document(json.dumps(asked.tree)))):
        assert read.digest
        assert read.proposal_digest
        copied = read.model_copy(update={"model": request(model={"parameters": 7}).model})
        for digest in ("digest", "proposal_digest"):
            with pytest.raises(TypeError, match="another one of it with `with_facts`"):
                getattr(copied, digest)
        assert read.model_copy().digest == read.digest
        changed = read.with_facts({("model", "parameters"): Decimal(7)})
        assert (changed.model, changed.digest == read.digest) == (copied.model, False)


def test_the_bare_proposal_is_the_same_proposal() -> None:
    said = {"person": "ada", "role": "lead", "word": "approve", "artifact": "w", "rung": "hosted"}
    signed = request(sign_offs=[{**said, "on": "2026-11-24"}])
    bare = signed.bare()
    assert (bare.sign_offs, bare.digest) == ((), signed.proposal_digest)
    assert bare.digest == request().bare().digest != signed.digest
    text = json.dumps({"release_gate": "request/v1", **signed.tree})  # type: ignore[dict-item]
    for each in (signed, ReleaseRequest.from_document(read_document(text))):
        again = pickle.loads(pickle.dumps(each.bare()))  # noqa: S301 - our own
        assert (again.sign_offs, again.digest) == ((), each.proposal_digest)


def test_a_word_that_is_none_gets_the_nearest_one_offered() -> None:
    artifact = {"id": "w", "kind": "weigths", "wanted": "hosted"}
    with pytest.raises(RequestError) as caught:
        ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": [artifact]})
    (found,) = caught.value.diagnostics
    assert (found.message, found.help) == ("`kind` cannot be `weigths`", "did you mean `weights`")


@pytest.mark.parametrize(
    "value",
    [
        inf,
        nan,
        10**400,
        0.1234567890123456,
        object(),
        b"x",
        "\ud800",
        "a\u202eb",
        {1: 2},
        {"a": [{"b": inf}]},
        {"\u200b": 1},
    ],
)
def test_an_own_fact_is_something_that_a_document_could_hold(value: Any) -> None:
    with pytest.raises(RequestError, match=r"`own\.x` "):
        request(own={"x": value})


STRANGERS = {
    "artifacts: [{id: w, kind: weights, wanted: hosted, variant: HERE}]": "artifact `w` names the variant",
    f"{ARTIFACT}lineage: [{{parent: a}}, {{parent: b, child: HERE}}]": "lineage names the child",
    f"{ARTIFACT}lineage: {{complete: false, items: [{{parent: b, child: HERE}}]}}": "lineage names the child",
    f"{ARTIFACT}events: [{{on: 2026-03-01, event: leaked, artifact: HERE}}]": "names the artifact",
    f"{ARTIFACT}events: [{{on: 2026-03-01, event: leaked, source: HERE}}]": "names the source",
}


@pytest.mark.parametrize("text", STRANGERS)
def test_what_names_something_that_is_not_there_is_underlined(text: str) -> None:
    whole = f"release_gate: request/v1\nid: r\naction: release\n{text}\n"
    with pytest.raises(RequestError, match=STRANGERS[text]) as caught:
        ReleaseRequest.from_document(read_document(whole, "request.yaml"))
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.text == "HERE"


def test_a_request_goes_to_another_process_and_is_the_same() -> None:
    document = read_document(f"release_gate: request/v1\nid: r\naction: release\n{ARTIFACT}", "r.yaml")
    for asked in (request(), ReleaseRequest.from_document(document), request(model={"parameters": 6e9})):
        again = pickle.loads(pickle.dumps(asked))  # noqa: S301 - our own
        assert (again, again.digest, again.proposal_digest) == (asked, asked.digest, asked.proposal_digest)
        assert again.where(("artifacts", 0, "kind")) == asked.where(("artifacts", 0, "kind"))
    with pytest.raises(TypeError, match="build a request with"):
        pickle.dumps(request().model_copy(update={"id": "other"}))
