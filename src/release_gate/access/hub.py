"""Hugging Face's queue of access requests, with its own client. The only module that talks to it.

It reads, accepts and cancels. It cannot reject: whom a hub has rejected can never ask again, and that is for
a person to decide.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import MAXYEAR, UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
from huggingface_hub import HfApi, get_session, get_token, hf_raise_for_status, set_client_factory
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import AccessRequest

from release_gate.access.form import Asked
from release_gate.diagnostics import Diagnostic, InputError, printable

__all__ = ["Hub"]

PATIENCE: Final = 30.0
"""How long, in seconds, the hub may be silent."""
TRIES: Final = 6
"""How often a request is sent that the hub puts off."""
LONGEST_WAIT: Final = 600.0
"""The longest time, in seconds, that the hub may ask to wait; it is told if it asks for more."""
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_OURS: Final = "/user-access-request/"
_LIMIT: Final = re.compile(r";\s*r=0\b.*?;\s*t=([0-9]{1,9})")  # draft-ietf-httpapi-ratelimit-headers
_TYPES: Final = {"datasets": "dataset", "spaces": "space"}


class Hub:
    """The queue of one repository."""

    def __init__(
        self,
        repository: str,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is sent yet.

        Args:
            repository: The repository, as `OWNER/NAME`, or with `datasets/` or `spaces/` before it.
            endpoint: The address of the hub; Hugging Face's, if not said.
            token: What the hub knows us by; what its own client finds, if not said.
            wait: What waits for some seconds.
        """
        head, _, rest = repository.partition("/")
        known = head in _TYPES and "/" in rest
        self.repository = rest if known else repository
        self.type = _TYPES[head] if known else "model"
        self._token = token or get_token() or ""
        _be_patient()
        self._api = HfApi(endpoint=endpoint, token=self._token or False)
        self._wait = wait
        # It logs addresses at most, but what it logs is not ours to promise.
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)

    def pending(self) -> list[Asked]:
        """Who waits, from all pages.

        Raises:
            InputError: The hub does not answer, or not in a way that is understood.
        """
        return self._listed(self._api.list_pending_access_requests)

    def accepted(self) -> list[Asked]:
        """Who has been accepted, from all pages.

        Raises:
            InputError: The hub does not answer, or not in a way that is understood.
        """
        return self._listed(self._api.list_accepted_access_requests)

    def accept(self, request: str) -> bool:
        """Accept a request. False if it does not wait any more.

        Raises:
            InputError: The hub does not do it.
        """
        return self._handled(self._api.accept_access_request, request)

    def cancel(self, request: str) -> bool:
        """Take access away, so that the request waits again. False if it has not been accepted.

        Raises:
            InputError: The hub does not do it.
        """
        return self._handled(self._api.cancel_access_request, request)

    def _listed(self, ask: Callable[..., Any]) -> list[Asked]:
        found: dict[str, Asked] = {}
        with self._telling():
            for count, each in enumerate(map(_asked, ask(self.repository, repo_type=self.type)), start=1):
                found[each.id] = each  # a page may shift while others are read
                if count > 2 * len(found):
                    raise ValueError("the pages go round in a circle")
        return list(found.values())

    def _handled(self, ask: Callable[..., Any], request: str) -> bool:
        # After a silence nothing is asked again: it may have been done, or be done still.
        with self._telling():
            for tried in range(TRIES):
                try:
                    ask(self.repository, request_id=request, repo_type=self.type)
                except HfHubHTTPError as error:
                    status = error.response.status_code
                    if status == 404:
                        return False
                    pause = _pause(error.response, tried)
                    if status not in _AGAIN or tried == TRIES - 1 or pause > LONGEST_WAIT:
                        raise
                    self._wait(pause)
                else:
                    return True
        raise AssertionError  # pragma: no cover - the last try returns or raises

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say what went wrong without the token, and without what else a library puts into its errors."""
        try:
            yield
        except HfHubHTTPError as error:
            said = printable(self._hidden(error.server_message or "no reason given"), 200)
            help_ = {
                400: "the repository must be gated",
                401: "log in with `hf auth login`, or set HF_TOKEN",
                403: "the token needs to write to the repository",
                404: "look at the name of the repository, and at what the token may see",
                429: "try again later; what was done stays done",
            }.get(error.response.status_code, "try again; what was done stays done")
            raise _problem(f"the hub refuses, with {error.response.status_code}: {said}", help_) from None
        except httpx2.TimeoutException:
            message = f"the hub has said nothing for {PATIENCE:g} seconds"
            raise _problem(
                message, "try again; what was done stays done, and nothing is done twice"
            ) from None
        except httpx2.HTTPError:
            raise _problem("the hub cannot be reached", "look at the address and the network") from None
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
            message = "the hub answers in a way that is not understood"
            raise _problem(message, "look at its address") from None

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "…") if self._token else text


def _asked(found: AccessRequest) -> Asked:
    at = found.timestamp
    identifier: object = found.request_id  # what the client says of its types, the hub need not keep
    if not isinstance(identifier, str):
        raise TypeError
    if not 1 < at.year < MAXYEAR:
        raise ValueError("nobody asks at the end of the calendar")
    return Asked(
        identifier,
        _text(found.username),
        _text(found.fullname),
        _text(found.email),
        at.astimezone(UTC),
        found.fields if isinstance(found.fields, dict) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _be_patient() -> None:
    """Let the hub's client wait for as long as we do: by itself it waits for an answer without an end.

    It asks for no end even where its session has one, so that each call of ours gets one on its way.
    """
    hooks = get_session().event_hooks
    asked = [each for each in hooks["request"] if each is not _not_for_ever]
    told = [each for each in hooks["response"] if each is not _not_so_long]

    ours: dict[str, list[Callable[..., Any]]] = {
        "request": [*asked, _not_for_ever],
        "response": [*told, _not_so_long],
    }
    set_client_factory(lambda: httpx2.Client(event_hooks=ours, follow_redirects=True, timeout=None))


def _not_for_ever(request: httpx2.Request) -> None:
    if _OURS in request.url.path:
        request.extensions["timeout"] = httpx2.Timeout(PATIENCE).as_dict()


def _not_so_long(response: httpx2.Response) -> None:
    """Its client waits for as long as it is told, be it days."""
    again = response.status_code in _AGAIN and _OURS in response.request.url.path
    if again and _pause(response, 0) > LONGEST_WAIT:
        response.read()
        hf_raise_for_status(response)


def _pause(response: httpx2.Response, tried: int) -> float:
    """How many seconds to wait: as long as the hub says, and longer each time where it says nothing."""
    if limit := _LIMIT.search(response.headers.get("ratelimit", "")):
        return float(limit[1])
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return float(2**tried)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _problem(message: str, help_: str) -> InputError:
    return InputError([Diagnostic("RG906", message, help=help_)])
