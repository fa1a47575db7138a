"""``release-gate lsp``: the language server."""

from __future__ import annotations

import os

import click

from release_gate import __version__
from release_gate.cli import clock


@click.command()
def lsp() -> int:
    """Help an editor to write documents: a language server on standard input and output.

    Editors start it themselves; how to tell them is in the documentation. Needs the extra `lsp`.
    """
    try:
        from release_gate.editor.server import serve  # noqa: PLC0415 - of the extra
    except ImportError:
        said = "the language server needs the extra `lsp`: pip install 'model-release-gate[lsp]'"
        raise click.UsageError(said) from None
    os.environ["RELEASE_GATE_CACHE"] = "off"  # what is being typed is read once and never again
    serve(__version__, clock.today).start_io()
    return 0
