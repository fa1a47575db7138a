"""Cards, licence files and metadata of packages: what is structured is a fact, and prose never is."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected, Found
from release_gate.evidence.licences import from_text, from_words
from release_gate.evidence.suggest import suggest
from tests.evidence.files import CARD, MIT, good_weights, write


def read(folder: Path, **files: str | bytes) -> Collected:
    names = {name.replace("__", "."): content for name, content in files.items()}
    return collect([write(folder, {"model.safetensors": good_weights(), **names})])


def facts(found: Collected) -> dict[str, Found]:
    return {each.path: each for each in found.subjects[0].found}


def test_a_card_tells_what_its_front_matter_tells(tmp_path: Path) -> None:
    found = facts(read(tmp_path, README__md=CARD))
    assert found["artifact.license"].value == "Apache-2.0"
    assert found["artifact.license"].where.at == "line 2"
    assert found["model.name"].value == "tiny"
    assert found["model.languages"].value == {"items": ["en"], "complete": False}
    assert found["data.sources"].value == {
        "items": [{"name": "c4"}, {"name": "acme/private"}],
        "complete": False,
    }
    edge = {"parent": "acme/base-7b", "relation": "finetune"}
    assert found["lineage"].value == {"items": [edge], "complete": False}
    assert "model.parameters" in found  # from the weights
    assert found["model.parameters"].value == 400


def test_a_reported_result_is_a_number_or_no_value(tmp_path: Path) -> None:
    found = facts(read(tmp_path, README__md=CARD))
    assert str(found["metric.arc_easy_acc"].value) == "{'value': Decimal('0.71')}"
    assert found["metric.arc_easy_acc"].note == "reported, without a log"
    assert found["metric.arc_easy_f1"].value == {"unknown": "untrusted"}
    assert found["metric.arc_easy_f1"].note == "`71.0%` is not a number"


def test_a_form_for_access_is_noted(tmp_path: Path) -> None:
    notes = [note.text for note in read(tmp_path, README__md=CARD).subjects[0].notes]
    assert "access is asked for through a form: `extra_gated_prompt`" in notes


UNREADABLE = {
    "never closed": ("---\nlicense: mit\n# Card\n", "RG630", "never closed"),
    "a mark before it": ("\ufeff---\nlicense: mit\n---\n", "RG630", "something before its front matter"),
    "a line before it": ("\n---\nlicense: mit\n---\n", "RG630", "something before its front matter"),
    "no text": (b"---\n\xff\n---\n", "RG630", "not UTF-8"),
    "a list": ("---\n- mit\n---\n", "RG630", "no mapping"),
    "a key twice": ("---\nlicense: mit\nlicense: other\n---\n", "RG013", "`license` is written twice"),
    "an alias": ("---\na: &x mit\nlicense: *x\n---\n", "RG007", "anchors are not allowed"),
    "a tag": ("---\nlicense: !!str mit\n---\n", "RG009", "tags are not allowed"),
    "too much of it": ("---\n" + "a" * 70_000 + "\n---\n", "RG008", "longer than 64 KiB"),
    "a huge file": ("---\nlicense: mit\n---\n" + "x" * 3_000_000, "RG630", "larger than 2 MiB"),
}


@pytest.mark.parametrize(("content", "code", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_card_that_readers_would_read_differently_gives_no_licence(
    tmp_path: Path, content: str | bytes, code: str, message: str
) -> None:
    found = read(tmp_path, README__md=content)
    assert code in [each.code for each in found.problems]
    assert any(message in each.message for each in found.problems)
    licence = facts(found).get("artifact.license")
    assert licence is None or licence.is_unknown


def test_a_card_without_front_matter_is_not_one_with_an_empty_one(tmp_path: Path) -> None:
    found = read(tmp_path, README__md="# Card\n\nlicense: mit\n")
    assert [note.text for note in found.subjects[0].notes] == [
        "the card has no front matter, so nothing in it is a fact"
    ]
    assert "artifact.license" not in facts(found)
    assert read(tmp_path, README__md="---\n{}\n---\n").subjects[0].notes == ()


LICENCES = {
    "a name of the hub": ("llama2", "LicenseRef-hf-llama2"),
    "a name of the hub in capitals": ("MIT", "MIT"),
    "one of somebody's own": ("other", {"unknown": "missing"}),
    "a family": ("cc", {"unknown": "missing"}),
    "another family": ("openrail", {"unknown": "missing"}),
    "an invention": ("free-as-in-beer", {"unknown": "missing"}),
    "two": ("[mit, apache-2.0]", {"unknown": "untrusted"}),
    "a number": ("1", {"unknown": "untrusted"}),
    "nothing": ("", {"unknown": "untrusted"}),
}


@pytest.mark.parametrize(("word", "value"), LICENCES.values(), ids=LICENCES)
def test_only_a_name_that_means_one_licence_is_a_licence(tmp_path: Path, word: str, value: Any) -> None:
    found = facts(read(tmp_path, README__md=f"---\nlicense: {word}\nlicense_name: Acme 1\n---\n"))
    assert found["artifact.license"].value == value


def test_the_name_that_a_card_gives_to_a_licence_of_its_own_is_told(tmp_path: Path) -> None:
    found = facts(read(tmp_path, README__md="---\nlicense: other\nlicense_name: acme-1\n---\n"))
    assert found["artifact.license"].note.endswith("the card calls it `acme-1`")


ODD = {
    "lists of lists": "model-index: [[[1]]]\ndatasets: [[a], {b: c}, 1]\nbase_model: {a: b}\nlanguage: 7",
    "no results": "model-index: [{name: x, results: 7}, 3]",
    "no names": "model-index: [{name: x, results: [{metrics: [{value: 1}, 7]}]}]",
    "endless names": "model-index: [{results: [{dataset: {name: %s}, metrics: [{type: a}]}]}]" % ("x" * 99),
}


@pytest.mark.parametrize("matter", ODD.values(), ids=ODD)
def test_front_matter_of_odd_shapes_gives_no_fact(tmp_path: Path, matter: str) -> None:
    found = facts(read(tmp_path, README__md=f"---\n{matter}\n---\n"))
    assert not [path for path in found if path.startswith(("metric", "data", "lineage", "model.lang"))]


@given(st.binary(max_size=300))
def test_no_noise_in_a_card_is_a_licence(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    found = read(tmp_path_factory.mktemp("noise"), README__md=b"---\n" + noise + b"\n---\n", LICENSE=noise)
    licences = [each for each in found.subjects[0].found if each.path == "artifact.license"]
    assert all(each.is_unknown for each in licences)


def test_results_of_the_hub_are_read_with_their_date(tmp_path: Path) -> None:
    results = (
        '- dataset: {id: cais/hle, task_id: default}\n  value: 20.9\n  date: "2026-01-15T10:30:00Z"\n'
        "- dataset: {id: cais/hle, task_id: hard}\n  value: many\n  date: yesterday\n- 7\n"
        "- dataset: {id: cais/hle, task_id: soft}\n  value: 1\n  date: yesterday\n"
    )
    files: dict[str, str | bytes] = {".eval_results/hle.yaml": results, ".eval_results/bad.yaml": "a: &b 1"}
    found = collect([write(tmp_path, files | {"other/hle.yaml": results})])
    told = facts(found)
    assert told["metric.cais_hle_default"].value == {"value": Decimal("20.9"), "measured": "2026-01-15"}
    assert told["metric.cais_hle_default"].where.at == "line 1"
    assert told["metric.cais_hle_hard"].value == {"unknown": "untrusted"}
    assert told["metric.cais_hle_soft"].value == {"value": 1}
    assert [each.code for each in found.problems] == ["RG632", "RG007"]


TEXTS: dict[str, tuple[str, str | None]] = {
    "the text": (MIT, "MIT"),
    "without its title": (MIT.partition("\n")[2], "MIT"),
    "on other lines": (
        " ".join(MIT.split("\n\n")[2].split()).join(["Copyright 2026 Acme\n", MIT[-1:]]),
        None,
    ),
    "by two people": (
        MIT.replace("Acme\n", "Acme\nCopyright 2024-2026 Jane Doe <jane@acme.example>\n"),
        "MIT",
    ),
    "one sentence more": (MIT + "\nThe Software may not be used commercially.\n", None),
    "one word less": (MIT.replace("WITHOUT WARRANTY", "WITH WARRANTY"), None),
    "a condition in the title": ("Non-Commercial " + MIT, None),
    "a condition in the line of the holder": (MIT.replace("Acme\n", "Acme, for research use only\n"), None),
    "a condition behind the holder": (MIT.replace("Acme\n", "Acme. Commerce prohibited\n"), None),
    "a mark of its own": ("SPDX-License-Identifier: Apache-2.0\n", "Apache-2.0"),
    "two marks": ("SPDX-License-Identifier: Apache-2.0\nSPDX-License-Identifier: MIT\n", None),
    "a mark and prose": ("SPDX-License-Identifier: MIT\n" + "\nexcept on Mondays" * 9, None),
    "prose": ("This model is under the MIT License.\n", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "licence"), TEXTS.values(), ids=TEXTS)
def test_a_licence_is_recognised_by_all_of_its_text(text: str, licence: str | None) -> None:
    assert from_text(text) == licence


def test_a_licence_file_that_nobody_knows_says_so(tmp_path: Path) -> None:
    found = read(tmp_path, LICENSE="Ask us.\n", COPYING__txt=MIT)
    assert [each.code for each in found.problems] == ["RG621"]
    values = [each.value for each in found.subjects[0].found if each.path == "artifact.license"]
    assert values == ["MIT", {"unknown": "missing"}]


WORDS = {
    "MIT License": "MIT",
    "Apache Software License 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "MIT OR Apache-2.0": "MIT OR Apache-2.0",
    "Proprietary": {"unknown": "missing"},
}


@pytest.mark.parametrize(("word", "value"), WORDS.items())
def test_packages_have_customs(word: str, value: Any) -> None:
    assert from_words(word)[0] == value


def test_the_metadata_of_a_package_name_its_licence(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "METADATA": "Metadata-Version: 2.4\nLicense: \nLicense-Expression: MIT\n\nLicense: GPL\n",
        "pyproject.toml": '[project]\nlicense = {text = "BSD 3-Clause"}\n',
    }
    found = collect([write(tmp_path, files)]).subjects[0].found
    assert [(each.value, each.where.at) for each in found] == [
        ("MIT", "line 3"),
        ("BSD-3-Clause", "#/project/license/text"),
    ]


def test_a_project_file_that_is_none_is_told(tmp_path: Path) -> None:
    (found,) = collect([write(tmp_path, {"pyproject.toml": "license ="})]).problems
    assert found.message == "`pyproject.toml` is not TOML"


CONFIG = '{"architectures": ["Bert"], "max_position_embeddings": 512, "auto_map": {"AutoModel": "x.Y"}}'


def test_configuration_tells_architecture_context_and_code(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "config.json": CONFIG,
        "tokenizer_config.json": '{"tokenizer_class": "T"}',
    }
    adapter = '{"base_model_name_or_path": "acme/base"}'
    found = collect([write(tmp_path, files | {"adapter_config.json": adapter, "x/config.json": "{}"})])
    told = facts(found)
    assert (told["model.architecture"].value, told["model.context_length"].value) == ("Bert", 512)
    edge = {"parent": "acme/base", "relation": "adapter"}
    assert told["lineage"].value == {"items": [edge], "complete": False}
    assert [each.code for each in found.problems] == ["RG615"]
    assert found.subjects[0].notes[0].text == "the tokenizer is `T`"


JSON = {
    "a key twice": ('{"architectures": ["A"], "architectures": ["B"]}', "has the key `architectures` twice"),
    "no JSON": ("{", "is not JSON (line 1)"),
    "no text": (b'{"a": "\xff"}', "is not UTF-8"),
    "nesting": ("[" * 100_000, "nested too deeply"),
    "too many values": ("[" + "1," * 1_000_001 + "1]", "more than 1,000,000 values"),
    "too large": (" " * (16 * 2**20 + 1), "larger than 16 MiB"),
}


@pytest.mark.parametrize(("content", "reason"), JSON.values(), ids=JSON)
def test_configuration_that_is_no_json_is_told(tmp_path: Path, content: str | bytes, reason: str) -> None:
    (found,) = read(tmp_path, config__json=content).problems
    assert found.code == "RG630"
    assert reason in found.message


def test_odd_configuration_gives_no_fact(tmp_path: Path) -> None:
    odd = (
        '{"architectures": [7], "max_position_embeddings": -1.5, "x": NaN, "y": 1e999, "z": '
        + "9" * 5000
        + "}"
    )
    found = facts(read(tmp_path, config__json=odd))
    assert not {"model.architecture", "model.context_length"} & set(found)


def test_prose_is_shown_to_a_person_with_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, README__md=CARD)
    told = {(each.path, each.text, each.line) for each in suggest(found.subjects[0].folder)}
    assert ("model.parameters", "7B", 21) in told
    assert ("artifact.license", "released under the MIT license, fine-tuned from something else", 21) in told


def test_prose_beyond_measure_is_not_searched(tmp_path: Path) -> None:
    found = read(tmp_path, README__md="7B parameters\n" * 300_000)
    assert not list(suggest(found.subjects[0].folder))
