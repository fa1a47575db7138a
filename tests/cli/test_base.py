"""Whoever loosens a policy in the same change as a release is seen, and gets nothing through by it."""

import json
import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import pytest

from release_gate.signing import generate_key
from tests.commands import Run, ended

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: big, at: internal, when: model.parameters > 1e9, deny: Too large}
  - {id: people, at: internal, sign_off: {role: lead, count: 2}}
  - {id: watch, at: internal, oblige: {duty: Watch}}
"""
REQUEST = """\
release_gate: request/v1
id: small
action: release
model: {parameters: %s}
artifacts: [{id: w, kind: weights, wanted: internal}]
"""


def git(*arguments: str) -> None:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity |= {
        f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    subprocess.run(command, check=True, env={**os.environ, **identity})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in the folder `project` of a repository, at its first commit."""
    project = tmp_path / "project"
    (project / "policies").mkdir(parents=True)
    monkeypatch.chdir(project)
    put("policies/own.yaml", POLICY)
    put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/own.yaml]\n")
    put("request.yaml", REQUEST % 7)
    Path("link.yaml").symlink_to("/etc/passwd")
    git("init", "-q", str(tmp_path))
    git("add", ".")
    git("commit", "-qm", "first")

    return partial(ended, capsys, "check", "request.yaml", "--as-of", "2026-11-24")


