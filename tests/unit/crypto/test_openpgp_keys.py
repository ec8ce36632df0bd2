"""Keys in files: a partner's own, as gpg exports it, and our certificate, as the partner has it."""

from importlib.util import find_spec

import pytest

from gateway.crypto.openpgp import MessageSigner, read_secret_keys, read_signing_certificates
from gateway.crypto.openpgp.armor import PRIVATE, PUBLIC, armored, dearmored
from gateway.crypto.openpgp.packets import split
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import KeyUnavailable, MessageMalformed
from tests.required import missing
from tests.simulators.gnupg import gnupg
from tests.simulators.openpgp import kept, packet

USER_ID = "council for partner <partner@council.example>"
SIGNER = MessageSigner(SigningKey.generate_ed25519(), USER_ID)
OURS = SIGNER.certificate()
LOCK = "a sentence that nobody guesses"


@pytest.fixture(scope="module")
def gpg():
    with gnupg() as gpg:
        gpg.make_kind("open", "future-default")
        for kind in ("future-default", "rsa2048", "nistp384"):
            gpg.make_kind(f"locked {kind}", kind, passphrase=LOCK)
        yield gpg


# a partner's own


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("words", [(), ("--armor",)])
def test_what_gpg_exports_is_read_armored_or_not_with_the_primary_key_or_without_it(gpg, whole, words):
    (found,) = read_secret_keys(gpg.exported("open", *words, whole=whole))
    assert found.fingerprint.hex().upper() == gpg.fingerprint("open")
    assert len(found.keys) == 1


@pytest.mark.parametrize("kind", ["future-default", "rsa2048", "nistp384"])
def test_a_key_under_a_passphrase_is_opened_with_it_and_with_nothing_else(gpg, kind):
    data = gpg.exported(f"locked {kind}", passphrase=LOCK)
    (found,) = read_secret_keys(data, LOCK.encode())
    assert found.keys
    with pytest.raises(KeyUnavailable, match="none is given"):
        read_secret_keys(data)
    for wrong in ("", LOCK + " ", LOCK[:-1]):
        with pytest.raises(KeyUnavailable, match="could not be unlocked"):
            read_secret_keys(data, wrong.encode())


def test_what_sequoia_makes_is_read_as_well():
    if find_spec("pysequoia") is None:
        missing("pysequoia is not installed")
    import pysequoia

    theirs = pysequoia.Tsk.generate("partner")
    (found,) = read_secret_keys(bytes(theirs))
    assert found.fingerprint.hex() == theirs.extract_certificate().fingerprint.lower()
    assert len(found.keys) == 1


def test_two_keys_in_one_file_are_two(gpg):
    data = gpg.exported("open") + kept("partner").exported
    assert len(read_secret_keys(data)) == 2
    blocks = armored(gpg.exported("open"), PRIVATE) + armored(kept("partner").exported, PRIVATE)
    assert [key.fingerprint for key in read_secret_keys(blocks.encode())] == [
        key.fingerprint for key in read_secret_keys(data)
    ]


def test_a_key_that_has_expired_still_opens_what_was_sealed_to_it():
    with gnupg() as gpg:
        words = ("--faked-system-time", "20200101T000000!")
        gpg.run(*words, "--quick-gen-key", "long ago", "future-default", "default", "1y")
        (found,) = read_secret_keys(gpg.exported("long ago"))
        assert found.keys


def test_nothing_of_a_key_is_shown(gpg):
    (found,) = read_secret_keys(gpg.exported("open"))
    (key,) = found.keys
    assert key.__class__.__name__ in repr(found)
    assert repr(key) == f"DecryptionKey({key.public.fingerprint.hex()})"


def test_no_beginning_of_a_key_file_is_one_that_is_whole(gpg):
    data = gpg.exported("open")
    bodies = [len(body) for _, body in split(data)]
    for size in range(len(data) - bodies[-1] - 3):
        with pytest.raises(KeyUnavailable):
            read_secret_keys(data[:size])


