"""A hub on this machine that behaves as Hugging Face's does towards the owner of a gated repository.

To practise on, so that no real queue has to be touched. Run it, and it says what to set so that
`release-gate access` talks to it instead.

What it does was seen with the real service's own client, version 2.4: lists come in pages that a `Link`
header connects, what was accepted already is 404, and who sends too much is 429 and told to wait.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

TOKEN = "hf_secretsecretsecret"  # noqa: S105 - only this hub knows it


class PracticeHub:
    """A gated repository at a hub, and what its owner has asked of it."""

    def __init__(self, repository: str = "acme/brief", page: int = 3) -> None:
        self.repository, self.page = repository, page
        self.requests: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.put_off: list[dict[str, str]] = []
        """For each of the next calls that change something: the headers of a 429."""
        self.put_off_lists: list[dict[str, str]] = []
        """For each of the next lists that are asked for, the same."""
        self.broken: tuple[int, Any] | None = None
        """What every call is answered with."""
        self.before_accept: Any = None
        """Called with the id before each acceptance."""
        self.url = ""

    def ask(self, name: str, account: str | None = None, status: str = "pending", **fields: Any) -> str:
        """Somebody asks for access."""
        number = len(self.requests)
        user = (
            {}
            if account is None
            else {"user": account, "fullname": account.title(), "email": f"{account}@x.org"}
        )
        self.requests[name] = {
            "requestId": name,
            "user": user,
            "status": status,
            "timestamp": f"2026-11-{1 + number % 28:02}T{number % 24:02}:00:00.000Z",
            "fields": fields or None,
        }
        return name

    def status(self, name: str) -> str:
        return str(self.requests[name]["status"])

    def answer(
        self, method: str, path: str, body: Any, authorization: str
    ) -> tuple[int, Any, dict[str, str]]:
        self.calls.append((method, path))
        if self.broken is not None:
            return *self.broken, {}
        if authorization != f"Bearer {TOKEN}":
            return 403, {"error": f"not with {authorization}"}, {}
        url = urlparse(path)
        start = f"/api/models/{self.repository}/user-access-request/"
        if not url.path.startswith(start):
            return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
        what = url.path.removeprefix(start)
        if method == "GET" and self.put_off_lists:
            return 429, {"error": "slow down"}, self.put_off_lists.pop(0)
        if method == "GET":
            return self.listed(what, int(parse_qs(url.query).get("cursor", ["0"])[0]), url.path)
        if self.put_off:
            return 429, {"error": "slow down"}, self.put_off.pop(0)
        return self.handled(what, body)

    def listed(self, status: str, start: int, path: str) -> tuple[int, Any, dict[str, str]]:
        found = [each for each in self.requests.values() if each["status"] == status]
        more = start + self.page < len(found)
        link = {"Link": f'<{self.url}{path}?cursor={start + self.page}>; rel="next"'} if more else {}
        return 200, found[start : start + self.page], link

    def handled(self, what: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        name = body["requestId"]
        if self.before_accept is not None:
            self.before_accept(name)
        if what != "handle" or name not in self.requests or self.status(name) == body["status"]:
            return 404, {"error": "Request not found"}, {}
        self.requests[name]["status"] = body["status"]
        return 200, {}, {}


@contextmanager
def serving(hub: PracticeHub) -> Iterator[PracticeHub]:
    """Serve a hub for a while."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do(None)

        def do_POST(self) -> None:
            self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _do(self, body: Any) -> None:
            authorization = self.headers.get("Authorization", "")
            status, found, headers = hub.answer(self.command, self.path, body, authorization)
            data = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            for key, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has not waited
                self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def peopled() -> PracticeHub:
    """A hub at which four wait."""
    hub = PracticeHub()
    answers: dict[str, Any] = {
        "Country": "DE",
        "Date of birth": "1990-05-17",
        "Affiliation": "Uni Ulm",
        "I accept the terms": True,
        "For what": "Study",
    }
    hub.ask("aa01", "ada", **answers)
    hub.ask("aa02", "bob", **{**answers, "Date of birth": "2012-01-01"})
    hub.ask("aa03", "cyd", **{**answers, "For what": "Sale"})
    hub.ask("aa04", "dot", **{**answers, "Country": "Narnia"})
    return hub


if __name__ == "__main__":
    with serving(peopled()) as running:
        print(f"export HF_ENDPOINT={running.url} HF_TOKEN={TOKEN}")  # noqa: T201 - for whoever runs it
        threading.Event().wait()
