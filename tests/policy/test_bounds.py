"""Policies may be large, and one that was written to do harm is still refused soon."""

import time

import pytest

from release_gate.diagnostics import InputError
from release_gate.policy.load import policy_from_document
from release_gate.source import POLICY_LIMITS, read_document

SECONDS = 30  # of processor time while coverage is measured: about one without, and what hangs takes for ever
HEAD = "release_gate: policy/v1\nid: p\nversion: 1.0.0\ntitle: P\n"
RULE = (
    '- {id: r%d, at: hosted, when: \'developer.jurisdiction == "US" and model.name == "m%d"\', deny: No., '
    "because: It is so., cite: law}\n"
)


def rules(line: str, times: int) -> str:
    return HEAD + "rules:\n" + "".join(line.replace("%d", str(n)) for n in range(times))


def test_ten_thousand_rules_can_be_read() -> None:
    document = read_document(rules(RULE, 10_000), "policy.yaml", POLICY_LIMITS)
    assert len(document.spans) > 70_000


HOSTILE = {
    "more values than a policy may have": HEAD + "rules: [" + "a, " * 160_001 + "]\n",
    "as many wrong rules": HEAD + "rules: [" + "a, " * 159_900 + "]\n",
    "as many unknown keys": HEAD + "".join(f"k{n}: 1\n" for n in range(79_900)),
    "more text than a policy may have": HEAD + "#" * 8 * 2**20,
    "unknown keys of 10,000 rules": rules("- {id: r%d, deny: No., whenn: x}\n", 10_000),
    "wrong conditions of 10,000 rules": rules("- {id: r%d, deny: No., when: modle.x > 1}\n", 10_000),
    "one id for 10,000 rules": rules("- {id: r, deny: No.}\n", 10_000),
    "long conditions of 2,000 rules": rules(
        "- {id: r%d, deny: No., when: '" + " and ".join(["modle.x > 1"] * 240) + "'}\n", 2_000
    ),
    "parameters that are lists": HEAD
    + "parameters:\n"
    + "".join(f"  p{n}: {{value: [1]}}\n" for n in range(20_000)),
    "definitions that stand on each other": HEAD
    + "definitions:\n"
    + "".join(f"  d{n}: is.d{n + 1}\n" for n in range(6_000)),
    "definitions that double": HEAD
    + "definitions:\n  d0: 'true'\n"
    + "".join(f"  d{n}: is.d{n - 1} and is.d{n - 1}\n" for n in range(1, 90)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_policy_is_refused_soon(text: str) -> None:
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        policy_from_document(read_document(text, "policy.yaml", POLICY_LIMITS))
    assert time.process_time() - start < SECONDS
    assert 1 <= len(caught.value.diagnostics) <= 50