def put(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def policy(old: str, new: str) -> None:
    assert old in POLICY
    put("policies/own.yaml", POLICY.replace(old, new))


CHANGES: dict[str, tuple[str, str, str]] = {
    "fewer people": ("count: 2", "count: 1", "w needs fewer people, people"),
    "nobody signs": ("  - {id: people, at: internal, sign_off: {role: lead, count: 2}}\n", "",
                     "w at internal was needs_approval before, and is conditional"),
    "only higher up": ("id: people, at: internal", "id: people, at: hosted",
                       "w at internal was needs_approval before, and is conditional"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), CHANGES.values(), ids=CHANGES)
def test_what_was_loosened_is_named(old: str, new: str, told: str, run: Run) -> None:
    policy(old, new)
    code, _, err = run("--base", "HEAD")
    assert code == 6
    assert f"warning[RG903]: the policy `own` was loosened: {told}" in err


PEOPLE = """\
  - {id: board, at: internal,
     sign_off: {all: [ceo, cso], not: [requester], max_age: P30D, after_recommendation: sag}}
  - {id: report, at: internal, oblige: {duty: Report, due: {every: P90D}, owner: ciso}}
"""
BOARD, REPORT = "w may need less of a sign-off, board", "w may owe less, report"
BEHIND_PEOPLE = {
    "another role": ("all: [ceo, cso]", "all: [ceo, intern]", BOARD),
    "one role for two": ("all: [ceo, cso]", "all: [ceo, ceo]", BOARD),
    "also who asks": ("not: [requester], ", "", BOARD),
    "also what was said long ago": ("P30D", "P31D", BOARD),
    "whenever it was said": (", max_age: P30D", "", BOARD),
    "without a recommendation": (", after_recommendation: sag", "", BOARD),
    "only higher up": ("board, at: internal", "board, at: evaluators", BOARD),
    "a duty that is gone": (PEOPLE.splitlines(keepends=True)[-1], "", REPORT),
    "another duty": ("duty: Report", "duty: Rest", REPORT),
    "a duty that is due later": ("P90D", "P90Y", REPORT),
    "a duty of somebody else": ("ciso", "intern", REPORT),
    "a duty higher up": ("report, at: internal", "report, at: evaluators", REPORT),
}


@pytest.mark.parametrize(("old", "new", "told"), BEHIND_PEOPLE.values(), ids=BEHIND_PEOPLE)
def test_what_waits_for_people_anyway_is_compared_too(old: str, new: str, told: str, run: Run) -> None:
    """The verdict is the same, as long as nobody has signed."""
    put("policies/own.yaml", POLICY + PEOPLE)
    put("request.yaml", (REQUEST % 7).replace("wanted: internal", "wanted: evaluators"))
    git("commit", "-qam", "people")
    for same in ((" ceo, cso", " cso, ceo"), ("P30D", "P29D"), ("[requester]", "[requester, assessor]")):
        put("policies/own.yaml", POLICY + PEOPLE.replace(*same))
        assert "RG903" not in run("--base", "HEAD")[2]
    assert old in PEOPLE
    put("policies/own.yaml", POLICY + PEOPLE.replace(old, new))
    assert f"warning[RG903]: the policy `own` was loosened: {told}\n" in run("--base", "HEAD")[2]


def test_what_a_loosened_policy_lets_through_is_not_recorded(run: Run) -> None:
    """Whoever publishes would take the record for an approval, and the attestation in it."""
    put("release-gate.yaml", Path("release-gate.yaml").read_text("utf-8") + "ledger: sqlite:///ledger.db\n")
    git("commit", "-qam", "ledger")
    policy("role: lead, count: 2", "role: lead, count: 1")
    assert "recorded" not in run("--base", "HEAD", "--record")[2]
    assert "recorded as 0 in" in run("--record")[2]


def test_a_release_that_a_loosened_policy_lets_through_waits(run: Run) -> None:
    put("request.yaml", REQUEST % "7e9")
    put("policies/own.yaml", POLICY.replace("1e9", "1e10").replace("count: 2", "count: 1"))
    assert run()[0] == 6
    put("policies/own.yaml", "".join(POLICY.replace("1e9", "1e10").splitlines(keepends=True)[:7]))
    assert run()[0] == 0
    code, out, err = run("--base", "HEAD", "-o", "json")
    assert code == 6
    assert "w at internal was deny before, and is approve" in err
    assert "the policy was loosened in the same change, so that nothing is let through" in err
    told = json.loads(out)
    assert (told["verdict"], told["lets_through"]) == ("approve", False)
    assert told["held_back"] == ["the policy was loosened in the same change"]
    assert told["requests"][0]["diagnostics"][0]["code"] == "RG903"
    assert run("--base", "HEAD", "--exit-zero")[0] == 0


def test_what_was_tightened_or_left_alone_is_not_named(run: Run) -> None:
    assert "RG903" not in run("--base", "HEAD")[2]
    policy("1e9", "1")
    put("request.yaml", REQUEST % 8)
    assert "RG903" not in run("--base", "HEAD")[2]


def test_a_policy_that_is_gone_is_named(run: Run) -> None:
    put(
        "policies/other.yaml",
        POLICY.replace("id: own", "id: other").replace(
            "rules:", "rules:\n  - {id: no, at: internal, deny: No}"
        ),
    )
    put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/own.yaml, policies/other.yaml]\n")
    git("add", ".")
    git("commit", "-qm", "second")
    put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/own.yaml]\n")
    assert (
        "the policy `other` was loosened: w at internal was deny before, and is approve"
        in run("--base", "HEAD")[2]
    )


def test_every_policy_that_was_loosened_is_named_with_its_own_rules(run: Run) -> None:
    other = POLICY.replace("id: own", "id: other") + PEOPLE
    put("policies/other.yaml", other)
    put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/other.yaml, policies/own.yaml]\n")
    put("request.yaml", REQUEST % "7e9")
    git("add", ".")
    git("commit", "-qm", "second")
    for name, text in (("own", POLICY), ("other", other)):
        put(f"policies/{name}.yaml", text.replace("1e9", "1e10"))
    err = run("--base", "HEAD")[2]
    for name in ("own", "other"):
        assert f"the policy `{name}` was loosened: w at internal was deny before" in err
    put("policies/own.yaml", POLICY)
    put("policies/other.yaml", other.replace("count: 2", "count: 1").replace("[ceo, cso]", "[ceo, intern]"))
    err = run("--base", "HEAD")[2]
    assert "w needs fewer people, people\n" in err
    assert "w may need less of a sign-off, board\n" in err


def test_a_gate_that_comes_with_the_release_was_not_there_before(run: Run) -> None:
    Path("release-gate.yaml").rename("new-gate.yaml")
    err = run("--base", "HEAD", "--gate", "new-gate.yaml")[2]
    assert "the policy `gate` was loosened: w at internal was deny before, and is approve" in err


