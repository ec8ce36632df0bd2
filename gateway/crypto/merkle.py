"""The Merkle tree of RFC 9162 §2.1: hashes, roots and proofs. Pure: no storage, no signatures.

    leaf      SHA-256(0x00 ‖ body)
    node      SHA-256(0x01 ‖ left ‖ right)
    empty     SHA-256 of nothing

A tree of any size is made of complete subtrees. Whoever stores one gives their hashes by
`node(level, index)`: the subtree over leaves index·2^level to (index+1)·2^level - 1. They
never change once complete, so a stored tree only ever grows.

The two verifiers follow §2.1.3.2 and §2.1.4.2 to the letter and raise; none returns False.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from gateway.vocabulary.errors import LogBroken

Node = Callable[[int, int], bytes]
HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> list[tuple[int, int]]:
    """(level, index) of the complete subtrees that make up a tree of `size` leaves, left to right."""
    return [(level, (size >> level) - 1) for level in reversed(range(size.bit_length())) if size >> level & 1]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over the peaks' hashes, left to right."""
    if not hashes:
        return EMPTY_ROOT
    total = hashes[-1]
    for left in reversed(hashes[:-1]):
        total = node_hash(left, total)
    return total


def root(size: int, node: Node) -> bytes:
    return fold([node(level, index) for level, index in peaks(size)])


def completed_by(index: int, leaf: bytes, node: Node) -> list[tuple[int, int, bytes]]:
    """What appending the leaf hash `leaf` at `index` completes: (level, index, hash), the leaf itself first."""
    level, completed = 0, [(0, index, leaf)]
    while index & 1:
        leaf = node_hash(node(level, index - 1), leaf)
        level, index = level + 1, index >> 1
        completed.append((level, index, leaf))
    return completed


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves, deepest hash first."""
    if not 0 <= index < size:
        raise LogBroken(f"there is no leaf {index} in a log of {size}")
    proof, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_span(middle, high, node))
            high = middle
        else:
            proof.append(_span(low, middle, node))
            low = middle
    return proof[::-1]


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old`; empty from nothing and to itself."""
    if not 0 <= old <= new:
        raise LogBroken(f"a log of {new} cannot be shown to extend one of {old}")
    if old in (0, new):
        return []
    proof, low, high = [], 0, new
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_span(middle, high, node))
            high = middle
        else:
            proof.append(_span(low, middle, node))
            low = middle
    if low:  # the old tree ends in a subtree of its own, which its root alone does not show
        proof.append(_span(low, high, node))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> None:
    """LogBroken unless `proof` shows the leaf hash `leaf` at `index` of the tree with this root."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        raise LogBroken(f"there is no leaf {index} in a log of {size}")
    computed = leaf
    path = _path(index, size - 1, proof)
    for sibling, is_left in path:
        computed = node_hash(sibling, computed) if is_left else node_hash(computed, sibling)
    if computed != root_hash:
        raise LogBroken(f"the inclusion proof of leaf {index} leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """LogBroken unless `proof` shows that the tree of `new` leaves begins with the tree of `old`.

    From an empty tree there is nothing to show, and claiming to is refused: callers who
    hold no earlier checkpoint have nothing to be consistent with.
    """
    if not 0 < old <= new:
        raise LogBroken(f"a log of {new} cannot be shown to extend one of {old}")
    if old == new:
        if proof or old_root != new_root:
            raise LogBroken(f"two different logs of {old} claim to be one")
        return
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof or len(hashes[0]) != HASH_BYTES:
        raise LogBroken("the consistency proof is empty or malformed")
    _climb(old, new, hashes, old_root, new_root)


def _climb(old: int, new: int, hashes: list[bytes], old_root: bytes, new_root: bytes) -> None:
    shared = (old & -old).bit_length() - 1  # levels below the last peak of the old tree are complete in both
    of_old = of_new = hashes[0]
    for sibling, is_left in _path(old - 1 >> shared, new - 1 >> shared, hashes[1:]):
        if is_left:
            of_old = node_hash(sibling, of_old)
            of_new = node_hash(sibling, of_new)
        else:
            of_new = node_hash(of_new, sibling)
    if of_old != old_root or of_new != new_root:
        raise LogBroken(f"the log of {new} does not begin with the log of {old}")


def _path(index: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each sibling on the way up from node `index` of `last` + 1, and whether it stands on the left."""
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_BYTES:
            raise LogBroken("a proof is too long or malformed")
        is_left = bool(index & 1) or index == last
        yield sibling, is_left
        while is_left and not index & 1 and index:  # a node without a right sibling moves up as it is
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    if last:
        raise LogBroken("a proof is too short")


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def _span(low: int, high: int, node: Node) -> bytes:
    """The hash over leaves `low` to `high`, where `low` is where a subtree of that width may begin."""
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(width)
    return node_hash(_span(low, middle, node), _span(middle, high, node))
