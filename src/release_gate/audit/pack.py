"""What only one record needs, packed into the row beside it; and what a record refers to, wherever it is.

A pack has a line for each part, with its digest and how many bytes it has, an empty line, and the parts one
after the other. For a part that an earlier record has already, the line has the number of that record: a
request that is checked again and again takes no more room. What many records share, the policies above all,
is in no pack, and is kept once by its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from release_gate.diagnostics import Diagnostic, IntegrityError

__all__ = ["NOTHING", "Pack", "Referred"]


@dataclass(frozen=True)
class Pack:
    """A pack.

    Attributes:
        parts: The parts that are in it, by digest. Nothing vouches for the digests.
        elsewhere: The other parts, with the number of the record in whose pack each of them is.
    """

    parts: Mapping[str, bytes]
    elsewhere: Mapping[str, int] = field(default_factory=dict)

    def __bytes__(self) -> bytes:
        """The pack as it is kept."""
        if not self.parts and not self.elsewhere:
            return b""
        lines = [f"{digest} {len(part)}\n" for digest, part in self.parts.items()]
        lines += [f"{digest} in {index}\n" for digest, index in self.elsewhere.items()]
        return b"".join(("".join(lines).encode(), b"\n", *self.parts.values()))

    @classmethod
    def read(cls, data: bytes) -> Pack:
        """A pack from its bytes.

        Raises:
            IntegrityError: It is none.
        """
        if not data:
            return NOTHING
        head, _, rest = data.partition(b"\n\n")
        parts: dict[str, bytes] = {}
        elsewhere: dict[str, int] = {}
        at = 0
        try:
            lines = head.decode("ascii").split("\n")
            for digest, _, told in (line.partition(" ") for line in lines):
                if told.startswith("in "):
                    elsewhere[digest] = _number(told[3:])
                else:
                    size = _number(told)
                    parts[digest] = rest[at : at + size]
                    at += size
        except ValueError:
            raise _none() from None
        if at != len(rest) or len(parts) + len(elsewhere) != len(lines):
            raise _none()
        return cls(parts, elsewhere)

    def __contains__(self, digest: str) -> bool:
        """Whether it has a part, or says where it is."""
        return digest in self.parts or digest in self.elsewhere


NOTHING: Final = Pack({})
"""The pack of a record that needs nothing of its own."""


@dataclass(frozen=True)
class Referred:
    """What a record refers to: content by its digest, or None if it is not there. Nothing is verified.

    Attributes:
        pack: The pack of the record.
        pack_of: The pack of another record.
        shared: What many records share, by digest.
    """

    pack: Pack
    pack_of: Callable[[int], Pack]
    shared: Callable[[str], bytes | None]

    def __call__(self, digest: str) -> bytes | None:
        """Content by its digest."""
        part = self.pack.parts.get(digest)
        if part is not None:
            return part
        index = self.pack.elsewhere.get(digest)
        return self.shared(digest) if index is None else self.pack_of(index).parts.get(digest)


def _number(text: str) -> int:
    """A plain number; what Python takes for one beyond that is refused."""
    if not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > 18:
        raise ValueError(text)
    return int(text)


def _none() -> IntegrityError:
    return IntegrityError([Diagnostic("RG719", "what is kept with the record is not packed as it must be")])