def test_a_secret_half_that_does_not_belong_to_its_public_one_is_refused(gpg):
    data = gpg.exported("open")
    (sound,) = read_secret_keys(data)
    body = sound.keys[0].public.body
    start = data.index(body)
    point, scalar = start + len(body) - 4 - 32, start + len(body) + 3
    for place in (*range(point, point + 32), *range(scalar + 1, scalar + 32)):
        with pytest.raises(KeyUnavailable):
            read_secret_keys(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])


def without_packets(data, *tags):
    return b"".join(packet(tag, body) for tag, body in split(data) if tag not in tags)


def with_protection(data, protection):
    """The subkey with other octets behind its public half."""
    (own,) = read_secret_keys(data)
    public = own.keys[0].public.body
    return b"".join(packet(tag, public + protection if tag == 7 else body) for tag, body in split(data))


WEAK = {
    "a sum alone inside": bytes([255, 7, 3, 8]) + bytes(8 + 1 + 16 + 40),
    "a passphrase hashed once": bytes([254, 7, 1, 8]) + bytes(8 + 16 + 40),
    "a passphrase hashed without salt": bytes([254, 7, 0, 8]) + bytes(16 + 40),
    "a cipher as usage": bytes([7]) + bytes(40),
    "argon2": bytes([253, 9, 2, 4]) + bytes(60),
    "another cipher": bytes([254, 2, 3, 8]) + bytes(8 + 1 + 16 + 40),
    "md5": bytes([254, 7, 3, 1]) + bytes(8 + 1 + 16 + 40),
    "cut short": bytes([254, 7, 3, 8]) + bytes(8 + 1 + 16),
    "nothing": b"",
    "a wrong sum": bytes([0]) + b"\1\0\1" + bytes(2),
    "another scalar": bytes([0, 0, 1, 1, 0, 2]),
    "two numbers": bytes([0, 0, 1, 1, 0, 1, 1, 0, 4]),
    "card": bytes([255, 0, 102, 0]) + b"GNU\2" + bytes(17),
}


@pytest.mark.parametrize("what", WEAK)
def test_a_protection_that_is_none_or_is_not_read_here_is_refused(gpg, what):
    with pytest.raises(KeyUnavailable):
        read_secret_keys(with_protection(gpg.exported("open"), WEAK[what]), b"anything")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: without_packets(data, 7),
        lambda data: without_packets(data, 5),
        lambda data: packet(13, b"first") + data,
        lambda data: b"",
        lambda data: b"not a key",
        lambda data: armored(data, PUBLIC).encode(),
        lambda data: armored(data, PRIVATE).encode() + b"and more",
        lambda data: b"\x97" + data[1:],
        lambda data: bytes([0xC0 | 5, 0xE9]) + data,
        lambda data: packet(5, bytes([6]) + bytes(60)) + data,
    ],
    ids=["no subkey", "no primary", "a name first", "empty", "no key", "another block", "more behind the block",
         "without a length", "in parts", "version 6"],
)  # fmt: skip
def test_a_file_that_is_no_such_key_is_refused(gpg, spoil):
    with pytest.raises(KeyUnavailable):
        read_secret_keys(spoil(gpg.exported("open")))


def test_a_certificate_without_its_secret_half_is_refused(gpg):
    with pytest.raises(KeyUnavailable):
        read_secret_keys(gpg.certificate("open").encode())


def test_a_key_that_only_signs_opens_nothing():
    with gnupg() as gpg:
        gpg.run("--quick-gen-key", "signs", "ed25519", "sign", "never")
        with pytest.raises(KeyUnavailable, match="opens"):
            read_secret_keys(gpg.exported("signs", whole=True))


# the sender's, for us


def test_our_certificate_is_read_as_it_is_written():
    (found,) = read_signing_certificates(OURS.encode(), USER_ID)
    assert found == SIGNER.public


