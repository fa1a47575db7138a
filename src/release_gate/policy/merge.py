"""The document of a policy over that of another, and where each part of the result was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from release_gate.decision import in_words
from release_gate.diagnostics import Diagnostic, PolicyError, did_you_mean, printable
from release_gate.facts.truth import Duration
from release_gate.policy.check import check_policy
from release_gate.policy.declarations import parameter_value
from release_gate.policy.documents import OverlayDocument, RuleDocument
from release_gate.policy.model import Policy
from release_gate.policy.places import Places, Problems, Target
from release_gate.source import Document, Pointer

__all__ = ["Merge"]

REPLACES: Final = ("covers", "applies_to", "scope", "tiers", "default_tier", "tier_table")
"""What an overlay says in place of what it extends."""


class Merge:
    """Puts an overlay, or values of parameters, over a policy."""

    def __init__(self, base: Policy, document: Document) -> None:
        self.base, self.document = base, document
        self.problems = Problems(Places(document))
        self.shape = base.document
        self.elsewhere: dict[Pointer, Target] = dict(base.places.elsewhere)

    def policy(
        self, name: str, digest: str, then: Callable[[Policy], Iterable[Diagnostic]] = lambda _: ()
    ) -> Policy:
        """The result, checked.

        Args:
            name: The file that it was read from.
            digest: The digest of everything it was made of.
            then: What else to check.

        Raises:
            PolicyError: With every diagnostic, those of the merge among them.
        """
        problems = list(self.problems.found)
        try:
            policy = check_policy(self.shape, Places(self.base.places.document, self.elsewhere), name, digest)
        except PolicyError as error:
            raise PolicyError([*problems, *error.diagnostics]) from None
        problems += then(policy)
        if problems:
            raise PolicyError(problems)
        return policy

    def overlay(self, shape: OverlayDocument) -> None:
        """Put everything that an overlay says over the base."""
        said = {"version": shape.version, "title": shape.title, "status": shape.status}
        if self.shape.owner is None:
            said["owner"] = shape.owner
        self.update(
            id=shape.id,
            in_force=shape.in_force.within(self.base.in_force),
            **{key: value for key, value in said.items() if value is not None},
        )
        if shape.tier_table is not None and shape.default_tier is None:  # one start for another
            self.update(default_tier=None)
        if shape.default_tier is not None and shape.tier_table is None:
            self.update(tier_table=None)
        for key in REPLACES:
            if key in shape.model_fields_set:
                self.update(**{key: getattr(shape, key)})
                self.moved((key,), (key,))
        self.add("sources", shape.sources)
        self.add("parameters", shape.parameters)
        self.add("definitions", shape.definitions)
        self.add_facts("metrics", shape.facts.metrics)
        self.add_facts("own", shape.facts.own)
        self.add_words(shape.facts.vocabularies)
        self.set(shape.set_, ("set",))
        self.ceilings(shape.ceilings)
        self.rules(shape)
        for name, count in shape.approvers.items():
            self.sign_off(name, ("approvers", name), "count", count)
        for name, age in shape.max_age.items():
            self.age(name, age)

    def update(self, **values: Any) -> None:
        """Say something in place of what the base says."""
        self.shape = self.shape.model_copy(update=values)

    def moved(self, pointer: Pointer, to: Pointer) -> None:
        """Say that a part is written in the overlay."""
        self.elsewhere = {at: t for at, t in self.elsewhere.items() if at[: len(pointer)] != pointer}
        self.elsewhere[pointer] = (self.document, to)

    def unknown(self, what: str, name: str, known: Iterable[str], pointer: Pointer) -> None:
        """Say that the base has no such part."""
        message = f"`{self.base.id}` has no {what} `{printable(name)}`"
        self.problems.add_name("RG322", message, pointer, did_you_mean(name, known))

    def add(self, key: str, named: Mapping[str, Any]) -> None:
        """Add the named parts of a section."""
        self.update(**{key: {**getattr(self.shape, key), **named}})
        for name in named:
            self.moved((key, name), (key, name))

    def add_facts(self, key: str, named: Mapping[str, Any]) -> None:
        """Add facts."""
        facts = self.shape.facts
        self.update(facts=facts.model_copy(update={key: {**getattr(facts, key), **named}}))
        for name in named:
            self.moved(("facts", key, name), ("facts", key, name))

    def add_words(self, vocabularies: Mapping[str, Mapping[str, str]]) -> None:
        """Add words to vocabularies."""
        merged = {name: dict(words) for name, words in self.shape.facts.vocabularies.items()}
        for name, words in vocabularies.items():
            for word in words:
                self.moved(("facts", "vocabularies", name, word), ("facts", "vocabularies", name, word))
            if name not in merged:
                self.moved(("facts", "vocabularies", name), ("facts", "vocabularies", name))
            merged[name] = {**merged.get(name, {}), **words}
        self.update(facts=self.shape.facts.model_copy(update={"vocabularies": merged}))

    def set(self, values: Mapping[str, Any], pointer: Pointer) -> None:
        """Give parameters other values of the same type."""
        parameters = dict(self.shape.parameters)
        for name, value in values.items():
            at = (*pointer, name)
            if name not in self.base.parameters:
                self.unknown("parameter", name, self.base.parameters, at)
                continue
            now = self.base.parameters[name]
            if type(parameter_value(value)) is not type(now):
                message = f"`{name}` is {in_words(now)} in `{self.base.id}`, and this is something else"
                self.problems.add("RG322", message, at, "write a value of the same kind")
                continue
            parameters[name] = parameters[name].model_copy(update={"value": value})
            self.moved(("parameters", name, "value"), at)
        self.update(parameters=parameters)

    def ceilings(self, ceilings: Mapping[str, str]) -> None:
        """Give tiers other ceilings."""
        tiers = {tier.id: tier for tier in self.shape.tiers}
        for name, ceiling in ceilings.items():
            if name not in tiers:
                self.unknown("tier", name, tiers, ("ceilings", name))
                continue
            tiers[name] = tiers[name].model_copy(update={"ceiling": ceiling})
            self.moved(("tiers", list(tiers).index(name), "ceiling"), ("ceilings", name))
        self.update(tiers=tuple(tiers.values()))

    def rules(self, shape: OverlayDocument) -> None:
        """Leave rules out, replace those with the same id, and add the rest."""
        theirs = self.shape.rules
        known = [rule.id for rule in theirs]
        for index, name in enumerate(shape.without):
            if name not in known:
                self.unknown("rule", name, known, ("without", index))
        gone = {*shape.without, *(rule.id for rule in shape.rules)}
        kept = [index for index, rule in enumerate(theirs) if rule.id not in gone]
        places = {at: to for at, to in self.elsewhere.items() if at[:1] != ("rules",)}
        for new, old in enumerate(kept):
            places["rules", new] = self.base.places.of(("rules", old))
            for rest, target in self.base.places.below(("rules", old)):
                places["rules", new, *rest] = target
        for index in range(len(shape.rules)):
            places["rules", len(kept) + index] = (self.document, ("rules", index))
        self.elsewhere = places
        ours = [
            rule.model_copy(update={"owner": shape.owner}) if rule.owner is None and shape.owner else rule
            for rule in shape.rules
        ]
        self.update(rules=(*(theirs[index] for index in kept), *ours))

    def sign_off(self, name: str, pointer: Pointer, key: str, value: Any) -> None:
        """Ask for a sign-off by more persons, or for a younger one."""
        ids = [rule.id for rule in self.shape.rules]
        if name not in ids:
            self.unknown("rule", name, ids, pointer)
            return
        index = ids.index(name)
        rule: RuleDocument = self.shape.rules[index]
        asked = rule.sign_off
        if asked is None or (key == "count" and asked.all is not None):
            what = "names a role to sign off" if key == "count" else "asks for a sign-off"
            message = f"`{printable(name)}` is no rule that {what}"
            self.problems.add("RG322", message, pointer, "add a rule with `sign_off:`")
            return
        changed = rule.model_copy(update={"sign_off": asked.model_copy(update={key: value})})
        self.update(rules=(*self.shape.rules[:index], changed, *self.shape.rules[index + 1 :]))
        self.moved(("rules", index, "sign_off", key), pointer)

    def age(self, name: str, text: str) -> None:
        """Say how old a measurement or a sign-off may be."""
        pointer: Pointer = ("max_age", name)
        if not name.startswith("metric."):
            age = Duration.parse(text)
            if age is None:
                message = f"`{printable(text)}` is not a duration"
                self.problems.add("RG322", message, pointer, "write P30D for 30 days")
            self.sign_off(name, pointer, "max_age", age)
            return
        metrics = self.shape.facts.metrics
        metric = name.removeprefix("metric.")
        if metric not in metrics:
            self.unknown("metric", metric, metrics, pointer)
            return
        changed = {**metrics, metric: metrics[metric].model_copy(update={"max_age": text})}
        self.update(facts=self.shape.facts.model_copy(update={"metrics": changed}))
        self.moved(("facts", "metrics", metric, "max_age"), pointer)
