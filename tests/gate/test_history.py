"""Releases of the past."""

import re
from datetime import date
from pathlib import Path

import pytest

from release_gate.diagnostics import RequestError
from release_gate.gate.history import PACKS, judge_history, outcomes, render_history

DAY = date(2026, 11, 24)
REQUEST = """\
release_gate: request/v1
id: model
action: {action}
requester: {{organisation: Example}}
developer: {{name: Example}}
model: {{name: Model, modalities_in: [text], modalities_out: [text], languages: [en]}}
compute: {{training_flop: {flop}}}
artifacts:
  - {{id: it, kind: {kind}, wanted: {wanted}, license: LicenseRef-proprietary, affordances: [sampling],
     jurisdictions: [US]}}
lineage: []
data: {{sources: [{{name: Notes, kind: human_written, license: CC0-1.0}}]}}
document: {{model_card: {{status: {card}}}}}
transparency: {{contact: a@example.org, intended_uses: [chat], restrictions: [harm]}}
evidence: {{items: [], complete: true}}
safeguards: []
releases: []
incidents: []
obligations: []
"""


def history(folder: Path, did: str, then: str = "[]", events: str = "[]", **request: str) -> list[str]:
    """The table for one release: its line, and below it what the first five packs say and what happened."""
    said = {"action": "release", "flop": "1e22", "kind": "api", "wanted": "hosted", "card": "published"}
    (folder / "dossiers").mkdir()
    (folder / "dossiers" / "model.yaml").write_text(
        REQUEST.format(**(said | request))
        + f"events: {events}\nsources: {{press: {{title: Press, confidence: memory}}}}\n"
    )
    (folder / "history.yaml").write_text(
        "release_gate: history/v1\n"
        "systems:\n"
        f"  - {{dossier: model, artifact: it, on: 2023-05-12, did: {did}, article: true, then: {then}}}\n"
    )
    lines: list[str] = []
    for line in list(render_history(judge_history(folder, DAY)))[1:-1]:
        if line.startswith("      "):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return [line for line in lines if "would ask too" not in line]


def test_where_the_packs_agree_with_what_was_done_nothing_is_said(tmp_path: Path) -> None:
    (line,) = history(tmp_path, "hosted", wanted="hosted", kind="demo")
    assert line.split()[:8] == ["model/it*", "2023-05-12", "hosted", "duty", "yes", "yes", "yes", "yes"]
    assert len(line.split()) == 3 + len(PACKS)


def test_where_more_would_have_been_allowed_it_is_said(tmp_path: Path) -> None:
    _, instead, *_, more = history(tmp_path, "evaluators")
    assert instead == "    done instead: evaluators"
    assert more == "    the first five would have allowed api_general"


def test_a_pack_that_asks_everybody_for_its_own_papers_is_told_in_one_line(tmp_path: Path) -> None:
    history(tmp_path, "hosted", wanted="hosted")
    table = " ".join(line.strip() for line in render_history(judge_history(tmp_path, DAY)))
    assert re.search(r"would ask too: steps [\w.]+ and \d more; code own\.commission_designated", table)
    assert re.search(r"; PF [\w.]+ and \d+ more; RSP own", table)


def test_taking_back_is_no_refusal_of_more(tmp_path: Path) -> None:
    assert len(history(tmp_path, "withheld", wanted="withheld", action="withdraw")) == 1


def test_a_pack_that_wants_a_signature_names_who_and_why(tmp_path: Path) -> None:
    assert (
        history(tmp_path, "hosted", card="absent")[1]
        == "    house wants the word of safety-lead (model-card)"
    )


def test_a_pack_that_says_no_says_it_in_the_words_of_its_rule(tmp_path: Path) -> None:
    lines = history(tmp_path, "weights_open", kind="weights", wanted="weights_open")
    assert lines[1].startswith("    house says no (somebody-looked): Weights leave for good")
    assert any(line.startswith("    rungs says no (open-means-open): Open means") for line in lines)


def test_a_pack_that_asks_names_a_few_of_the_facts(tmp_path: Path) -> None:
    lines = history(tmp_path, "hosted", flop="{unknown: missing}")
    asked = " ".join(line.strip() for line in lines if "asks" in line or line.startswith("      "))
    assert "house asks first (tier.critical): capability.autonomy.level" in asked
    assert "and 4 more" in asked


def test_what_happened_then_is_told_with_how_sure_it_is(tmp_path: Path) -> None:
    leak = "{on: 2023-06-01, event: leaked, note: a torrent}"
    wider = "{on: 2023-05-20, event: widened, rung: api_general, source: press, artifact: it}"
    remark = "[{what: others rebuilt it, confidence: primary}]"
    lines = history(tmp_path, "hosted", remark, f"[{leak}, {wider}]", wanted="hosted", kind="demo")
    assert lines[1:] == [
        "    then: 2023-05-20 widened, api_general (from memory)",
        "    then: 2023-06-01 leaked: a torrent",
        "    then: others rebuilt it",
    ]


def test_a_release_is_judged_by_what_was_known_on_its_day(tmp_path: Path) -> None:
    late = "[{on: 2023-05-13, event: incident, facts: {lineage: {unknown: missing}}}]"
    assert len(history(tmp_path, "hosted", events=late, wanted="hosted", kind="demo")) == 2


@pytest.mark.parametrize(
    ("entry", "at"),
    [
        ("{dossier: model, artifact: it, on: yesterday, did: hosted}", "yesterday"),
        ("{dossier: model, artifact: it, on: 2023-05-12, did: api_genral}", "api_genral"),
        (
            "{dossier: a, artifact: it, on: 2023-05-12, did: hosted, then: [{what: x, confidence: sure}]}",
            "sure",
        ),
    ],
)
def test_a_history_that_is_wrong_is_told_where(tmp_path: Path, entry: str, at: str) -> None:
    file = tmp_path / "history.yaml"
    file.write_text(f"release_gate: history/v1\nsystems: [{entry}]\n")
    with pytest.raises(RequestError) as error:
        outcomes(file)
    (diagnostic,) = error.value.diagnostics
    span = diagnostic.span
    assert span is not None
    assert file.read_text().splitlines()[span.line - 1][span.column - 1 :].startswith(at)
