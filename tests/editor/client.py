"""An editor, as far as a language server can tell."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, Final

__all__ = ["Editor"]

PATIENCE: Final = 30.0


class Editor:
    """Speaks JSON-RPC with a language server.

    Attributes:
        capabilities: What the server says that it can do.
    """

    def __init__(self, said: IO[bytes], told: IO[bytes], encodings: tuple[str, ...] = ()) -> None:
        """Start to listen.

        Args:
            said: What the server writes.
            told: What the server reads.
            encodings: The units of columns that this editor offers; those of the protocol, if none.
        """
        self.said, self.told = said, told
        self.answers: dict[int, Queue[dict[str, Any]]] = {}
        self.found: dict[str, Queue[list[dict[str, Any]]]] = {}
        self.errors: list[dict[str, Any]] = []
        self.number = 0
        self.versions: dict[str, int] = {}
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        general = {"general": {"positionEncodings": list(encodings)}} if encodings else {}
        hover = {"textDocument": {"hover": {"contentFormat": ["markdown"]}}}
        asked = {"processId": None, "rootUri": None, "capabilities": {**general, **hover}}
        self.capabilities = self.ask("initialize", asked)["capabilities"]
        self.tell("initialized", {})

    def listen(self) -> None:
        """Read whatever the server says, until it says no more."""
        while line := self.said.readline():
            length = 0
            while line.strip():
                name, _, value = line.decode("ascii").partition(":")
                length = int(value) if name.lower() == "content-length" else length
                line = self.said.readline()
            self.heard(json.loads(self.said.read(length)))

    def heard(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self.answers.setdefault(message["id"], Queue()).put(message)
        elif message["method"] == "textDocument/publishDiagnostics":
            params = message["params"]
            self.found.setdefault(params["uri"], Queue()).put(params["diagnostics"])
        elif "id" in message:  # it asks us something
            items = message.get("params", {}).get("items", [])
            self.send({"id": message["id"], "result": [None for _ in items] or None})
        elif message["method"] in ("window/showMessage", "window/logMessage"):
            self.errors.append(message["params"])

    def send(self, message: Mapping[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.told.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.told.flush()

    def ask(self, method: str, params: Any = None) -> Any:
        """The answer to a question."""
        self.number += 1
        answers = self.answers.setdefault(self.number, Queue())
        self.send({"id": self.number, "method": method, "params": params})
        answer = answers.get(timeout=PATIENCE)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def tell(self, method: str, params: Any = None) -> None:
        self.send({"method": method, "params": params})

    # -- documents

    def open(self, uri: str, text: str) -> list[dict[str, Any]]:
        """Open a document, and wait for what is wrong with it."""
        self.versions[uri] = 1
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.wrong(uri)

    def change(self, uri: str, text: str) -> list[dict[str, Any]]:
        """Change a document, and wait for what is wrong with it."""
        self.write(uri, text)
        return self.wrong(uri)

    def write(self, uri: str, text: str) -> None:
        """Change a document, and wait for nothing."""
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def close(self, uri: str) -> list[dict[str, Any]]:
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
        return self.wrong(uri)

    def wrong(self, uri: str) -> list[dict[str, Any]]:
        """What is wrong with a document, once it is told."""
        return self.found.setdefault(uri, Queue()).get(timeout=PATIENCE)

    def until(self, uri: str, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """What is wrong with a document, once it is as wanted."""
        while not wanted(found := self.wrong(uri)):
            pass
        return found

    def is_silent(self, uri: str, seconds: float = 0.5) -> bool:
        """Whether nothing is told about a document for a while."""
        try:
            self.found.setdefault(uri, Queue()).get(timeout=seconds)
        except Empty:
            return True
        return False

    def at(self, method: str, uri: str, line: int, column: int, **more: Any) -> Any:
        """The answer to a question about a place."""
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}, **more}
        return self.ask(f"textDocument/{method}", place)

    def actions(self, uri: str, found: dict[str, Any]) -> list[dict[str, Any]]:
        """What can be done about a diagnostic."""
        params = {
            "textDocument": {"uri": uri},
            "range": found["range"],
            "context": {"diagnostics": [found]},
        }
        actions: list[dict[str, Any]] = self.ask("textDocument/codeAction", params)
        return actions

    def leave(self) -> None:
        """Say good-bye."""
        self.ask("shutdown")
        self.tell("exit")


def uri_of(path: Path) -> str:
    """The URI of a file."""
    return path.resolve().as_uri()
