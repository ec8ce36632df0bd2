"""The partner cosigns a log that grows, and never one that was rewritten."""

import pytest

from gateway.crypto.checkpoint import Checkpoint, log_key
from gateway.crypto.log_succession import hand_over
from gateway.crypto.merkle import root
from gateway.crypto.ssh_keys import SigningKey
from gateway.receipts.succession import FILE, spelled
from gateway.vocabulary.errors import ConfigError, SignatureInvalid
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


# the sender's log changes its key


def handed_over(log, new):
    """The note by which `new` follows, and the log signed with it from now on."""
    note = hand_over(Checkpoint(ORIGIN, log.size, root(log.size, log.node)), log.key, new)
    log.key, log.public = new, log_key(ORIGIN, new.public_raw)
    return note.encode()


def told(partnership, *notes):
    (partnership.home / "keys" / FILE).write_bytes(spelled(notes))


def test_a_new_key_is_not_cosigned_before_the_old_one_is_known_to_have_handed_over(partnership):
    partnership.send()
    partnership.receive()
    log = partnership.council.log
    note = handed_over(log, SigningKey.generate_ed25519())
    transfer = grown(partnership, since=1)
    received = partnership.received()
    assert (received.result, "its key was rotated" in received.alarm.remedy) == ("accepted", True)
    assert partnership.answer(transfer).checkpoint.startswith(f"{ORIGIN}\n1\n")
    told(partnership, note)
    third = grown(partnership, since=1, sequence=3)
    assert partnership.received().alarm is None
    assert partnership.vouched(third).size == log.size - 1


def test_who_knows_the_new_key_cosigns_on_from_what_was_cosigned_under_the_old(partnership):
    page = partnership.home / "receiver.toml"
    partnership.send()
    partnership.receive()
    old = partnership.council.log.public
    note = handed_over(partnership.council.log, SigningKey.generate_ed25519())
    page.write_text(page.read_text().replace(old.spelled, partnership.council.log.public.spelled))
    told(partnership, note)
    second = grown(partnership, since=1)
    assert partnership.received().alarm is None
    assert partnership.vouched(second).size == 6


def test_what_the_retired_key_signs_after_its_end_is_not_cosigned(partnership):
    partnership.send()
    partnership.receive()
    log, thief = partnership.council.log, partnership.council.log.key
    told(partnership, handed_over(log, SigningKey.generate_ed25519()))
    log.key = thief
    transfer = grown(partnership, since=1)
    assert partnership.received().alarm is not None
    assert partnership.answer(transfer).checkpoint.startswith(f"{ORIGIN}\n1\n")


def test_a_second_successor_of_a_key_is_never_followed(partnership):
    """Somebody has stolen the old key, and offers a file of his own after the true one was followed."""
    partnership.send()
    partnership.receive()
    log, stolen = partnership.council.log, partnership.council.log.key
    told(partnership, handed_over(log, SigningKey.generate_ed25519()))
    second = grown(partnership, since=1)
    partnership.receive()
    vouched = partnership.answer(second).checkpoint
    thief = SigningKey.generate_ed25519()
    told(partnership, hand_over(Checkpoint(ORIGIN, 1, root(1, log.node)), stolen, thief).encode())
    log.key = thief
    third = grown(partnership, since=6, sequence=3)
    assert "is not of the sender's log" in partnership.received().alarm.message
    assert partnership.answer(third).checkpoint == vouched


def test_successions_that_do_not_hold_stop_everything_and_say_so(partnership):
    stranger, new = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()
    told(partnership, hand_over(Checkpoint(ORIGIN, 1, bytes(32)), stranger, new).encode())
    partnership.send()
    with pytest.raises(SignatureInvalid, match="do not lead to"):
        partnership.receive()
    (partnership.home / "keys" / FILE).write_text("{spoiled")
    with pytest.raises(ConfigError, match="cannot be read"):
        partnership.receive()
