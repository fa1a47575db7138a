"""Which fields are sensitive, and a record in which they are sealed.

A value is in more places than the request: in the text as it was typed, in what findings say and read, in
the trace, and, for whoever can guess the rest, in every digest over it. So in a record with sealed fields all
that is open of a decision is what this module lists and knows to show none of them; the rest is sealed.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from release_gate.audit.content import Content
from release_gate.audit.record import Draft
from release_gate.audit.sealed import (
    EVENT,
    Disclosures,
    Sealer,
    is_sealed,
    pointer,
    sealed_places,
    steps_of,
)
from release_gate.diagnostics import Diagnostic, InputError, did_you_mean, printable
from release_gate.facts.records import ListOf
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.model import Policy, Rule, chain

__all__ = ["Sensitive"]

Names = tuple[str, ...]
OPEN: Final = frozenset({"id", "release_gate", "action", "variants", "artifacts"})
"""What decisions and attestations say of every request, and no record can seal."""
OPEN_OF_ARTIFACTS: Final = frozenset({"id", "wanted", "digest", "variant"})
ALWAYS: Final = (("sign_offs", "request"),)
"""A digest of the whole request, by which its sensitive values could be guessed."""
NO_FACTS: Final = frozenset({"as_of", "parameter", "tier", "request"})
"""Facts that are none of the request's fields, or are always open."""


@dataclass(frozen=True)
class Sensitive:
    """The fields of requests that are sensitive.

    Attributes:
        fields: The names on the way to each.
    """

    fields: tuple[Names, ...]

    @classmethod
    def of(cls, fields: Iterable[str]) -> Sensitive:
        """Those that a gate file names.

        Raises:
            InputError: One is no field, so that what was meant would be recorded for everybody to read.
        """
        problems = [found for each in fields if (found := _problem(each)) is not None]
        if problems:
            raise InputError(problems)
        return cls((*(steps_of(tuple(each.split("."))) for each in fields), *ALWAYS))

    def __contains__(self, names: Names) -> bool:
        """Whether a field is sensitive, by itself or as a part of one that is."""
        return any(names[: len(each)] == each for each in self.fields)

    def seal(self, draft: Draft, policies: Iterable[Policy]) -> tuple[Draft, Disclosures]:
        """The record of a decision, with what is sensitive sealed, and what opens it.

        Args:
            draft: The record with everything in the open.
            policies: The policies of the gate, whose words may stay.
        """
        seal, body = Sealer(), dict(draft.body)
        content, shared = Content(draft.content), dict(draft.shared)
        request = dict(body["request"])
        tree = self._tree(_taken(content, request["tree"]), seal, (), pointer("request", "tree"))
        request["tree"] = content.put_json(tree)
        if "text" in request:
            text = content.pop(request["text"]).decode()
            request["text"] = seal(pointer("request", "text"), text)
        if ("model", "name") in self and "model" in request:
            request["model"] = seal(pointer("request", "model"), request["model"])
        words = Words(tree, policies, seal)
        decision = words.decision(_taken(content, body["decision"]))
        decision["request"]["digest"] = request["tree"]
        body |= {"request": request, "decision": content.put_json(decision), "seal": seal.seal}
        if "papers" in body:
            body["papers"] = _papers(body["papers"], shared, seal)
        return Draft(body, content, shared), seal.disclosures

    def seal_event(self, draft: Draft) -> tuple[Draft, Disclosures]:
        """The record of an event, with what is sensitive sealed, and what opens that."""
        seal, body = Sealer(), dict(draft.body)
        for name in EVENT:
            if ("event", name) in self and name in body:
                body[name] = seal(pointer(name), body[name])
        if seal.made:
            body["seal"] = seal.seal
        return Draft(body, draft.content, draft.shared), seal.disclosures

    def _tree(self, value: Any, seal: Sealer, at: Names, place: str) -> Any:
        # What looks sealed and is not would be taken for sealed later.
        if steps_of(at) in self or is_sealed(value):
            return seal(place, value)
        if isinstance(value, Mapping):
            return {
                name: self._tree(item, seal, (*at, name), place + pointer(name))
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._tree(item, seal, at, place + pointer(index)) for index, item in enumerate(value)]
        return value


