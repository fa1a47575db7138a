"""If one of them closes, who falls, and how far."""

from pathlib import Path
from typing import Any

import pytest

from release_gate import ReleaseRequest
from release_gate.diagnostics import RequestError
from release_gate.gate.lineage.closing import Change, Effect, fallen
from release_gate.gate.lineage.draw import effects_text
from release_gate.gate.lineage.standing import Judge

from .models import asked, asking, graph, judge, model

NC = "CC-BY-NC-4.0"
NO_COPIES = {"license": "LicenseRef-llama1-noncommercial", "access": "weights_gated_manual"}


@pytest.fixture
def by(tmp_path: Path) -> Judge:
    return judge(tmp_path, "license-lineage")


def told(effect: Effect) -> tuple[str, str, str]:
    after = effect.after.verdict if effect.after is not None else None
    return effect.direction, str(effect.before.verdict), str(after)


def test_a_new_licence_falls_on_everybody_below_however_far(by: Judge) -> None:
    found = graph(model("a"), model("b", "a"), model("c", "b"), model("d", "c"), model("e"))
    effects = asked(found, by, Change("a", NC))
    assert {name: effect.direction for name, effect in effects.items()} == {
        "a/weights": "falls",
        "b/weights": "falls",
        "c/weights": "falls",
        "d/weights": "falls",
    }
    assert effects["b/weights"].because[0] == "license-lineage/licence-promises-what-it-has"
    assert told(effects["b/weights"]) == ("falls", "conditional", "deny")
    assert told(effects["c/weights"]) == ("falls", "conditional", "needs_evidence")  # its owner may permit it
    assert (effects["c/weights"].told, effects["b/weights"].told) == (True, False)
    assert effects["c/weights"].before.best == "weights_open"
    assert effects["c/weights"].after is not None
    assert effects["c/weights"].after.best == "api_general"


def test_who_names_an_ancestor_twice_removed_is_told_nothing_new(by: Judge) -> None:
    apache = {"relation": "finetune", "license": "Apache-2.0", "access": "weights_open"}
    knows = model("c", "b", {"child": "b", "parent": "a", **apache})
    effects = asked(graph(model("a"), model("b", "a"), knows), by, Change("a", NC))
    assert (effects["c/weights"].told, effects["c/weights"].direction) == (False, "falls")


def test_what_was_given_under_a_licence_for_good_does_not_fall_with_its_source(by: Judge) -> None:
    found = graph(model("a"), model("b", "a"), model("c", "b"))
    effects = asked(found, by, Change("a"))
    assert {name: told(effect) for name, effect in effects.items()} == {
        "b/weights": ("stands", "conditional", "conditional"),
        "c/weights": ("stands", "conditional", "conditional"),
    }


def test_what_stands_on_a_gate_falls_when_it_closes(by: Judge) -> None:
    artifacts = [
        {
            "id": "weights",
            "kind": "weights",
            "wanted": "weights_gated_manual",
            "license": NO_COPIES["license"],
        },
        {"id": "demo", "kind": "demo", "wanted": "hosted", "license": NO_COPIES["license"]},
    ]
    permitted = model("b", {"parent": "a", **NO_COPIES, "permission": True}, artifacts=artifacts)
    effects = asked(graph(model("a"), permitted), by, Change("a"))
    assert effects["b/weights"].direction == "falls"
    assert effects["b/weights"].because == ("license-lineage/never-more-open-than-its-parent",)
    assert effects["b/demo"].direction == "stands"
    assert [effect.artifact for effect in fallen(effects.values())] == ["weights"]


def test_a_licence_that_opens_lets_them_rise(by: Judge) -> None:
    found = graph(model("a"), model("b", {"parent": "a", "license": NC, "terms": {"commercial_use": False}}))
    assert told(asked(found, by, Change("a", "MIT"))["b/weights"]) == ("rises", "deny", "conditional")


CORPUS = model("corpus", artifacts=[{"id": "set", "kind": "dataset", "wanted": "fully_open"}])


