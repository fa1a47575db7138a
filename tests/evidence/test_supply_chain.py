"""Signatures of models, and bills of materials."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release_gate.diagnostics import InputError
from release_gate.envelope import sign_envelope
from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected, Found
from release_gate.evidence.cyclonedx import to_bom
from release_gate.evidence.folder import Entry, walk
from release_gate.evidence.json_text import Unreadable
from release_gate.evidence.reading import Reading
from release_gate.signing import generate_key, public_key_from_pem, read_certified_key, read_public_key
from tests.evidence.files import CARD, MIT, good_weights, write

LOGS = Path(__file__).parent / "logs"
KEY = read_public_key(LOGS / "signed.pem")
OURS = generate_key()


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder that OpenSSF model-signing 1.1.1 has signed."""
    return Path(shutil.copytree(LOGS / "signed", tmp_path / "m"))


def evidence(found: Collected) -> Any:
    (value,) = [each.value for each in found.subjects[0].found if each.path == "evidence"]
    return value


def test_a_signature_by_the_real_tool_holds(signed: Path) -> None:
    found = collect([signed], keys=[KEY])
    assert found.problems == ()
    assert evidence(found)["state"] == "pass"
    assert evidence(found)["producer"] == KEY.key_id
    assert evidence(found)["on"] == found.subjects[0].manifest.digest


def test_a_signature_with_a_certificate_holds_for_that_certificate(tmp_path: Path) -> None:
    """Of OpenSSF model-signing 1.1.1 too: `model_signing sign certificate`."""
    folder = Path(shutil.copytree(LOGS / "certified", tmp_path / "m"))
    found = collect([folder], keys=[read_certified_key(LOGS / "certified.pem")])
    assert (found.problems, evidence(found)["state"]) == ((), "pass")
    for other in ("certified-ca.pem", "signed.pem"):  # who issued it has signed nothing here
        (told,) = collect([folder], keys=[read_certified_key(LOGS / other)]).problems
        assert (told.code, "0 of the 1 trusted keys" in told.message) == ("RG640", True)


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(InputError) as caught:
        read_certified_key(path)
    assert "is no certificate in PEM" in caught.value.diagnostics[0].message


def test_a_signature_without_a_key_is_no_evidence_and_says_what_helps(signed: Path) -> None:
    """Also when the key that is given has made it: a log of somebody else's must not vouch for itself."""
    path = signed / "model.sig"
    tree = json.loads(path.read_text())
    tree["verificationMaterial"] = {"certificate": {"rawBytes": ""}, "tlogEntries": [{"logIndex": "1"}]}
    path.write_text(json.dumps(tree))
    found = collect([signed], keys=[KEY])
    (told,) = found.problems
    assert (told.code, "--signer ISSUER IDENTITY" in told.help) == ("RG641", True)
    assert [each.path for each in found.subjects[0].found if each.path == "evidence"] == []


def edit(folder: Path) -> None:
    (folder / "notes.txt").write_text("hullo")


def add(folder: Path) -> None:
    (folder / "more.txt").write_text("")


def remove(folder: Path) -> None:
    (folder / "notes.txt").unlink()


def rename(folder: Path) -> None:
    (folder / "notes.txt").rename(folder / "note.txt")


def exchange(folder: Path) -> None:
    texts = [(folder / name).read_bytes() for name in ("config.json", "notes.txt")]
    for name, text in zip(("notes.txt", "config.json"), texts, strict=True):
        (folder / name).write_bytes(text)


@pytest.mark.parametrize("change", [edit, add, remove, rename, exchange])
def test_a_folder_that_is_not_what_was_signed_fails(signed: Path, change: Any) -> None:
    change(signed)
    found = collect([signed], keys=[KEY])
    assert evidence(found)["state"] == "fail"
    assert "does not cover" in " ".join(each.message for each in found.problems)


def test_what_the_tool_passes_over_may_be_there(signed: Path) -> None:
    (signed / ".gitattributes").write_text("*.bin filter=lfs")
    assert evidence(collect([signed], keys=[KEY]))["state"] == "pass"


def test_a_signature_by_another_key_fails(signed: Path) -> None:
    found = collect([signed], keys=[OURS.public])
    assert evidence(found)["state"] == "fail"
    assert "producer" not in evidence(found)
    assert found.problems[0].code == "RG640"


