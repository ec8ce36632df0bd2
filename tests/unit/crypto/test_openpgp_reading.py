"""Messages that we wrote, read by whom they are for; and everything that is not quite such a message."""

import hashlib
import io
import secrets
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest

from gateway.crypto.openpgp import MessageSigner, SignedMessage, decrypting, encrypting, read_signing_certificates
from gateway.crypto.openpgp.packets import PART, length
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import MessageMalformed, MessageUndecryptable, SignatureInvalid
from tests.simulators.openpgp import CODE, LITERAL, encrypted, inside, kept, message, one_octet, packet

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
USER_ID = "council for partner <partner@council.example>"
SIGNER = MessageSigner(SigningKey.generate_ed25519(), USER_ID)
CERTIFICATES = read_signing_certificates(SIGNER.certificate().encode(), USER_ID)
KINDS = ("future-default", "rsa2048", "nistp256", "nistp384", "nistp521")
DATA = b"reference,forename\n7q3k,Wilf\n"


@pytest.fixture(scope="module")
def own():
    return kept("partner").own


def sealed(data, own, *others, pieces=1 << 16):
    sink, sha = io.BytesIO(), hashlib.sha256()
    keys = [key.public for one in (own, *others) for key in one.keys]
    intended = [one.fingerprint for one in (own, *others)]
    with encrypting(
        sink, keys, signer=SIGNER, hashed=sha, intended=intended, at=AT, random=secrets.token_bytes
    ) as writer:
        for start in range(0, len(data), pieces):
            sha.update(data[start : start + pieces])
            writer.write(data[start : start + pieces])
    return sink.getvalue()


def read(whole, own):
    """The data, and the signature that nobody has verified yet."""
    reader = SignedMessage(decrypting(io.BytesIO(whole), own.keys))
    data = b"".join(reader.data())
    return data, reader.finish()


def opened(whole, own, *, intended=None, at=AT, certificates=CERTIFICATES):
    data, signature = read(whole, own)
    signature.verify(hashlib.sha256(data), certificates, intended=intended or [own.fingerprint], at=at)
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sealed_to_each_kind_of_key_is_opened_with_what_gpg_exports_of_it(kind):
    own = kept("partner" if kind == "future-default" else kind, kind).own
    assert opened(sealed(DATA, own), own) == DATA


@pytest.mark.parametrize("size", [0, 1, PART - 7, PART - 6, PART - 5, PART, PART + 1, 3 * PART, 3 * PART + 77])
def test_data_of_any_size_comes_out_as_it_went_in(own, size):
    data = secrets.token_bytes(size)
    assert opened(sealed(data, own), own) == data


@pytest.mark.parametrize("size", [191, 192, 8383 - 6, 8384 - 6, 8385, 70_000])
def test_a_length_of_any_spelling_is_read(own, size):
    data = bytes(size)
    assert opened(message(inside(data, SIGNER, [own.fingerprint], AT), [own.keys[0].public]), own) == data


def test_each_of_two_who_are_to_read_it_does(own):
    other = kept("other").own
    whole = sealed(DATA, own, other)
    both = [own.fingerprint, other.fingerprint]
    assert opened(whole, own, intended=both) == opened(whole, other, intended=both) == DATA


def test_nobody_else_reads_it(own):
    with pytest.raises(MessageUndecryptable):
        read(sealed(DATA, kept("other").own), own)


# changed by who does not have the key


def test_no_byte_of_a_message_can_change(own):
    whole = sealed(DATA, own)
    for place in range(len(whole)):
        changed = whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :]
        with pytest.raises((MessageUndecryptable, MessageMalformed)):
            read(changed, own)


def test_no_beginning_of_a_message_is_one_and_nothing_may_follow_it(own):
    whole = sealed(DATA, own)
    for wrong in (*(whole[:size] for size in range(len(whole))), whole + b"\0", whole + whole):
        with pytest.raises((MessageUndecryptable, MessageMalformed)):
            read(wrong, own)