def test_policies_without_a_gate_file_are_compared_too(run: Run) -> None:
    Path("release-gate.yaml").unlink()
    policy("count: 2", "count: 1")
    assert (
        "needs fewer people"
        in run("--base", "HEAD", "--policy", "policies/own.yaml", "--policy", "ladder")[2]
    )


def test_who_may_sign_is_watched(run: Run) -> None:
    key, other = generate_key(), generate_key()
    gate = "release_gate: gate/v1\npolicies: [policies/own.yaml]\ntrust: trust.yaml\n"
    trust = {
        "release_gate": "trust/v1",
        "people": {"ada": {"roles": ["lead"], "keys": [{"pem": key.public.pem}]}},
    }
    put("release-gate.yaml", gate)
    put("trust.yaml", json.dumps(trust))
    git("add", ".")
    git("commit", "-qm", "trust")
    assert "RG903" not in run("--base", "HEAD")[2]
    trust["people"]["ada"]["keys"] = [{"pem": other.public.pem}]  # type: ignore[index]
    put("trust.yaml", json.dumps(trust))
    put("release-gate.yaml", gate + "unsigned_sign_offs: allow\n")
    err = run("--base", "HEAD")[2]
    assert "who may sign was changed" in err
    assert "sign-offs without a signature count now, and did not before" in err


EVIDENCE = "evidence: {folders: [a, b], named: [small]}\n"
LESS = {
    "nothing": ("", "the gate file names no `evidence`"),
    "a folder less": (EVIDENCE.replace("a, b", "a"), "without `b`"),
    "another name": (EVIDENCE.replace("small", "large"), "`named` changed"),
    "a folder more": (EVIDENCE.replace("a, b", "a, b, policies"), ""),
    "as before": (EVIDENCE, ""),
}


@pytest.mark.parametrize(("now", "told"), LESS.values(), ids=LESS)
def test_what_claims_are_held_against_is_watched(now: str, told: str, run: Run) -> None:
    gate = Path("release-gate.yaml").read_text(encoding="utf-8")
    Path("a").mkdir()  # no file of git: the evidence of then is not there any more
    Path("b").mkdir()
    put("release-gate.yaml", gate + EVIDENCE)
    git("commit", "-qam", "evidence")
    put("release-gate.yaml", gate + now)
    code, _, err = run("--base", "HEAD")
    assert code == 6
    assert ("claims are held against less than before" in err, told in err) == (bool(told), True)


ACCESS = """\
release_gate: gate/v1
policies: [policies/own.yaml, policies/who.yaml]
access:
  acme/brief:
    facts: {artifacts: [{id: w, kind: weights}]}
    release: decision.json
    form: {Country: requester.country}
    grants: grants.jsonl
"""
WHO = """\
release_gate: policy/v1
id: who
version: 1.0.0
title: Who may have it
subject: access
covers: true
rules:
  - {id: a-year, oblige: {duty: Ask again, expires: P1Y}}
"""


@pytest.fixture
def gated(run: Run) -> Run:
    """The command at a commit with a gate that gives access, too."""
    put("release-gate.yaml", ACCESS)
    put("policies/who.yaml", WHO)
    put("decision.json", "{}")
    git("add", ".")
    git("commit", "-qm", "access")
    return run


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "release-gate.yaml",
            "grants.jsonl",
            "mine.jsonl",
            "access to `acme/brief` is given was changed: `grants`",
        ),
        ("release-gate.yaml", "Country: ", "Land: ", "was changed: `form.Country`, `form.Land`"),
        ("policies/who.yaml", "P1Y", "P9Y", "by the policy `who` was changed: `rules.a-year.oblige.expires`"),
        ("decision.json", "{}", "{ }", "how access to `acme/brief` is given was changed: `decision.json`"),
    ],
)
def test_who_gives_access_is_watched(file: str, old: str, new: str, told: str, gated: Run) -> None:
    assert "RG903" not in gated("--base", "HEAD")[2]
    put(file, Path(file).read_text(encoding="utf-8").replace(old, new))
    code, _, err = gated("--base", "HEAD")
    assert (code, err.count("RG903")) == (6, 1)
    assert told in err