def test_a_signature_without_a_key_proves_nothing(signed: Path) -> None:
    found = collect([signed])
    assert not [each for each in found.subjects[0].found if each.path == "evidence"]
    assert "no key was given" in found.subjects[0].notes[0].text


def bundle(statement: Any, kind: str = "application/vnd.in-toto+json") -> str:
    envelope = json.loads(sign_envelope(json.dumps(statement).encode(), kind, [OURS]).to_json())
    return json.dumps({"dsseEnvelope": envelope})


def statement(*resources: Any, kind: str = "https://model_signing/signature/v1.0") -> Any:
    return {"predicateType": kind, "predicate": {"resources": list(resources)}}


def resource(name: str, **more: Any) -> Any:
    return {"name": name, "algorithm": "sha256", "digest": "0" * 64, **more}


STATEMENTS: dict[str, tuple[str, str]] = {
    "another kind of statement": (bundle(statement(kind="https://slsa.dev/provenance/v1")), "another kind"),
    "another kind of bytes": (bundle(statement(), "text/plain"), "the envelope holds `text/plain`"),
    "a file twice": (bundle(statement(resource("a"), resource("a"))), "a way that is not known"),
    "another algorithm": (bundle(statement(resource("a", algorithm="blake2b"))), "a way that is not known"),
    "a file without a name": (bundle(statement({"algorithm": "sha256"})), "a way that is not known"),
    "no list": (bundle({"predicateType": "https://model_signing/signature/v1.0"}), "does not cover `a`"),
    "a rule that is not met": (bundle(statement(resource("a"), resource(".gitignore"))), "does not cover"),
    "no signature": (
        json.dumps({"dsseEnvelope": {"payload": "", "payloadType": "a", "signatures": []}}),
        "0 sig",
    ),
}


@pytest.mark.parametrize(("content", "reason"), STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_that_does_not_cover_the_files_fails(tmp_path: Path, content: str, reason: str) -> None:
    found = collect([write(tmp_path, {"a": "1", ".gitignore": "", "model.sig": content})], keys=[OURS.public])
    assert evidence(found)["state"] == "fail"
    assert reason in found.problems[0].message


def test_a_payload_that_is_exchanged_after_signing_fails(signed: Path) -> None:
    path = signed / "model.sig"
    tree = json.loads(path.read_text())
    payload = base64.b64decode(tree["dsseEnvelope"]["payload"]).replace(b"notes.txt", b"other.txt")
    tree["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    path.write_text(json.dumps(tree))
    (signed / "notes.txt").rename(signed / "other.txt")
    assert evidence(collect([signed], keys=[KEY]))["state"] == "fail"


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    found = collect([write(tmp_path, {"model.sig": "{}", "x/y.sig": "7"})], keys=[OURS.public])
    assert [each.message for each in found.problems] == ["`model.sig` is no bundle with a signature"]


def test_a_reading_by_itself_hashes_nothing(tmp_path: Path) -> None:
    reading = Reading(walk(tmp_path)[0])
    with pytest.raises(Unreadable):
        reading.sha256(Entry("a", 0, tmp_path))


def bill(*components: Any, **main: Any) -> str:
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "metadata": {"component": main},
            "components": components,
        }
    )


CARD_OF_MODEL = {
    "modelParameters": {"modelArchitecture": "Bert", "datasets": [{"name": "c4"}, {"ref": "x"}, 7]},
    "quantitativeAnalysis": {
        "performanceMetrics": [
            {"type": "acc", "slice": "piqa", "value": "0.7"},
            {"type": "f1", "value": "0.7", "confidenceInterval": {"lowerBound": "0.6", "upperBound": "0.8"}},
            {"type": "odd", "value": "70%"},
            {"value": "1"},
        ]
    },
}
MODEL = {
    "type": "machine-learning-model",
    "name": "tiny",
    "licenses": [{"license": {"id": "Apache-2.0"}}],
    "pedigree": {"ancestors": [{"name": "acme/base"}, {}]},
    "modelCard": CARD_OF_MODEL,
}


def facts(found: Collected) -> dict[str, Found]:
    return {each.path: each for each in found.subjects[0].found}


