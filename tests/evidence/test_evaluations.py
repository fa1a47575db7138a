"""Logs of evaluation tools: what is a clean number, and what is unknown and why."""

import io
import json
import struct
import zipfile
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.evidence import archives, garak, reading
from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected, Found
from release_gate.evidence.evaluations import same_name, wilson
from release_gate.evidence.folder import walk
from release_gate.evidence.json_text import Unreadable
from tests.evidence.files import write

LOGS = Path(__file__).parent / "logs"
zstd = archives._zstd()  # of Python since 3.14


def read(folder: Path, files: dict[str, Any], **options: Any) -> Collected:
    """What is found in some files; a tree is written as JSON."""
    content = {
        name: data if isinstance(data, str | bytes) else json.dumps(data) for name, data in files.items()
    }
    return collect([write(folder, content)], **({"named": ["acme/tiny"]} | options))


def facts(found: Collected) -> dict[str, Found]:
    return {each.path: each for each in found.subjects[0].found}


def changed(tree: Any, **changes: Any) -> Any:
    """A tree with other values: `a__b=1` sets b of a, and the name of a number an index."""
    tree = json.loads(json.dumps(tree))
    for way, value in changes.items():
        *steps, last = [int(step) if step.isdigit() else step for step in way.split("__")]
        place = tree
        for step in steps:
            place = place[step]
        place[last] = value
    return tree


LM_EVAL: dict[str, Any] = {
    "results": {
        "piqa": {
            "alias": "piqa",
            "acc,none": 0.74,
            "acc_stderr,none": 0.01,
            "f1,strict": 0.5,
            "f1_stderr,strict": "N/A",
        },
        "all": {"acc,none": 1.0, "acc_stderr,none": 0.0},
        "wiki": {"ppl,none": 12.5, "ppl_stderr,none": float("nan")},
    },
    "versions": {"piqa": 1.0},
    "n-samples": {
        "piqa": {"original": 1838, "effective": 1838},
        "all": {"original": 6, "effective": 6},
        "wiki": {"original": 9, "effective": 9},
    },
    "config": {"model": "hf", "model_args": "pretrained=acme/tiny,dtype=auto", "limit": None},
    "date": 1_760_000_000.5,
    "lm_eval_version": "0.4.13",
}


def test_a_whole_run_of_the_harness_gives_numbers_with_uncertainty_size_and_day(tmp_path: Path) -> None:
    found = read(tmp_path, {"results_1.json": LM_EVAL})
    told = facts(found)
    assert found.problems == ()
    assert told["metric.piqa_acc"].value == {
        "value": Decimal("0.74"),
        "stderr": Decimal("0.01"),
        "measured": "2025-10-09",
        "n": 1838,
    }
    assert told["metric.piqa_acc"].where.at == "#/results/piqa/acc,none"
    assert told["metric.piqa_acc"].where.tool == "lm-evaluation-harness 0.4.13"
    assert told["evidence"].value == {
        "id": f"lm-eval-{told['evidence'].where.digest[7:19]}",
        "kind": "benchmark",
        "produced": "2025-10-09",
    }


def test_where_a_log_has_no_spread_the_size_of_the_sample_gives_one(tmp_path: Path) -> None:
    told = facts(read(tmp_path, {"results_1.json": LM_EVAL}))
    assert told["metric.piqa_f1_strict"].value == {
        "low": Decimal("0.477165"),
        "high": Decimal("0.522835"),
        "measured": "2025-10-09",
        "n": 1838,
    }
    # All six right: the formula gives a spread of nothing, and a bar of 0.98 must not be passed with it.
    perfect = told["metric.all_acc"].value
    assert isinstance(perfect, dict)
    assert perfect["low"] == Decimal("0.609656")
    assert told["metric.wiki_ppl"].value == {"value": Decimal("12.5"), "measured": "2025-10-09", "n": 9}
    assert told["metric.wiki_ppl"].note == "the log gives no uncertainty"


