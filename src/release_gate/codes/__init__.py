"""What every diagnostic code means: a page of Markdown for each, beside this file.

A page has a title, says what is wrong and why it matters, shows an example with what the command prints, and
then what is better. The pages are run by the tests, so that each code is raised by its own example.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["Explanation", "codes", "explanation"]

_FOLDER: Final = Path(__file__).parent
_COMMENT: Final = re.compile(r"<!--.*?-->\n*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The page of a code.

    Attributes:
        code: The code.
        title: What is wrong, in a few words.
        text: The rest of the page, as Markdown.
    """

    code: str
    title: str
    text: str

    @property
    def about(self) -> str:
        """What is wrong and why it matters, without the example."""
        return self.text.partition("\n```")[0].strip()


@cache
def codes() -> tuple[str, ...]:
    """Every code, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("RG*.md")))


@cache
def explanation(code: str) -> Explanation | None:
    """The page of a code, if there is such a code."""
    if code not in codes():
        return None
    text = _COMMENT.sub("", (_FOLDER / f"{code}.md").read_text(encoding="utf-8"))
    title, _, rest = text.lstrip().removeprefix("# ").partition("\n")
    return Explanation(code, title.strip(), rest.strip() + "\n")
