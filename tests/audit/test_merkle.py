"""The tree of RFC 6962: the vectors of Certificate Transparency, and the definition itself."""

import hashlib
from base64 import b64decode
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.audit.merkle import (
    EMPTY,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and the roots that the reference implementation of Certificate Transparency is tested with.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Inclusion proofs of the same tests: (index, size, hashes), counted from 0.
INCLUSION: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]

# An entry of a real log that runs Tessera, which Project Oak tests its verifier with.
TESSERA = [
    "fGRlLyuz+L9Jb8+uTSut/2aVc4z7fKFW+clvsb6xjEM=",
    "F6LautOHD5eppkWC0xn/lz00X5g2yLlZAkl2jCI/wdE=",
    "qH7OJxFNup+TDvJuohd2HphKVngfMeMzUK8QChEDcas=",
    "+Y3g758yXtPCRh/eqhLTA3bdcx+cCV1Uah0JdgB0YEs=",
    "vq8cJSjj8dPVmFBRUqDLlaMqW6aAYR2GKugVhgudXLs=",
    "J0z3X5qTb9WFC1gABhVFx0bW1rVZRL+DAoBL2e2h4G4=",
    "NmSbYg25xNFzTRerIsF3HbEMyTIDqW87AQd9ekzopE8=",
    "L8BZipjURnkctkjJtGJs+YyTXMssvNKA7+a8nV2JT/s=",
    "pva4RFzCejMkVMVmYc93As2lbk7WAyrw58TvrzEOjNc=",
]
TESSERA_ROOT = "QYfrD7XAd4qUHbRBs4dDyDZwpZN4M/cccXr2G56pxkY="


def test_an_entry_of_a_real_log_is_in_it_where_it_is_and_nowhere_else() -> None:
    leaf, root = leaf_hash(b"hello tesseroak\n"), b64decode(TESSERA_ROOT)
    proof = [b64decode(each) for each in TESSERA]
    assert verify_inclusion(leaf, 76958, 76959, proof, root)
    for index, size in ((76957, 76959), (76958, 76960), (0, 76959), (76959, 76959)):
        assert not verify_inclusion(leaf, index, size, proof, root)
    assert not verify_inclusion(leaf, 76958, 76959, proof[:-1], root)
    assert not verify_inclusion(leaf, 76958, 76959, [*proof, proof[-1]], root)
    assert not verify_inclusion(leaf_hash(b"hello tesseroak"), 76958, 76959, proof, root)


def defined(leaves: Sequence[bytes]) -> bytes:
    """MTH as section 2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined(leaves[:split]), defined(leaves[split:]))


class Tree:
    """A tree that keeps the complete subtrees, as a ledger does."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        for index, data in enumerate(leaves):
            leaf = leaf_hash(data)
            self.frontier, completed = self.frontier.add(leaf)
            for height, each in enumerate((leaf, *completed)):
                self.nodes[height, index >> height] = each

    def subtree(self, height: int, index: int) -> bytes:
        return self.nodes[height, index]


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in texts]