OLD = {
    "results": {"piqa": {"acc": 0.74, "acc_stderr": 0.01, "acc_norm": 0.75, "acc_norm_stderr": 0.01}},
    "versions": {"piqa": 0},
    "config": {"model": "gpt2", "model_args": "use_fast=True,pretrained=acme/tiny", "limit": None},
}


def test_the_old_layout_is_read_too(tmp_path: Path) -> None:
    told = facts(read(tmp_path, {"acme-tiny.json": OLD}))
    assert told["metric.piqa_acc_norm"].value == {"value": Decimal("0.75"), "stderr": Decimal("0.01")}
    assert told["metric.piqa_acc_norm"].where.tool == "lm-evaluation-harness"


def test_a_real_log_of_the_harness_is_read_and_one_of_a_limited_run_gives_no_number(tmp_path: Path) -> None:
    whole, limited = (
        facts(read(tmp_path / name, {"a.json": (LOGS / name).read_bytes()}, named=["tiny-dummy"]))
        for name in ("sums.lm_eval.json", "sums-limited.lm_eval.json")
    )
    assert whole["metric.sums_acc"].value == {
        "value": Decimal("0.5"),
        "stderr": Decimal("0.188982236504614"),
        "measured": "2026-11-25",
        "n": 8,
    }
    assert whole["metric.sums_acc"].where.tool == "lm-evaluation-harness 0.4.13"
    assert limited["metric.sums_acc"].value == {"unknown": "untrusted"}


PARTIAL: dict[str, tuple[Any, str, str]] = {
    "limited": (changed(LM_EVAL, config__limit=5), "untrusted", "it was limited to 5 of each task"),
    "a part of a task": (
        changed(LM_EVAL, **{"n-samples__piqa__effective": 5}),
        "untrusted",
        "only 5 of 1838 of `piqa` were used",
    ),
    "no count": (changed(LM_EVAL, **{"n-samples__piqa": {}}), "untrusted", "only None of None"),
    "counts that are none": (changed(LM_EVAL, **{"n-samples__piqa": 3}), "untrusted", "only None of None"),
    "a group with a part of a task": (
        changed(LM_EVAL, **{"n-samples": {"piqa_a": {"original": 3, "effective": 2}}}),
        "untrusted",
        "only 2 of 3 of `piqa_a` were used",
    ),
    "another model": (
        changed(LM_EVAL, config__model_args="pretrained=acme/tiny-chat"),
        "unbound",
        "it measured `acme/tiny-chat`",
    ),
    "an adapter over this model": (
        changed(LM_EVAL, config__model_args={"pretrained": "acme/tiny", "peft": "eve/plug"}),
        "unbound",
        "it measured `eve/plug`",
    ),
    "no model": (changed(LM_EVAL, config__model_args=None), "unbound", "does not say which model"),
    "no number": (changed(LM_EVAL, **{"results__piqa__acc,none": "0.74"}), "missing", "no number there"),
    "no finite number": (
        changed(LM_EVAL, **{"results__piqa__acc,none": float("inf")}),
        "missing",
        "no number there",
    ),
}


@pytest.mark.parametrize(("log", "reason", "why"), PARTIAL.values(), ids=PARTIAL)
def test_a_partial_or_foreign_run_of_the_harness_is_unknown_with_the_reason(
    tmp_path: Path, log: Any, reason: str, why: str
) -> None:
    told = facts(read(tmp_path, {"results_1.json": log}))
    assert told["metric.piqa_acc"].value == {"unknown": reason}
    assert why in told["metric.piqa_acc"].note
    assert ("evidence" in told) == (reason == "missing" or "used" in why or "None" in why)


def test_a_group_of_whole_tasks_is_whole(tmp_path: Path) -> None:
    log = changed(LM_EVAL, **{"n-samples": {"piqa_a": {"original": 3, "effective": 3}}})
    told = facts(read(tmp_path, {"results_1.json": log}))
    assert told["metric.piqa_acc"].value == {
        "value": Decimal("0.74"),
        "stderr": Decimal("0.01"),
        "measured": "2025-10-09",
    }


