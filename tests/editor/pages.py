"""Documents with a mark where somebody is."""

from pathlib import Path
from textwrap import dedent

from release_gate.editor.pages import Page

MARK = "¦"
POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme
covers: true
sources:
  mit: {title: The article, publisher: A review, date: 2026-05-12}
parameters:
  floor: {value: 0.98, stricter: higher}
facts:
  metrics:
    refusal: {title: refusal rate, range: [0, 1], max_age: P180D, bound: true}
  own:
    kindness: {title: how kind it is, choices: [low, high], ordered: true}
definitions:
  makes_images: '"image" in model.modalities_out'
tiers:
  - {id: low, ceiling: fully_open}
  - {id: high, ceiling: hosted}
default_tier: low
"""
"""A policy without rules."""
RULE = "rules:\n  - id: first\n    at: hosted\n    "
"""The start of a rule, for the next key."""


def marked(text: str, path: Path = Path("/nowhere/acme.yaml")) -> tuple[Page, int]:
    """A page, and the offset of the mark in it."""
    text = dedent(text)
    assert text.count(MARK) == 1
    return Page(path, text.replace(MARK, "")), text.index(MARK)


def rule(key: str) -> str:
    """The policy with a rule that has a key."""
    return f"{POLICY}{RULE}{key}\n"