def test_the_roots_of_certificate_transparency() -> None:
    tree = Tree(LEAVES)
    assert Frontier().root == EMPTY == root_at(0, tree.subtree)
    for size, root in enumerate(ROOTS, 1):
        assert root_at(size, tree.subtree).hex() == root
        assert Tree(LEAVES[:size]).frontier.root.hex() == root


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_the_inclusion_proofs_of_certificate_transparency(index: int, size: int, proof: list[str]) -> None:
    assert inclusion_proof(index, size, Tree(LEAVES).subtree) == tuple(hashes(proof))
    leaf, root = leaf_hash(LEAVES[index]), bytes.fromhex(ROOTS[size - 1])
    assert verify_inclusion(leaf, index, size, hashes(proof), root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_the_consistency_proofs_of_certificate_transparency(old: int, new: int, proof: list[str]) -> None:
    assert consistency_proof(old, new, Tree(LEAVES).subtree) == tuple(hashes(proof))
    roots = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])
    assert verify_consistency(old, new, hashes(proof), *roots)


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_no_changed_inclusion_proof_verifies(index: int, size: int, proof: list[str]) -> None:
    good, leaf, root = hashes(proof), leaf_hash(LEAVES[index]), bytes.fromhex(ROOTS[size - 1])
    assert not verify_inclusion(leaf, -1, size, good, root)
    assert not verify_inclusion(leaf, size, size, good, root)
    assert not verify_inclusion(leaf, 0, 0, good, root)
    assert not verify_inclusion(leaf, index ^ 1, size, good, root)
    assert not verify_inclusion(leaf, index, size * 2, good, root)
    assert not verify_inclusion(leaf, index, size, good, EMPTY)
    assert not verify_inclusion(EMPTY, index, size, good, root)
    assert not verify_inclusion(leaf, index, size, [*good, EMPTY], root)
    assert not verify_inclusion(leaf, index, size, [EMPTY, *good], root)
    assert not verify_inclusion(leaf, index, size, [*good, root], root)
    for each in range(len(good)):
        changed = [*good[:each], EMPTY, *good[each + 1 :]]
        assert not verify_inclusion(leaf, index, size, changed, root)
        assert not verify_inclusion(leaf, index, size, good[:each], root)
        assert not verify_inclusion(leaf, index, size, good[each + 1 :], root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_no_changed_consistency_proof_verifies(old: int, new: int, proof: list[str]) -> None:
    good = hashes(proof)
    first, second = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])
    assert not verify_consistency(new + 1, new, good, first, second)
    assert not verify_consistency(-1, new, good, first, second)
    assert not verify_consistency(old, new, [*good, EMPTY], first, second)
    assert not verify_consistency(old, new, [EMPTY, *good], first, second)
    assert not verify_consistency(old, new, good, EMPTY, second)
    assert not verify_consistency(old, new, good, first, EMPTY)
    if old != new:
        assert not verify_consistency(old, new, [], first, second)
        assert not verify_consistency(old - 1, new, good, first, second)
        assert not verify_consistency(old, new, good, second, first)
    for each in range(len(good)):
        changed = [*good[:each], EMPTY, *good[each + 1 :]]
        assert not verify_consistency(old, new, changed, first, second)
        assert not verify_consistency(old, new, good[:each], first, second)


def test_the_empty_tree_is_the_beginning_of_every_tree_and_needs_no_proof() -> None:
    root = bytes.fromhex(ROOTS[7])
    assert verify_consistency(0, 8, [], EMPTY, root)
    assert verify_consistency(0, 0, [], EMPTY, EMPTY)
    assert not verify_consistency(0, 8, [EMPTY], EMPTY, root)
    assert not verify_consistency(0, 8, [], root, root)
    assert consistency_proof(0, 8, Tree(LEAVES).subtree) == ()


@given(st.integers(1, 130), st.data())
def test_proofs_of_trees_of_every_size_verify(size: int, data: st.DataObject) -> None:
    leaves = [index.to_bytes(2) for index in range(size)]
    tree = Tree(leaves)
    assert tree.frontier.root == defined(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, tree.subtree)
    assert verify_inclusion(leaf_hash(leaves[index]), index, size, proof, tree.frontier.root)
    old = data.draw(st.integers(0, size))
    steps = consistency_proof(old, size, tree.subtree)
    assert verify_consistency(old, size, steps, defined(leaves[:old]), tree.frontier.root)
    assert Frontier.at(old, tree.subtree).root == defined(leaves[:old])


@given(st.integers(2, 40), st.data())
def test_a_proof_of_one_leaf_is_none_of_another(size: int, data: st.DataObject) -> None:
    tree = Tree([index.to_bytes(2) for index in range(size)])
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    proof = inclusion_proof(index, size, tree.subtree)
    leaf = leaf_hash(index.to_bytes(2))
    assert not verify_inclusion(leaf, other, size, proof, tree.frontier.root)
