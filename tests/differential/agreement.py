"""Whole policies on whole requests: the compiled program against the reference.

    python tests/differential/agreement.py --decisions 10000000 --seed 1

A decision is one policy on one request: every rule, the scope and the tier table, at rungs on both sides of
the irreversible boundary. Requests have gaps, ranges, nulls, stale and unbound metrics, incomplete lists.
A disagreement is printed with its seed, and shrunken until nothing more can be left out of it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from release_gate.diagnostics import InputError, Source
from release_gate.engine.findings import bad_of, facts_of
from release_gate.evaluate.compiled import Program, Tri
from release_gate.evaluate.fetch import Reading
from release_gate.evaluate.reference import evaluate
from release_gate.facts.frame import Frame
from release_gate.facts.ladder import BOUNDARY, LADDER
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Items, Range, Unknown
from release_gate.facts.view import Seen, view_of
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.source import Document

TODAY: Final = date(2026, 11, 24)
DIGEST: Final = "sha256:" + "a" * 64

# -- conditions: trees of text, so that they can be shrunken


@dataclass(frozen=True)
class Tree:
    """A piece of a condition: a text with a place for each piece below it, all of known types."""

    kind: str
    text: str
    below: tuple[Tree, ...] = ()

    def __str__(self) -> str:
        """The condition."""
        return self.text.format(*self.below) if self.below else self.text


NUMBERS: Final = (
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.1",
    "0.5",
    "2.5",
    "7e9",
    "1e25",
    "123456789012345",
    "1e-200",
    "9e250",
)
TEXTS: Final = ("MIT", "Apache-2.0", "CC-BY-NC-4.0", "llama", "a", "", "No", "Gen")
PATTERNS: Final = (
    "a",
    "^l",
    "a$",
    "(MIT|CC).*",
    "[A-Z]+",
    "^$",
    "(MIT|la|N)",
    "^(?:MIT|No)$",
    "(?:a|T)$",
    "2\\\\.0",
)
DAYS: Final = ("2026-01-01", "2026-11-24", "2024-02-29", "2026-05-31", "1990-01-01")
LENGTHS: Final = ("P0D", "P1D", "P150D", "P177D", "P1M", "P1Y", "P6M", "PT36H")
WORDS: Final = {
    "level": ("none", "low", "moderate", "high", "critical"),
    "capability_status": ("not_reached", "cannot_rule_out", "reached"),
    "likelihood": ("negligible", "low", "moderate", "high"),
    "document_status": ("absent", "draft", "ready", "published"),
    "incident_severity": ("minor", "serious", "critical"),
    "access": ("withheld", "hosted", "api_general", "weights_gated_manual", "weights_open", "fully_open"),
    "grade": ("low", "mid", "high"),
    "action": ("release", "widen", "withdraw"),
    "modality": ("text", "image", "audio"),
    "relation": ("finetune", "merge", "adapter"),
    "safeguard_kind": ("training", "classifier", "license"),
    "evidence_state": ("pass", "fail"),
    "data_kind": ("web_crawl", "books", "synthetic"),
}
ORDERED: Final = (
    "level",
    "capability_status",
    "likelihood",
    "document_status",
    "incident_severity",
    "access",
    "grade",
)
FACTS: Final[dict[str, tuple[str, ...]]] = {
    "number": (
        "model.parameters",
        "compute.training_flop",
        "developer.annual_revenue_usd",
        "artifact.terms.mau_cap",
        "metric.score",
        "metric.rate",
        "own.amount",
        "parameter.floor",
        "model.context_length",
    ),
    "truth": ("artifact.terms.open", "artifact.terms.commercial_use", "own.flag", "parameter.strict"),
    "text": (
        "developer.name",
        "artifact.license",
        "model.family",
        "request.id",
        "own.label",
        "parameter.word",
    ),
    "date": ("as_of", "transparency.release_date", "data.cutoff", "document.model_card.date", "own.day"),
    "length": ("parameter.age",),
    "level": ("capability.cbrn.level", "capability.cyber.level"),
    "capability_status": ("capability.cbrn.status",),
    "likelihood": ("misuse.ncii.likelihood", "misuse.fraud.likelihood"),
    "document_status": ("document.model_card.status", "document.risk_assessment.status"),
    "access": ("artifact.wanted", "artifact.current"),
    "grade": ("own.grade",),
    "action": ("request.action",),
    "list of modality": ("model.modalities_out", "model.modalities_in"),
    "list of text": ("model.languages", "transparency.intended_uses"),
    "list of records": ("lineage", "safeguards", "data.sources", "evidence", "rollout.stages", "incidents"),
}
MEMBERS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "lineage": {
        "number": ("training_flop", "terms.mau_cap"),
        "truth": ("direct", "permission", "terms.open", "terms.flow_down"),
        "text": ("name", "license"),
        "access": ("access",),
        "relation": ("relation",),
    },
    "safeguards": {"truth": ("removable", "effective"), "text": ("id",), "safeguard_kind": ("kind",)},
    "data.sources": {
        "number": ("share",),
        "truth": ("pii", "terms.commercial_use"),
        "text": ("name", "license"),
        "data_kind": ("kind",),
    },
    "evidence": {
        "truth": ("independent",),
        "text": ("producer",),
        "date": ("produced",),
        "evidence_state": ("state",),
    },
    "rollout.stages": {"access": ("rung",), "date": ("earliest",), "length": ("min_duration",)},
    "incidents": {
        "incident_severity": ("severity",),
        "date": ("date",),
        "truth": ("resolved",),
        "text": ("kind",),
    },
}


class Maker:
    """Makes conditions of the right types, from a seeded generator."""

    def __init__(self, rng: random.Random, definitions: Sequence[str] = ()) -> None:
        self.rng, self.definitions = rng, definitions
        self.variables: list[tuple[str, str]] = []

    def leaf(self, kind: str) -> Tree:
        """A fact of a kind, or a literal."""
        known = list(FACTS.get(kind, ()))
        for name, items in self.variables:
            known += [f"{name}.{field}" for field in MEMBERS.get(items, {}).get(kind, ())]
            known += [name] * 3 if items == kind else []
        if known and self.rng.random() < 0.75:
            return Tree(kind, self.rng.choice(known))
        return Tree(kind, self.literal(kind))

    def literal(self, kind: str) -> str:
        """A literal of a kind."""
        match kind:
            case "number":
                return self.rng.choice(NUMBERS)
            case "truth":
                return self.rng.choice(("true", "false"))
            case "text":
                return f'"{self.rng.choice(TEXTS)}"'
            case "date":
                return f'd"{self.rng.choice(DAYS)}"'
            case "length":
                return f't"{self.rng.choice(LENGTHS[:3])}"'
        return f'"{self.rng.choice(WORDS[kind])}"'

    def of(self, kind: str, depth: int) -> Tree:
        """An expression of a kind."""
        if depth <= 0 or self.rng.random() < 0.2:
            return self.leaf(kind)
        if self.rng.random() < 0.08:
            return Tree(
                kind,
                "({} ? {} : {})",
                (self.truth(depth - 1), self.of(kind, depth - 1), self.of(kind, depth - 1)),
            )
        if self.rng.random() < 0.08:
            return Tree(kind, "({} ?? {})", (self.of(kind, depth - 1), self.of(kind, depth - 1)))
        match kind:
            case "truth":
                return self.truth(depth)
            case "number":
                return self.number(depth - 1)
            case "date" if self.rng.random() < 0.5:
                length = Tree("length", f't"{self.rng.choice(LENGTHS)}"')
                return Tree(
                    kind, f"({{}} {self.rng.choice('+-')} {{}})", (self.of("date", depth - 1), length)
                )
            case "length" if self.rng.random() < 0.5:
                return Tree(kind, "({} - {})", (self.of("date", depth - 1), self.of("date", depth - 1)))
        return self.leaf(kind)

    def number(self, depth: int) -> Tree:
        """A number."""
        pick = self.rng.randrange(8)
        if pick < 3:
            op = self.rng.choice(["+", "-", "*", "/", "//", "%"])
            return Tree("number", f"({{}} {op} {{}})", (self.of("number", depth), self.of("number", depth)))
        if pick == 3:
            return Tree("number", f"({{}} ** {self.rng.randint(0, 4)})", (self.of("number", depth),))
        if pick == 4:
            return Tree("number", "$abs({})", (self.of("number", depth),))
        if pick == 5:
            return Tree("number", f"{self.rng.choice(FACTS['text'])}.length")
        if pick == 6:
            return Tree(
                "number", f"{self.rng.choice(FACTS['date'])}.{self.rng.choice(['year', 'month', 'day'])}"
            )
        return self.size(depth)

    def size(self, depth: int) -> Tree:
        """How many there are."""
        if self.rng.random() < 0.3:
            items = self.rng.choice([*FACTS["list of text"], *FACTS["list of records"]])
            return Tree("number", self.rng.choice(["$count({})", "{}.length"]).format(items))
        if self.rng.random() < 0.2:
            items = self.rng.choice([*FACTS["list of text"], *FACTS["list of modality"]])
            return Tree("number", f"$distinct({items})")
        if self.rng.random() < 0.4:
            inner = self.comprehension(
                depth, lambda below: self.leaf(self.rng.choice(["text", "number", "truth"]))
            )
            return Tree("number", "$distinct({})", (inner,))
        return Tree(
            "number", self.rng.choice(["$count({})", "{}.length"]), (self.comprehension(depth, self.truth),)
        )

    def comprehension(self, depth: int, result: Callable[[int], Tree]) -> Tree:
        """A list of what comes of each member of another."""
        items = self.rng.choice(
            [*FACTS["list of records"], *FACTS["list of text"], *FACTS["list of modality"]]
        )
        name = f"x{len(self.variables)}"
        kind = next(kind for kind, paths in FACTS.items() if items in paths)
        self.variables.append((name, items if kind == "list of records" else kind.removeprefix("list of ")))
        found = result(depth - 1)
        test = self.truth(depth - 1) if self.rng.random() < 0.5 else None
        self.variables.pop()
        text = f"[{{}} for {name} in {items}" + (" if {}]" if test else "]")
        return Tree("list", text, (found, test) if test else (found,))

    def truth(self, depth: int) -> Tree:
        """A condition."""
        if depth <= 0:
            return self.rng.choice([self.leaf, lambda _kind: self.compare(0)])("truth")
        makers = (
            *(
                self.compare,
                self.compare,
                self.junction,
                self.junction,
                self.negation,
                self.quantified,
                self.quantified,
            ),
            *(
                self.member,
                self.match,
                self.nothing,
                self.empty,
                self.equal,
                self.named,
                lambda below: self.of("truth", below),
            ),
        )
        return self.rng.choice(makers)(depth - 1)

    def compare(self, depth: int) -> Tree:
        kind = self.rng.choice(["number", "number", "number", "date", "length", *ORDERED])
        op = self.rng.choice(["==", "!=", "<", "<=", ">", ">="])
        if kind == "length" and self.rng.random() < 0.5:
            since = Tree("length", "({} - {})", (self.leaf("date"), self.leaf("date")))
            return Tree("truth", f"({{}} {op} {{}})", (since, Tree(kind, f't"{self.rng.choice(LENGTHS)}"')))
        left = (
            self.of(kind, depth)
            if kind not in ORDERED
            else Tree(kind, self.rng.choice(FACTS.get(kind, ("own.grade",))))
        )
        if kind == "incident_severity":
            left = Tree("grade", "own.grade")
            kind = "grade"
        return Tree("truth", f"({{}} {op} {{}})", (left, self.of(kind, depth)))

    def equal(self, depth: int) -> Tree:
        kind = self.rng.choice(["text", "truth", "action", "number"])
        left = Tree(kind, "request.action") if kind == "action" else self.of(kind, depth)
        return Tree("truth", f"({{}} {self.rng.choice(['==', '!='])} {{}})", (left, self.of(kind, depth)))

    def junction(self, depth: int) -> Tree:
        parts = tuple(self.truth(depth) for _ in range(self.rng.randint(2, 3)))
        return Tree(
            "truth", "(" + f" {self.rng.choice(['and', 'or'])} ".join("{}" for _ in parts) + ")", parts
        )

    def negation(self, depth: int) -> Tree:
        return Tree("truth", "(not {})", (self.truth(depth),))

    def quantified(self, depth: int) -> Tree:
        function = self.rng.choice(["any", "all"])
        if self.rng.random() < 0.15:
            parts = tuple(self.truth(depth - 1) for _ in range(self.rng.randint(1, 3)))
            return Tree("truth", f"${function}([" + ", ".join("{}" for _ in parts) + "])", parts)
        return Tree("truth", f"${function}({{}})", (self.comprehension(depth, self.truth),))

    def member(self, depth: int) -> Tree:
        sign = self.rng.choice(["in", "not in"])
        kind = self.rng.choice(["text", "number", "level", "action", "modality"])
        if kind == "modality":
            return Tree(
                "truth", f"({self.literal(kind)} {sign} {self.rng.choice(FACTS['list of modality'])})"
            )
        fact = self.of(kind, depth) if kind in ("text", "number") else Tree(kind, FACTS[kind][0])
        pick = self.rng.random()
        if pick < 0.5:
            items = tuple(Tree(kind, self.literal(kind)) for _ in range(self.rng.randint(1, 3)))
        elif pick < 0.7 and kind in ("text", "number"):
            items = tuple(self.leaf(kind) for _ in range(self.rng.randint(1, 3)))
        elif pick < 0.85:
            return Tree("truth", f"({{}} {sign} model.languages)", (self.of("text", depth),))
        else:
            inner = self.comprehension(depth, lambda _below: self.leaf("text"))
            return Tree("truth", f"({{}} {sign} {{}})", (self.of("text", 0), inner))
        listed = "[" + ", ".join("{}" for _ in items) + "]"
        return Tree("truth", f"({{}} {sign} {listed})", (fact, *items))

    def match(self, depth: int) -> Tree:
        op = self.rng.choice(["=~", "=~~", "!~", "!~~"])
        return Tree("truth", f'({{}} {op} "{self.rng.choice(PATTERNS)}")', (self.of("text", depth),))

    def nothing(self, depth: int) -> Tree:
        kind = self.rng.choice(["number", "text", "date"])
        return Tree("truth", f"({{}} {self.rng.choice(['==', '!='])} null)", (self.of(kind, depth),))

    def empty(self, depth: int) -> Tree:
        if self.rng.random() < 0.3:
            return Tree("truth", "{}.is_empty", (self.comprehension(depth, self.truth),))
        lists = [*FACTS["list of records"], *FACTS["list of text"], *FACTS["list of modality"]]
        return Tree("truth", f"{self.rng.choice(lists)}.is_empty")

    def named(self, depth: int) -> Tree:
        if self.variables or not self.definitions:
            return self.compare(depth)
        return Tree("truth", f"is.{self.rng.choice(self.definitions)}")


# -- policies and requests


def policy_tree(rng: random.Random) -> dict[str, Any]:
    """A policy whose conditions are trees."""
    names = [f"d{index}" for index in range(rng.randrange(4))]
    definitions = {
        name: Maker(rng, names[:index]).truth(rng.randint(1, 2)) for index, name in enumerate(names)
    }
    maker = Maker(rng, names)
    rules: list[dict[str, Any]] = []
    for index in range(rng.choice((1, 1, 1, 2, 2, 2, 4, 6))):
        rule: dict[str, Any] = {"id": f"r{index}"}
        if rng.random() < 0.8:
            rule["when"] = maker.truth(rng.choice((1, 1, 2, 2, 3)))
        if rng.random() < 0.5:
            rule["require"] = maker.truth(rng.choice((1, 1, 2, 2, 3)))
        else:
            rule["deny"] = "No."
            if rng.random() < 0.2 and "when" in rule:
                guard = rng.choice(['artifact.access >= "hosted"', 'tier >= "mid"', 'tier > "low"'])
                rule["when"] = Tree("truth", f"({guard} {rng.choice(['and', 'or'])} {{}})", (rule["when"],))
        rules.append(rule)
    for index in range(rng.choice([0] * 11 + [12])):
        fact = rng.choice(["artifact.license", "artifact.license", "developer.name"])
        words = rng.sample(TEXTS[:5], rng.randint(1, 2))
        key = f'{fact} == "{words[0]}"' if len(words) == 1 else f'{fact} in ["{words[0]}", "{words[1]}"]'
        when = Tree("truth", f"({key} and {{}})", (maker.truth(2),))
        rules.append({"id": f"k{index}", "when": when, "deny": "No."})
    tree: dict[str, Any] = {"definitions": definitions, "rules": rules}
    if rng.random() < 0.3:
        tree["scope"] = maker.truth(2)
    return tree


def load(tree: dict[str, Any]) -> Policy:
    """The checked policy of a tree.

    Raises:
        InputError: A rule is one that the language refuses, such as months in an order.
    """
    document: dict[str, Any] = {
        "release_gate": "policy/v1",
        "id": "generated",
        "version": "1",
        "title": "Generated",
        "covers": True,
        "parameters": {
            "floor": {"value": 0.5},
            "strict": {"value": True},
            "word": {"value": "MIT"},
            "age": {"value": "P90D"},
        },
        "facts": {
            "metrics": {
                "score": {"range": [0, 1], "max_age": "P180D"},
                "rate": {"bound": True, "independent": True},
            },
            "own": {
                "amount": {"type": "number"},
                "flag": {"type": "boolean"},
                "label": {"type": "text"},
                "day": {"type": "date"},
                "grade": {"choices": ["low", "mid", "high"], "ordered": True},
            },
        },
        "tiers": [{"id": "low", "ceiling": "fully_open"}, {"id": "mid", "ceiling": "hosted"}],
        "default_tier": "low",
        "definitions": {name: str(text) for name, text in tree["definitions"].items()},
        "rules": [{key: str(text) for key, text in rule.items()} for rule in tree["rules"]],
    }
    if "scope" in tree:
        document["scope"] = str(tree["scope"])
    return policy_from_document(Document(Source("generated", ""), document, {}, {}, {}))


def maybe(rng: random.Random, value: Callable[[], Any], *, ordered: bool = False) -> Any:
    """A fact: known, a range, null, or unknown for a reason."""
    pick = rng.random()
    if pick < 0.72:
        return value()
    if pick < 0.82 and ordered:
        ends = [value(), value()]
        try:
            low, high = sorted(ends)
        except TypeError:
            return ends[0]
        return {"low": low, "high": high}
    if pick < 0.88:
        return None
    return {"unknown": rng.choice(["missing", "stale", "conflicting", "not_assessed"])}


class Facts:
    """Makes the facts of a request, with gaps of every kind."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def number(self) -> Any:
        return self.rng.choice([0, 1, 2, 0.5, 0.1, 3, 7e9, 1e25, 2.5, 123456789012345])

    def text(self) -> str:
        return self.rng.choice(TEXTS)

    def day(self) -> str:
        return self.rng.choice(DAYS)

    def truth(self) -> bool:
        return self.rng.random() < 0.5

    def share(self) -> Any:
        return self.rng.choice([0, 0.5, 1])

    def length(self) -> str:
        return self.rng.choice(["P1D", "P90D"])

    def word(self, kind: str) -> Callable[[], str]:
        return lambda: self.rng.choice(WORDS[kind])

    def fact(self, value: Callable[[], Any]) -> Any:
        """A fact: known, a range, null, or unknown for a reason."""
        return maybe(self.rng, value, ordered=value in (self.number, self.day, self.share))

    def some(self, fields: dict[str, Callable[[], Any]]) -> dict[str, Any]:
        """Most of these facts."""
        return {name: self.fact(value) for name, value in fields.items() if self.rng.random() < 0.85}

    def each(self, fields: dict[str, Callable[[], Any]]) -> dict[str, Any]:
        """All of these facts, some of them unknown."""
        return {name: self.fact(value) for name, value in fields.items()}

    def listed(self, make: Callable[[int], Any]) -> Any:
        """A list: complete, incomplete, empty or unknown."""
        pick = self.rng.random()
        if pick < 0.08:
            return {"unknown": self.rng.choice(["missing", "stale"])}
        items = [make(index) for index in range(self.rng.choice([0, 1, 1, 2, 3]))]
        return items if pick < 0.7 else {"items": items, "complete": pick < 0.8}

    def terms(self) -> dict[str, Any]:
        if self.rng.random() < 0.7:
            return {}
        known = dict.fromkeys(("open", "commercial_use", "flow_down"), self.truth)
        return self.some({**known, "mau_cap": self.number})

    def step(self, name: str, kind: str) -> dict[str, Any]:
        """A word of an ordered vocabulary, or a range of them."""
        if self.rng.random() < 0.15:
            low, high = sorted(self.rng.sample(range(len(WORDS[kind])), 2))
            return {name: {"low": WORDS[kind][low], "high": WORDS[kind][high]}}
        return {name: self.fact(self.word(kind))}

    def metric(self, value: Any) -> dict[str, Any]:
        return {
            "value": value,
            "measured": self.day(),
            "independent": self.truth(),
            "on": DIGEST,
            "behind": self.rng.choice([[], ["s0"], {"unknown": "missing"}]),
        }

    def sections(self) -> dict[str, Any]:
        """What a variant may say otherwise."""
        levels = {"level": "level", "status": "capability_status"}
        papers = {"status": self.word("document_status"), "date": self.day}
        guard = {"kind": self.word("safeguard_kind"), "removable": self.truth, "effective": self.truth}
        own = {"amount": self.number, "flag": self.truth, "label": self.text, "day": self.day}
        return {
            "model": {
                **self.some({"parameters": self.number, "context_length": self.number, "family": self.text}),
                "modalities_out": self.listed(lambda _: self.fact(self.word("modality"))),
                "modalities_in": self.listed(lambda _: self.fact(self.word("modality"))),
                "languages": self.listed(lambda _: self.fact(self.text)),
            },
            "compute": self.some({"training_flop": self.number}),
            "capability": {
                name: {
                    key: each
                    for field, kind in levels.items()
                    for key, each in self.step(field, kind).items()
                }
                for name in ("cbrn", "cyber")
                if self.truth()
            },
            "misuse": {n: self.step("likelihood", "likelihood") for n in ("ncii", "fraud") if self.truth()},
            "document": {n: self.each(papers) for n in ("model_card", "risk_assessment") if self.truth()},
            "metric": {
                name: self.metric(value)
                for name, value in (("score", self.share()), ("rate", self.number()))
                if self.rng.random() < 0.8
            },
            "own": self.some({**own, "grade": self.word("grade")}),
            "safeguards": self.listed(lambda n: {"id": f"s{n}", **self.each(guard)}),
        }

    def ancestor(self, n: int) -> dict[str, Any]:
        fields = {"license": self.text, "access": self.word("access"), "training_flop": self.number}
        fields |= {"permission": self.truth, "relation": self.word("relation")}
        child = {"child": f"p{n - 1}"} if n and self.truth() else {}
        return {"parent": f"p{n}", "terms": self.terms(), **self.each(fields), **child}

    def request(self) -> dict[str, Any]:
        """A whole request."""
        source = {
            "kind": self.word("data_kind"),
            "license": self.text,
            "share": self.share,
            "pii": self.truth,
        }
        proof = {"producer": self.text, "independent": self.truth, "produced": self.day}
        stage = {"rung": self.word("access"), "earliest": self.day, "min_duration": self.length}
        mishap = {"severity": self.word("incident_severity"), "date": self.day, "resolved": self.truth}
        artifact = self.some({"license": self.text, "current": self.word("access"), "digest": lambda: DIGEST})
        artifact |= {"id": "w", "kind": "weights", "wanted": self.word("access")(), "terms": self.terms()}
        tree = {
            "id": self.rng.choice(["a", "llama"]),
            "action": self.word("action")(),
            "artifacts": [artifact],
            **self.sections(),
            "developer": self.some({"annual_revenue_usd": self.number, "name": self.text}),
            "transparency": {
                **self.some({"release_date": self.day}),
                "intended_uses": self.listed(lambda _: self.fact(self.text)),
            },
            "data": {
                **self.some({"cutoff": self.day}),
                "sources": self.listed(
                    lambda n: {"name": f"d{n}", "terms": self.terms(), **self.each(source)}
                ),
            },
            "lineage": self.listed(self.ancestor),
            "evidence": self.listed(
                lambda n: {"id": f"e{n}", **self.each({**proof, "state": self.word("evidence_state")})}
            ),
            "rollout": {"stages": self.listed(lambda _: self.each(stage))},
            "incidents": self.listed(lambda n: {"id": f"i{n}", **self.each({**mishap, "kind": self.text})}),
        }
        if self.rng.random() < 0.2:
            artifact["variant"] = "v"
            tree["variants"] = {"v": {key: each for key, each in self.sections().items() if self.truth()}}
        return tree