def test_a_day_beyond_all_days_is_none(tmp_path: Path) -> None:
    told = facts(read(tmp_path, {"results_1.json": changed(LM_EVAL, date=1e30)}))
    assert "measured" not in str(told["metric.piqa_acc"].value)


NO_LOGS: dict[str, Any] = {
    "another file with results": {"results": [1], "versions": {}},
    "a log of Inspect without a task": {"version": 2, "status": "success", "eval": {}},
    "results without end": '{"results": ' + "[" * 2000,
}


@pytest.mark.parametrize("content", NO_LOGS.values(), ids=NO_LOGS)
def test_a_file_that_is_no_log_is_told(tmp_path: Path, content: Any) -> None:
    found = read(tmp_path, {"results.json": content})
    assert [each.code for each in found.problems] == ["RG630"]
    assert found.subjects[0].found == ()


def test_a_real_log_of_inspect_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, {"sums.eval": (LOGS / "sums.eval").read_bytes()}, named=["model"])
    told = facts(found)
    assert told["metric.sums_match_accuracy"].value == {
        "low": 0,
        "high": Decimal("0.390344"),
        "measured": "2026-11-25",
        "n": 6,
    }
    assert told["metric.sums_match_accuracy"].where.tool == "Inspect 0.3.285"
    assert "evidence" in told


def test_a_real_log_of_inspect_in_json_is_read(tmp_path: Path) -> None:
    log = (LOGS / "sums.inspect.json").read_bytes()
    told = facts(read(tmp_path, {"sums.json": log}, named=["model"]))
    assert told["metric.sums_match_accuracy"].value == {
        "low": 0,
        "high": Decimal("0.561507"),
        "measured": "2026-11-28",
        "n": 3,
    }
    failed = json.loads(log) | {"status": "error", "results": None}  # as the tool writes them after an error
    found = read(tmp_path / "x", {"sums.json": failed}, named=["model"])
    assert "its status is `error` and not success" in found.problems[0].message
    assert not any(path.startswith("metric.") for path in facts(found))


def test_a_real_log_of_a_limited_run_gives_no_number(tmp_path: Path) -> None:
    found = read(tmp_path, {"sums.eval": (LOGS / "sums-limited.eval").read_bytes()}, named=["model"])
    assert facts(found)["metric.sums_match_accuracy"].value == {"unknown": "untrusted"}
    assert found.problems[0].code == "RG631"


INSPECT: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {
        "created": "2026-11-20T10:00:00+00:00",
        "task": "inspect_evals/harm",
        "dataset": {"samples": 100, "sample_ids": list(range(100))},
        "model": "hf/acme/tiny",
        "config": {"epochs": 2},
        "packages": {"inspect_ai": "0.3.285"},
    },
    "results": {
        "total_samples": 200,
        "completed_samples": 200,
        "scores": [
            {
                "name": "refusal",
                "scored_samples": 200,
                "unscored_samples": 0,
                "metrics": {
                    "accuracy": {"value": 0.95},
                    "stderr": {"value": 0.02},
                    "custom": {"value": 0.95},
                },
            }
        ],
    },
    "invalidated": False,
}


def test_a_log_of_inspect_gives_numbers_and_counts_no_sample_twice(tmp_path: Path) -> None:
    told = facts(read(tmp_path, {"log.json": INSPECT}))
    assert told["metric.harm_refusal_accuracy"].value == {
        "value": Decimal("0.95"),
        "stderr": Decimal("0.02"),
        "measured": "2026-11-20",
        "n": 100,
    }
    assert told["metric.harm_refusal_custom"].note == "95 % interval from the size of the sample"


