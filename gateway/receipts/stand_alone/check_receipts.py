"""Checks receipts of a Handoff Gateway, offline, without the gateway and without trusting its machine.

    python3 check_receipts.py --log KEY [--witness KEY]... PATH...

PATH is a proof (NAME.tlog-proof, its receipt NAME.json beside it) or a folder of exported tiles.
KEY is a verifier key, NAME+ID+BASE64. Get it from the council by another channel than these files:
a log that comes with its own key proves nothing. A witness is a partner who cosigned the log.
Any key that the log had will do: `successions.jsonl` beside the files holds the notes by which one
key handed over to the next, signed by both. A key signs nothing past the size at which it ended.

It needs Python 3.9 or later and the package `cryptography`, and is written from the published
specifications alone: RFC 9162, and signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof and
tlog-tiles of c2sp.org. It leaves with 0 if all is well, with 1 and a sentence if anything is not.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterator, Sequence  # noqa: UP035 - Python 3.9 has them there

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNED, COSIGNED = 1, 4
WIDTH = 256
SUCCEEDED, SUCCESSIONS = "log-key-rotated", "successions.jsonl"


class NotSound(Exception):
    """What is wrong, in a sentence."""


class Key:
    """A verifier key, `NAME+ID+BASE64`: whose signature, and of which kind."""

    def __init__(self, text: str) -> None:
        try:
            self.name, given, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise NotSound("a key is not spelled like NAME+ID+BASE64") from error
        self.kind, public = raw[0], raw[1:]
        self.id = sha256(self.name.encode() + b"\n" + raw)[:4]
        if self.id.hex() != given or self.kind not in (SIGNED, COSIGNED):
            raise NotSound(f"the key of {self.name} is damaged or of another kind")
        self.public = Ed25519PublicKey.from_public_bytes(public)
        self.spelled = text.strip()

    def verify(self, signature: bytes, text: str) -> int | None:
        """The moment that a cosigner gives, or nothing."""
        moment = None
        if self.kind == COSIGNED:
            moment, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            text = f"cosignature/v1\ntime {moment}\n{text}"
        try:
            self.public.verify(signature, text.encode())
        except InvalidSignature as error:
            raise NotSound(f"a signature of {self.name} is not good") from error
        return moment


class Log:
    """The keys of one log in their order, each with the size at which it ended; the last has not."""

    def __init__(self, given: Key, successions: Path) -> None:
        self.name = given.name
        self.ended: list[tuple[Key, int]] = []
        self.told: dict[int, tuple[list[str], bytes]] = {}
        self.last = given
        for line in successions.read_text("utf-8").splitlines() if successions.exists() else ():
            self._hand_over(json.loads(line))
        spelled = [key.spelled for key, _ in self.ended] + [self.last.spelled]
        if given.spelled not in spelled or len(set(spelled)) != len(spelled):
            raise NotSound(f"the successions of {given.name} do not lead to the key that you gave")

    def _hand_over(self, note: str) -> None:
        text, _, lines = note.rpartition("\n\n")
        origin, before, following, size, root = text.split("\n")
        old, new, end = Key(before), Key(following.partition("succeeded by ")[2]), int(size)
        if {old.name, new.name, origin} != {self.name}:
            raise NotSound("a succession is of another log")
        if self.ended and (self.last.spelled != old.spelled or end <= self.ended[-1][1]):
            raise NotSound("the successions of the log's keys do not follow each other")
        if not all(_verify_lines(text + "\n", lines, [key]) for key in (old, new)):
            raise NotSound("a succession is not signed by both of its keys")
        self.ended.append((old, end))
        self.last = new
        self.told[end] = [old.spelled, new.spelled], base64.b64decode(root, validate=True)

    def at(self, size: int) -> Key:
        """Whose signature counts on a checkpoint of this size."""
        return next((key for key, end in self.ended if size <= end), self.last)

    def compare(self, index: int, receipt: dict[str, Any], root: bytes) -> None:
        """A receipt hands the log over just where the keys say so, from this root and to that key."""
        told = (receipt["facts"].get("verifier_keys"), root) if receipt["kind"] == SUCCEEDED else None
        if told != self.told.get(index):
            raise NotSound(f"receipt {index} and the successions tell another story of the log's key")


class Checkpoint:
    """A log at one size, signed by its key of that time; with the witnesses of ours that cosigned it."""

    def __init__(self, note: str, log: Log, witnesses: Sequence[Key]) -> None:
        text, blank, lines = note.rpartition("\n\n")
        text += "\n"
        parts = text.split("\n")
        if not blank or len(parts) < 4:
            raise NotSound("a checkpoint is not a signed note")
        self.origin, self.size, self.root = parts[0], int(parts[1]), base64.b64decode(parts[2], validate=True)
        self.cosigned: list[tuple[str, int]] = []
        if self.origin != log.name or not _verify_lines(text, lines, [log.at(self.size)]):
            raise NotSound(f"a checkpoint of {self.size} receipts is not signed by the key of {log.name}")
        for witness in witnesses:
            self.cosigned += [(witness.name, moment or 0) for moment in _verify_lines(text, lines, [witness])]

    def told(self) -> str:
        by = [f"{name} on {datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d}" for name, at in self.cosigned]  # noqa: UP017 - Python 3.9
        return f"log {self.origin} of {self.size} receipts" + (", cosigned by " + " and ".join(by) if by else "")


def _verify_lines(text: str, lines: str, keys: Sequence[Key]) -> list[int | None]:
    """What each of these keys says about the text; a bad signature of one of them is an error."""
    found: list[int | None] = []
    for line in lines.splitlines():
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        if dash != "\u2014":
            raise NotSound("a checkpoint is not a signed note")
        found += [key.verify(raw[4:], text) for key in keys if (key.name, key.id) == (name, raw[:4])]
    return found


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf_hash(body: bytes) -> bytes:
    return sha256(b"\x00" + body)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotSound("the proof is too long")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise NotSound("the proof is too short")
    return found


def check_proof(path: Path, log: Log, witnesses: Sequence[Key]) -> str:
    """One receipt: it is in the log that was signed."""
    body = path.with_suffix(".json").read_bytes()
    head, blank, note = path.read_text("utf-8").partition("\n\n")
    lines = [line for line in head.split("\n") if not line.startswith("extra ")]
    if not blank or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise NotSound("this is not a proof")
    index, hashes = int(lines[1][6:]), [base64.b64decode(line, validate=True) for line in lines[2:]]
    checkpoint = Checkpoint(note, log, witnesses)
    if not 0 <= index < checkpoint.size:
        raise NotSound(f"there is no receipt {index} in a log of {checkpoint.size}")
    if root_of_path(leaf_hash(body), index, checkpoint.size, hashes) != checkpoint.root:
        raise NotSound(f"receipt {index} is not the one that the log holds there")
    receipt = json.loads(body)
    about = f"{receipt['kind']} of transfer {receipt['transfer']}" if receipt["transfer"] else receipt["kind"]
    return f"receipt {index}, {about}, {receipt['at']}: in the {checkpoint.told()}"


class Tree:
    """Grows leaf by leaf; knows its root at every size by its right edge alone."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []

    def add(self, node: bytes) -> list[tuple[int, int, bytes]]:
        """The subtrees of 256, 65,536 … leaves that this leaf completes: (level of tile, index, hash)."""
        index, level, done = self.size, 0, []
        while index & 1:
            node = node_hash(self.edge.pop(), node)
            index, level = index >> 1, level + 1
            if level % 8 == 0:
                done.append((level // 8, index, node))
        self.edge.append(node)
        self.size += 1
        return done

    def root(self) -> bytes:
        if not self.edge:
            return sha256(b"")
        found = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            found = node_hash(left, found)
        return found


class Tiles:
    """The hashes of one exported log, a tile at a time."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.kept: dict[int, tuple[int, bytes]] = {}

    def read(self, level: int, index: int) -> bytes:
        width = min((self.size >> 8 * max(level, 0)) - index * WIDTH, WIDTH)
        number = "".join(f"x{part}/" for part in _thousands(index)[:-1]) + _thousands(index)[-1]
        path = self.folder / "tile" / ("entries" if level < 0 else str(level)) / number
        return (path if width == WIDTH else path.with_name(path.name + ".p") / str(width)).read_bytes()

    def hash_at(self, level: int, index: int) -> bytes:
        tile, place = divmod(index, WIDTH)
        if self.kept.get(level, (-1, b""))[0] != tile:
            self.kept[level] = tile, self.read(level, tile)
        return self.kept[level][1][place * 32 : place * 32 + 32]

    def bodies(self) -> Iterator[bytes]:
        """Each receipt in order; empty where the body has been purged by schedule and its hash is left."""
        for bundle in range((self.size + WIDTH - 1) // WIDTH):
            data, at = self.read(-1, bundle), 0
            while at < len(data):
                length = int.from_bytes(data[at : at + 2], "big")
                yield data[at + 2 : at + 2 + length]
                at += 2 + length


def _thousands(number: int) -> list[str]:
    parts = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"{number % 1000:03}")
    return parts


class Signed:
    """Every checkpoint in turn, compared with the tree when it has grown to its size."""

    def __init__(self, checkpoints: Iterator[Checkpoint]) -> None:
        self.checkpoints, self.next = checkpoints, next(checkpoints, None)
        self.covered = self.count = 0

    def compare(self, tree: Tree) -> None:
        while self.next and self.next.size == tree.size:
            self.same(tree, self.next)
            self.covered, self.count, self.next = tree.size, self.count + 1, next(self.checkpoints, None)

    def same(self, tree: Tree, checkpoint: Checkpoint) -> None:
        if tree.root() != checkpoint.root:
            raise NotSound(f"receipts {self.covered} to {checkpoint.size - 1} are not what was signed")


def check_log(folder: Path, log: Log, witnesses: Sequence[Key]) -> str:
    """A whole exported log: every receipt, every hash, every checkpoint that was ever signed."""
    newest = Checkpoint((folder / "checkpoint").read_text("utf-8"), log, witnesses)
    signed, tree = Signed(_checkpoints(folder, log, witnesses)), Tree()
    purged = _grow(tree, Tiles(folder, newest.size), signed, log)
    wanted = max(newest.size, signed.next.size if signed.next else 0)
    if tree.size != wanted:
        raise NotSound(f"receipt {tree.size} is missing: {wanted} were signed")
    signed.same(tree, newest)
    return f"whole: {newest.told()}; {signed.count} checkpoints lead to it; {purged} bodies purged by schedule"


def _grow(tree: Tree, tiles: Tiles, signed: Signed, log: Log) -> int:
    """Leaf by leaf; how many have their hash left and no body."""
    purged, before = 0, ""
    for index, body in enumerate(tiles.bodies()):
        stored = tiles.hash_at(0, index)
        if body:
            if leaf_hash(body) != stored:
                raise NotSound(f"receipt {index} is not the one that was hashed")
            receipt = json.loads(body)
            if receipt["kind"] == SUCCEEDED or index in log.told:
                log.compare(index, receipt, tree.root())
            before = _not_earlier(index, str(receipt["at"]), before)
        purged += not body
        for level, place, node in tree.add(stored):
            if tiles.hash_at(level, place) != node:
                raise NotSound(f"the hash over receipts {place << 8 * level} to {index} is wrong")
        signed.compare(tree)
    return purged


def _not_earlier(index: int, at: str, before: str) -> str:
    """Times are spelled so that they sort."""
    if at < before:
        raise NotSound(f"receipt {index} is earlier than the one before it")
    return at


def _checkpoints(folder: Path, log: Log, witnesses: Sequence[Key]) -> Iterator[Checkpoint]:
    """Every one that was signed, smallest first, one JSON string a line; then those that partners cosigned."""
    cosigned = [Checkpoint(path.read_text("utf-8"), log, witnesses) for path in sorted(folder.glob("cosigned/*"))]
    cosigned.sort(key=lambda one: one.size)
    with (folder / "checkpoints.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            own = Checkpoint(json.loads(line), log, ())
            while cosigned and cosigned[0].size <= own.size:
                yield cosigned.pop(0)
            yield own
    yield from cosigned


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Checks receipts of a Handoff Gateway, offline.")
    parser.add_argument("--log", required=True, help="a verifier key of the log, got by another channel")
    parser.add_argument("--witness", action="append", default=[], help="a partner's cosignature key")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a .tlog-proof or an exported folder")
    given = parser.parse_args(words)
    try:
        key, witnesses = Key(given.log), [Key(text) for text in given.witness]
        for path in given.paths:
            check = check_log if path.is_dir() else check_proof
            log = Log(key, (path if path.is_dir() else path.parent) / SUCCESSIONS)
            sys.stdout.write(f"{path.name or path.resolve().name}: {check(path, log, witnesses)}\n")
    except NotSound as error:
        sys.stderr.write(f"NOT SOUND: {error}\n")
        return 1
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        named = getattr(error, "filename", None)  # of what is not there; what is malformed has none
        what = f"{named} cannot be read" if named else "a file is missing or malformed"
        sys.stderr.write(f"NOT SOUND: {what} ({type(error).__name__})\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