@pytest.mark.parametrize("linked", ["release-gate.yaml", "policies"])
def test_a_link_to_what_was_there_already_is_no_way_around(run: Run, linked: str) -> None:
    loose = POLICY.replace("count: 2", "count: 1")
    Path("loose").mkdir()
    put("loose/own.yaml", loose)
    put("loose/gate.yaml", "release_gate: gate/v1\npolicies: [loose/own.yaml]\n")
    git("add", ".")
    git("commit", "-qm", "an example that nobody is judged by")
    shutil.move(linked, "before")
    Path(linked).symlink_to("loose" if linked == "policies" else "loose/gate.yaml")
    for gate in (("--gate", "release-gate.yaml"), ("--policy", "policies/own.yaml")):
        told = run("--base", "HEAD", *gate)[2]
        assert ("needs fewer people" in told) == (linked == "policies" or "--gate" in gate), told


def test_a_gate_in_a_folder_of_another_repository_is_not_compared(run: Run, tmp_path: Path) -> None:
    other = tmp_path.parent / f"{tmp_path.name}-other"
    shutil.copytree(tmp_path, other, symlinks=True)
    Path("ci").symlink_to(other / "project")
    code, _, err = run("--base", "HEAD", "--gate", "ci/release-gate.yaml")
    assert (code, "`ci/release-gate.yaml` is not in the repository of" in err) == (3, True)


def test_a_file_is_watched_wherever_it_comes_from(gated: Run, tmp_path: Path) -> None:
    told = "was changed: `decision.json`"
    file = Path("decision.json")
    put("other.json", "{ }")
    file.unlink()
    file.symlink_to("other.json")  # a link to what is in no commit
    assert told in gated("--base", "HEAD")[2]
    file.unlink()
    assert told in gated("--base", "HEAD")[2]
    git("rm", "-q", "--cached", "decision.json")
    git("commit", "-qm", "decided elsewhere")
    put("decision.json", "{ }")  # what is in no commit does not come with the change
    assert "RG903" not in gated("--base", "HEAD")[2]
    git("add", "decision.json")
    assert told in gated("--base", "HEAD")[2]
    put("release-gate.yaml", ACCESS.replace("decision.json", str(tmp_path.parent / "decision.json")))
    git("commit", "-qam", "outside")
    assert "RG903" not in gated("--base", "HEAD")[2]


def test_a_file_from_elsewhere_hides_none_of_the_repository(gated: Run, tmp_path: Path) -> None:
    outside = ACCESS.replace("decision.json", str(tmp_path.parent / "decision.json"))
    both = outside.replace("acme/brief", "acme/first") + "".join(ACCESS.splitlines(keepends=True)[3:])
    put("release-gate.yaml", both.replace("grants.jsonl", "first.jsonl", 1))
    git("commit", "-qam", "two")
    assert "RG903" not in gated("--base", "HEAD")[2]
    put("decision.json", "{ }")
    assert "was changed: `decision.json`" in gated("--base", "HEAD")[2]


def test_a_file_behind_a_link_of_the_repository_is_watched(gated: Run) -> None:
    """Git says nothing of what lies behind a link: neither that it was there, nor that it is."""
    Path("kept").mkdir()
    put("kept/decision.json", "{}")
    Path("there").symlink_to("kept")
    put("release-gate.yaml", ACCESS.replace("decision.json", "there/decision.json"))
    git("add", ".")
    git("commit", "-qm", "a link")
    put("kept/decision.json", "{ }")
    assert "was changed: `there/decision.json`" in gated("--base", "HEAD")[2]


def object_of(*arguments: str, data: bytes = b"") -> str:
    """The object that git writes."""
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode().strip()


def tree(*entries: tuple[bytes, bytes, str]) -> str:
    """A tree as no git writes it, and as git reads it."""
    data = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(digest) for mode, name, digest in entries)
    return object_of("hash-object", "-t", "tree", "--literally", "-w", "--stdin", data=data)


