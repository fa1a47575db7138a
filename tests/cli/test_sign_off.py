"""The commands that sign: what is shown before, what is written, and what counts afterwards."""

import json
from functools import partial
from pathlib import Path

import pytest

from release_gate.signing import generate_key
from tests.commands import Run, ended

DIGEST = "sha256:" + "1" * 64
ON = ("--on", "2026-11-24")
DAY = ("--as-of", "2026-11-24")
POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: people, at: internal, sign_off: {role: lead}}
  - {id: card, at: internal, require: document.model_card.status >= "ready", waivable: {by: board}}
"""
REQUEST = f"""\
release_gate: request/v1
id: small
action: release
requester: {{id: eve}}
model: {{name: M}}
document: {{model_card: {{status: draft}}}}
artifacts: [{{id: w, kind: weights, wanted: internal, digest: "{DIGEST}"}}]
lineage: []
"""
WAIVERS = f"""\
release_gate: waivers/v1
waivers:
  - {{id: later, rule: own/card, model: M, artifact: w, digest: "{DIGEST}", rung: internal, reason: R,
     ticket: T, owner: ada, expires: 2026-12-24}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a project where Ada leads and Cy is on the board."""
    monkeypatch.chdir(tmp_path)
    people = {}
    for name, role in (("ada", "lead"), ("cy", "board")):
        key = generate_key()
        Path(f"{name}.pem").write_text(key.pem(), encoding="utf-8")
        people[name] = {"roles": [role], "keys": [{"pem": key.public.pem}]}
    Path("sign-offs").mkdir()
    for file, text in {
        "policy.yaml": POLICY,
        "request.yaml": REQUEST,
        "waivers.yaml": WAIVERS,
        "trust.yaml": json.dumps({"release_gate": "trust/v1", "people": people}),
        "release-gate.yaml": "release_gate: gate/v1\npolicies: [policy.yaml]\ntrust: trust.yaml\n"
        "sign_offs: sign-offs\nwaivers: waivers.yaml\n",
    }.items():
        Path(file).write_text(text, encoding="utf-8")

    return partial(ended, capsys)


def test_from_denied_to_allowed_by_two_signatures(run: Run) -> None:
    assert run("check", "request.yaml", *DAY)[0] == 5
    code, _, err = run(
        "waive", "later", "waivers.yaml", "--as", "cy", "--key", "cy.pem", *ON, "-o", "sign-offs/w.json"
    )
    assert code == 0
    assert "expires: 2026-12-24" in err
    assert run("check", "request.yaml", *DAY)[0] == 6
    ada = ("--as", "ada", "--key", "ada.pem", *ON)
    code, out, err = run(
        "sign-off", "approve", "request.yaml", *ada, "--role", "lead", "-o", "sign-offs/a.json"
    )
    assert (code, out) == (0, "")
    assert "must sign: lead" in err
    assert "ada as lead: approve w, internal" in err
    code, out, _ = run("check", "request.yaml", *DAY)
    assert code == 0
    assert "Waived up to internal until 2026-12-24 by cy" in out
    assert run("recuse", "request.yaml", *ada, "-o", "sign-offs/r.json")[0] == 0
    code, out, _ = run("check", "request.yaml", *DAY)
    assert code == 6
    assert "does not count: ada as lead: they have recused themselves" in out


def test_an_objection_closes(run: Run) -> None:
    code, out, _ = run(
        "sign-off", "object", "request.yaml", "--as", "cy", "--role", "board", "--key", "cy.pem", *ON,
        "--artifact", "w", "--rung", "internal", "--expires", "2027-01-01",
    )  # fmt: skip
    assert code == 0
    Path("sign-offs/o.json").write_text(out, encoding="utf-8")
    code, out, _ = run("check", "request.yaml", *DAY)
    assert code == 5
    assert "gate/object-cy" in out


def test_a_changed_signature_is_an_integrity_failure(run: Run) -> None:
    _, out, _ = run("recuse", "request.yaml", "--as", "ada", "--key", "ada.pem", *ON)
    tree = json.loads(out)
    tree["signatures"][0]["sig"] = tree["signatures"][0]["sig"][::-1]
    Path("sign-offs/r.json").write_text(json.dumps(tree), encoding="utf-8")
    code, _, err = run("check", "request.yaml", *DAY, "-o", "json=out.json")
    assert code == 7
    assert "sign-offs/r.json" in err
    assert "RG70" in Path("out.json").read_text(encoding="utf-8")


def test_what_is_not_there_is_wrong_usage(run: Run) -> None:
    ada = ("--as", "ada", "--key", "ada.pem")
    assert run("sign-off", "approve", "request.yaml", *ada, "--role", "lead", "--artifact", "ww")[0] == 2
    assert (
        "did you mean `w`"
        in run("sign-off", "approve", "request.yaml", *ada, "--role", "l", "--artifact", "ww")[2]
    )
    assert "did you mean `later`" in run("waive", "latr", "waivers.yaml", *ada)[2]
    assert run("recuse", "request.yaml", "--as", "ada", "--key", "absent.pem")[0] == 3
    Path("request.yaml").write_text(
        REQUEST.replace("artifacts: [", "artifacts: [{id: v, kind: code, wanted: internal}, ")
    )
    assert "say --artifact: v, w" in run("sign-off", "approve", "request.yaml", *ada, "--role", "lead")[2]


def test_a_statement_is_never_replaced(run: Run) -> None:
    arguments = ("recuse", "request.yaml", "--as", "ada", "--key", "ada.pem", *ON, "-o")
    assert run(*arguments, "sign-offs/r.json")[0] == 0
    code, _, err = run(*arguments, "sign-offs/r.json")
    assert (code, "is there already" in err) == (2, True)
    assert run(*arguments, "no/r.json")[0] == 2


def test_who_may_not_sign_is_told_so_at_once(run: Run) -> None:
    Path("policy.yaml").write_text(
        POLICY.replace("{role: lead}", "{role: lead, not: [assessor]}"), encoding="utf-8"
    )
    sign = (
        "sign-off",
        "approve",
        "request.yaml",
        "--as",
        "ada",
        "--role",
        "lead",
        "--key",
        "ada.pem",
        *ON,
        "-o",
    )
    Path("request.yaml").write_text(REQUEST + "assessors: [eve]\n", encoding="utf-8")
    assert "does not count: ada as" not in run(*sign, "sign-offs/first.json")[2]
    Path("request.yaml").write_text(REQUEST + "assessors: [ada]\n", encoding="utf-8")
    code, _, err = run(*sign, "sign-offs/second.json")
    assert (code, err.count("does not count: ada as lead: who assessed it may not sign\n")) == (0, 1)
    assert "does not count" not in run(*sign, "elsewhere.json")[2].split("ada as lead: approve")[1]


WOULD_NOT_COUNT = {
    "the key of somebody else": ("cy", "board", "ada.pem", "this is the key of `ada`, and not of `cy`"),
    "a key that nobody has": ("ada", "lead", "new.pem", "`trust.yaml` does not have this key"),
    "nobody who is known": ("adda", "lead", "ada.pem", "did you mean `ada`"),
    "a role of somebody else": ("ada", "board", "ada.pem", "ada is not board on 2026-11-24"),
    "a role that is misspelt": ("ada", "leed", "ada.pem", "did you mean `lead`"),
}


@pytest.mark.parametrize(("person", "role", "key", "told"), WOULD_NOT_COUNT.values(), ids=WOULD_NOT_COUNT)
def test_what_could_not_count_is_not_signed(run: Run, person: str, role: str, key: str, told: str) -> None:
    Path("new.pem").write_text(generate_key().pem(), encoding="utf-8")
    code, out, err = run(
        "sign-off", "approve", "request.yaml", "--as", person, "--role", role, "--key", key, *ON,
        "-o", "sign-offs/wrong.json",
    )  # fmt: skip
    assert (code, out) == (3, "")
    assert "error[RG517]: this would not count: " in err
    assert told in err
    assert err.endswith("\nnothing was signed\n")
    assert not list(Path("sign-offs").iterdir())


def test_neither_a_waiver_nor_a_recusal_is_signed_with_the_key_of_somebody_else(run: Run) -> None:
    cy = ("--as", "cy", "--key", "ada.pem", *ON, "-o", "sign-offs/wrong.json")
    for arguments in (("waive", "later", "waivers.yaml"), ("recuse", "request.yaml")):
        code, _, err = run(*arguments, *cy)
        assert (code, "RG517" in err) == (3, True)
    assert not list(Path("sign-offs").iterdir())


def test_who_signs_in_a_role_that_no_rule_asks_for_is_told_so(run: Run) -> None:
    cy = ("--as", "cy", "--role", "board", "--key", "cy.pem", *ON)
    code, _, err = run("sign-off", "approve", "request.yaml", *cy)
    assert (code, "no rule asks for `board` here; one of `lead`" in err) == (0, True)
    assert "no rule asks" not in run("sign-off", "object", "request.yaml", *cy)[2]


def test_the_public_half_of_a_key_does_not_sign(run: Run) -> None:
    Path("ada.pem.pub").write_text(generate_key().public.pem, encoding="utf-8")
    code, _, err = run("recuse", "request.yaml", "--as", "ada", "--key", "ada.pem.pub", *ON)
    assert code == 3
    assert "error[RG701]: `ada.pem.pub` is the public half of a key, and only the private one signs" in err
