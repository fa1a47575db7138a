"""The language server: what the protocol asks for, given to the functions beside this module.

Whatever stands in the editor counts, saved or not. What is wrong is told once nobody has typed for a moment,
by a thread of its own, so that words can be completed meanwhile.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, cast

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from release_gate.diagnostics import Severity, Span
from release_gate.editor.completion import Item, complete
from release_gate.editor.definition import definition
from release_gate.editor.fixes import Edit, fixes
from release_gate.editor.formatting import formatted
from release_gate.editor.hover import hover
from release_gate.editor.lines import Units
from release_gate.editor.pages import Page, page_of
from release_gate.editor.problems import Told, check
from release_gate.policy.packs import data_folder
from release_gate.unsaved import unsaved

__all__ = ["Server", "serve"]

QUIET: Final = 0.15
"""So many seconds without a change, and what is wrong is told."""
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_KINDS: Final = {
    "fact": types.CompletionItemKind.Field,
    "section": types.CompletionItemKind.Module,
    "word": types.CompletionItemKind.EnumMember,
    "name": types.CompletionItemKind.Reference,
    "key": types.CompletionItemKind.Property,
    "function": types.CompletionItemKind.Function,
    "keyword": types.CompletionItemKind.Keyword,
    "file": types.CompletionItemKind.File,
}


class Server(LanguageServer):
    """A language server for the documents of this library."""

    def __init__(self, version: str, today: Callable[[], date]) -> None:
        """Start with nothing open.

        Args:
            version: The version of the library.
            today: Says which day it is, for warnings about what has a date.
        """
        super().__init__("release-gate", version, types.TextDocumentSyncKind.Full)
        self.today = today
        self.worker = ThreadPoolExecutor(1, "check")
        self.open: set[str] = set()  # as the client calls them; the workspace knows them by other names
        self.pages: dict[str, tuple[int | None, Page]] = {}
        self.told: dict[str, tuple[Page, list[Told]]] = {}
        self.waiting: asyncio.Task[None] | None = None

    # -- documents

    def page(self, uri: str) -> Page:
        """The page of a document as it stands now."""
        document = self.workspace.get_text_document(uri)
        known = self.pages.get(uri)
        if known is None or known[0] != document.version or document.version is None:
            try:
                text = document.source
            except (OSError, ValueError):  # it is not open, and not on disk
                text = ""
            known = self.pages[uri] = (document.version, Page(path_of(uri), text))
        return known[1]

    def open_pages(self) -> dict[str, Page]:
        """The page of every document that is open."""
        return {uri: self.page(uri) for uri in sorted(self.open)}

    def buffers(self) -> dict[Path, str]:
        """What stands in the editor, by file."""
        return {page.path.resolve(): page.text for page in self.open_pages().values()}

    @property
    def units(self) -> Units:
        """The units in which the client counts columns."""
        return cast("Units", str(getattr(encoding := self.workspace.position_encoding, "value", encoding)))

    # -- what is wrong

    def changed(self, delay: float = QUIET) -> None:
        """Look at every open document again, once nobody has typed for a moment: they may name each other."""
        if self.waiting is not None:
            self.waiting.cancel()
        self.waiting = asyncio.get_running_loop().create_task(self.tell(delay))

    async def tell(self, delay: float) -> None:
        """Tell what is wrong with every open document that is not told yet."""
        await asyncio.sleep(delay)
        buffers, today = self.buffers(), self.today()
        for uri, page in self.open_pages().items():
            look = asyncio.get_running_loop().run_in_executor(self.worker, look_at, page, buffers, today)
            told = await look
            if uri in self.open and self.page(uri) is page:
                self.told[uri] = (page, told)
                self.publish(uri, page, told)

    def publish(self, uri: str, page: Page, told: Iterable[Told]) -> None:
        """Send what is wrong with a document."""
        found = [self.diagnostic(uri, page, each) for each in told]
        version = self.workspace.get_text_document(uri).version
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def diagnostic(self, uri: str, page: Page, told: Told) -> types.Diagnostic:
        """Something that is wrong, as the protocol says it."""
        found = told.diagnostic
        related = None
        if told.elsewhere is not None:
            there = self.location(path_of_span(told.elsewhere), told.elsewhere)
            related = [types.DiagnosticRelatedInformation(there, "it is written here")]
        return types.Diagnostic(
            range=self.range(page, found.span) if found.span else self.range_of(page, 0, 0),
            severity=types.DiagnosticSeverity.Error
            if found.severity is Severity.ERROR
            else types.DiagnosticSeverity.Warning,
            code=found.code,
            source="release-gate",
            message=found.message + (f"\n{found.help}" if found.help else ""),
            tags=[types.DiagnosticTag.Unnecessary] if found.code in ("RG837", "RG838") else None,
            related_information=related,
        )

    def told_of(self, uri: str) -> tuple[Page, list[Told]]:
        """What is wrong with a document as it stands now."""
        page = self.page(uri)
        known = self.told.get(uri)
        if known is None or known[0] is not page:
            known = self.told[uri] = (page, look_at(page, self.buffers(), self.today()))
        return known

    # -- places

    def offset(self, page: Page, position: types.Position) -> int:
        """An offset into a page."""
        return page.lines.offset(position.line, position.character, self.units)

    def range_of(self, page: Page, start: int, end: int) -> types.Range:
        """A stretch of a page."""
        places = (page.lines.place(each, self.units) for each in (start, end))
        first, last = (types.Position(*place) for place in places)
        return types.Range(first, last)

    def range(self, page: Page, span: Span) -> types.Range:
        """The stretch of a page that a span is."""
        return self.range_of(page, *page.lines.range_of(span))

    def location(self, path: Path, span: Span) -> types.Location:
        """A place in a file."""
        with unsaved(self.buffers()):
            page = page_of(path) or Page(path, "")
        return types.Location(uris.from_fs_path(str(path.resolve())) or "", self.range(page, span))

    def edit(self, page: Page, edit: Edit) -> types.TextEdit:
        """A change of a page."""
        return types.TextEdit(self.range_of(page, edit.start, edit.end), edit.text)


def look_at(page: Page, buffers: dict[Path, str], today: date) -> list[Told]:
    """What is wrong with a page, where these texts stand in the editor."""
    with unsaved(buffers):
        return check(page, today)


def path_of(uri: str) -> Path:
    """The file of a document. One that is no file stands for itself, in the folder of this process."""
    with suppress(ValueError, OSError):
        name = uris.to_fs_path(uri) if uri.startswith("file:") else None
        if name and "\0" not in name:
            path = Path(name)
            path.resolve()
            return path
    return Path.cwd() / (_NO_NAME.sub("-", uri)[-80:] or "untitled")


def path_of_span(span: Span) -> Path:
    """The file that a span is in."""
    if span.file.startswith("pack:"):
        return data_folder("policies") / span.file.removeprefix("pack:")
    return Path(span.file)


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def _completion(server: Server, page: Page, number: int, item: Item) -> types.CompletionItem:
    return types.CompletionItem(
        label=item.label,
        kind=_KINDS[item.kind],
        detail=item.detail or None,
        documentation=_markdown(item.about) if item.about else None,
        sort_text=f"{0 if item.first else 1}{number:05}",
        filter_text=item.text,
        text_edit=types.TextEdit(server.range_of(page, item.start, item.end), item.text),
    )


def _opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    server.open.add(params.text_document.uri)
    server.changed()


def _changed(server: Server, _params: object) -> None:
    server.changed()


def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.open.discard(uri)
    server.pages.pop(uri, None)
    server.told.pop(uri, None)
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
    server.changed()


def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    page = server.page(params.text_document.uri)
    with unsaved(server.buffers()):
        found = hover(page, server.offset(page, params.position))
    if found is None:
        return None
    return types.Hover(_markdown(found.text), server.range_of(page, found.start, found.end))


def _complete(server: Server, params: types.CompletionParams) -> types.CompletionList:
    page = server.page(params.text_document.uri)
    with unsaved(server.buffers()):
        items = complete(page, server.offset(page, params.position))
    found = [_completion(server, page, number, item) for number, item in enumerate(items)]
    return types.CompletionList(is_incomplete=False, items=found)


def _define(server: Server, params: types.DefinitionParams) -> types.Location | None:
    page = server.page(params.text_document.uri)
    with unsaved(server.buffers()):
        place = definition(page, server.offset(page, params.position))
    return server.location(place.path, place.span) if place is not None else None


def _mend(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri = params.text_document.uri
    page, told = server.told_of(uri)
    start, end = (server.offset(page, each) for each in (params.range.start, params.range.end))
    here = [
        each.diagnostic
        for each in told
        if each.elsewhere is None
        and each.diagnostic.span is not None
        and _meet(page.lines.range_of(each.diagnostic.span), (start, end))
    ]
    return [
        types.CodeAction(
            fix.title,
            types.CodeActionKind.QuickFix,
            diagnostics=[server.diagnostic(uri, page, Told(fix.mends))],
            is_preferred=fix.preferred,
            edit=types.WorkspaceEdit({uri: [server.edit(page, each) for each in fix.edits]}),
        )
        for fix in fixes(page, here)
    ]


def _format(server: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    page = server.page(params.text_document.uri)
    edit = formatted(page)
    return [server.edit(page, edit)] if edit is not None else []


_FEATURES: Final[tuple[tuple[str, Callable[..., object], object], ...]] = (
    (types.TEXT_DOCUMENT_DID_OPEN, _opened, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, _changed, None),
    (types.TEXT_DOCUMENT_DID_SAVE, _changed, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _changed, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, _closed, None),
    (types.TEXT_DOCUMENT_HOVER, _hover, None),
    (
        types.TEXT_DOCUMENT_COMPLETION,
        _complete,
        types.CompletionOptions(trigger_characters=[".", '"', "$", "{", "[", " "]),
    ),
    (types.TEXT_DOCUMENT_DEFINITION, _define, None),
    (types.TEXT_DOCUMENT_FORMATTING, _format, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        _mend,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    ),
)
"""What the protocol may ask for, who answers, and how that is announced."""


def serve(version: str, today: Callable[[], date]) -> Server:
    """A server that knows what to do.

    Args:
        version: The version of the library.
        today: Says which day it is.
    """
    server = Server(version, today)
    for name, handler, options in _FEATURES:
        server.feature(name, options)(partial(handler, server))
    return server


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