def _taken(content: Content, name: str) -> Any:
    """Content that is sealed in part, so that it must not stay as it was."""
    return json.loads(content.pop(name), parse_float=Decimal, parse_int=Decimal)


def _papers(told: Mapping[str, Any], content: dict[str, bytes], seal: Sealer) -> dict[str, Any]:
    """Sign-offs name the request by a digest of all of it."""
    texts = [
        seal(pointer("papers", "text", index), b64encode(content[name]).decode())
        for index, name in enumerate(told["text"])
    ]
    applied = seal(pointer("papers", "applied"), content[told["applied"]].decode())
    for name in {told["applied"], *told["text"]}:
        del content[name]
    return {"applied": applied, "text": texts}


# ---------------------------------------------------------------- decisions


class Words:
    """What may be said of the facts of a request some of which are sealed."""

    def __init__(self, tree: Any, policies: Iterable[Policy], seal: Sealer) -> None:
        self.seal = seal
        self.sources = not _has_sealed(tree.get("sources"))
        self.parts = [tree, *tree.get("variants", {}).values()]
        self.rules = {
            (policy.id, rule.id): rule for each in policies for policy in chain(each) for rule in policy.rules
        }

    def shows_nothing(self, path: str) -> bool:
        """Whether a fact, and what is in its path, is certain to show nothing that is sealed."""
        head, *rest = re.sub(r"\[[^\]]*\]", "", path).split(".")
        if head in NO_FACTS:
            return True
        sections = [
            part["artifacts" if head == "artifact" else head]
            for part in self.parts
            if ("artifacts" if head == "artifact" else head) in part
        ]
        if not any(_has_sealed(each) for each in sections):
            # Whatever follows from this section follows from what is open.
            return head in ReleaseRequest.model_fields or head == "artifact"
        found = [item for each in sections for item in _below(each, rest)]
        return "[" not in path and bool(found) and not any(_has_sealed(each) for each in found)

    def decision(self, told: dict[str, Any]) -> dict[str, Any]:
        """A decision with everything sealed that may show what is."""
        at = pointer("decision")
        open_ = {name: told[name] for name in _DECISION if name in told}
        rest = {name: self.seal(at + pointer(name), told[name]) for name in told if name not in _DECISION}
        request = dict(told["request"])
        place = at + pointer("request", "proposal_digest")
        request["proposal_digest"] = self.seal(place, request["proposal_digest"])
        artifacts = [
            self.artifact(each, at + pointer("artifacts", index))
            for index, each in enumerate(told["artifacts"])
        ]
        return {**open_, **rest, "request": request, "artifacts": artifacts}

    def artifact(self, told: dict[str, Any], at: str) -> dict[str, Any]:
        """The same for the decision about an artifact."""
        found: dict[str, Any] = {}
        for name, value in told.items():
            here = at + pointer(name)
            match name:
                case _ if name in _ARTIFACT:
                    found[name] = value
                case "findings":
                    found[name] = [self.finding(each, here + pointer(n)) for n, each in enumerate(value)]
                case "missing" | "could_lift":
                    found[name] = self.paths(value, here)
                case "missing_at":
                    found[name] = {
                        rung: self.paths(each, here + pointer(rung)) for rung, each in value.items()
                    }
                case "sign_offs":
                    found[name] = [self.sign_off(each, here + pointer(n)) for n, each in enumerate(value)]
                case _:
                    found[name] = self.seal(here, value)
        return found

    def finding(self, told: dict[str, Any], at: str) -> dict[str, Any]:
        """The same for a finding."""
        rule = self.rules.get((told["policy"], told["rule"]))
        of_gate = rule is None and told["effect"] in ("ceiling", "coverage")
        found: dict[str, Any] = {}
        for name, value in told.items():
            here = at + pointer(name)
            if name == "facts":
                found[name] = [self.fact(each, here + pointer(n)) for n, each in enumerate(value)]
            elif name in _FINDING or of_gate or (rule is not None and self.are_words(name, value, rule)):
                found[name] = value
            else:
                found[name] = self.seal(here, value)
        return found

    def are_words(self, name: str, value: Any, rule: Rule) -> bool:
        """Whether a part of a finding is in the words of its rule, with nothing in them that is sealed."""
        document = rule.document
        if name == "rule":
            return True
        if name not in ("message", "fix"):
            return False
        text = (document.fix or "") if name == "fix" else (document.deny or document.because or "")
        shown = re.findall(r"\{([^{}]*)\}", text)
        literal = ".*".join(map(re.escape, re.split(r"\{[^{}]*\}", text)))
        return all(map(self.shows_nothing, shown)) and re.fullmatch(literal, value, re.DOTALL) is not None

    def fact(self, told: dict[str, Any], at: str) -> Any:
        """A fact that shows nothing, or all of it sealed."""
        names_open = self.sources or told["source"] is None
        return told if names_open and self.shows_nothing(told["path"]) else self.seal(at, told)

    def paths(self, told: list[str], at: str) -> list[Any]:
        """Paths of facts, which have names of list members in them."""
        return [
            each if self.shows_nothing(each) or "[" not in each else self.seal(at + pointer(index), each)
            for index, each in enumerate(told)
        ]

    def sign_off(self, told: dict[str, Any], at: str) -> dict[str, Any]:
        """A sign-off that is asked for, without who gave it."""
        return {
            name: value if name in _SIGN_OFF else self.seal(at + pointer(name), value)
            for name, value in told.items()
        }


