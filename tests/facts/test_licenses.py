from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.decision import Verdict
from release_gate.diagnostics import PolicyError
from release_gate.engine import decide
from release_gate.facts.frame import Frame
from release_gate.facts.licenses import TERMS, license_name, license_names, license_terms
from release_gate.facts.records import Terms
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Reason, Unknown
from release_gate.facts.view import view_of
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document

UNKNOWN = Unknown(Reason.MISSING)


def test_the_table_says_what_the_terms_of_a_request_say() -> None:
    assert tuple(Terms.model_fields) == TERMS


@pytest.mark.parametrize(
    ("name", "term", "value"),
    [
        ("MIT", "commercial_use", True),
        ("mit", "open", True),
        ("CC-BY-NC-4.0", "commercial_use", False),
        ("cc-by-nc-sa-4.0", "share_alike", True),
        ("CC-BY-ND-4.0", "derivatives", False),
        ("gpl-3.0", "flow_down", True),
        ("creativeml-openrail-m", "use_restrictions", True),
        ("creativeml-openrail-m", "open", False),
        # Llama 2 and 3 forbid training others on outputs; from 3.1 on they ask for the name instead
        ("llama2", "outputs_may_train", False),
        ("llama3", "outputs_may_train", False),
        ("llama3.1", "outputs_may_train", True),
        ("llama2", "name_prefix", None),
        ("llama3", "name_prefix", "Llama 3"),
        ("llama3.1", "name_prefix", "Llama"),
        ("llama3.1", "excludes_eu", False),
        ("llama3.2", "excludes_eu", True),
        ("llama3.3", "excludes_eu", False),
        ("llama4", "excludes_eu", True),
        ("llama2", "mau_cap", Decimal(700_000_000)),
        ("tongyi-qianwen", "mau_cap", Decimal(100_000_000)),
        ("tongyi-qianwen", "outputs_may_train", False),
        ("gemma", "outputs_may_train", True),
        ("LicenseRef-alphafold3-parameters", "outputs_may_train", False),
        ("LicenseRef-opt-175b", "redistribution", False),
        ("llama3.1", "verified", True),
        ("gemma", "verified", True),
        ("bigcode-openrail-m", "verified", True),
        ("LicenseRef-ai2-impact-mr", "verified", False),
        ("LicenseRef-ai2-impact-mr", "redistribution", UNKNOWN),
        ("llama2", "display", None),
        ("llama3", "display", '"Built with Meta Llama 3"'),
        ("LicenseRef-tii-falcon-1.0", "commercial_use", UNKNOWN),
        # what may be sold and not be hosted has no word here
        ("LicenseRef-tii-falcon-180b-1.0", "redistribution", True),
        ("LicenseRef-tii-falcon-180b-1.0", "commercial_use", UNKNOWN),
        ("LicenseRef-tii-falcon-180b-1.0", "mau_cap", UNKNOWN),
        ("LicenseRef-tii-falcon-2024", "commercial_use", True),
    ],
)  # fmt: skip
def test_what_a_licence_allows(name: str, term: str, value: Any) -> None:
    terms = license_terms(name)
    assert terms is not None
    assert terms[term] == value


@pytest.mark.parametrize(
    "name",
    ["other", "unknown", "openrail", "cc", "gpl", "bsd", "falcon-llm-license", "NOASSERTION",
     "NONE", "", " ", "MIT License",
     "MIT OR", "MIT/Apache-2.0", "(MIT", "LicenseRef-mine", "MIT WITH something-of-ours", "MIT  AND OR MIT",
     "MIT OR " * 200 + "MIT", "other AND unknown", "\u039cIT OR \u039cIT"],
)  # fmt: skip
def test_a_name_that_says_nothing_has_no_terms(name: str) -> None:
    assert license_terms(name) is None


