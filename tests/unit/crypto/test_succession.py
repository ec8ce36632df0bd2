"""A log's keys, and those of pseudonyms, follow each other in a way that anybody who knew the first can verify."""

import hashlib
import hmac
import os

import pytest

from gateway.crypto.checkpoint import Checkpoint, log_key
from gateway.crypto.log_succession import Succession, hand_over, keys_of, verify_succession
from gateway.crypto.nesting import nested, pseudonym_under
from gateway.crypto.note import sign
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import KeyUnavailable, NoteMalformed, SignatureInvalid

ORIGIN = "council.example/handoff"
OLD, NEW, THIRD, THIEF = (SigningKey.generate_ed25519() for _ in range(4))


def vkey(key, origin=ORIGIN):
    return log_key(origin, key.public_raw)


def at(size, origin=ORIGIN):
    return Checkpoint(origin, size, hashlib.sha256(b"%d" % size).digest())


NOTE = hand_over(at(7), OLD, NEW).encode()


def test_who_has_the_old_key_learns_the_new_one_and_since_when():
    succession = verify_succession(NOTE, vkey(OLD))
    assert (succession.following, succession.at) == (vkey(NEW), at(7))
    assert Succession.parse(succession.text()) == succession


def alone(signer, following=NEW, size=7):
    return sign(Succession(following=vkey(following), at=at(size)).text(), ORIGIN, signer).encode()


@pytest.mark.parametrize("note", [
    alone(OLD), alone(NEW), alone(THIEF, following=THIEF), alone(OLD, following=OLD).replace(b"\n7\n", b"\n8\n"),
    NOTE.replace(b"\n7\n", b"\n8\n"), sign(at(7).text(), ORIGIN, OLD).encode(), b"", NOTE[:-1],
    NOTE.replace(b"succeeded by", b"Succeeded by"), hand_over(at(7), THIEF, NEW).encode(),
    hand_over(at(7, "elsewhere.example/log"), OLD, NEW).encode(),
])  # fmt: skip
def test_anything_that_both_keys_have_not_signed_is_no_succession(note):
    with pytest.raises((NoteMalformed, SignatureInvalid)):
        verify_succession(note, vkey(OLD))


def test_a_key_of_another_log_does_not_follow():
    text = Succession(following=vkey(NEW, "elsewhere.example/log"), at=at(7)).text()
    with pytest.raises(NoteMalformed):
        verify_succession(sign(text, ORIGIN, OLD).encode(), vkey(OLD))


def test_a_key_does_not_follow_itself():
    with pytest.raises(NoteMalformed):
        hand_over(at(7), OLD, OLD)


def test_no_byte_of_a_succession_can_change():
    for place in range(len(NOTE)):
        with pytest.raises((NoteMalformed, SignatureInvalid)):
            verify_succession(NOTE[:place] + bytes([NOTE[place] ^ 1]) + NOTE[place + 1 :], vkey(OLD))


def test_keys_follow_in_a_chain_each_to_its_size():
    notes = [NOTE, hand_over(at(9), NEW, THIRD).encode()]
    assert keys_of(vkey(OLD), notes) == [(vkey(OLD), 7), (vkey(NEW), 9), (vkey(THIRD), None)]
    assert keys_of(vkey(OLD), []) == [(vkey(OLD), None)]


@pytest.mark.parametrize("notes", [
    [hand_over(at(9), NEW, THIRD).encode()], [NOTE, NOTE], [NOTE, hand_over(at(6), NEW, THIRD).encode()],
    [NOTE, hand_over(at(9), NEW, OLD).encode()], [NOTE, b"spoiled"], [NOTE, hand_over(at(9), THIEF, THIRD).encode()],
])  # fmt: skip
def test_a_chain_that_does_not_hold_is_refused(notes):
    with pytest.raises(SignatureInvalid):
        keys_of(vkey(OLD), notes)


# pseudonyms

K1, K2, K3 = (os.urandom(32) for _ in range(3))


def test_what_was_recorded_and_who_is_looked_up_later_meet_after_each_rotation():
    recorded = hmac.new(K1, b"upn:x", hashlib.sha256).digest()
    assert recorded == pseudonym_under(b"upn:x", [K1])
    assert nested(recorded, K2) == pseudonym_under(b"upn:x", [K1, K2])
    assert nested(nested(recorded, K2), K3) == pseudonym_under(b"upn:x", [K1, K2, K3])


def test_keys_in_another_order_or_one_too_few_find_nobody():
    found = {pseudonym_under(b"upn:x", keys) for keys in ([K1], [K2], [K1, K2], [K2, K1], [K1, K2, K3], [K1, K3, K2])}
    assert len(found) == 6


@pytest.mark.parametrize("keys", [[], [b""], [K1[:31]], [K1, K2[:31]], [K1, b""]])
def test_without_whole_keys_there_is_no_pseudonym(keys):
    with pytest.raises(KeyUnavailable):
        pseudonym_under(b"upn:x", keys)