BROKEN: dict[str, tuple[Any, str, str]] = {
    "an error": (changed(INSPECT, status="error"), "missing", "`error` and not success"),
    "cancelled": (changed(INSPECT, status="cancelled"), "missing", "not success"),
    "still running": (changed(INSPECT, status="started"), "missing", "not success"),
    "no status": (changed(INSPECT, status=None), "missing", "not success"),
    "invalidated": (changed(INSPECT, invalidated=True), "untrusted", "was invalidated"),
    "limited": (changed(INSPECT, eval__config__limit=[0, 10]), "untrusted", "(`limit`)"),
    "chosen": (changed(INSPECT, eval__config__sample_id=["7"]), "untrusted", "(`sample_id`)"),
    "incomplete": (changed(INSPECT, results__completed_samples=199), "untrusted", "199 of 200"),
    "no counts": (changed(INSPECT, results__completed_samples=None), "untrusted", "None of 200"),
    "fewer ids": (changed(INSPECT, eval__dataset__sample_ids=[1]), "untrusted", "1 of 100 samples"),
    "no score for some": (
        changed(INSPECT, results__scores__0__unscored_samples=3),
        "untrusted",
        "3 samples have no score",
    ),
    "another model": (changed(INSPECT, eval__model="hf/eve/tiny"), "unbound", "it measured `eve/tiny`"),
    "no model": (changed(INSPECT, eval__model=None), "unbound", "does not say which"),
}


@pytest.mark.parametrize(("log", "reason", "why"), BROKEN.values(), ids=BROKEN)
def test_a_run_of_inspect_that_is_not_whole_is_unknown_with_the_reason(
    tmp_path: Path, log: Any, reason: str, why: str
) -> None:
    told = facts(read(tmp_path, {"log.json": log}))
    assert told["metric.harm_refusal_accuracy"].value == {"unknown": reason}
    assert why in told["metric.harm_refusal_accuracy"].note


ODD: dict[str, Any] = {
    "no results": changed(INSPECT, status="error", results=None),
    "odd scores": changed(INSPECT, results__scores=[1, {"name": 7}, {"name": "a", "metrics": [1]}]),
}


@pytest.mark.parametrize("log", ODD.values(), ids=ODD)
def test_a_log_of_inspect_without_scores_gives_no_fact(tmp_path: Path, log: Any) -> None:
    assert not any(path.startswith("metric") for path in facts(read(tmp_path, {"log.json": log})))


def packed(name: str = "header.json", method: int = 93, data: bytes | None = None, **header: Any) -> bytes:
    """An archive of one member, compressed with Zstandard as Inspect does it."""
    content = json.dumps(INSPECT).encode() if data is None else data
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED if method == 8 else zipfile.ZIP_STORED) as archive:
        archive.writestr(name, zstd.compress(content) if method == 93 else content)
    raw = bytearray(made.getvalue())
    place = raw.rfind(b"PK\x01\x02")
    fields = {
        "flags": (8, "<H"),
        "method": (10, "<H"),
        "crc": (16, "<I"),
        "size": (24, "<I"),
        "at": (42, "<I"),
    }
    values = {} if method == 8 else {"method": method, "size": len(content), "crc": zlib.crc32(content)}
    for field, value in {**values, **header}.items():
        offset, form = fields[field]
        struct.pack_into(form, raw, place + offset, value)
    return bytes(raw)


@pytest.mark.parametrize("method", [0, 8, 93])
def test_an_archive_is_read_however_it_is_compressed(tmp_path: Path, method: int) -> None:
    told = facts(read(tmp_path, {"log.eval": packed(method=method)}))
    assert "metric.harm_refusal_accuracy" in told


def twice() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("header.json", "{}")
        archive.writestr("header_json", json.dumps(INSPECT))
    return made.getvalue().replace(b"header_json", b"header.json")


