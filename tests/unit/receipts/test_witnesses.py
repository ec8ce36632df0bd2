"""Partners hold us to our past: a restored or a forked log is found by what they have cosigned."""

import pytest

from gateway.crypto.checkpoint import open_checkpoint, witness_key
from gateway.crypto.note import cosign
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, checkpoints, sqlite_url
from gateway.receipts.log import ReceiptLog
from gateway.vocabulary.errors import LogBroken, NoteMalformed, SignatureInvalid
from tests.unit.receipts.ground import AT, KEY, ORIGIN, event, fill, open_log, seconds

PARTNER, OTHER = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()


def witness(log: ReceiptLog, *, of: ReceiptLog | None = None, partner: str = "yss", at=AT) -> None:
    """`partner` has cosigned what `of` signed last, and its answer has reached `log`."""
    key = PARTNER if partner == "yss" else OTHER
    note = cosign((of or log).latest().note, f"{partner}.example", key, at)
    checkpoint, (cosignature,) = open_checkpoint(
        note.encode(), log.public, [witness_key(f"{partner}.example", key.public_raw)]
    )
    log.keep_cosignature(partner, note, checkpoint, cosignature.at)


def test_without_witnesses_nobody_holds_us_to_anything(log):
    fill(log, 1)
    log.check_witnesses()
    assert log.last_cosigned("yss") is None


def test_what_partners_cosigned_is_still_our_past(log):
    fill(log, 1)
    witness(log)
    log.append(event(at=seconds(60)))
    witness(log, partner="ofsted")
    log.append(event(at=seconds(61)))
    log.check_witnesses()
    assert (log.last_cosigned("yss"), log.last_cosigned("ofsted"), log.last_cosigned("dfe")) == (6, 7, None)


def test_the_last_that_a_partner_cosigned_is_the_largest_not_the_latest_to_arrive(log):
    log.append(event())
    early = cosign(log.latest().note, "yss.example", PARTNER, AT), log.latest().checkpoint
    log.append(event())
    witness(log)
    log.keep_cosignature("yss", *early, AT)
    assert log.last_cosigned("yss") == 2
    log.check_witnesses()


def test_a_cosignature_that_comes_twice_is_kept_once(log, ledger):
    log.append(event())
    witness(log)
    witness(log)
    with ledger.reading() as tx:
        assert len(checkpoints.cosigned_to_compare(tx)) == 1


def test_a_cosigned_note_is_kept_whole(log, ledger):
    log.append(event())
    witness(log)
    with ledger.reading() as tx:
        (kept,) = checkpoints.cosigned_to_compare(tx)
    _, cosignatures = open_checkpoint(kept.note.encode(), log.public, [witness_key("yss.example", PARTNER.public_raw)])
    assert [c.at for c in cosignatures] == [AT] == [kept.at]


def test_a_log_restored_from_yesterdays_backup_waits(log, place):
    fill(log, 1)
    yesterday = place.copy("copy")
    log.append(event(at=seconds(60)))
    restored = open_log(yesterday)
    witness(restored, of=log)
    with pytest.raises(LogBroken, match="yss has seen a log of 7 receipts, ours has 6") as caught:
        restored.check_witnesses()
    assert "backup" in caught.value.remedy


def test_a_restored_log_that_grew_past_what_was_cosigned_is_a_fork(log, place):
    fill(log, 1)
    yesterday = place.copy("copy")
    log.append(event(at=seconds(60)))
    restored = open_log(yesterday)
    restored.append(event("started", at=seconds(61)), event("started", at=seconds(62)))
    witness(restored, of=log)
    with pytest.raises(LogBroken, match="yss has seen a log of 7 receipts that is not the one we have"):
        restored.check_witnesses()


def test_a_restored_log_that_wrote_the_same_again_is_the_same_log(log, place):
    fill(log, 1)
    yesterday = place.copy("copy")
    log.append(event(at=seconds(60)))
    restored = open_log(yesterday)
    restored.append(event(at=seconds(60)))
    witness(restored, of=log)
    restored.check_witnesses()