_DECISION: Final = frozenset(
    {"schema", "as_of", "verdict", "policies", "policies_digest", "hypothetical", "request", "artifacts"}
)
_ARTIFACT: Final = frozenset(
    {"id", "requested", "verdict", "best", "not_ruled_out", "irrevocable", "tiers", "ladder", "obligations"}
    | {"unverified", "unverified_at"}
)
_FINDING: Final = frozenset({"policy", "effect", "outcome", "from", "to", "cite", "where"})
_SIGN_OFF: Final = frozenset({"policy", "rule", "roles", "lacking", "from"})


def _has_sealed(value: Any) -> bool:
    return any(True for _ in sealed_places(value))


def _below(value: Any, names: list[str]) -> list[Any]:
    """What a path leads to, through all members of lists."""
    if isinstance(value, list):
        return [found for each in value for found in _below(each, names)]
    if is_sealed(value) or not names:
        return [value]
    if isinstance(value, Mapping):
        inner = _below(value["items"], names) if "items" in value else []
        return inner + (_below(value[names[0]], names[1:]) if names[0] in value else [])
    return []


# ---------------------------------------------------------------- which fields there are


def _problem(field: str) -> Diagnostic | None:
    steps = field.split(".")
    if steps[0] == "event":
        if len(steps) == 2 and steps[1] in EVENT:
            return None
        message = f"`{printable(field)}` is nothing that an event says of persons"
        return Diagnostic("RG741", message, help=did_you_mean(field, [f"event.{name}" for name in EVENT]))
    if steps[0] in OPEN and (steps[0] != "artifacts" or steps[1:2] == [] or steps[1] in OPEN_OF_ARTIFACTS):
        message = f"`{printable(field)}` cannot be sensitive: every decision says it"
        help_ = "a field is sensitive in all variants" if steps[0] == "variants" else ""
        return Diagnostic("RG741", message, help=help_)
    kind: Any = ReleaseRequest
    for number, step in enumerate(steps):
        fields = _fields(kind)
        if fields is None or not step or (fields and step not in fields):
            at = f" in `{printable('.'.join(steps[:number]))}`" if number else ""
            message = f"`{printable(field)}` is no field of a request: there is no `{printable(step)}`{at}"
            return Diagnostic("RG741", message, help=did_you_mean(step, fields or ()))
        kind = fields.get(step, get_args(kind)[-1] if get_origin(kind) is dict else None)
    return None


def _fields(kind: Any) -> Mapping[str, Any] | None:
    """The fields of a part of a request: empty if it may have any; None if it has none."""
    if get_origin(kind) is dict:
        return {}
    if get_origin(kind) is tuple:
        return _fields(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, ListOf):
        (item,) = kind.__pydantic_generic_metadata__["args"]
        return _fields(item)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {found.alias or name: found.annotation for name, found in kind.model_fields.items()}
    return None