def trained(name: str, *parents: str, on: str = "corpus", **source: Any) -> ReleaseRequest:
    """A model that learned from free data, which are offered unless something else is said."""
    data = {"name": on, "kind": "human_written", "license": "CC0-1.0", "access": "fully_open", **source}
    return model(name, *parents, data={"sources": [data]})


def test_data_that_are_withdrawn_fall_on_who_learned_from_them_however_far(by: Judge) -> None:
    found = graph(CORPUS, trained("a"), model("b", "a"), model("c", "b"), model("d"))
    effects = asked(found, by, Change("corpus"))
    assert {name: told(effect) for name, effect in effects.items()} == {
        "a/weights": ("falls", "approve", "deny"),
        "b/weights": ("falls", "conditional", "deny"),
        "c/weights": ("falls", "conditional", "deny"),
    }
    for effect in effects.values():
        assert effect.because == ("license-lineage/withdrawn-data",)
        assert effect.after is not None
        assert (effect.before.best, effect.after.best) == ("weights_open", "api_general")
    assert [effects[f"{name}/weights"].told for name in "abc"] == [False, True, True]


def test_who_does_not_say_whether_data_are_offered_falls_from_a_question_to_a_denial(by: Judge) -> None:
    found = graph(CORPUS, trained("a", access={"unknown": "missing"}))
    assert told(asked(found, by, Change("corpus"))["a/weights"]) == ("falls", "needs_evidence", "deny")


def test_data_that_were_withdrawn_before_let_nobody_fall_again(by: Judge) -> None:
    found = graph(CORPUS, trained("a", access="withheld"), model("b", "a"))
    effects = asked(found, by, Change("corpus"))
    assert {name: told(effect) for name, effect in effects.items()} == {
        "a/weights": ("denied", "deny", "deny"),
        "b/weights": ("denied", "deny", "deny"),
    }


def test_data_that_no_request_describes_can_be_withdrawn_under_any_of_their_names(by: Judge) -> None:
    requests = (
        trained("a", on="Faces"),
        trained("b", on="faces-v2"),
        trained("c", on="Voices"),
        model("d", "a"),
    )
    names = {"faces-v2": "Faces", "MegaFace": "Faces"}
    for name in ("Faces", "faces-v2", "MegaFace"):
        effects = asked(asking((name,), *requests, **names), by, Change(name))
        assert {each: effect.direction for each, effect in effects.items()} == {
            "a/weights": "falls",
            "b/weights": "falls",
            "d/weights": "falls",
        }
    assert "Voices" not in asking(("Faces",), *requests).nodes  # data are many, and lead nowhere


def test_data_that_nobody_uses_let_nobody_fall(by: Judge) -> None:
    assert asked(graph(CORPUS, model("a")), by, Change("corpus")) == {}
    with pytest.raises(RequestError, match="nothing is known of `Faces`"):
        asked(asking(("Faces",), model("a")), by, Change("Faces"))


def test_data_in_a_variant_fall_on_the_artifacts_of_the_variant(by: Judge) -> None:
    weights = {"kind": "weights", "wanted": "weights_open", "license": "Apache-2.0"}
    source = {"name": "corpus", "kind": "human_written", "license": "CC0-1.0", "access": "fully_open"}
    both = model(
        "a",
        artifacts=[{"id": "x", "variant": "large", **weights}, {"id": "y", **weights}],
        variants={"large": {"data": {"sources": [source]}}},
    )
    effects = asked(graph(CORPUS, both), by, Change("corpus"))
    assert {name: effect.direction for name, effect in effects.items()} == {"a/x": "falls"}


def test_data_that_are_relicensed_fall_on_who_learned_from_them(by: Judge) -> None:
    found = graph(CORPUS, trained("a"), model("b", "a"))
    effects = asked(found, by, Change("corpus", NC))
    assert told(effects["a/weights"]) == ("falls", "approve", "deny")
    assert "license-lineage/non-commercial-data" in effects["a/weights"].because
    assert effects["b/weights"].direction == "falls"  # as one that is trained on them by way of `a`


