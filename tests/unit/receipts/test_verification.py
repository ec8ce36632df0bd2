"""Whoever alters the past is found, and told where: a table of what a thief of the ledger could try."""

import pytest

from gateway.crypto.merkle import leaf_hash
from gateway.crypto.note import sign, unverified_text
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts.log import ReceiptLog
from gateway.receipts.receipt import Receipt
from gateway.receipts.verification import Verified, verify_log
from gateway.vocabulary import moment
from tests.ledgers import on_sqlite
from tests.unit.receipts.ground import KEY, ORIGIN, WHOLE, a_transfer, broken, event, fill, rung, seconds


@pytest.fixture
def filled(log):
    """Twelve receipts, two transfers, a checkpoint each."""
    fill(log)
    return log


def body_of(db, index: int) -> bytes:
    return db.execute("select body from leaf where leaf_index = ?", (index,)).fetchone()[0]


def rewrite(db, index: int, receipt: Receipt) -> None:
    """A leaf with everything in its row made to agree."""
    body = receipt.encode()
    db.execute(
        "update leaf set kind = ?, transfer = ?, route = ?, at = ?, body = ?, hash = ? where leaf_index = ?",
        (receipt.kind, receipt.transfer, receipt.route, moment.spell(receipt.at), body, leaf_hash(body), index),
    )


def swap(db, one: int, other: int) -> None:
    for old, new in ((one, -1), (other, one), (-1, other)):
        db.execute("update leaf set leaf_index = ? where leaf_index = ?", (new, old))


def drop_and_close_the_gap(db, index: int) -> None:
    db.execute("delete from leaf where leaf_index = ?", (index,))
    db.execute("update leaf set leaf_index = -leaf_index where leaf_index > ?", (index,))
    db.execute("update leaf set leaf_index = -leaf_index - 1 where leaf_index < 0")


def insert_before(db, index: int) -> None:
    db.execute("update leaf set leaf_index = -leaf_index - 1 where leaf_index >= ?", (index,))
    db.execute("update leaf set leaf_index = -leaf_index where leaf_index < 0")
    db.execute("insert into leaf values (?, 'x', null, null, '', x'', x'')", (index,))
    rewrite(db, index, event(at=seconds(index)))


def cut(db, size: int) -> None:
    """The log as it was at `size`, cleanly: what an old backup looks like."""
    db.execute("delete from leaf where leaf_index >= ?", (size,))
    db.execute("delete from checkpoint where size > ?", (size,))
    db.execute("delete from node where (node_index + 1) * (1 << level) > ?", (size,))


def test_a_sound_log_is_verified_from_nothing_but_itself_and_the_key(filled, ledger):
    latest = filled.latest().checkpoint
    assert verify_log(ledger, filled.public) == Verified(size=12, root=latest.root, checkpoints=12)
    assert verify_log(ledger, filled.public, every=True).size == 12


def test_an_empty_log_is_sound(log, ledger):
    assert verify_log(ledger, log.public).size == 0


