"""The partner cosigns a log that grows, and never one that was rewritten."""

from tests.simulators.council import ORIGIN, GrowingLog


def test_the_first_checkpoint_is_cosigned_on_trust(partnership):
    transfer = partnership.send()
    assert partnership.received().alarm is None
    assert (partnership.vouched(transfer).origin, partnership.vouched(transfer).size) == (ORIGIN, 1)


def grown(partnership, since, *, leaves=5, sequence=2):
    log = partnership.council.log
    log.append(*(bytes([n]) for n in range(leaves)))
    return partnership.send(sequence=sequence, witness=log.witness(since=since))


def test_a_log_that_extends_what_was_cosigned_is_cosigned(partnership):
    partnership.send()
    partnership.receive()
    second = grown(partnership, since=1)
    assert partnership.received().alarm is None
    assert partnership.vouched(second).size == 6


def test_a_proof_that_begins_elsewhere_is_answered_with_what_we_vouch_for(partnership):
    """The sender had not our last answer yet: no alarm, and it learns where we stand."""
    partnership.send()
    partnership.receive()
    grown(partnership, since=1)
    partnership.receive()
    third = grown(partnership, since=1, sequence=3)
    assert partnership.received().alarm is None
    assert partnership.vouched(third).size == 6
    fourth = grown(partnership, since=6, sequence=4)
    partnership.receive()
    assert partnership.vouched(fourth).size == partnership.council.log.size - 1


def test_a_rewritten_log_raises_the_alarm_and_is_not_cosigned(partnership):
    partnership.send()
    partnership.receive()
    true_log, other = partnership.council.log, GrowingLog()
    other.key, other.public = true_log.key, true_log.public
    other.append(b"another past", b"two", b"three")
    transfer = partnership.send(sequence=2, witness=other.witness(since=1))
    received = partnership.received()
    assert "rewritten" in received.alarm.message
    assert received.result == "accepted"
    assert partnership.vouched(transfer).size == 1


def test_a_log_restored_from_a_backup_raises_the_alarm(partnership):
    partnership.council.log.append(b"one", b"two", b"three")
    partnership.send()
    partnership.receive()
    restored = GrowingLog()
    restored.key, restored.public = partnership.council.log.key, partnership.council.log.public
    restored.append(b"one")
    shorter = restored.witness()
    partnership.send(sequence=2, witness=type(shorter)(note=shorter.note, since=4, proof=()))
    assert partnership.received().alarm is not None


def test_a_checkpoint_of_a_strangers_log_raises_the_alarm(partnership):
    other = GrowingLog()
    other.append(b"one")
    transfer = partnership.send(witness=other.witness())
    received = partnership.received()
    assert received.alarm is not None
    assert received.result == "accepted"
    assert partnership.answer(transfer).checkpoint is None


def test_an_empty_log_may_be_followed_by_any(partnership):
    empty = GrowingLog()
    empty.key, empty.public = partnership.council.log.key, partnership.council.log.public
    partnership.send(witness=empty.witness())
    partnership.receive()
    second = partnership.send(sequence=2)
    assert partnership.received().alarm is None
    assert partnership.vouched(second).size == 2


def test_a_rejected_parcel_is_answered_with_a_cosigned_checkpoint_too(partnership):
    transfer = partnership.send(rows=9)
    assert partnership.received().result == "rejected"
    assert partnership.vouched(transfer).size == 1
