"""Write the reference pages from the code: ``python -m tools.reference``.

Nothing in ``docs/reference/`` that begins with the line below is written by hand. A test compares the pages
with what this package makes of the code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tools.reference import command, diagnostics, documents, facts, library, packs

__all__ = ["FOLDER", "pages"]

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
NOTICE: Final = "<!-- Written by `python3 dev.py docs` from the code. Do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page: its name, and its text."""
    texts = {
        "command": command.commands(),
        "exit-codes": command.exit_codes(),
        "library": library.library(),
        "facts": facts.facts(),
        "vocabularies": facts.vocabularies(),
        "licenses": facts.licenses(),
        **documents.documents(),
        **packs.packs(),
        **diagnostics.diagnostics(),
    }
    return {f"{name}.md": NOTICE + text.strip() + "\n" for name, text in texts.items()}