@pytest.mark.parametrize("batch", [1, 3, 5, 12])
def test_a_log_written_in_batches_is_sound(log, ledger, batch):
    receipts = [event(index=number) for number in range(12)]
    for start in range(0, 12, batch):
        log.append(*receipts[start : start + batch])
    assert verify_log(ledger, log.public, every=True).checkpoints == -(-12 // batch)


def test_verifying_changes_nothing_and_forgives_nothing(filled, ledger, place):
    with place.tampering() as db:
        db.execute("update leaf set hash = zeroblob(32) where leaf_index = 4")
    for _ in range(3):
        broken(ledger, filled, "leaf 4 ")


@pytest.mark.parametrize("index", range(12))
def test_a_flipped_byte_of_a_body_is_found_at_its_leaf(filled, ledger, place, index):
    with place.tampering() as db:
        body = bytearray(body_of(db, index))
        body[body.index(b"yss") + 2] ^= 1
        db.execute("update leaf set body = ? where leaf_index = ?", (bytes(body), index))
    broken(ledger, filled, f"leaf {index} of the log is not the one that was hashed")


@pytest.mark.parametrize("index", range(12))
def test_a_body_that_is_no_receipt_is_found_at_its_leaf(filled, ledger, place, index):
    with place.tampering() as db:
        db.execute("update leaf set body = x'00', hash = ? where leaf_index = ?", (leaf_hash(b"\0"), index))
    broken(ledger, filled, f"leaf {index} of the log is no receipt")


@pytest.mark.parametrize("index", range(12))
def test_a_leaf_rewritten_with_all_its_columns_is_found_at_its_leaf(filled, ledger, place, index):
    with place.tampering() as db:
        rewrite(db, index, rung(WHOLE[index % 6], a_transfer(index // 6 + 1), at=seconds(index), count=1))
    broken(ledger, filled, f"leaf {index} of the log is not what was signed")


@pytest.mark.parametrize("index", range(11))
def test_a_dropped_leaf_is_missed(filled, ledger, place, index):
    with place.tampering() as db:
        db.execute("delete from leaf where leaf_index = ?", (index,))
    broken(ledger, filled, f"leaf {index} of the log is missing")


@pytest.mark.parametrize("index", range(11))
def test_a_dropped_leaf_whose_gap_was_closed_is_found_there(filled, ledger, place, index):
    with place.tampering() as db:
        drop_and_close_the_gap(db, index)
    broken(ledger, filled, f"leaf {index} of the log is not what was signed")


@pytest.mark.parametrize("index", range(11))
def test_two_swapped_leaves_are_found_at_the_first(log, ledger, place, index):
    for number in range(12):
        log.append(event(index=number))
    with place.tampering() as db:
        swap(db, index, index + 1)
    broken(ledger, log, f"leaf {index} of the log is not what was signed")


@pytest.mark.parametrize("index", range(12))
def test_an_inserted_leaf_is_found_where_it_was_put(filled, ledger, place, index):
    with place.tampering() as db:
        insert_before(db, index)
    broken(ledger, filled, f"leaf {index} of the log is not what was signed")


def test_an_appended_leaf_was_never_signed(filled, ledger, place):
    with place.tampering() as db:
        insert_before(db, 12)
    broken(ledger, filled, "leaf 12 of the log and what follows it were never signed")


@pytest.mark.parametrize("size", range(12))
def test_a_log_cut_off_is_missed_by_its_checkpoints(filled, ledger, place, size):
    with place.tampering() as db:
        db.execute("delete from leaf where leaf_index >= ?", (size,))
    broken(ledger, filled, f"leaf {size} of the log is missing: {size + 1} were signed")


@pytest.mark.parametrize("size", range(12))
def test_a_log_without_its_last_checkpoints_was_never_signed_to_its_end(filled, ledger, place, size):
    with place.tampering() as db:
        db.execute("delete from checkpoint where size > ?", (size,))
    broken(ledger, filled, f"leaf {size} of the log and what follows it were never signed")


@pytest.mark.parametrize("size", [1, 5, 11])
def test_a_log_cut_off_cleanly_is_betrayed_by_the_list_of_stages_only(filled, ledger, place, size):
    with place.tampering() as db:
        cut(db, size)
    broken(ledger, filled, "is (not )?listed in")


def test_a_log_rolled_back_to_yesterdays_backup_is_sound_in_itself(log, place):
    """What verifying cannot see. Witnesses can: see test_witnesses."""
    fill(log, 1)
    yesterday = place.copy("yesterday")
    log.append(event(at=seconds(60)))
    old = Ledger.open(yesterday.url)
    assert verify_log(old, log.public, every=True).size == 6
    old.close()


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'paused'", "kind = 'incident'", f"transfer = '{a_transfer(9)}'", "transfer = null", "route = 'ofsted'",
        "route = null", "at = '2026-11-24T09:30:59Z'", "at = 'yesterday'", "at = 7",
    ],
)  # fmt: skip
@pytest.mark.parametrize("index", [0, 7, 11])
def test_a_changed_search_column_is_found_at_its_leaf(filled, ledger, place, change, index):
    with place.tampering() as db:
        db.execute(f"update leaf set {change} where leaf_index = {index}")  # noqa: S608 - of this test
    broken(ledger, filled, f"the columns of leaf {index} say another thing than its body")


@pytest.mark.parametrize("size", range(1, 13))
def test_a_changed_root_is_found_at_its_checkpoint(filled, ledger, place, size):
    with place.tampering() as db:
        db.execute("update checkpoint set root = zeroblob(32) where size = ?", (size,))
    broken(ledger, filled, f"the columns of the checkpoint of {size} leaves")


@pytest.mark.parametrize("size", range(1, 13))
def test_a_changed_note_is_found_at_its_checkpoint(filled, ledger, place, size):
    """Below the newest only when every signature is asked for: the root is compared always."""
    with place.tampering() as db:
        db.execute("update checkpoint set note = replace(note, 'council', 'counsil') where size = ?", (size,))
    broken(ledger, filled, f"the checkpoint of {size} leaves is not signed", every=size < 12)


def test_a_checkpoints_time_is_that_of_its_last_leaf(filled, ledger, place):
    with place.tampering() as db:
        db.execute("update checkpoint set at = '2020-01-01T00:00:00Z' where size = 7")
    broken(ledger, filled, "the checkpoint of 7 leaves bears another time")


@on_sqlite
def test_bytes_where_a_time_or_a_note_belongs_are_found(filled, ledger, place):
    with place.tampering() as db:
        db.execute("update checkpoint set note = x'00' where size = 7")
    broken(ledger, filled, "checkpoint of")
    with place.tampering() as db:
        db.execute("update leaf set at = x'00' where leaf_index = 4")
    broken(ledger, filled, "the columns of leaf 4 say another thing than its body")


@pytest.mark.parametrize("note", ["", "no note\n", "council.example/handoff\n7\n\n\u2014 a b\n"])
def test_a_note_that_cannot_be_read_is_found(filled, ledger, place, note):
    with place.tampering() as db:
        db.execute("update checkpoint set note = ? where size = 7", (note,))
    broken(ledger, filled, "checkpoint of")


def resign(place, key: SigningKey, *, sizes) -> None:
    """Every given checkpoint of the log as another key would sign it."""
    with place.tampering() as db:
        for size, note in db.execute("select size, note from checkpoint").fetchall():
            if size in sizes:
                again = sign(unverified_text(note.encode()), ORIGIN, key)
                db.execute("update checkpoint set note = ? where size = ?", (again, size))


def test_the_newest_checkpoint_signed_with_another_key_is_found(filled, ledger, place):
    resign(place, SigningKey.generate_ed25519(), sizes={12})
    broken(ledger, filled, "the checkpoint of 12 leaves is not signed by the log's key")


@pytest.mark.parametrize("size", range(1, 12))
def test_any_checkpoint_signed_with_another_key_is_found_when_all_are_looked_at(filled, ledger, place, size):
    resign(place, SigningKey.generate_ed25519(), sizes={size})
    assert verify_log(ledger, filled.public).size == 12
    broken(ledger, filled, f"the checkpoint of {size} leaves is not signed by the log's key", every=True)


def test_a_whole_log_written_anew_with_another_key_is_found(log, tmp_path):
    other = Ledger.create_or_upgrade(sqlite_url(tmp_path / "other"))
    fill(ReceiptLog(other, key=SigningKey.generate_ed25519(), origin=ORIGIN))
    broken(other, log, "the checkpoint of 12 leaves is not signed by the log's key")
    other.close()


def test_a_whole_log_of_another_origin_is_found(log, tmp_path):
    other = Ledger.create_or_upgrade(sqlite_url(tmp_path / "other"))
    fill(ReceiptLog(other, key=KEY, origin="other.example/handoff"))
    broken(other, log, "the checkpoint of 12 leaves is not signed by the log's key")
    other.close()


PLACES = {(1, 0): "leaves 0 to 1", (1, 5): "leaves 10 to 11", (2, 1): "leaves 4 to 7", (3, 0): "leaves 0 to 7"}


@pytest.mark.parametrize("subtree", PLACES)
def test_a_stored_hash_that_is_wrong_is_found(filled, ledger, place, subtree):
    with place.tampering() as db:
        db.execute("update node set hash = zeroblob(32) where level = ? and node_index = ?", subtree)
    broken(ledger, filled, f"the stored hash over {PLACES[subtree]} is wrong")


@pytest.mark.parametrize("subtree", PLACES)
def test_a_stored_hash_that_is_gone_is_found(filled, ledger, place, subtree):
    with place.tampering() as db:
        db.execute("delete from node where level = ? and node_index = ?", subtree)
    broken(ledger, filled, f"the stored hash over {PLACES[subtree]} is wrong")


def test_a_stored_hash_over_leaves_that_are_not_there_is_found(filled, ledger, place):
    with place.tampering() as db:
        db.execute("insert into node values (4, 0, zeroblob(32))")
    broken(ledger, filled, "hashes over more than its 12 leaves")


@pytest.mark.parametrize(
    "change",
    [
        "update standing set stage = 'sealed' where leaf_index = 5",
        "update standing set route = 'ofsted' where leaf_index = 5",
        "update standing set leaf_index = 4 where leaf_index = 5",
        "delete from standing where leaf_index = 5",
        "delete from standing where leaf_index = 11",
        "insert into standing select '00' || substr(transfer, 3), stage, route, 3 from standing where leaf_index = 5",
        "insert into standing select '7' || substr(transfer, 2), stage, route, 3 from standing where leaf_index = 5",
    ],
)
def test_a_list_of_stages_that_the_receipts_do_not_bear_out_is_found(filled, ledger, place, change):
    with place.tampering() as db:
        db.execute(change)
    broken(ledger, filled, "listed in")
