"""The tree over the records: RFC 6962, section 2.1, with SHA-256.

Nothing here stores anything. Provers ask for the hashes of complete subtrees, and verifiers need none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "EMPTY",
    "Frontier",
    "Subtree",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root_at",
    "verify_consistency",
    "verify_inclusion",
]

Subtree: TypeAlias = Callable[[int, int], bytes]
"""The hash of a complete subtree, by its height and its index among those of that height."""

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees of a tree, from the largest to the smallest: all that it takes to go on.

    Attributes:
        size: How many leaves there are.
        peaks: One hash for every bit that is set in the size.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @classmethod
    def at(cls, size: int, subtree: Subtree) -> Frontier:
        """The frontier of a tree that is stored."""
        peaks, start = [], 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                peaks.append(subtree(height, start >> height))
                start += 1 << height
        return cls(size, tuple(peaks))

    def add(self, leaf: bytes) -> tuple[Frontier, tuple[bytes, ...]]:
        """The frontier with one leaf more, and the hashes of the larger subtrees that the leaf completes."""
        peaks, completed, size = list(self.peaks), [], self.size
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            completed.append(leaf)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, leaf)), tuple(completed)

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_at(size: int, subtree: Subtree) -> bytes:
    """The root that a stored tree had when it had ``size`` leaves."""
    return Frontier.at(size, subtree).root


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The hashes that lead from a leaf to the root. RFC 6962, section 2.1.1."""
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(_range_hash(start, middle, subtree))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The hashes that show a tree to be the beginning of a later one. RFC 6962, section 2.1.2."""
    if not 0 < old < new:
        return ()
    proof: list[bytes] = []
    start, end, target, known = 0, new, old, True
    while target != end:
        middle = start + _split(end - start)
        if target <= middle:
            proof.append(_range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(_range_hash(start, middle, subtree))
            start, known = middle, False
    # The verifier has the old root already, if that is where the way ended.
    last = () if known else (_range_hash(start, end, subtree),)
    return (*last, *reversed(proof))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf is in a tree at an index. RFC 9162, section 2.1.3.2."""
    # Step 1.
    if not 0 <= index < size:
        return False
    # Steps 2 and 3.
    place, last, found = index, size - 1, leaf
    # Step 4.
    for each in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(each, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    # Step 5.
    return last == 0 and found == root


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether a tree is the beginning of a later one. RFC 9162, section 2.1.4.2."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and old_root == (EMPTY if old == 0 else new_root)
    # Step 1.
    if not proof:
        return False
    # Step 2.
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    # Steps 3 and 4.
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # Step 5.
    first = second = hashes[0]
    # Step 6.
    for each in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, each)
        place, last = place >> 1, last >> 1
    # Step 7.
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """The largest power of two that is smaller than a size."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash over the leaves from ``start`` to ``end``, which starts where a subtree of its size may."""
    size = end - start
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return subtree(height, start >> height)
    middle = start + _split(size)
    return node_hash(_range_hash(start, middle, subtree), _range_hash(middle, end, subtree))