def test_a_commit_writes_nothing_outside_of_its_folder(run: Run, tmp_path: Path) -> None:
    """A repository from somewhere can hold trees that lead out of it."""
    blob = object_of("hash-object", "-w", "request.yaml")
    inside = tree((b"100644", b"pwned.yaml", blob))
    trees = {
        "`../pwned.yaml`": tree((b"40000", b"..", inside)),
        f"`{tmp_path}/pwned.yaml`": tree((b"100644", f"{tmp_path}/pwned.yaml".encode(), blob)),
        "`a.yaml/pwned.yaml`": tree((b"100644", b"a.yaml", blob), (b"40000", b"a.yaml", inside)),
    }
    for named, each in trees.items():
        code, _, err = run("--base", object_of("commit-tree", each, "-m", "odd"))
        assert (code, "RG904" in err, named in err) == (3, True, True), err
        assert not (tmp_path / "pwned.yaml").exists()


@pytest.mark.parametrize("ref", ["absent", "--help", "HEAD:policies", ""])
def test_a_commit_that_is_not_there_is_an_error(ref: str, run: Run) -> None:
    code, out, err = run("--base", ref, "-o", "json=out.json")
    assert (code, out) == (3, "")
    assert "RG904" in err
    assert "RG904" in Path("out.json").read_text(encoding="utf-8")


def test_a_gate_that_was_not_valid_is_an_error(run: Run) -> None:
    policy("deny: Too large", "dney: Too large")
    git("commit", "-qam", "broken")
    put("policies/own.yaml", POLICY)
    code, _, err = run("--base", "HEAD")
    assert (code, "--> HEAD:project/policies/own.yaml:7:" in err) == (3, True), err
    put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/absent.yaml]\n")
    git("commit", "-qam", "broken otherwise")
    put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/own.yaml]\n")
    assert "cannot read `HEAD:project/policies/absent.yaml`" in run("--base", "HEAD")[2]


def test_a_folder_without_statements_was_there(run: Run) -> None:
    key = generate_key()
    put("trust.yaml", json.dumps({
        "release_gate": "trust/v1", "people": {"ada": {"roles": ["lead"], "keys": [{"pem": key.public.pem}]}},
    }))  # fmt: skip
    for folder in ("sign-offs", "../../elsewhere"):  # nothing is made outside of what was written
        gate = f"policies: [policies/own.yaml]\ntrust: trust.yaml\nsign_offs: {folder}\n"
        put("release-gate.yaml", f"release_gate: gate/v1\n{gate}")
        Path(folder).mkdir()
        git("add", ".")
        git("commit", "-qm", "nobody has signed yet")
        told = run("--base", "HEAD")[2]
        assert ("RG510" in told) == (folder != "sign-offs"), told


def test_nobody_else_says_what_the_gate_was(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a gate file names above its repository is not in the folder that everybody writes to."""
    for above in (2, 20):
        shared = tmp_path.joinpath("shared", *map(str, range(above)))
        shared.mkdir(parents=True)
        monkeypatch.setattr(tempfile, "tempdir", str(shared))
        put("release-gate.yaml", f"release_gate: gate/v1\npolicies: [{'../' * above}lax.yaml]\n")
        git("commit", "-qam", "above")
        put("release-gate.yaml", "release_gate: gate/v1\npolicies: [policies/own.yaml]\n")
        for folder in (shared, *shared.parents):
            if folder.is_relative_to(tmp_path):
                (folder / "lax.yaml").write_text(POLICY.replace("count: 2", "count: 1"), encoding="utf-8")
        code, _, err = run("--base", "HEAD")
        assert (code, "RG001" in err) == (3, True), err


def test_without_git_nothing_is_let_through(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, _, err = run("--base", "HEAD")
    assert (code, "`git` is not installed" in err) == (3, True)


def test_outside_of_a_repository_it_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".git").rename(tmp_path / "git")
    code, _, err = run("--base", "HEAD")
    assert (code, "cannot read what the gate was" in err) == (3, True)
