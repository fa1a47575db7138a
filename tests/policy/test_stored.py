"""A policy as plain data: what comes back is what was written, and nothing else comes back at all."""

from __future__ import annotations

import json
import random
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.diagnostics import InputError
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy, chain
from release_gate.policy.packs import load_pack, pack_names
from release_gate.policy.stored import policy_from_plain, policy_to_plain
from release_gate.source import read_document
from tests.differential.agreement import load, policy_tree

VERSIONS = [policy for name in pack_names() for policy in chain(load_pack(name))]


def back(policy: Policy) -> Policy:
    """A policy that has been written and read."""
    return policy_from_plain(json.loads(json.dumps(policy_to_plain(policy))), policy.places.document)


def assert_same(one: Policy, other: Policy) -> None:
    """Say that all parts are equal, down to the places in the texts of conditions, which equality ignores."""
    for each in fields(Policy):
        if each.name != "places":
            assert getattr(one, each.name) == getattr(other, each.name), each.name
    assert repr(policy_to_plain(one)) == repr(policy_to_plain(other))


@pytest.mark.parametrize("policy", VERSIONS, ids=lambda policy: f"{policy.id}-{policy.version}")
def test_every_pack_comes_back_as_it_was(policy: Policy) -> None:
    alone = replace(policy, in_force=policy.document.in_force, instead=None, remarks=())
    assert_same(back(alone), alone)


@given(st.integers(0, 2**32))
def test_generated_policies_come_back_as_they_were(seed: int) -> None:
    try:
        made = load(policy_tree(random.Random(seed)))
    except InputError:  # the language refuses some of them
        return
    policy = policy_from_document(read_document(json.dumps(made.places.document.tree)))
    assert_same(back(policy), policy)


def test_a_part_that_stands_in_two_places_is_one_part_again() -> None:
    policy = back(load_pack("ladder"))
    assert all(rule.document is policy.document.rules[n] for n, rule in enumerate(policy.rules))


GOOD = policy_to_plain(load_pack("ladder"))


def _with(place: int, part: Any) -> list[Any]:
    return [*GOOD[:place], part, *GOOD[place + 1 :]]


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "policy",
        GOOD[:-1],
        [*GOOD, None],
        _with(0, ["=", 3]),
        _with(0, ["eval", "1"]),
        _with(0, ["PolicyDocument"]),
        _with(0, ["Policy", 1]),
        _with(0, []),
        _with(0, [["PolicyDocument"], 1]),
        _with(1, 1.5),
        _with(2, ["Condition", "true"]),
        _with(10, ["dict", ["one"], []]),
        _with(10, None),
    ],
)
def test_what_is_no_policy_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="this is no"):
        policy_from_plain(data, load_pack("ladder").places.document)
