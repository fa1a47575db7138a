"""How a repository is written in a gate file: by a pattern that most names need not be matched against."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from release_gate.policy import gated
from release_gate.policy.gate_file import GateDocument

QUICKLY, EXACTLY = TypeAdapter(gated.Repository), gated._pattern()
SOME = st.text("aZ0_.-/é\n\u0301\u0663", max_size=8) | st.sampled_from(
    ["a" * 96 + "/b", "a" * 97 + "/b", "a/" + "b" * 96, "a/" + "b" * 97, "datasets/a/b", "models/a/b"]
)


def said(adapter: TypeAdapter[str], raw: Any) -> Any:
    """What comes of a value: itself, or what is wrong with it."""
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        return error.errors(include_url=False)


@given(SOME | st.from_regex(gated.REPOSITORY) | st.integers() | st.binary())
def test_a_repository_is_what_the_pattern_says(raw: Any) -> None:
    assert said(QUICKLY, raw) == said(EXACTLY, raw)


def patterns(schema: Any) -> Iterator[str]:
    """The patterns that pydantic compiles for a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "str" and "pattern" in schema:
            yield schema["pattern"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from patterns(each)


def test_a_gate_waits_for_no_pattern_that_takes_long_to_compile() -> None:
    GateDocument.model_rebuild()
    compiled = set(patterns(GateDocument.__pydantic_core_schema__))
    assert compiled
    assert gated.REPOSITORY not in compiled


@pytest.mark.parametrize("name", ["openai/gpt-2", "datasets/a/b", "spaces/a.b/c_d"])
def test_names_of_the_hub_need_no_pattern(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gated, "_pattern", lambda: pytest.fail("it was compiled"))
    assert QUICKLY.validate_python(name) == name
