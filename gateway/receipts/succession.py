"""The log's keys as the log itself tells them: each change is a receipt, and is the note that both keys signed.

    leaf N            "log-key-rotated": both keys, the root of the N leaves before it, both signatures
    checkpoint N      signed by the old key, as the last one
    checkpoint N+1…   signed by the new one, beginning with the one that covers the receipt itself

Leaf and checkpoint are one commit, so the ledger knows one key in force at any time. The receipt is
about no transfer, so no purge takes it. Outside the ledger the notes are a file beside the log or
the proof; whoever trusts any key of the chain learns the others from it.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.log_succession import LogKeys, Succession, hand_over
from gateway.crypto.note import Ed25519Signer, Vkey
from gateway.footing import durable
from gateway.footing.ledger import key_receipts, tree
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.store import Transaction
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.vocabulary.errors import FormatInvalid, LogBroken, SignatureInvalid
from gateway.vocabulary.facts import Fact, Facts

KIND: Final = "log-key-rotated"
FILE: Final = "successions.jsonl"
"""One note a line, as a JSON string, oldest first."""
_DASH = "\u2014"


def handed_over(at: Checkpoint, old: Ed25519Signer, new: Ed25519Signer, *, when: datetime, told: Facts) -> Receipt:
    """The receipt of it, to be leaf number `at.size`; `told` says who asked for it."""
    note = hand_over(at, old, new)
    text, _, lines = note.rpartition("\n\n")
    succession = Succession.parse(f"{text}\n")
    facts = Facts(
        role="log",
        verifier_keys=(succession.before.spelled, succession.following.spelled),
        tree_size=at.size,
        checkpoint=at.root.hex(),
        signatures=tuple(line.split(" ")[2] for line in lines.splitlines()),
    )
    return Receipt(kind=KIND, at=when, facts=told | facts)


def note_of(entry: Entry) -> bytes:
    """The note again, unverified; LogBroken if the receipt does not hold one of its own place."""
    facts = entry.receipt.facts
    try:
        before, following = map(Vkey.parse, _texts(facts.get("verifier_keys", ())))
        at = Checkpoint(before.name, _count(facts["tree_size"]), bytes.fromhex(str(facts["checkpoint"])))
        lines = [f"{_DASH} {before.name} {signature}\n" for signature in _texts(facts["signatures"])]
    except (KeyError, ValueError, FormatInvalid) as error:
        raise LogBroken(f"leaf {entry.index} of the log is no succession of its keys", remedy=LOG_ALTERED) from error
    if at.size != entry.index:
        raise LogBroken(f"leaf {entry.index} of the log is a succession for another place", remedy=LOG_ALTERED)
    return f"{Succession(before=before, following=following, at=at).text()}\n{''.join(lines)}".encode()


def notes_in(tx: Transaction) -> list[bytes]:
    """All of them, oldest first, unverified."""
    return [note_of(Entry.read(row)) for row in key_receipts.listed(tx, KIND)]


def keys_of_log(tx: Transaction, trusted: Vkey) -> LogKeys:
    """LogBroken unless all successions hold, are of this very tree, and lead to the key that is trusted."""
    notes = notes_in(tx)
    keys = keys_from(notes, trusted)
    for note in notes:
        at = Succession.parse(note.decode().rpartition("\n\n")[0] + "\n").at
        if tree.root(tx, at.size) != at.root:
            raise LogBroken(f"leaf {at.size} of the log hands another log over", remedy=LOG_ALTERED)
    return keys


def keys_from(notes: Iterable[bytes], trusted: Vkey) -> LogKeys:
    """LogBroken unless the chain holds and leads to the key that is trusted."""
    try:
        return LogKeys.of(trusted, list(notes))
    except SignatureInvalid as error:
        raise LogBroken(error.message, remedy="get the log's key, and what succeeded it, by another channel") from error


def check_told(entry: Entry, keys: LogKeys) -> None:
    """LogBroken if a receipt hands the log over, and the chain of keys knows nothing of it."""
    if entry.receipt.kind == KIND and entry.index not in keys.ends:
        raise LogBroken(f"leaf {entry.index} of the log hands it over to a key that does not follow")


def spelled(notes: Iterable[bytes]) -> bytes:
    """The file that goes with exports and proofs, and to partners."""
    return b"".join(json.dumps(note.decode()).encode() + b"\n" for note in notes)


def write(folder: Path, notes: Sequence[bytes]) -> None:
    """Beside a log or proofs; nothing where the log has had one key only."""
    if notes:
        durable.write_new(folder / FILE, spelled(notes))


def _texts(fact: Fact) -> tuple[str, ...]:
    if not isinstance(fact, tuple) or len(fact) != 2:
        raise ValueError("two are expected")
    return tuple(map(str, fact))


def _count(fact: Fact) -> int:
    return int(str(fact))
