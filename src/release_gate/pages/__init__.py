"""Pages that are complete in themselves: one file, without scripts, readable on paper and by a screen reader.

The only place for jinja2. Everything that a request or a policy says is escaped by the template engine, and a
page forbids scripts, frames, forms and every address but its own, should something get past that.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from release_gate.diagnostics import printable

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

__all__ = ["END", "Templates", "head", "safe", "shown", "templates"]

_FOLDER: Final = Path(__file__).parent
Templates: TypeAlias = "jinja2.Environment"
"""The templates of a folder."""
END: Final = "</main>\n</body>\n</html>\n"


def templates(folder: Path, finalize: Callable[[Any], Any] | None = None) -> Templates:
    """The templates of a folder. They have two filters: ``address`` for links, ``spaced`` for identifiers.

    Args:
        folder: The folder.
        finalize: What becomes of each value before it is written.
    """
    import jinja2  # noqa: PLC0415 - heavy, and few commands write pages

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    found.filters |= {"address": _address, "spaced": _spaced}
    return found


def _address(url: object) -> str:
    """An address that may be linked, or nothing."""
    text = str(url)
    return text if text.startswith("https://") and text.isprintable() else ""


def _spaced(name: object) -> str:
    """An identifier that a narrow screen may break."""
    return str(name).replace("_", " ")


def head(title: str, language: str = "en") -> str:
    """How a page begins; it ends with :data:`END`."""
    style, digest = _style()
    template = _own().get_template("head.html")
    return safe(
        template.render(title=printable(title, 300), language=language, style=style, style_digest=digest)
    )


def safe(markup: str) -> str:
    """No command of a build log, if somebody prints the page or the XML there."""
    return markup.replace("##", "#&#35;")


def shown(text: str, limit: int = 500) -> str:
    """What a request or a policy says, as it stands in a page that no template wrote."""
    return safe(escape(printable(text, limit)))


@cache
def _own() -> Templates:
    return templates(_FOLDER)


@cache
def _style() -> tuple[Markup, str]:
    from markupsafe import Markup  # noqa: PLC0415 - as above

    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Markup(style), digest  # noqa: S704 - our own