ARCHIVES: dict[str, tuple[bytes, str]] = {
    "no archive": (b"hello", "is no ZIP archive"),
    "a cut end": (packed()[:-8], "is no ZIP archive"),
    "a broken directory": (packed().replace(b"PK\x01\x02", b"PK\x09\x09"), "is no ZIP archive"),
    "another member": (packed("summary.json"), "has 0 members `header.json`"),
    "two headers, for two kinds of readers": (twice(), "has 2 members `header.json`"),
    "a bomb that says so": (packed(data=bytes(200 * 2**20)), "larger than 16 MiB"),
    "a bomb that does not": (packed(data=bytes(200 * 2**20), size=100), "not what its directory says"),
    "another content": (packed(crc=1), "not what its directory says"),
    "a directory to nowhere": (packed(at=1), "points to nothing"),
    "encrypted": (packed(flags=1), "is encrypted"),
    "a rare compression": (packed(method=97), "in a way that is not known"),
    "no JSON": (packed(method=0, data=b"no"), "is not JSON"),
    "an enormous directory": (
        packed()[:-10] + struct.pack("<I", 2**30) + packed()[-6:],
        "larger than any log",
    ),
}


@pytest.mark.parametrize(("content", "reason"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_lies_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    found = read(tmp_path, {"log.eval": content})
    assert [each.code for each in found.problems] == ["RG630"]
    assert reason in found.problems[0].message
    assert found.subjects[0].found == ()


@pytest.mark.parametrize("method", [8, 93])
def test_a_member_that_is_broken_is_refused(tmp_path: Path, method: int) -> None:
    stored = bytearray(packed(method=0, data=b"\xff" * 40))
    struct.pack_into("<H", stored, stored.rfind(b"PK\x01\x02") + 10, method)
    found = read(tmp_path, {"log.eval": bytes(stored)})
    assert "a member that is broken" in found.problems[0].message


def test_without_zstandard_the_log_is_not_read_and_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "backports", None)
    monkeypatch.setitem(__import__("sys").modules, "compression", None)
    found = read(tmp_path, {"log.eval": packed()})
    assert "pip install 'model-release-gate[inspect]'" in found.problems[0].message


@given(st.binary(max_size=40), st.integers(0, 2000))
def test_no_noise_in_an_archive_is_more_than_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int
) -> None:
    good = packed()
    folder = tmp_path_factory.mktemp("noise")
    (folder / "log.eval").write_bytes(good[:place] + noise + good[place + len(noise) :])
    (entry,) = walk(folder)[0].entries
    try:
        content = archives.member(entry, "header.json")
    except Unreadable:
        return
    assert content == json.dumps(INSPECT).encode()


def report(*records: Any, end: bool = True) -> str:
    setup = {"entry_type": "start_run setup", "plugins.target_name": "acme/tiny"}
    start = {"entry_type": "init", "garak_version": "0.17.1", "start_time": "2026-11-20T10:00:00"}
    last = [{"entry_type": "completion", "end_time": "2026-11-20T11:00:00"}] if end else []
    return "".join(json.dumps(each) + "\n" for each in (setup, start, *records, *last))


EVAL = {
    "entry_type": "eval",
    "probe": "dan.Dan_11_0",
    "detector": "mitigation.MitigationBypass",
    "passed": 95,
    "fails": 5,
    "nones": 0,
    "total_evaluated": 100,
    "total_processed": 100,
}
NAME = "metric.dan_dan_11_0_mitigation_mitigationbypass"


def test_a_report_of_garak_gives_the_share_that_passed_with_its_interval(tmp_path: Path) -> None:
    attempt = {"entry_type": "attempt", "prompt": 'say "entry_type": "eval"'}
    told = facts(read(tmp_path, {"a.report.jsonl": report(attempt, EVAL)}))
    assert told[NAME].value == {
        "low": Decimal("0.888248"),
        "high": Decimal("0.978457"),
        "measured": "2026-11-20",
        "n": 100,
    }
    assert told[NAME].where.at == "line 4"
    assert told["evidence"].value["kind"] == "red_team"  # type: ignore[index,call-overload]