@pytest.mark.parametrize(
    ("expression", "like"),
    [
        ("MIT OR Apache-2.0", "MIT"),
        ("MIT OR GPL-3.0-only", "MIT"),
        ("GPL-3.0-only OR mit", "MIT"),
        ("MIT OR LicenseRef-mine", "MIT"),
        ("MIT AND Apache-2.0", "MIT"),
        ("MIT AND CC-BY-NC-4.0 AND MIT", "CC-BY-NC-4.0"),
        ("(MIT OR CC-BY-NC-4.0) AND GPL-3.0-only", "GPL-3.0-only"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"),
        ("Apache-2.0 WITH LLVM-exception OR MIT", "MIT"),
        ("LGPL-2.1-only+ OR LGPL-2.1-only", "LGPL-2.1-only"),
    ],
)
def test_an_expression_of_licences_the_freest_of_a_choice_and_all_that_bind(
    expression: str, like: str
) -> None:
    mine, theirs = license_terms(expression), license_terms(like)
    assert mine is not None
    assert theirs is not None
    assert {term: mine[term] for term in TERMS if term != "notice"} == {
        term: theirs[term] for term in TERMS if term != "notice"
    }


@pytest.mark.parametrize(
    ("expression", "term", "value"),
    [
        # a choice between different freedoms is nobody's promise
        ("CC-BY-NC-4.0 OR CC-BY-ND-4.0", "commercial_use", UNKNOWN),
        ("CC-BY-NC-4.0 OR CC-BY-ND-4.0", "open", False),
        ("CC-BY-NC-4.0 OR LicenseRef-mine", "redistribution", UNKNOWN),
        # what one of two licences forbids, both forbid; what it does not say, may be forbidden
        ("MIT AND LicenseRef-mine", "commercial_use", UNKNOWN),
        ("CC-BY-NC-4.0 AND LicenseRef-mine", "commercial_use", False),
        ("llama2 AND tongyi-qianwen", "mau_cap", Decimal(100_000_000)),
        ("llama2 AND LicenseRef-mine", "mau_cap", UNKNOWN),
        ("MIT AND llama3", "name_prefix", "Llama 3"),
        ("llama3 AND llama3.1", "name_prefix", UNKNOWN),
        ("MIT AND LicenseRef-ai2-impact-mr", "verified", False),
    ],
)
def test_terms_that_no_licence_of_an_expression_settles_are_unknown(
    expression: str, term: str, value: Any
) -> None:
    assert (license_terms(expression) or dict.fromkeys(TERMS, UNKNOWN))[term] == value


NAMES = st.sampled_from(
    ["MIT", "gpl-3.0", "CC-BY-NC-4.0", "llama2", "llama3.2", "gemma", "bigcode-openrail-m", "CC-BY-ND-4.0"]
)
FREEDOMS = ("commercial_use", "redistribution", "derivatives", "outputs_may_train", "open")


@given(NAMES, NAMES)
def test_two_licences_together_never_allow_what_one_of_them_forbids(one: str, other: str) -> None:
    both, first = license_terms(f"{one} AND {other}"), license_terms(one)
    assert both is not None
    assert first is not None
    assert all(both[term] is not True for term in FREEDOMS if first[term] is False)


@given(NAMES, NAMES)
def test_the_order_of_licences_means_nothing(one: str, other: str) -> None:
    for operator in ("AND", "OR"):
        assert license_terms(f"{one} {operator} {other}") == license_terms(f"{other} {operator} {one}")


def test_what_the_table_leaves_open_may_be_stated() -> None:
    artifact = {"id": "a", "kind": "weights", "wanted": "hosted", "license": "LicenseRef-tii-falcon-1.0",
                "terms": {"commercial_use": False}}  # fmt: skip
    request = ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": [artifact]})
    terms = view_of(Frame(request, request.artifacts[0], date(2026, 1, 1)))["artifact"]
    assert terms.fields["terms"].fields["commercial_use"].value is False


def refused(condition: str, licence: str) -> bool:
    """Whether a policy that refuses under this condition refuses a release under this licence."""
    policy = policy_from_document(
        read_document(
            "release_gate: policy/v1\nid: own\nversion: 1.0.0\ntitle: Own\ncovers: true\n"
            f"rules: [{{id: no, deny: No., when: '{condition}'}}]\n",
            "own.yaml",
        )
    )
    asked = ReleaseRequest.model_validate(
        {
            "id": "a",
            "action": "release",
            "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted", "license": licence}],
            "lineage": [{"parent": "base", "license": licence}],
        }
    )
    return decide(asked, [policy], date(2026, 11, 24)).verdict is Verdict.DENY


OTHERWISE = sorted(name for name in license_names() if name != license_name(name))


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_licence_is_the_same_by_every_name_of_it(name: str) -> None:
    known = str(license_name(name))
    assert refused(f'artifact.license == "{known}"', name)
    assert refused(f'$any([p.license == "{name.upper()}" for p in lineage])', known)
    assert refused(f'artifact.license in ["xyz-1.0", "{name}"]', known.lower())
    assert not refused(f'artifact.license != "{name}" or artifact.license == "xyz-1.0"', known)


def test_a_licence_is_compared_with_licences_alone() -> None:
    with pytest.raises(PolicyError, match="RG215 a licence cannot be compared with a text"):
        refused("artifact.license == model.name", "MIT")