def test_a_withdrawal_is_an_incident_for_all_below_until_somebody_assessed_it(tmp_path: Path) -> None:
    by = judge(tmp_path, "license-lineage", "responsible-democratization")
    corpus = model("corpus", artifacts=[{"id": "set", "kind": "dataset", "wanted": "fully_open"}])
    trained = model("a", data={"sources": [{"name": "corpus"}]}, action="widen")
    effect = asked(graph(corpus, trained), by, Change("corpus"))["a/weights"]
    assert effect.after is not None
    rules = {each.rule for each in effect.after.findings} - {each.rule for each in effect.before.findings}
    assert rules == {"incidents-first"}


def test_what_was_denied_already_neither_falls_nor_stands(by: Judge) -> None:
    closed = model("b", {"parent": "a", **NO_COPIES})
    effects = asked(graph(model("a"), closed, model("c", "a")), by, Change("a"))
    assert told(effects["b/weights"]) == ("denied", "deny", "deny")
    assert effects["c/weights"].direction == "stands"
    lines = list(effects_text([Change("a")], effects.values()))
    assert lines[1] == "  denied  b/weights at weights_open: already"
    assert lines[-1] == "0 of 2 artifacts fall, in 2 requests; 1 had been denied already"


def test_what_was_denied_and_loses_a_lower_rung_falls(by: Judge) -> None:
    permitted = model("b", {"parent": "a", **NO_COPIES, "permission": True})
    effect = asked(graph(model("a"), permitted), by, Change("a"))["b/weights"]
    assert told(effect) == ("falls", "deny", "deny")
    assert effect.after is not None
    assert (effect.before.best, effect.after.best) == ("weights_gated_manual", "api_general")


def test_an_unknown_lineage_stays_unknown(by: Judge) -> None:
    data = {"sources": [{"name": "a", "kind": "synthetic", "license": "CC0-1.0"}]}
    unknown = model("b", lineage={"unknown": "missing"}, data=data)
    effects = asked(graph(model("a", "root"), unknown), by, Change("root", NC))
    assert told(effects["b/weights"]) == ("stands", "needs_evidence", "needs_evidence")


def test_only_the_artifacts_below_are_touched(by: Judge) -> None:
    artifacts = [
        {"id": name, "kind": "weights", "wanted": "weights_open", "license": "Apache-2.0"}
        for name in ("x", "y")
    ]
    both = model("b", {"parent": "a", "child": "x"}, artifacts=artifacts)
    found = graph(
        model("a"), both, model("c", "B of x"), model("d", "B of y"), **{"B of x": "b/x", "B of y": "b/y"}
    )
    assert set(asked(found, by, Change("a", NC))) == {"a/weights", "b/x", "c/weights"}
    assert set(asked(found, by, Change("b/y", NC))) == {"b/y", "d/weights"}


def test_several_changes_are_asked_about_together(by: Judge) -> None:
    found = graph(model("a"), model("b"), model("c", "a", "b"))
    assert told(asked(found, by, Change("a", NC), Change("b"))["c/weights"])[0] == "falls"
    assert told(asked(found, by, Change("a", "MIT"), Change("b"))["c/weights"])[0] == "stands"


def test_who_would_stand_on_himself_cannot_be_judged_and_falls(by: Judge) -> None:
    # `c` says that `a` stands on `b`, and `b` says that it stands on `a`.
    circle = model("c", "a", "b", {"child": "a", "parent": "b"})
    effects = asked(graph(model("a"), model("b", "a"), circle), by, Change("a", NC))
    assert effects["c/weights"].direction == "falls"
    assert "goes in a circle" in effects["c/weights"].problem
    assert effects["c/weights"].because == ()


def test_nothing_stands_on_what_nobody_names(by: Judge) -> None:
    assert asked(graph(model("a"), model("b")), by, Change("a")) == {}
    with pytest.raises(RequestError, match="nothing is known of `z`"):
        asked(graph(model("a")), by, Change("z"))
