"""A log's keys, and those of pseudonyms, follow each other in a way that anybody who knew the first can verify."""

import hashlib
import hmac
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.checkpoint import Checkpoint, log_key
from gateway.crypto.log_succession import LogKeys, Succession, hand_over, verify_succession
from gateway.crypto.nesting import nested, pseudonym
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
NEXT = hand_over(at(9), NEW, THIRD).encode()


def test_who_has_either_key_learns_the_other_one_and_since_when():
    succession = verify_succession(NOTE)
    assert (succession.before, succession.following, succession.at) == (vkey(OLD), vkey(NEW), at(7))
    assert Succession.parse(succession.text()) == succession


def text_of(before=OLD, following=NEW, size=7):
    return Succession(before=vkey(before), following=vkey(following), at=at(size)).text()


def alone(signer, **changed):
    return sign(text_of(**changed), ORIGIN, signer).encode()


@pytest.mark.parametrize("note", [
    alone(OLD), alone(NEW), alone(THIEF, before=THIEF, following=NEW), alone(OLD, before=OLD, following=THIEF),
    NOTE.replace(b"\n7\n", b"\n8\n"), sign(at(7).text(), ORIGIN, OLD).encode(), b"", NOTE[:-1],
    NOTE.replace(b"succeeded by", b"Succeeded by"),
])  # fmt: skip
def test_anything_that_both_keys_have_not_signed_is_no_succession(note):
    with pytest.raises((NoteMalformed, SignatureInvalid)):
        verify_succession(note)


@pytest.mark.parametrize("which", ["before", "following"])
def test_a_key_of_another_log_does_not_follow_nor_is_followed(which):
    keys = {"before": vkey(OLD), "following": vkey(NEW)} | {which: vkey(NEW, "elsewhere.example/log")}
    note = sign(Succession(at=at(7), **keys).text(), ORIGIN, OLD).encode()
    with pytest.raises(NoteMalformed):
        verify_succession(note)


def test_a_key_does_not_follow_itself():
    with pytest.raises(NoteMalformed):
        hand_over(at(7), OLD, OLD)


def test_no_byte_of_a_succession_can_change():
    for place in range(len(NOTE)):
        with pytest.raises((NoteMalformed, SignatureInvalid)):
            verify_succession(NOTE[:place] + bytes([NOTE[place] ^ 1]) + NOTE[place + 1 :])


@pytest.mark.parametrize("trusted", [OLD, NEW, THIRD])
def test_keys_follow_in_a_chain_each_to_its_size_whichever_of_them_is_trusted(trusted):
    keys = LogKeys.of(vkey(trusted), [NOTE, NEXT])
    assert keys.keys == ((vkey(OLD), 7), (vkey(NEW), 9), (vkey(THIRD), None))
    assert (keys.in_force, keys.ends) == (vkey(THIRD), (7, 9))
    assert [keys.at(size) for size in (0, 7, 8, 9, 10, 10**9)] == [vkey(k) for k in (OLD, OLD, NEW, NEW, THIRD, THIRD)]


def test_without_successions_the_trusted_key_is_the_only_one():
    assert LogKeys.of(vkey(OLD)).keys == ((vkey(OLD), None),)


@pytest.mark.parametrize("notes", [
    [NOTE, hand_over(at(9), THIRD, THIEF).encode()],  # cut: a link is missing between them
    [NEXT, NOTE],  # swapped
    [NOTE, hand_over(at(9), OLD, THIEF).encode()],  # two successors of one key
    [NOTE, NOTE], [NOTE, hand_over(at(6), NEW, THIRD).encode()], [NOTE, hand_over(at(7), NEW, THIRD).encode()],
    [NOTE, hand_over(at(9), NEW, OLD).encode()], [NOTE, b"spoiled"], [NOTE, alone(THIEF, before=NEW, following=THIEF)],
    [hand_over(at(9), THIEF, THIRD).encode()],  # a whole chain, and not of a key that we trust
])  # fmt: skip
def test_a_chain_that_does_not_hold_is_refused(notes):
    with pytest.raises(SignatureInvalid):
        LogKeys.of(vkey(OLD), notes)


@pytest.mark.parametrize(("signer", "size", "counts"), [
    (OLD, 7, True), (NEW, 8, True), (OLD, 8, False), (NEW, 7, False), (THIRD, 8, False), (THIEF, 7, False),
    (THIRD, 10, True), (NEW, 10, False),
])  # fmt: skip
def test_a_checkpoint_counts_by_the_key_of_its_time_alone(signer, size, counts):
    keys, note = LogKeys.of(vkey(OLD), [NOTE, NEXT]), sign(at(size).text(), ORIGIN, signer).encode()
    if counts:
        assert keys.open(note)[0] == at(size)
    else:
        with pytest.raises(SignatureInvalid):
            keys.open(note)


# pseudonyms

K1, K2, K3 = (os.urandom(32) for _ in range(3))


def test_a_first_pseudonym_is_what_it_was_before_there_were_generations():
    key = hmac.digest(K1, b"pseudonym", "sha256")
    assert pseudonym("upn:x", K1) == hashlib.sha256(key + b"upn:x").digest()[:12]


def test_what_was_recorded_and_who_is_looked_up_later_meet_after_each_rotation():
    recorded = pseudonym("upn:x", K1)
    after = nested(recorded, K1 + K2, since=1)
    assert after == pseudonym("upn:x", K1 + K2)
    assert nested(after, K1 + K2 + K3, since=2) == nested(recorded, K1 + K2 + K3, since=1)
    assert nested(recorded, K1 + K2 + K3, since=1) == pseudonym("upn:x", K1 + K2 + K3)
    assert nested(recorded, K1, since=1) == recorded


def test_keys_in_another_order_or_one_too_few_find_nobody():
    keys = (K1, K2, K1 + K2, K2 + K1, K1 + K2 + K3, K1 + K3 + K2)
    assert len({pseudonym("upn:x", run) for run in keys}) == 6


@pytest.mark.parametrize("keys", [b"", K1[:31], K1 + K2[:31], K1 + b"0"])
def test_without_whole_keys_there_is_no_pseudonym(keys):
    for made in (lambda: pseudonym("upn:x", keys), lambda: nested(bytes(12), keys, since=1)):
        with pytest.raises(KeyUnavailable):
            made()


@pytest.mark.parametrize(("recorded", "since"), [(bytes(32), 1), (bytes(11), 1), (bytes(12), 0), (bytes(12), 3)])
def test_what_is_no_pseudonym_of_these_keys_is_not_hashed_on(recorded, since):
    with pytest.raises(KeyUnavailable):
        nested(recorded, K1 + K2, since=since)


@given(
    keys=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True), text=st.text(max_size=40)
)
def test_hashing_on_from_any_generation_leads_to_the_same_pseudonym(keys, text):
    whole = b"".join(keys)
    for since in range(1, len(keys) + 1):
        assert nested(pseudonym(text, b"".join(keys[:since])), whole, since=since) == pseudonym(text, whole)