def test_a_long_message_is_none_when_it_ends_with_one_of_its_parts(own):
    whole = sealed(secrets.token_bytes(3 * PART), own)
    start = whole.index(bytes([0xC0 | 18, 224 + 20])) + 1
    ends = [start + number * (PART + 1) for number in range(4)]
    assert whole[ends[2] : ends[2] + 1] == bytes([224 + 20])
    for place in (*ends, len(whole) - 1):
        for cut in (whole[:place], whole[:place] + b"\0"):
            with pytest.raises(MessageUndecryptable):
                b"".join(decrypting(io.BytesIO(cut), own.keys))


# made by who has the key, and not as ours are


def session_keys(own, count=1):
    key = secrets.token_bytes(32)
    return key, b"".join(own.keys[0].public.wrap(key, secrets.token_bytes) for _ in range(count))


def without_a_code(own):
    """The oldest kind of encryption, which any change goes unnoticed in (tag 9)."""
    key, wrapped = session_keys(own)
    return wrapped + packet(9, encrypted(inside(DATA, SIGNER, [own.fingerprint], AT), key)[1:])


def code_of_another(own):
    return message(inside(DATA, SIGNER, [own.fingerprint], AT), [own.keys[0].public], lambda code: CODE + bytes(20))


def code_taken_away(own):
    return message(inside(DATA, SIGNER, [own.fingerprint], AT), [own.keys[0].public], lambda code: b"")


def of_another_version(own):
    key, wrapped = session_keys(own)
    return wrapped + packet(18, b"\2" + encrypted(inside(DATA, SIGNER, [own.fingerprint], AT), key)[1:])


def another_tag(own):
    key, wrapped = session_keys(own)
    return wrapped + packet(20, encrypted(inside(DATA, SIGNER, [own.fingerprint], AT), key))


def a_length_in_five_octets(own):
    key, wrapped = session_keys(own)
    return wrapped + one_octet(18, encrypted(inside(DATA, SIGNER, [own.fingerprint], AT), key))


def parts_of_another_size(own):
    key, wrapped = session_keys(own)
    body = encrypted(inside(bytes(2000), SIGNER, [own.fingerprint], AT), key)
    return wrapped + bytes([0xC0 | 18, 224 + 9]) + body[:512] + length(len(body) - 512) + body[512:]


def too_many_session_keys(own):
    key, wrapped = session_keys(own, 65)
    return wrapped + packet(18, encrypted(inside(DATA, SIGNER, [own.fingerprint], AT), key))


def nothing_inside_but_half_the_chance(own):
    key, wrapped = session_keys(own)
    return wrapped + packet(18, encrypted([], key)[:-25])