def request_tree(rng: random.Random) -> dict[str, Any]:
    """A request with gaps of every kind."""
    return Facts(rng).request()


# -- the comparison


class Looked:
    """A request as both evaluators read it."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = tree
        request = ReleaseRequest.model_validate(deepcopy(tree))
        self.frame = Frame(request, request.artifacts[0], TODAY)
        self.view = view_of(self.frame)


def differences(policy: Policy, program: Program, seen: Looked, rng: random.Random) -> Iterator[str]:
    """What the two say differently about a request."""
    rung = rng.choice(LADDER)
    reading = Reading.both(seen.frame, policy)[rung >= BOUNDARY]
    low, high = (tier.step for tier in policy.tiers)
    tier = rng.choice([low, high, Range(low, high)])
    facts = facts_of(reading, seen.view, rung, Seen(tier, ("tier",), support=()))
    expected = _tri(evaluate(policy.scope.root, facts).value) if policy.scope else True
    scope = program.scope(reading) if program.scope is not None else expected
    if scope is not expected:
        yield f"scope is {scope} compiled and {expected} by the reference"
    if scope is False:
        return
    found: dict[int, Tri] = dict(program.run(reading, scope))
    for number in program.by_rung:
        found[number] = program.bites(number, reading, scope, tier, rung)
    for part in program.interpreted:
        found.pop(part.index, None)
    applies = () if policy.scope is None else (evaluate(policy.scope.root, facts),)
    for number, rule in enumerate(policy.rules):
        if any(part.index == number for part in program.interpreted):
            continue
        by_reference = _tri(bad_of(applies, rule.when, facts, rule.require).value)
        if found.get(number, False) is not by_reference:
            yield f"{rule.id} is {found.get(number, False)} compiled and {by_reference} by the reference"


def _tri(value: Any) -> Tri:
    return None if isinstance(value, Unknown | Items) or value is None else value


def disagrees(tree: dict[str, Any], request: dict[str, Any], seed: int) -> str:
    """How the two differ on a policy and a request, or an empty string."""
    try:
        policy, seen = load(tree), Looked(request)
    except InputError:
        return ""
    return next(differences(policy, Program(policy), seen, random.Random(seed)), "")


def shrink(tree: dict[str, Any], request: dict[str, Any], seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out of a policy and a request whatever is not needed for them to disagree."""
    progress = True
    while progress:
        progress = False
        for smaller in _smaller_policies(tree):
            if disagrees(smaller, request, seed):
                tree, progress = smaller, True
                break
        for less in _smaller_requests(request):
            if disagrees(tree, less, seed):
                request, progress = less, True
                break
    return tree, request