def test_a_real_report_of_garak_is_read_and_one_that_was_cut_gives_no_number(tmp_path: Path) -> None:
    written = (LOGS / "profanity.report.jsonl").read_text(encoding="utf-8")
    cut = "".join(line for line in written.splitlines(keepends=True) if '"completion"' not in line)
    whole, part = (
        facts(read(tmp_path / name, {"a.report.jsonl": text}))
        for name, text in {"whole": written, "cut": cut}.items()
    )
    political = "metric.lmrc_profanity_unsafe_content_surgeprofanitypolitical"
    assert whole[political].value == {
        "low": Decimal("0.342371"),
        "high": Decimal(1),
        "measured": "2026-11-25",
        "n": 2,
    }
    assert (whole[political].where.at, whole[political].where.tool) == ("line 13", "garak 0.17.1")
    assert whole["evidence"].value["kind"] == "red_team"  # type: ignore[index, call-overload]
    assert part[political].value == {"unknown": "missing"}
    assert "evidence" not in part


def test_a_report_of_an_older_garak_is_read_too(tmp_path: Path) -> None:
    old = {"entry_type": "eval", "probe": "p", "detector": "d", "passed": 1, "total": 2}
    text = report(old).replace("target_name", "model_name").rstrip("\n")
    assert facts(read(tmp_path, {"a.report.jsonl": text}))["metric.p_d"].is_unknown is False


GARAK: dict[str, tuple[str, str]] = {
    "cut off": (report(EVAL, end=False), "missing"),
    "some not evaluated": (report({**EVAL, "total_processed": 120}), "untrusted"),
    "more passed than there were": (report({**EVAL, "passed": 101}), "missing"),
    "none evaluated": (report({**EVAL, "total_evaluated": 0, "total_processed": 0}), "missing"),
    "another model": (report(EVAL).replace("acme/tiny", "eve/tiny"), "unbound"),
}


@pytest.mark.parametrize(("content", "reason"), GARAK.values(), ids=GARAK)
def test_a_report_of_garak_that_is_not_whole_is_unknown(tmp_path: Path, content: str, reason: str) -> None:
    assert facts(read(tmp_path, {"a.report.jsonl": content}))[NAME].value == {"unknown": reason}


NO_REPORTS: dict[str, tuple[str, str]] = {
    "no beginning": (json.dumps(EVAL), "has no beginning"),
    "a broken line": ('{"entry_type": "init", \n', "is not JSON"),
    "an endless line": ("x" * 3_000_000, "a line of more than 1 MiB"),
    "results without number": (report(*[EVAL] * 8), "more than 5 results"),
}


@pytest.mark.parametrize(("content", "reason"), NO_REPORTS.values(), ids=NO_REPORTS)
def test_what_is_no_report_of_garak_is_refused(
    tmp_path: Path, content: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garak, "MAX_EVALS", 5)
    found = read(tmp_path, {"a.report.jsonl": content})
    assert reason in found.problems[0].message


def test_a_report_beyond_measure_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINES_FILE", 10)
    assert "is larger than" in read(tmp_path, {"a.report.jsonl": report(EVAL)}).problems[0].message


SPEC = {
    "name": "mmlu:subject=law,model=acme_tiny",
    "adapter_spec": {"model": "acme/tiny", "max_eval_instances": 1000},
}


def stat(name: str, mean: float, split: str = "test", total: float = 1, **more: Any) -> dict[str, Any]:
    return {"name": {"name": name, "split": split, **more}, "count": 1, "sum": total, "mean": mean}


STATS = [
    stat("num_instances", 500, total=500),
    stat("exact_match", 0.5),
    stat("exact_match", 0.4, perturbation={"name": "typos"}),
    stat("exact_match", 0.9, split="valid"),
    stat("inference_runtime", 2),
]


def test_a_run_of_helm_gives_its_test_split(tmp_path: Path) -> None:
    told = facts(read(tmp_path, {"run/run_spec.json": SPEC, "run/stats.json": STATS}))
    assert [path for path in told if path != "evidence"] == ["metric.mmlu_subject_law_exact_match"]
    assert told["metric.mmlu_subject_law_exact_match"].value == {
        "low": Decimal("0.456340"),
        "high": Decimal("0.543660"),
        "n": 500,
    }
    assert told["metric.mmlu_subject_law_exact_match"].where.at == "#/1/mean"