@pytest.mark.parametrize(
    "make",
    [
        without_a_code, code_of_another, code_taken_away, of_another_version, another_tag, a_length_in_five_octets,
        parts_of_another_size, too_many_session_keys, nothing_inside_but_half_the_chance,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_encryption_that_is_not_ours_is_refused(own, make):
    with pytest.raises(MessageUndecryptable):
        read(make(own), own)


def packets(own, **changed):
    one_pass, literal, signature = inside(DATA, SIGNER, [own.fingerprint], AT)
    return changed.get("one_pass", one_pass), changed.get("literal", literal), changed.get("signature", signature)


def no_signature(own):
    return packets(own)[1:2]


def announced_and_not_given(own):
    return packets(own)[:2]


def given_and_not_announced(own):
    return packets(own)[1:]


def two_signatures(own):
    return *packets(own), packets(own)[2]


def data_twice(own):
    one_pass, literal, signature = packets(own)
    return one_pass, literal, literal, signature


def compressed(own):
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    whole = packer.compress(b"".join(packets(own))) + packer.flush()
    return (packet(8, b"\1" + whole),)


def a_bomb(own):
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packet(8, b"\1" + packer.compress(bytes(64 << 20)) + packer.flush()),)


def with_a_file_name(own):
    return packets(own, literal=packet(11, b"b\4name" + bytes(4) + DATA))


def as_text(own):
    return packets(own, literal=packet(11, b"t" + LITERAL[1:] + DATA))


def with_a_date(own):
    return packets(own, literal=packet(11, b"b\0\1\2\3\4" + DATA))


def a_literal_without_its_head(own):
    return packets(own, literal=packet(11, b"b\0"))


def announced_as_another_s(own):
    one_pass = bytearray(packets(own)[0])
    one_pass[-2] ^= 1
    return packets(own, one_pass=bytes(one_pass))


def announced_as_nested(own):
    one_pass = bytearray(packets(own)[0])
    one_pass[-1] = 0
    return packets(own, one_pass=bytes(one_pass))


def a_marker_before_it(own):
    return packet(10, b"PGP"), *packets(own)


def padding_behind_it(own):
    return *packets(own), packet(21, bytes(30))


def nothing(own):
    return ()


@pytest.mark.parametrize(
    "make",
    [
        no_signature, announced_and_not_given, given_and_not_announced, two_signatures, data_twice, compressed, a_bomb,
        with_a_file_name, as_text, with_a_date, a_literal_without_its_head, announced_as_another_s, announced_as_nested,
        a_marker_before_it, padding_behind_it, nothing,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_a_message_that_holds_anything_but_one_signed_file_is_refused(own, make):
    with pytest.raises(MessageMalformed):
        read(message(make(own), [own.keys[0].public]), own)


def test_the_same_packets_as_they_should_be_are_read(own):
    """So that the rows above fail for what is wrong with them."""
    assert opened(message(packets(own), [own.keys[0].public]), own) == DATA


def test_what_is_inside_ends_with_none_of_its_packets(own):
    whole = packets(own)
    for end in (0, *accumulate(map(len, whole[:-1]))):
        with pytest.raises(MessageMalformed):
            read(message([b"".join(whole)[:end]], [own.keys[0].public]), own)


# the signature


def test_no_byte_of_a_signature_can_change(own):
    body = packets(own)[2]
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises((MessageMalformed, SignatureInvalid)):
            opened(message(packets(own, signature=changed), [own.keys[0].public]), own)


def test_other_data_under_the_signature_is_refused(own):
    literal = packet(11, LITERAL + DATA.replace(b"Wilf", b"Ottoline"))
    with pytest.raises(SignatureInvalid):
        opened(message(packets(own, literal=literal), [own.keys[0].public]), own)


def test_a_strangers_signature_is_refused(own):
    stranger = MessageSigner(SigningKey.generate_ed25519(), USER_ID)
    whole = message(inside(DATA, stranger, [own.fingerprint], AT), [own.keys[0].public])
    with pytest.raises(SignatureInvalid):
        opened(whole, own)


@pytest.mark.parametrize("seconds", [-1, 1, 86400])
def test_a_signature_of_another_time_is_refused(own, seconds):
    with pytest.raises(SignatureInvalid):
        opened(sealed(DATA, own), own, at=AT + timedelta(seconds=seconds))


def test_a_signature_for_others_or_for_nobody_is_refused(own):
    other = kept("other").own
    for intended in ([], [other.fingerprint], [own.fingerprint, other.fingerprint], [own.fingerprint] * 2):
        whole = message(inside(DATA, SIGNER, intended, AT), [own.keys[0].public])
        with pytest.raises(SignatureInvalid):
            opened(whole, own)


def test_any_of_the_senders_keys_may_have_signed(own):
    following = MessageSigner(SigningKey.generate_ed25519(), USER_ID)
    both = read_signing_certificates((SIGNER.certificate() + following.certificate()).encode(), USER_ID)
    for signer in (SIGNER, following):
        whole = message(inside(DATA, signer, [own.fingerprint], AT), [own.keys[0].public])
        assert opened(whole, own, certificates=both) == DATA
