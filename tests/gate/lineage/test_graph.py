"""What stands on what, over many requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.diagnostics import RequestError
from release_gate.gate.lineage.graph import Graph, View

from .models import graph, model

DATA = {"artifacts": [{"id": "corpus", "kind": "dataset", "wanted": "fully_open"}]}


def pairs(view: View) -> tuple[list[str], list[str]]:
    return tuple([f"{link.child}<{link.parent}" for link in links] for links in (view.up, view.down))  # type: ignore[return-value]


def test_ancestors_and_descendants_are_found_near_and_far() -> None:
    found = graph(model("a"), model("b", "a"), model("c", "b"), model("d", "a"), model("e"))
    assert pairs(found.view("b")) == (["b<a"], ["c<b"])
    assert pairs(found.view("a")) == ([], ["b<a", "d<a", "c<b"])
    assert pairs(found.view("a", depth=1)) == ([], ["b<a", "d<a"])
    assert found.view("c").names == ("a", "b", "c")


def test_a_name_leads_on_only_if_a_table_says_so() -> None:
    without = graph(model("a"), model("b", "A 7B"))
    assert without.unresolved(without.view("b").names) == {"A 7B": ("b",)}
    assert pairs(without.view("a")) == ([], [])
    known = graph(model("a"), model("b", "A 7B"), **{"A 7B": "a"})
    assert pairs(known.view("a")) == ([], ["b<a"])
    assert known.unresolved(known.view("b").names) == {}


def test_data_lead_on_where_a_request_describes_them() -> None:
    trained = {"data": {"sources": [{"name": "corpus-1"}, {"name": "the web"}]}}
    found = graph(model("corpus-1", **DATA), model("a", **trained))
    (link,) = found.view("a").up
    assert (link.parent, link.relation, link.at) == ("corpus-1", "data", ("data", "sources", 0))


def test_the_data_of_a_variant_are_those_of_its_artifacts_only() -> None:
    artifacts = [
        {"id": "base", "kind": "weights", "wanted": "weights_open"},
        {"id": "tuned", "kind": "weights", "wanted": "weights_open", "variant": "t"},
        {"id": "code", "kind": "code", "wanted": "weights_open"},
    ]
    variants = {"t": {"data": {"sources": {"items": [{"name": "corpus-1"}], "complete": False}}}}
    found = graph(model("corpus-1", **DATA), model("a", artifacts=artifacts, variants=variants))
    (link,) = found.view("a").up
    assert (link.artifacts, link.at) == (("tuned",), ("variants", "t", "data", "sources", "items", 0))


def test_who_learned_from_a_data_set_does_not_stand_on_the_model_beside_it() -> None:
    beside = [*DATA["artifacts"], {"id": "weights", "kind": "weights", "wanted": "weights_open"}]
    both = model("both", {"parent": "root", "child": "weights"}, artifacts=beside)
    learned = model("learned", data={"sources": [{"name": "Corpus"}]})
    found = graph(model("root"), both, learned, model("tuned", "both"), Corpus="both/corpus")
    assert pairs(found.view("root")) == ([], ["both<root", "tuned<both"])
    assert pairs(found.view("learned"))[0] == ["learned<both"]
    assert pairs(found.view("both/corpus")) == ([], ["learned<both", "tuned<both"])


def test_what_a_request_says_of_an_ancestor_is_part_of_the_graph() -> None:
    two_hops = model("c", "b", {"child": "b", "parent": "a"})
    assert pairs(graph(two_hops).view("a")) == ([], ["b<a", "c<b"])


def test_circles_are_named_and_everything_still_ends() -> None:
    found = graph(model("a", "c"), model("b", "a"), model("c", "b"), model("d", "d-base"), model("x", "c"))
    assert found.circles() == (("a", "c", "b", "a"),)
    assert pairs(found.view("a")) == (["a<c", "c<b", "b<a"], ["b<a", "c<b", "a<c", "x<c"])


def test_of_a_knot_of_circles_the_shortest_way_around_is_named() -> None:
    found = graph(model("a", "b", "c"), model("b", "c"), model("c", "a"))
    assert found.circles() == (("a", "c", "a"),)


def test_a_chain_of_ten_thousand_is_walked() -> None:
    last = 10_000
    chain = [model("m0"), *(model(f"m{n}", f"m{n - 1}") for n in range(1, last + 1))]
    found = graph(*chain)
    assert len(found.view("m0").down) == last
    assert len(found.view(f"m{last}").up) == last
    assert found.circles() == ()
    closed = graph(*chain[1:], model("m0", f"m{last}"))
    assert [len(circle) for circle in closed.circles()] == [last + 2]


@pytest.mark.parametrize(("name", "help_"), [("llama-2", "did you mean `llama-1`"), ("zzz", "add the name")])
def test_a_name_that_nobody_knows_is_told(name: str, help_: str) -> None:
    requests = [model("llama-1"), *(model(f"other-{n}") for n in range(12))]
    with pytest.raises(RequestError) as error:
        graph(*requests).view(name)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "RG520"
    assert help_ in diagnostic.help


def test_of_two_requests_with_one_id_the_first_counts() -> None:
    assert pairs(graph(model("a", "b"), model("a", "c")).view("a"))[0] == ["a<b"]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16), st.randoms())
def test_law_up_and_down_are_one_relation_and_order_never_matters(
    edges: list[tuple[int, int]], random: object
) -> None:
    parents: dict[str, list[str]] = {f"m{n}": [] for n in range(8)}
    for child, parent in edges:
        if child != parent and f"m{parent}" not in parents[f"m{child}"]:
            parents[f"m{child}"].append(f"m{parent}")
    requests = [model(name, *above) for name, above in parents.items()]
    found = graph(*requests)
    random.shuffle(requests)  # type: ignore[attr-defined]
    assert graph(*requests).links == found.links
    below = {name: reached(found, name, up=False) for name in parents}
    for name in parents:
        assert reached(found, name, up=True) == {other for other in parents if name in below[other]}
    in_circles = {name for name in parents if name in below[name]}
    named = {name for circle in found.circles() for name in circle}
    assert named <= in_circles
    assert bool(named) == bool(in_circles)


def reached(found: Graph, name: str, *, up: bool) -> set[str]:
    view = found.view(name)
    return {link.parent for link in view.up} if up else {link.child for link in view.down}
