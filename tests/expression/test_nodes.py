"""The tree of a condition."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from release_gate.expression import nodes
from release_gate.expression.nodes import At, Fact, Node, children

AT = At(0, 1)


@pytest.mark.parametrize("kind", get_args(Node), ids=lambda kind: kind.__name__)
def test_the_children_of_a_node_are_all_its_parts_that_are_nodes_in_their_order(kind: Any) -> None:
    parts: dict[str, Any] = {}
    below: list[Fact] = []
    for field in fields(kind):
        made = [Fact(AT, (f"{field.name}{n}",)) for n in range(2)]
        match str(field.type):
            case "Node" | "Node | None":
                parts[field.name] = made[0]
                below.append(made[0])
            case "tuple[Node, ...]":
                parts[field.name] = tuple(made)
                below += made
            case _:
                parts[field.name] = AT if field.name == "at" else field.name
    assert children(kind(**parts)) == tuple(below)


def test_a_comprehension_without_a_filter_has_no_child_for_it() -> None:
    result, items = Fact(AT, ("x",)), Fact(AT, ("evidence",))
    assert children(nodes.Comprehension(AT, result, "x", items, None)) == (result, items)
