"""A body that is gone by schedule leaves its hash: the log verifies, and nobody can empty a body unnoticed."""

import subprocess
import sys

import pytest

from gateway.receipts.evidence import write_checker
from gateway.receipts.sweep import is_sound
from gateway.receipts.tiles import export
from gateway.receipts.verification import verify_log
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import ONE, TWO, broken, event, fill, open_log, rung, seconds


@pytest.fixture
def purged(log):
    """Of two transfers, the first has been purged."""
    fill(log)
    assert log.purge(ONE, seconds(60), Facts(uid=0)) == 6
    return log


def test_a_log_with_purged_bodies_verifies_to_the_root_that_was_signed(purged, ledger):
    assert verify_log(ledger, purged.public, every=True).root == purged.latest().checkpoint.root
    assert is_sound(ledger, purged.public)


def test_nothing_of_a_purged_transfer_can_be_read_any_more(purged, place):
    assert purged.of_transfer(ONE) == []
    assert purged.stage(ONE) is None
    assert purged.in_stage(*Stage) == [TWO]
    with place.tampering() as db:
        left = db.execute("select transfer, body from leaf").fetchall()
    assert [transfer for transfer, body in left if transfer == ONE or b"disposed" in body] == [TWO]


def test_the_log_goes_on_behind_purged_bodies(purged, ledger, place):
    open_log(place).append(event(at=seconds(61)), rung(Stage.ARRIVED, ONE, at=seconds(61)))
    assert verify_log(ledger, purged.public, every=True).size == 15


def test_the_last_receipt_of_all_can_be_purged(log, ledger, place):
    fill(log, 1)
    log.purge(ONE, seconds(60), Facts(uid=0))
    open_log(place).append(event(at=seconds(61)))
    assert verify_log(ledger, log.public, every=True).size == 8


def test_purging_twice_empties_nothing_more(purged, ledger):
    assert purged.purge(ONE, seconds(61), Facts(uid=0)) == 0
    verify_log(ledger, purged.public, every=True)


def test_a_body_that_was_emptied_without_a_receipt_is_missed(purged, ledger, place):
    with place.tampering() as db:
        db.execute("update leaf set kind='purged-body', body=x'', transfer=null, route=null where leaf_index = 9")
        db.execute("delete from standing")
    broken(ledger, purged, "7 bodies of the log are gone, receipts tell of 6")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("body = x'7b7d'", "not purged as a whole"),
        ("route = 'yss'", "not purged as a whole"),
        ("hash = zeroblob(32)", "not what was signed"),
        ("at = '2020-01-01T00:00:00Z'", "earlier than the one before"),
        ("at = 'long ago'", "no time any more"),
    ],
)
def test_what_is_left_of_a_purged_leaf_cannot_be_changed(purged, ledger, place, change, match):
    with place.tampering() as db:
        db.execute(f"update leaf set {change} where leaf_index = 3")  # noqa: S608 - words of this test
    broken(ledger, purged, match)


def test_a_purged_body_that_is_put_back_as_another_receipt_is_found(purged, ledger, place):
    with place.tampering() as db:
        db.execute("update leaf set (kind, transfer, route, body) = "
                   "(select kind, transfer, route, body from leaf where leaf_index = 9) where leaf_index = 3")  # fmt: skip
    broken(ledger, purged, "leaf 3 of the log is not the one that was hashed")


def test_an_auditor_can_verify_an_export_with_purged_bodies(purged, ledger, tmp_path):
    with ledger.reading() as tx:
        export(tx, purged.public, tmp_path / "log")
    write_checker(tmp_path / "log", purged.public)
    answer = subprocess.run(
        [sys.executable, "-I", "check_receipts.py", "--log", purged.public.spelled, "."],
        cwd=tmp_path / "log", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (answer.returncode, "6 bodies purged by schedule" in answer.stdout) == (0, True)