def test_a_run_of_helm_that_may_have_been_cut_is_unknown(tmp_path: Path) -> None:
    spec = changed(SPEC, adapter_spec__max_eval_instances=500)
    found = read(tmp_path, {"run_spec.json": spec, "stats.json": STATS, "other/stats.json": STATS})
    assert facts(found)["metric.mmlu_subject_law_exact_match"].value == {"unknown": "untrusted"}
    assert "limited to 500 instances" in found.problems[0].message


def test_a_real_run_of_helm_is_read_and_one_that_was_limited_gives_no_number(tmp_path: Path) -> None:
    """Both are of crfm-helm 0.5.16 and its built-in model: `helm-run --run-entries simple_mcqa:...`."""
    whole, limited = (
        facts(
            read(
                tmp_path / name,
                {f"{each}.json": (LOGS / "helm" / name / f"{each}.json").read_bytes() for each in HELM_FILES},
                named=["simple/model1"],
            )
        )
        for name in ("whole", "limited")
    )
    names = {path for path in whole if path.startswith("metric.")}
    assert {"metric.simple_mcqa_exact_match", "metric.simple_mcqa_quasi_exact_match"} < names
    assert not [name for name in names if "num_" in name or "tokens" in name or "runtime" in name]
    assert whole["metric.simple_mcqa_exact_match"].value == {
        "low": Decimal("0.000000"),
        "high": Decimal("0.046373"),
        "n": 79,
    }
    assert {limited[name].value["unknown"] for name in names} == {"untrusted"}  # type: ignore[index, call-overload]
    assert "evidence" not in limited


HELM_FILES = ("run_spec", "stats")


def test_statistics_that_are_none_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, {"run_spec.json": SPEC, "stats.json": {"a": 1}})
    assert "is no run of HELM" in found.problems[0].message


def test_a_result_may_have_the_name_that_the_policy_gives_it(tmp_path: Path) -> None:
    told = facts(read(tmp_path, {"log.json": INSPECT}, metrics={"harm_refusal_accuracy": "refusal"}))
    assert "metric.refusal" in told


def test_two_results_behind_one_name_are_neither(tmp_path: Path) -> None:
    log = changed(
        LM_EVAL, results__pi_qa={"acc,none": 0.9}, results={"pi-qa": {"acc,none": 0.1}, "pi_qa": {"acc": 1}}
    )
    found = read(tmp_path, {"results.json": log})
    values = [each.value for each in found.subjects[0].found if each.path == "metric.pi_qa_acc"]
    assert {"unknown": "conflicting"} in values
    assert [each.code for each in found.problems] == ["RG632"]


def test_a_name_longer_than_any_needs_one_of_its_own(tmp_path: Path) -> None:
    log = changed(LM_EVAL, results={"x" * 80: {"acc,none": 0.1}})
    found = read(tmp_path, {"results.json": log})
    assert found.problems[0].code == "RG632"
    assert facts(found) == {}


NAMES = [
    ("acme/tiny", "acme/tiny", True),
    ("acme/tiny", "Tiny", True),
    ("./out/tiny/", "tiny", True),
    ("acme/tiny_v1.0", "acme/tiny-v1-0", True),
    ("eve/tiny", "acme/tiny", False),
    ("acme/tiny", "acme/tiny-chat", False),
    ("tiny", "tin", False),
    ("tíny", "tiny", False),
]


@pytest.mark.parametrize(("one", "other", "same"), NAMES)
def test_names_of_models_are_compared_strictly(one: str, other: str, *, same: bool) -> None:
    assert same_name(one, other) is same


@given(st.integers(1, 10_000), st.data())
def test_the_interval_of_a_share_holds_the_share_and_shrinks_with_the_sample(
    n: int, data: st.DataObject
) -> None:
    share = Decimal(data.draw(st.integers(0, n))) / n
    low, high = wilson(share, n)
    least, most = wilson(share, n * 2)
    assert 0 <= low <= share <= high <= 1
    assert least >= low
    assert most <= high
