"""The order of keys: that in which the schema of a kind declares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from release_gate.authoring.layout import Schemas

__all__ = ["Order"]

T = TypeVar("T")
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What schemas say of one part of a document.

    Attributes:
        schemas: Every schema that may hold for the part, for one of several forms.
        root: The schema of the document, which has the definitions.
        kinds: The schemas of other kinds: a request may be written out within tests.
    """

    schemas: tuple[Schema, ...]
    root: Schema = field(repr=False)
    kinds: Schemas = field(repr=False)

    @classmethod
    def of(cls, tree: Any, kinds: Schemas) -> Order:
        """The order of a whole document; none, if its kind has no schema."""
        return cls((), {}, kinds).named(tree)

    def named(self, tree: Any) -> Order:
        """The same, or that of the kind of document that this part says it is."""
        kind = tree.get("release_gate") if isinstance(tree, dict) else None
        found = self.kinds(kind) if isinstance(kind, str) else None
        return self if found is None else Order((found,), found, self.kinds)

    def sorted(self, keys: Iterable[str]) -> list[str]:
        """Keys in their order. Those that nothing declares keep theirs, and come last."""
        keys = list(keys)
        rank = {key: number for number, key in enumerate({"release_gate": None, **self._declared(keys)})}
        return sorted(keys, key=lambda key: rank.get(key, len(rank)))

    def _declared(self, keys: list[str]) -> dict[str, None]:
        """The keys of a record. A mapping from names to things has none, and is in the author's order."""
        return dict.fromkeys(
            key
            for schema in self._forms(self.schemas, keys)
            if not isinstance(schema.get("additionalProperties"), dict)  # what it names are only some of many
            for key in schema.get("properties", {})
        )

    def within(self, key: str, keys: Iterable[str]) -> Order:
        """The order of what is at a key of this mapping."""
        found = []
        for schema in self._forms(self.schemas, list(keys)):
            others = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
            named = schema.get("properties", {}).get(key)
            found += [each for each in ([named] if named else others) if isinstance(each, dict)]
        return Order(tuple(found), self.root, self.kinds)

    def member(self) -> Order:
        """The order of the members of this list."""
        found = [schema.get("items") for schema in self._forms(self.schemas, [])]
        return Order(tuple(each for each in found if isinstance(each, dict)), self.root, self.kinds)

    def _forms(self, schemas: Iterable[Schema], keys: list[str]) -> Iterator[Schema]:
        """Schemas without references and alternatives: what each comes to."""
        for schema in schemas:
            if name := str(schema.get("$ref", "")).rpartition("/")[2]:
                yield from self._forms([self.root["definitions"][name]], keys)
            if condition := schema.get("if"):
                chosen = "then" if set(condition["required"]) <= set(keys) else "else"
                yield from self._forms([schema[chosen]], keys)
            for word in ("anyOf", "oneOf", "allOf"):
                yield from self._forms(schema.get(word, ()), keys)
            yield schema