@pytest.mark.parametrize("user_id", [USER_ID.replace("partner", "another"), "", USER_ID + " "])
def test_a_certificate_that_names_another_partner_is_refused(user_id):
    with pytest.raises(KeyUnavailable, match="names somebody else"):
        read_signing_certificates(OURS.encode(), user_id)


def test_no_byte_of_our_certificate_can_change():
    (whole,) = dearmored(OURS.encode(), PUBLIC)
    for place in range(len(whole)):
        for bit in (1, 0x40):
            changed = whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
            with pytest.raises(KeyUnavailable):
                read_signing_certificates(armored(changed, PUBLIC).encode(), USER_ID)


def test_a_certificate_with_anything_more_in_it_is_refused(gpg):
    """So it cannot say that it ends, was revoked, or has other keys: nobody here would look at that."""
    (whole,) = dearmored(OURS.encode(), PUBLIC)
    theirs = list(split(gpg.packets(gpg.certificate("open"))))
    more = [packet(tag, body) for tag, body in theirs]
    for wrong in (whole + more[2], whole + b"".join(more[3:]), more[0] + whole, whole + whole):
        with pytest.raises(KeyUnavailable):
            read_signing_certificates(armored(wrong, PUBLIC).encode(), USER_ID)
    with pytest.raises(KeyUnavailable):
        read_signing_certificates(gpg.certificate("open").encode(), "open")


def test_gpg_takes_what_it_is_given_for_a_detached_signature(tmp_path):
    """What a receiver keeps beside a manifest is evidence for whoever has stock tools."""
    import hashlib
    from datetime import UTC, datetime

    from gateway.crypto.openpgp import UnverifiedMessageSignature

    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    page, own = tmp_path / "page", kept("partner").own
    page.write_bytes(b"{}\n")
    ((_, body),) = split(SIGNER.sign(hashlib.sha256(b"{}\n"), [own.fingerprint], at))
    (tmp_path / "page.sig").write_bytes(UnverifiedMessageSignature.parse(body).detached)
    with gnupg() as gpg:
        gpg.run("--import", stdin=OURS.encode())
        said = gpg.run("--verify", str(tmp_path / "page.sig"), str(page))
        assert f"VALIDSIG {SIGNER.fingerprint.hex().upper()}" in said
        page.write_bytes(b"[]\n")
        gpg.run("--verify", str(tmp_path / "page.sig"), str(page), fails=True)


# armor


def test_armor_comes_back_as_it_went_in():
    for size in (0, 1, 47, 48, 49, 500):
        data = bytes(range(256)) * 2
        assert dearmored(armored(data[:size], PUBLIC).encode(), PUBLIC) == (data[:size],)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("BEGIN", "BEGUN"),
        lambda text: text.replace("-----END PGP PUBLIC KEY BLOCK-----", ""),
        lambda text: text.replace("\n\n", "\n", 1),
        lambda text: text.replace("\n=", "\n=A", 1),
        lambda text: text.replace("PUBLIC", "PRIVATE"),
        lambda text: "words\n" + text,
        lambda text: text + "words\n",
        lambda text: text.replace("xj", "xk", 1),
        lambda text: "",
        lambda text: text.replace("xj", "x!", 1),
        lambda text: text.replace("xj", "xé", 1),
    ],
)
def test_armor_that_is_not_whole_is_refused(spoil):
    assert "xj" in OURS
    with pytest.raises(MessageMalformed):
        dearmored(spoil(OURS).encode(), PUBLIC)


def test_armor_may_have_header_lines_and_no_checksum():
    lines = OURS.splitlines()
    shorter = [line for line in lines if not line.startswith("=")]
    shorter.insert(1, "Comment: somebody's words")
    assert dearmored("\r\n".join(shorter).encode(), PUBLIC) == dearmored(OURS.encode(), PUBLIC)
