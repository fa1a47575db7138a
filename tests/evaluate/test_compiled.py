"""What programs are made of. That they say what the reference says is held in ``tests/differential``."""

import linecache
import random
from typing import Any

import pytest

from release_gate.evaluate.compiled import Hits, Program
from release_gate.evaluate.fetch import Reading
from release_gate.policy.model import Policy
from tests.differential.agreement import Looked, differences, load, request_tree

COMPLETE: dict[str, Any] = {
    "id": "a",
    "action": "release",
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "weights_open", "license": "MIT"}],
    "developer": {"name": "Example Lab", "annual_revenue_usd": 5},
    "capability": {"cbrn": {"level": "high", "status": "reached"}},
    "model": {"languages": ["en", "fr"]},
    "own": {"flag": True, "amount": 3},
    "lineage": [{"parent": "p0", "license": "MIT", "access": "hosted", "training_flop": 7}],
    "safeguards": [{"id": "s0", "kind": "training", "removable": True, "effective": {"unknown": "missing"}}],
}


def policy_of(*conditions: str, definitions: dict[str, str] | None = None) -> Policy:
    rules = [{"id": f"r{n}", "when": each, "deny": "No."} for n, each in enumerate(conditions)]
    return load({"definitions": definitions or {}, "rules": rules})


def reading_of(policy: Policy, request: dict[str, Any]) -> Reading:
    return Reading.both(Looked(request).frame, policy)[0]


def run(program: Program, request: dict[str, Any]) -> Hits:
    return program.run(reading_of(program.policy, request), scope=True)


def nested(core: str, loops: int, name: str) -> str:
    for n in range(loops):
        core = f"$any([{core} for {name}{n} in lineage])"
    return core


def agree(policy: Policy, others: int = 30) -> bool:
    """Whether a program says what the reference says, on a request without gaps and on others with them."""
    rng = random.Random(1)
    program = Program(policy)
    seen = [Looked(COMPLETE), *(Looked(request_tree(rng)) for _ in range(others))]
    return not [each for one in seen for each in differences(policy, program, one, rng)]


# What is read is a flat tuple of Python's own values, and None is what is not plainly known.
READ: list[tuple[str, Any]] = [
    ('artifact.license == "MIT"', "MIT"),
    ("artifact.license == null", False),
    ("developer.name == null", False),
    ('capability.cbrn.level >= "low"', 3),
    ('capability.cyber.level >= "low"', None),
    ("transparency.contact == null", None),
    ("own.flag", True),
    ("model.languages.length > 1", 2),
    ('"en" in model.languages', ["en", "fr"]),
    ("$any([x.direct and x.training_flop > 1 for x in lineage])", [(True, 7)]),
    ("$any([x.removable and x.effective for x in safeguards])", [(True, None)]),
    ("data.sources.is_empty", None),
]


@pytest.mark.parametrize(("condition", "expected"), READ)
def test_what_is_read(condition: str, expected: Any) -> None:
    program = Program(policy_of(condition))
    ((value, partly),) = program.read(reading_of(program.policy, COMPLETE))
    assert (value, partly) == (expected, False)
    assert type(value) is not bool or type(expected) is bool


@pytest.mark.parametrize("stated", [{"low": 1, "high": 3}, None])
def test_a_range_and_null_are_known_in_part(stated: Any) -> None:
    program = Program(policy_of("own.amount > 2", "own.flag"))
    request = {**COMPLETE, "own": {"amount": stated, "flag": True}}
    assert program.read(reading_of(program.policy, request)) == [(None, True, True)]
    assert run(program, request) == [(0, None), (1, True)]


def test_facts_that_were_read_before_come_to_the_same() -> None:
    program = Program(
        policy_of("own.amount > 2", "own.flag", 'developer.name == "Example Lab"', "not own.flag")
    )
    for own in ({"amount": 3, "flag": True}, {"flag": False}, {"amount": {"low": 1, "high": 3}}):
        reading = reading_of(program.policy, {**COMPLETE, "own": own})
        assert program.run(reading, scope=True, facts=program.read(reading)) == program.run(
            reading, scope=True
        )


def test_a_list_is_read_once_for_all_rules() -> None:
    policy = policy_of(
        "$any([x.direct for x in lineage])", "$all([x.training_flop > 1 for x in lineage if not x.direct])"
    )
    program = Program(policy)
    assert program.read(reading_of(policy, COMPLETE)) == [([(True, 7)], False)]
    assert run(program, COMPLETE) == [(0, True), (1, True)]


# -- what somebody would write who wants the generated code to fail, or to run something else


def test_generated_code_has_no_text_of_a_policy() -> None:
    policy = policy_of(
        'artifact.license == "xyzzy"', 'developer.name =~ "xyzzy"', 'artifact.license in ["xyzzy", "a"]',
        '"xyzzy" in model.languages', '$any([x.name == "xyzzy" for x in lineage])',
        'developer.name =~~ "(?:xyzzy|b)"', "own.amount > 987654321",
    )  # fmt: skip
    program = Program(policy)
    run(program, COMPLETE)
    (chunk,) = program._chunks
    code = {function.__code__.co_filename for function in (chunk.known, chunk.read, chunk.kleene)}
    assert len(code) == 3
    for name in code:
        text = "".join(linecache.getlines(name))
        assert text.startswith("def evaluate(")
        assert "xyzzy" not in text
        assert "987654321" not in text


def test_loops_that_definitions_nest_too_deeply_are_left_to_the_reference() -> None:
    policy = policy_of(nested("is.d0", 9, "x"), definitions={"d0": nested("own.flag", 9, "y")})
    assert [part.index for part in Program(policy).interpreted] == [0]
    assert agree(policy, others=0)


def test_loops_that_have_code_stay_below_the_limit_of_python() -> None:
    core = "own.amount / own.amount >= 1"
    policy = policy_of(nested("is.d0", 6, "x"), definitions={"d0": nested(core, 6, "y")})
    assert not Program(policy).interpreted
    assert agree(policy, others=0)


def test_code_does_not_double_with_each_choice() -> None:
    condition = "".join("own.flag ? true : " for _ in range(18)) + "false"
    policy = policy_of(condition)
    assert agree(policy)
    (chunk,) = Program(policy)._chunks
    lines = linecache.getlines(chunk.kleene.__code__.co_filename)
    assert len(lines) < 200


def test_a_conjunction_of_many_conditions_is_not_too_deep() -> None:
    assert agree(policy_of(" and ".join(f"own.amount > {n}" for n in range(-120, 0))))
    assert agree(policy_of(" and ".join(["$any([x.direct for x in lineage])"] * 60)))
