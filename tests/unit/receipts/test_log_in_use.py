"""What somebody changed behind our back is found when the log is used, without verifying all of it."""

from dataclasses import replace

import pytest

from gateway.crypto import merkle
from gateway.footing.ledger import leaves
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.transfer import Stage
from tests.ledgers import on_sqlite
from tests.unit.receipts.ground import ONE, event, fill, open_log, rung, seconds


def test_a_stored_kind_that_is_not_known_is_an_alarm_and_never_none(log, place, ledger):
    body = rung(Stage.ARRIVED).encode().replace(b'"arrived"', b'"teleported"')
    log.append(rung(Stage.ARRIVED))
    with place.tampering() as db:
        db.execute("update leaf set kind = 'teleported', body = ?, hash = ?", (body, merkle.leaf_hash(body)))
    with pytest.raises(LogBroken, match="teleported, which is not known here"):
        log.stage(ONE)
    with pytest.raises(LogBroken, match="teleported"):
        log.append(rung(Stage.APPROVED))
    with pytest.raises(LogBroken):
        log.in_stage(Stage.ARRIVED)


@pytest.mark.parametrize("kind", ["approved", "incident", "look-up"])
def test_a_changed_kind_column_is_found_by_whoever_reads_it(log, place, kind):
    log.append(rung(Stage.ARRIVED))
    with place.tampering() as db:
        db.execute("update leaf set kind = ?", (kind,))
    for ask in (lambda: log.stage(ONE), lambda: log.of_transfer(ONE), log.entries):
        with pytest.raises(LogBroken, match="the columns of leaf 0"):
            ask()


def test_a_changed_body_is_found_by_whoever_reads_it(log, place):
    log.append(rung(Stage.ARRIVED))
    with place.tampering() as db:
        (body,) = db.execute("select body from leaf").fetchone()
        db.execute("update leaf set body = ?", (body.replace(b"yss", b"ysx"),))
    with pytest.raises(LogBroken, match="leaf 0 of the log is not the one that was hashed"):
        log.stage(ONE)


@on_sqlite
@pytest.mark.parametrize("column", ["body", "hash"])
def test_text_where_bytes_belong_is_found(log, place, column):
    log.append(rung(Stage.ARRIVED))
    with place.tampering() as db:
        db.execute(f"update leaf set {column} = 'text'")  # noqa: S608 - a column's name
    with pytest.raises(LogBroken, match="leaf 0"):
        log.stage(ONE)


def test_a_stage_listed_where_the_receipts_do_not_lead_is_found(log, place):
    log.append(rung(Stage.ARRIVED), rung(Stage.APPROVED))
    with place.tampering() as db:
        db.execute("update standing set stage = 'arrived'")
    with pytest.raises(LogBroken, match="listed as arrived, its receipts say approved"):
        log.in_stage(Stage.ARRIVED)
    assert log.stage(ONE) is Stage.APPROVED


def test_a_log_whose_last_receipt_was_cut_off_is_not_built_upon(log, place):
    fill(log, 1)
    with place.tampering() as db:
        db.execute("delete from leaf where leaf_index = 5")
    with pytest.raises(LogBroken, match="has 5 leaves"):
        open_log(place).append(event(at=seconds(60)))


def test_a_receipt_put_behind_the_last_is_not_built_upon(log, place, ledger):
    fill(log, 1)
    with ledger.writing() as tx:
        last = leaves.get(tx, 5)
        leaves.add(tx, [replace(last, leaf_index=6)])
    with pytest.raises(LogBroken, match="has 7 leaves"):
        open_log(place).append(event(at=seconds(60)))
    with pytest.raises(StorageError):
        log.append(event(at=seconds(60)))


def test_a_root_that_was_never_signed_is_not_built_upon(log, place):
    fill(log, 1)
    with place.tampering() as db:
        db.execute("update checkpoint set root = zeroblob(32) where size = 6")
    for asked in (lambda: open_log(place).append(event(at=seconds(60))), log.latest):
        with pytest.raises(LogBroken, match="the checkpoint of 6 leaves"):
            asked()


def test_a_tree_that_was_never_signed_is_not_built_upon(log, place):
    fill(log, 1)
    with place.tampering() as db:
        db.execute("update node set hash = zeroblob(32) where level = 2")
    with pytest.raises(LogBroken, match="the tree over 6 leaves"):
        open_log(place).append(event(at=seconds(60)))


def test_a_stored_hash_that_is_missing_is_not_made_up(log, place):
    fill(log, 1)
    with place.tampering() as db:
        db.execute("delete from node where level = 2")
    with pytest.raises(LogBroken, match="no hash over leaves 0 to 3") as caught:
        open_log(place).append(event(at=seconds(60)))
    assert caught.value.remedy