def _smaller_policies(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for index, rule in enumerate(tree["rules"]):
        rest = [*tree["rules"][:index], *tree["rules"][index + 1 :]]
        if rest:
            yield {**tree, "rules": rest}
        for key in ("when", "require"):
            for part in _smaller_trees(rule[key]) if key in rule else ():
                yield {
                    **tree,
                    "rules": [*tree["rules"][:index], {**rule, key: part}, *tree["rules"][index + 1 :]],
                }
    if "scope" in tree:
        yield {key: value for key, value in tree.items() if key != "scope"}
        yield from ({**tree, "scope": part} for part in _smaller_trees(tree["scope"]))
    for name, body in tree["definitions"].items():
        yield {
            **tree,
            "definitions": {key: value for key, value in tree["definitions"].items() if key != name},
        }
        yield from (
            {**tree, "definitions": {**tree["definitions"], name: part}} for part in _smaller_trees(body)
        )


def _smaller_trees(tree: Tree) -> Iterator[Tree]:
    yield from (each for each in _all(tree) if each.kind == tree.kind and each is not tree)
    if tree.kind == "truth" and tree.text not in ("true", "false"):
        yield from (Tree("truth", word) for word in ("true", "false"))
    for index, below in enumerate(tree.below):
        for part in _smaller_trees(below):
            yield replace(tree, below=(*tree.below[:index], part, *tree.below[index + 1 :]))


def _all(tree: Tree) -> Iterator[Tree]:
    yield tree
    for below in tree.below:
        yield from _all(below)


def _smaller_requests(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in ("id", "action", "artifacts", "kind", "wanted", "parent", "name"):
                yield {other: each for other, each in tree.items() if other != key}
            yield from ({**tree, key: part} for part in _smaller_requests(value))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield [*tree[:index], *tree[index + 1 :]]
            yield from ([*tree[:index], part, *tree[index + 1 :]] for part in _smaller_requests(value))


def _shown(value: Any) -> Any:
    """Conditions as text."""
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list) else str(value)


POLICIES: Final = 40
REQUESTS: Final = 400


def batch(seed: int, policies: int = POLICIES, requests_: int = REQUESTS) -> tuple[int, list[str]]:
    """Some policies on some requests: the number of decisions, and a report of each disagreement."""
    rng = random.Random(seed)
    requests = [Looked(request_tree(rng)) for _ in range(requests_)]
    decisions, reports = 0, []
    for _ in range(policies):
        tree = policy_tree(rng)
        try:
            policy = load(tree)
        except InputError:
            continue
        program = Program(policy)
        for index, seen in enumerate(requests):
            decisions += 1
            if next(differences(policy, program, seen, random.Random(index)), ""):
                small, less = shrink(tree, seen.tree, index)
                shown = {key: _shown(value) for key, value in small.items()}
                reports.append(
                    f"seed {seed}: {disagrees(small, less, index)}\n  policy {shown}\n  request {less}"
                )
                break
    return decisions, reports


def main() -> int:
    """Compare until there are enough decisions, and say what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    start, total, found, seed = time.monotonic(), 0, 0, chosen.seed
    while total < chosen.decisions and found < 20:
        decisions, reports = batch(seed)
        total, found, seed = total + decisions, found + len(reports), seed + 1
        sys.stdout.write("".join(f"{report}\n" for report in reports))
        if seed % 50 == 0:
            sys.stderr.write(f"{total:,} decisions, {found} disagreements, next seed {seed}\n")
    spent = time.monotonic() - start
    sys.stdout.write(
        f"{total:,} decisions on seeds {chosen.seed} to {seed - 1}, {found} disagreements, {spent:.0f} s\n"
    )
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