@pytest.mark.parametrize("place", ["main", "among others"])
def test_a_bill_of_materials_tells_about_its_model(tmp_path: Path, place: str) -> None:
    content = bill(**MODEL) if place == "main" else bill({"type": "library"}, MODEL)
    told = facts(collect([write(tmp_path, {"bom.json": content})]))
    assert told["artifact.license"].value == "Apache-2.0"
    assert told["model.architecture"].value == "Bert"
    assert told["data.sources"].value == {"items": [{"name": "c4"}], "complete": False}
    edge = {"parent": "acme/base", "relation": {"unknown": "missing"}}
    assert told["lineage"].value == {"items": [edge], "complete": False}
    assert str(told["metric.piqa_acc"].value) == "{'value': Decimal('0.7')}"
    assert str(told["metric.f1"].value) == "{'low': Decimal('0.6'), 'high': Decimal('0.8')}"
    assert told["metric.odd"].value == {"unknown": "untrusted"}
    assert told["artifact.license"].where.at.endswith("/licenses/0")


WORDS = [
    ({"expression": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
    ({"license": {"name": "Proprietary"}}, {"unknown": "missing"}),
    ({}, {"unknown": "missing"}),
]


@pytest.mark.parametrize(("choice", "value"), WORDS)
def test_a_licence_of_a_bill_is_one_that_is_known_or_none(tmp_path: Path, choice: Any, value: Any) -> None:
    found = collect([write(tmp_path, {"bom.json": bill(**{**MODEL, "licenses": [choice]})})])
    assert facts(found)["artifact.license"].value == value


@pytest.mark.parametrize("content", [bill(MODEL, MODEL), bill(), '{"bomFormat": "CycloneDX"}'])
def test_a_bill_of_no_one_model_tells_nothing(tmp_path: Path, content: str) -> None:
    found = collect([write(tmp_path, {"bom.json": content})])
    assert found.subjects[0].found == ()
    assert "of which one is read" in found.subjects[0].notes[0].text


def test_a_bill_is_written_of_what_was_found_and_reads_back_as_the_same(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "model.safetensors": good_weights(),
        "config.json": '{"architectures": ["Bert"]}',
    }
    found = collect([write(tmp_path / "tiny", files | {"README.md": CARD})])
    made = json.loads(json.dumps(to_bom(found)))
    told = facts(collect([write(tmp_path / "bill", {"bom.json": json.dumps(made)})]))
    before = facts(found)
    for path in ("artifact.license", "model.architecture", "data.sources", "metric.arc_easy_acc"):
        assert told[path].value == before[path].value
    files_told = made["components"][0]["components"]
    assert [each["name"] for each in files_told] == ["README.md", "config.json", "model.safetensors"]


def test_a_bill_that_is_written_passes_the_schema_of_the_format(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"model.safetensors": good_weights(), "README.md": CARD}
    made = json.dumps(to_bom(collect([write(tmp_path, files)])))
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(made) is None
    assert validator.validate_str(made.replace('"version": 1', '"version": "one"')) is not None


def test_a_bill_leaves_out_what_is_not_known(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"model.safetensors": good_weights(), "README.md": CARD, "LICENSE": MIT}
    (component,) = to_bom(collect([write(tmp_path, files)]))["components"]
    assert "licenses" not in component


LICENCES = [
    ("license: llama2", [{"license": {"name": "LicenseRef-hf-llama2"}}]),
    ("license: MIT OR Apache-2.0", [{"expression": "MIT OR Apache-2.0"}]),
    ("license: mit", [{"license": {"id": "MIT"}}]),
]


@pytest.mark.parametrize(("matter", "value"), LICENCES)
def test_a_licence_is_written_as_the_format_has_it(tmp_path: Path, matter: str, value: Any) -> None:
    files: dict[str, str | bytes] = {
        "model.safetensors": good_weights(),
        "README.md": f"---\n{matter}\n---\n",
    }
    assert to_bom(collect([write(tmp_path, files)]))["components"][0]["licenses"] == value


def test_a_measured_range_is_written_with_its_interval(tmp_path: Path) -> None:
    told = bill(**MODEL)
    files: dict[str, str | bytes] = {"model.safetensors": good_weights(), "bom.json": told}
    (component,) = to_bom(collect([write(tmp_path, files)]))["components"]
    metrics = {
        each["type"]: each for each in component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    }
    assert metrics["f1"]["confidenceInterval"] == {"lowerBound": "0.6", "upperBound": "0.8"}
    assert "odd" not in metrics


def test_the_key_is_read_as_it_is() -> None:
    assert public_key_from_pem((LOGS / "signed.pem").read_bytes()) == KEY
