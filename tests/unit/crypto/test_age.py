"""age v1: the published vectors, the stock tool both ways, and everything a stranger may do to a file."""

import hashlib
import io
import os
import subprocess
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.age import decrypting, encrypting, generate_identity, parse_identity, parse_recipient
from gateway.crypto.age.armor import armor, dearmor
from gateway.crypto.age.hybrid import HybridIdentity
from gateway.crypto.age.passphrase import PassphraseIdentity
from gateway.vocabulary.errors import (
    AgeArmorInvalid,
    AgeHeaderInvalid,
    AgeInvalid,
    AgeMacInvalid,
    AgeNoMatch,
    AgePayloadInvalid,
    KeyUnavailable,
)
from tests import vectors

CLASSES = {
    "header failure": AgeHeaderInvalid, "no match": AgeNoMatch, "HMAC failure": AgeMacInvalid,
    "payload failure": AgePayloadInvalid, "armor failure": AgeArmorInvalid,
}  # fmt: skip
CHUNK = 65536
EDGES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7]


def sealed(data: bytes, *recipients, pieces: int = 0) -> bytes:
    sink = io.BytesIO()
    with encrypting(sink, recipients) as writer:
        step = pieces or max(len(data), 1)
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
    return sink.getvalue()


def opened(data: bytes, *identities) -> bytes:
    return b"".join(decrypting(io.BytesIO(data), identities))


def test_every_published_vector_fails_or_opens_exactly_as_it_says():
    seen = 0
    for path in sorted(vectors.folder("age").iterdir()):
        head, _, body = path.read_bytes().partition(b"\n\n")
        lines = [line.split(": ", 1) for line in head.decode().splitlines()]
        _check_vector(path.name, lines, dict(lines), body)
        seen += 1
    assert seen == 143


def _check_vector(name, lines, words, body):
    if words.get("compressed") == "zlib":
        body = zlib.decompress(body)
    identities = [parse_identity(value) for key, value in lines if key == "identity"]
    identities += [PassphraseIdentity(value) for key, value in lines if key == "passphrase"]
    out = bytearray()
    failed = None
    try:
        source = dearmor(body) if words.get("armored") == "yes" else io.BytesIO(body)
        for chunk in decrypting(source, identities):
            out += chunk
    except AgeInvalid as error:
        failed = type(error)
    assert failed is CLASSES.get(words["expect"]), name
    if "payload" in words:
        assert hashlib.sha256(out).hexdigest() == words["payload"], name


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize("pieces", [0, 1000, CHUNK])
def test_what_is_sealed_opens_at_every_edge(size, pieces):
    identity, data = generate_identity(), os.urandom(size)
    assert opened(sealed(data, identity.recipient(), pieces=pieces), identity) == data


@given(st.lists(st.integers(0, 3 * CHUNK), max_size=5))
@settings(max_examples=30, deadline=None)
def test_how_it_was_cut_into_pieces_does_not_matter(sizes):
    identity, sink = generate_identity(), io.BytesIO()
    with encrypting(sink, [identity.recipient()]) as writer:
        for size in sizes:
            writer.write(bytes(size))
    assert opened(sink.getvalue(), identity) == bytes(sum(sizes))


def test_each_of_several_recipients_opens_it_and_nobody_else():
    first, second, stranger = generate_identity(), generate_identity(), generate_identity()
    data = sealed(b"x", first.recipient(), second.recipient())
    assert opened(data, first) == opened(data, second) == b"x"
    with pytest.raises(AgeNoMatch):
        opened(data, stranger)


def test_a_hybrid_recipient_opens_it():
    identity = HybridIdentity(os.urandom(32))
    recipient = parse_recipient(identity.recipient().spelled())
    assert opened(sealed(b"x" * 100, recipient), parse_identity(identity.spelled())) == b"x" * 100


def test_post_quantum_and_classical_recipients_are_not_mixed():
    with (
        pytest.raises(KeyUnavailable),
        encrypting(io.BytesIO(), [generate_identity().recipient(), HybridIdentity(bytes(32)).recipient()]),
    ):
        pass


def test_nothing_is_sealed_to_nobody():
    with pytest.raises(KeyUnavailable), encrypting(io.BytesIO(), []):
        pass


@pytest.mark.parametrize("size", EDGES)
def test_leaving_by_exception_leaves_nothing_that_opens(size):
    identity, sink = generate_identity(), io.BytesIO()
    with pytest.raises(RuntimeError):
        _begin_and_leave(sink, identity.recipient(), bytes(size))
    with pytest.raises(AgeInvalid):
        opened(sink.getvalue(), identity)


def _begin_and_leave(sink, recipient, data):
    with encrypting(sink, [recipient]) as writer:
        writer.write(data)
        raise RuntimeError


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_changed_byte_and_no_cut_goes_unseen(data):
    identity = generate_identity()
    good = sealed(bytes(300), identity.recipient())
    place = data.draw(st.integers(0, len(good) - 1))
    cut = data.draw(st.booleans())
    bad = (
        good[:place]
        if cut
        else good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    )
    with pytest.raises(AgeInvalid):
        opened(bad, identity)


def test_chunks_cannot_be_swapped_or_doubled():
    identity = generate_identity()
    good = sealed(bytes(3 * CHUNK), identity.recipient())
    body = good.index(b"\n--- ")
    start = good.index(b"\n", body + 1) + 1 + 16
    chunk = CHUNK + 16
    first, second, rest = (
        good[start : start + chunk],
        good[start + chunk : start + 2 * chunk],
        good[start + 2 * chunk :],
    )
    for order in (second + first + rest, first + first + rest, first + rest, first + second + second + rest):
        with pytest.raises(AgePayloadInvalid):
            opened(good[:start] + order, identity)


@pytest.mark.parametrize(
    "text", ["", "age1", "age1qqqq", "AGE1" + "q" * 58, "ssh-ed25519 AAAA", "age1pq1qqqq", "age1é", "age2" + "q" * 58]
)
def test_what_is_no_recipient_is_refused(text):
    with pytest.raises(KeyUnavailable):
        parse_recipient(text)


def test_a_recipient_with_a_typing_error_is_refused():
    good = generate_identity().recipient().spelled()
    with pytest.raises(KeyUnavailable):
        parse_recipient(good[:20] + ("q" if good[20] != "q" else "p") + good[21:])


def test_an_identity_is_never_shown():
    identity = generate_identity()
    assert identity.spelled() not in repr(identity)
    assert "SECRET" not in repr(identity)


def test_armor_goes_both_ways():
    identity = generate_identity()
    data = sealed(b"y" * 1000, identity.recipient())
    assert opened(dearmor(armor(data)).read(), identity) == b"y" * 1000


@pytest.mark.parametrize("size", EDGES)
def test_the_stock_tool_opens_what_we_seal(size, tmp_path, stock_tool):
    identity, data = generate_identity(), os.urandom(size)
    (tmp_path / "key").write_text(identity.spelled() + "\n")
    command = [stock_tool("age"), "-d", "-i", str(tmp_path / "key")]
    got = subprocess.run(command, input=sealed(data, identity.recipient()), capture_output=True, check=True)
    assert got.stdout == data


@pytest.mark.parametrize("size", EDGES)
def test_we_open_what_the_stock_tool_seals(size, stock_tool):
    identity, data = generate_identity(), os.urandom(size)
    command = [stock_tool("age"), "-r", identity.recipient().spelled()]
    got = subprocess.run(command, input=data, capture_output=True, check=True)
    assert opened(got.stdout, identity) == data
