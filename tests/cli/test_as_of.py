"""Another day than today brings nothing back that has expired: whoever asks can name any day."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from release_gate.cli import clock, main

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: review, at: internal, when: 'as_of > d"2026-12-01"', deny: The review has expired}
"""
REQUEST = """\
release_gate: request/v1
id: small
action: release
artifacts: [{id: w, kind: weights, wanted: internal}]
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(POLICY, encoding="utf-8")
    Path("request.yaml").write_text(REQUEST, encoding="utf-8")

    def call(today: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(clock, "today", lambda: date.fromisoformat(today))
        gate = [] if "--record" in arguments else ["--policy", "own.yaml"]
        with pytest.raises(SystemExit) as stop:
            main(["check", "request.yaml", *gate, *arguments])
        told = capsys.readouterr()
        return int(str(stop.value.code)), told.out, told.err

    return call


def test_a_day_of_the_past_lets_nothing_through_that_today_does_not(run: Run) -> None:
    code, _, err = run("2027-01-01", "--as-of", "2026-11-24")
    assert code == 6
    assert "warning[RG905]: as of 2026-11-24 the verdict on `w` at internal is approve, and today," in err
    assert "2027-01-01, it is deny" in err
    assert "it would not be decided so today, so that nothing is let through" in err


@pytest.mark.parametrize(
    "asked", [("--as-of", "2026-11-24"), ("--as-of", "2027-01-01", "--policies-as-of", "2026-11-24")]
)
def test_no_report_that_a_pipeline_reads_says_that_all_is_well(run: Run, asked: tuple[str, ...]) -> None:
    Path("own.yaml").write_text(POLICY.replace("2026-12-01", "2027-06-01"), encoding="utf-8")
    junit, tap = (run("2027-07-01", *asked, "-o", form)[1] for form in ("junit", "tap"))
    assert 'failures="1"' in junit
    assert 'name="let through"' in junit
    assert "not ok 3 - small is let through" in tap


def test_nor_does_a_day_that_has_yet_to_come(run: Run) -> None:
    early = POLICY.replace("as_of >", "as_of <")
    Path("own.yaml").write_text(early, encoding="utf-8")
    assert run("2026-11-24")[0] == 5
    assert run("2026-11-24", "--as-of", "2027-01-01")[0] == 6


def test_a_rung_that_nobody_asks_for_is_compared_too(run: Run) -> None:
    """The decision names a counter-offer, and the verdict at every rung, and is kept as such."""
    ends = POLICY.replace("at: internal", "at: hosted")
    never = "  - {id: never, at: weights_open, deny: Never}\n"
    Path("own.yaml").write_text(ends + never, encoding="utf-8")
    wide = REQUEST.replace("wanted: internal", "wanted: weights_open")
    Path("request.yaml").write_text(wide, encoding="utf-8")
    assert run("2026-11-25", "--as-of", "2026-11-24")[0] == 5
    code, _, err = run("2027-01-01", "--as-of", "2026-11-24")
    assert code == 5
    assert "on `w` at weights_restricted is needs_evidence, and today, 2027-01-01, it is deny" in err


def test_it_is_not_recorded_either(run: Run) -> None:
    book = "release_gate: gate/v1\npolicies: [own.yaml]\nledger: sqlite:///book.db\n"
    Path("release-gate.yaml").write_text(book, encoding="utf-8")
    Path("own.yaml").write_text(POLICY.replace("12-01", "11-20"), encoding="utf-8")
    assert "recorded as" not in run("2026-11-24", "--as-of", "2026-11-19", "--record")[2]
    assert "recorded as 0" in run("2026-11-24", "--as-of", "2026-11-24", "--record")[2]


def test_a_day_on_which_it_is_the_same_is_as_good_as_today(run: Run) -> None:
    assert run("2026-11-25", "--as-of", "2026-11-24")[0] == 0
    assert run("2026-11-25")[0] == 0


def test_a_day_on_which_it_is_worse_is_told_as_it_is(run: Run) -> None:
    code, _, err = run("2026-11-25", "--as-of", "2027-01-01")
    assert code == 5
    assert "RG905" not in err


def test_the_policies_of_another_day_let_nothing_through(run: Run) -> None:
    code, out, err = run("2026-11-24", "--policies-as-of", "2026-11-20")
    assert code == 6
    assert "HYPOTHETICAL" in out
    assert "the policies of another day were asked for, so that nothing is let through" in err


def test_a_measurement_that_has_grown_old_is_not_made_fresh(run: Run) -> None:
    metric = "facts: {metrics: {refusal: {range: [0, 1], better: higher, max_age: P90D}}}\nrules:\n"
    rule = metric + "  - {id: floor, at: internal, require: metric.refusal >= 0.9}\n"
    Path("own.yaml").write_text(POLICY.partition("rules:")[0] + rule, encoding="utf-8")
    measured = "metric: {refusal: {value: 0.95, measured: 2026-01-15}}\n"
    Path("request.yaml").write_text(REQUEST + measured, encoding="utf-8")
    assert run("2026-02-01")[0] == 0
    code, _, err = run("2026-11-24", "--as-of", "2026-02-01")
    assert code == 6
    assert "it would not be decided so today" in err


EVENTS = """\
release_gate: request/v1
id: small
action: release
artifacts: [{id: w, kind: weights, wanted: internal}]
incidents: []
events:
  - {on: 2026-11-20, event: incident, facts: {"incidents[+]": {id: fire, resolved: false}}}
"""
CAREFUL = POLICY.replace(
    "{id: review, at: internal, when: 'as_of > d\"2026-12-01\"', deny: The review has expired}",
    "{id: fires, at: internal, when: '$any([not i.resolved for i in incidents])', deny: It burns}",
)


def test_before_and_after_an_event_the_decision_is_the_one_that_was_right_then(run: Run) -> None:
    Path("own.yaml").write_text(CAREFUL, encoding="utf-8")
    Path("request.yaml").write_text(EVENTS, encoding="utf-8")
    code, out, err = run("2026-11-24", "--as-of", "2026-11-19")
    assert (code, "✓internal" in out) == (6, True)  # right then, and it lets nothing through today
    assert "2026-11-24, it is deny" in err
    code, out, _ = run("2026-11-24", "--as-of", "2026-11-19", "--policies-as-of", "2026-11-24")
    assert "✓internal" in out
    assert run("2026-11-24", "--as-of", "2026-11-20")[0] == 5
    assert run("2026-11-24")[0] == 5
    assert run("2026-11-19")[0] == 0


def test_an_event_that_has_not_come_yet_lets_nothing_through(run: Run) -> None:
    Path("own.yaml").write_text(CAREFUL, encoding="utf-8")
    over = EVENTS.replace(
        "events:", "events:\n  - {on: 2027-01-01, event: incident, facts: {'incidents[fire].resolved': true}}"
    )
    Path("request.yaml").write_text(over, encoding="utf-8")
    code, out, err = run("2026-11-24", "--as-of", "2027-01-01")
    assert (code, "✓internal" in out) == (6, True)
    assert "warning[RG905]" in err
