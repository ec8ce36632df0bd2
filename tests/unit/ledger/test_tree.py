"""The stored tree: its right edge is enough to grow, to sign and to prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto import merkle
from gateway.footing.ledger import leaves, tree
from gateway.footing.ledger.leaves import LeafRow
from gateway.footing.ledger.tree import Frontier
from gateway.vocabulary.errors import LogBroken, StorageError


def leaf(index: int) -> bytes:
    return merkle.leaf_hash(b"leaf %d" % index)


def grown(size: int) -> tuple[Frontier, dict[tuple[int, int], bytes]]:
    frontier, nodes = Frontier(), {}
    for index in range(size):
        frontier, completed = frontier.grown(leaf(index))
        nodes |= {(level, place): digest for level, place, digest in completed}
    return frontier, nodes


def stored(tx, size: int) -> Frontier:
    frontier = Frontier()
    for index in range(size):
        frontier, completed = frontier.grown(leaf(index))
        row = LeafRow(
            leaf_index=index, kind="x", transfer=None, route=None, at="2026-11-24T09:30:00Z", body=b"leaf %d" % index,
            hash=leaf(index),
        )  # fmt: skip
        leaves.add(tx, [row])
        tree.add(tx, completed)
    return frontier


@given(st.integers(0, 300))
def test_the_right_edge_gives_the_root_that_the_whole_tree_gives(size):
    frontier, nodes = grown(size)
    assert frontier.size == size
    assert len(frontier.hashes) == size.bit_count()
    assert frontier.root == merkle.root(size, lambda *at: nodes[at])


def test_growing_leaves_the_smaller_tree_as_it_was():
    small, _ = grown(5)
    before = small.root
    small.grown(leaf(5))
    assert (small.size, small.root) == (5, before)


def test_every_size_can_be_taken_up_again_from_what_is_stored(tx):
    stored(tx, 33)
    for size in range(34):
        assert tree.frontier(tx, size) == grown(size)[0]
        assert tree.root(tx, size) == grown(size)[0].root


def test_there_is_one_row_for_each_complete_subtree_above_the_leaves(tx):
    for size in range(17):
        assert sum(1 for level, _ in grown(size)[1] if level) == size - size.bit_count()
    stored(tx, 16)
    assert tree.count(tx) == 15
    assert [len(list(tree.level(tx, level))) for level in range(1, 6)] == [8, 4, 2, 1, 0]


def test_proofs_are_read_from_what_is_stored(tx):
    root = stored(tx, 21).root
    for index in range(21):
        proof = merkle.inclusion(index, 21, tree.reader(tx))
        merkle.verify_inclusion(leaf(index), index, 21, proof, root)


@pytest.mark.parametrize(("size", "span"), [(4, "leaves 0 to 3"), (6, "leaves 4 to 5"), (5, "leaves 4 to 4")])
def test_a_subtree_that_is_not_there_is_never_made_up(tx, size, span):
    stored(tx, 3 if size < 5 else 4)
    with pytest.raises(LogBroken, match=f"no hash over {span}") as caught:
        tree.root(tx, size)
    assert caught.value.remedy


def test_a_subtree_is_written_once(ledger):
    def write() -> None:
        with ledger.writing() as tx:
            tree.add(tx, [(1, 0, bytes(32))])

    write()
    with pytest.raises(StorageError):
        write()


def test_a_leaf_is_written_once(ledger):
    def write() -> None:
        with ledger.writing() as tx:
            stored(tx, 1)

    write()
    with pytest.raises(StorageError):
        write()
    with ledger.reading() as tx:
        assert leaves.count(tx) == 1
