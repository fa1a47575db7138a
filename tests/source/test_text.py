"""What is quick about judging a text never lets pass what the long way refuses."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from release_gate.scalars import _FORBIDDEN_CATEGORIES, _NO_CHARACTERS, text_problem
from release_gate.source import _FORBIDDEN

CHARACTERS = [chr(point) for point in range(sys.maxunicode + 1)]


def test_a_text_that_can_be_printed_holds_no_character_that_is_refused() -> None:
    for char in filter(str.isprintable, CHARACTERS):
        assert not _FORBIDDEN.search(char)
        assert unicodedata.category(char) not in _FORBIDDEN_CATEGORIES
        assert char not in _NO_CHARACTERS


def test_every_character_that_is_refused_is_named() -> None:
    for char in CHARACTERS:
        refused = char in _NO_CHARACTERS or unicodedata.category(char) in _FORBIDDEN_CATEGORIES
        refused = refused and char not in "\n\t"
        assert (
            text_problem(f"a{char}").startswith(
                f"contains the invisible or reordering character U+{ord(char):04X}"
            )
            == refused
        )


@given(st.text())
def test_a_text_is_in_normal_form(text: str) -> None:
    found = text_problem(text)
    assert found in ("", "is not in Unicode normal form C") or found.startswith("contains")
    assert (found == "is not in Unicode normal form C") <= (unicodedata.normalize("NFC", text) != text)
    assert (found == "") <= (unicodedata.normalize("NFC", text) == text)
