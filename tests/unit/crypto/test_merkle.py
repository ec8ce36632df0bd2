"""The Merkle tree: the published vectors, an independent root, and proofs that were tampered with."""

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto import merkle
from gateway.vocabulary.errors import LogBroken
from tests import vectors


def grown(count: int) -> dict[tuple[int, int], bytes]:
    """Every complete subtree of a log of `count` leaves, appended one by one."""
    nodes: dict[tuple[int, int], bytes] = {}
    for index in range(count):
        leaf = merkle.leaf_hash(b"leaf %d" % index)
        for level, place, digest in merkle.completed_by(index, leaf, lambda at, of: nodes[at, of]):
            assert (level, place) not in nodes
            nodes[level, place] = digest
    return nodes


NODES = grown(130)


def node(level: int, index: int) -> bytes:
    return NODES[level, index]


def root(size: int) -> bytes:
    return merkle.root(size, node)


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, as it is written there."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


def decoded(text):
    return base64.b64decode(text or "")


def verify_vector(case):
    proof = [decoded(word) for word in case["proof"] or []]
    if "leafIdx" in case:
        leaf, top = decoded(case["leafHash"]), decoded(case["root"])
        merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, top)
    else:
        roots = decoded(case["root1"]), decoded(case["root2"])
        merkle.verify_consistency(case["size1"], case["size2"], proof, *roots)


def test_every_published_vector_is_accepted_or_refused_as_it_says():
    cases = {path: json.loads(path.read_text()) for path in sorted(vectors.folder("merkle").rglob("*.json"))}
    assert len(cases) == 196
    for path, case in cases.items():
        try:
            verify_vector(case)
        except LogBroken:
            assert case["wantErr"], path
        else:
            assert not case["wantErr"], path


@pytest.mark.parametrize("size", range(34))
def test_the_root_is_that_of_the_definition(size):
    assert root(size) == by_definition([b"leaf %d" % index for index in range(size)])


def test_every_leaf_is_shown_to_be_in_every_tree_it_is_in():
    for size in range(1, 34):
        for index in range(size):
            proof = merkle.inclusion(index, size, node)
            merkle.verify_inclusion(NODES[0, index], index, size, proof, root(size))


def test_every_tree_is_shown_to_begin_every_later_one():
    for new in range(1, 34):
        for old in range(1, new + 1):
            proof = merkle.consistency(old, new, node)
            merkle.verify_consistency(old, new, proof, root(old), root(new))


def test_nothing_needs_no_proof():
    assert merkle.consistency(0, 9, node) == []
    assert merkle.consistency(9, 9, node) == []
    assert merkle.root(0, node) == merkle.EMPTY_ROOT


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3), (0, 3), (0, 0)])
def test_sizes_that_cannot_be_are_refused(old, new):
    with pytest.raises(LogBroken):
        merkle.verify_consistency(old, new, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index, size):
    with pytest.raises(LogBroken):
        merkle.inclusion(index, size, node)
    with pytest.raises(LogBroken):
        merkle.verify_inclusion(NODES[0, 0], index, size, [], root(3))


def test_a_smaller_log_does_not_extend_a_larger_one():
    with pytest.raises(LogBroken):
        merkle.consistency(9, 8, node)


@st.composite
def proofs(draw):
    new = draw(st.integers(2, 130))
    return draw(st.integers(1, new - 1)), new


def flipped(proof: list[bytes], which: int, bit: int) -> list[bytes]:
    place = which % len(proof)
    changed = bytearray(proof[place])
    changed[bit // 8] ^= 1 << bit % 8
    return [*proof[:place], bytes(changed), *proof[place + 1 :]]


@settings(max_examples=150, deadline=None)
@given(proofs(), st.integers(0, 300), st.integers(0, 255))
def test_a_changed_bit_of_a_proof_is_refused(sizes, which, bit):
    old, new = sizes
    extends = flipped(merkle.consistency(old, new, node), which, bit)
    with pytest.raises(LogBroken):
        merkle.verify_consistency(old, new, extends, root(old), root(new))
    holds = flipped(merkle.inclusion(old, new, node), which, bit)
    with pytest.raises(LogBroken):
        merkle.verify_inclusion(NODES[0, old], old, new, holds, root(new))


@settings(max_examples=150, deadline=None)
@given(proofs())
def test_a_proof_cut_or_lengthened_is_refused(sizes):
    old, new = sizes
    proof = merkle.consistency(old, new, node)
    for wrong in (proof[:-1], proof[1:], [*proof, root(new)], [root(old), *proof], [p[:31] for p in proof]):
        with pytest.raises(LogBroken):
            merkle.verify_consistency(old, new, wrong, root(old), root(new))
    proof = merkle.inclusion(old, new, node)
    for wrong in (proof[:-1], proof[1:], [*proof, root(new)], [root(old), *proof], [p[:31] for p in proof]):
        with pytest.raises(LogBroken):
            merkle.verify_inclusion(NODES[0, old], old, new, wrong, root(new))


def test_a_leaf_is_never_taken_for_a_node():
    left, right = NODES[0, 0], NODES[0, 1]
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