def test_a_log_swapped_for_another_of_the_same_size_is_a_fork(log, tmp_path):
    fill(log, 1)
    witness(log)
    other = Ledger.create_or_upgrade(sqlite_url(tmp_path / "other"))
    swapped = ReceiptLog(other, key=KEY, origin=ORIGIN)
    swapped.append(*(event(index=number) for number in range(6)))
    witness(swapped, of=log)
    with pytest.raises(LogBroken, match="6 receipts that is not the one we have") as caught:
        swapped.check_witnesses()
    assert caught.value.remedy
    other.close()


def test_a_fork_is_an_alarm_however_much_the_same_partner_cosigned_afterwards(log, place):
    """The contradiction is not hidden behind a newer cosignature that agrees."""
    fill(log, 1)
    forked = open_log(place.copy("copy"))
    forked.append(event("started", at=seconds(60)))
    log.append(event(at=seconds(60)))
    witness(log, of=forked)
    log.append(event(at=seconds(61)))
    witness(log)
    with pytest.raises(LogBroken, match="7 receipts that is not the one we have"):
        log.check_witnesses()


def test_a_fork_at_a_size_the_partner_has_cosigned_before_is_kept_as_proof(log, place, ledger):
    fill(log, 1)
    forked = open_log(place.copy("copy"))
    forked.append(event("started", at=seconds(60)))
    log.append(event(at=seconds(60)))
    witness(log)
    witness(log, of=forked)
    with ledger.reading() as tx:
        assert {row.size for row in checkpoints.cosigned_to_compare(tx)} == {7}
        assert len(checkpoints.cosigned_to_compare(tx)) == 2
    with pytest.raises(LogBroken):
        log.check_witnesses()


def test_one_partners_fork_is_an_alarm_for_all(log, place):
    fill(log, 1)
    forked = open_log(place.copy("copy"))
    forked.append(event("started", at=seconds(60)))
    log.append(event(at=seconds(60)))
    witness(log)
    witness(log, of=forked, partner="ofsted")
    with pytest.raises(LogBroken, match="ofsted has seen"):
        log.check_witnesses()


@pytest.mark.parametrize(
    "change",
    [
        "update leaf set hash = zeroblob(32) where leaf_index = 4",
        "update node set hash = zeroblob(32) where level = 2",
        "delete from node where level = 2",
        "delete from leaf where leaf_index = 4",
    ],
)
def test_a_tree_that_was_altered_under_what_a_partner_cosigned_is_found(log, place, change):
    log.append(*(event(index=number) for number in range(5)))
    witness(log)
    with place.tampering() as db:
        db.execute(change)
    with pytest.raises(LogBroken):
        log.check_witnesses()


def test_what_our_log_never_signed_is_none_of_our_past(log, tmp_path):
    log.append(event())
    other = Ledger.create_or_upgrade(sqlite_url(tmp_path / "other"))
    stranger = ReceiptLog(other, key=SigningKey.generate_ed25519(), origin=ORIGIN)
    stranger.append(event(), event())
    latest = stranger.latest()
    with pytest.raises(SignatureInvalid):
        log.keep_cosignature("yss", cosign(latest.note, "yss.example", PARTNER, AT), latest.checkpoint, AT)
    with pytest.raises(NoteMalformed):
        log.keep_cosignature("yss", "no note", latest.checkpoint, AT)
    assert log.last_cosigned("yss") is None
    other.close()


def test_a_note_is_kept_for_its_own_checkpoint_only(log):
    log.append(event())
    old = log.latest()
    log.append(event())
    with pytest.raises(LogBroken, match="not of the checkpoint"):
        log.keep_cosignature("yss", old.note, log.latest().checkpoint, AT)
    assert log.last_cosigned("yss") is None
