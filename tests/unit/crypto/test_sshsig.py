"""SSHSIG: others' vectors, the stock tool both ways, and every way to be almost a signature."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.ssh_public import PublicKey
from gateway.crypto.ssh_wire import Reader, string
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.crypto.sshsig_format import Fields, armor, dearmor, parse_blob, signed_bytes, spell_blob
from gateway.vocabulary.errors import SignatureInvalid, SignatureMalformed
from tests import vectors
from tests.simulators.security_key import TOUCHED, VERIFIED, SecurityKey

KINDS = ["ed25519", "rsa3072", "ecdsa256", "ecdsa384", "ecdsa521"]
SHA_1 = hashes.SHA1()  # noqa: S303 - what is refused must be made first
MESSAGE, NAMESPACE = b"what is about to leave\n", "approve.yss@council.example"
KEY = SigningKey.generate_ed25519()
GOOD = KEY.sign(MESSAGE, NAMESPACE)
BLOB = dearmor(GOOD.encode())
FIELDS = parse_blob(BLOB)


def verified(text, message=MESSAGE, namespace=NAMESPACE):
    return UnverifiedSignature.parse(text).verify(message, namespace)


def changed(**parts):
    """The good signature with other fields, its key's signature left as it was."""
    words = {name: getattr(FIELDS, name) for name in ("public", "namespace", "algorithm", "signature")}
    return armor(spell_blob(Fields(**words | parts)))


@pytest.mark.parametrize("name", ["rsa", "ecdsa", "ed25519", "ecdsa_sk", "ecdsa_sk_webauthn", "ed25519_sk"])
def test_the_published_vectors_verify_and_only_over_what_they_sign(name):
    folder = vectors.folder("sshsig")
    message, namespace = (folder / "signed-data").read_bytes(), (folder / "namespace").read_text().strip()
    signature = UnverifiedSignature.parse((folder / f"{name}.sig").read_bytes())
    result = signature.verify(message, namespace)
    assert result.key == PublicKey.parse((folder / f"{name}.pub").read_text())
    assert (result.authenticator is not None) == ("_sk" in name)
    assert (getattr(result.authenticator, "origin", None) is not None) == ("webauthn" in name)
    with pytest.raises(SignatureInvalid):
        signature.verify(message + b"x", namespace)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_we_verify_what_the_stock_tool_signs(kind, algorithm, ssh_keygen):
    data = ssh_keygen.sign(ssh_keygen.key(kind), MESSAGE, NAMESPACE, "-O", f"hashalg={algorithm}")
    assert verified(data).key == PublicKey.parse(ssh_keygen.public_line(kind))
    assert verified(data.replace(b"\n", b"\r\n")).namespace == NAMESPACE
    with pytest.raises(SignatureInvalid):
        verified(data, MESSAGE[:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_the_stock_tool_verifies_what_we_sign(kind, ssh_keygen):
    signature = SigningKey.load(ssh_keygen.key(kind).read_bytes()).sign(MESSAGE, NAMESPACE).encode()
    signers = f'jo@x namespaces="{NAMESPACE}" {ssh_keygen.public_line(kind)}\n'
    assert ssh_keygen.accepts(signers, "jo@x", MESSAGE, signature, NAMESPACE)
    assert not ssh_keygen.accepts(signers, "jo@x", MESSAGE + b"x", signature, NAMESPACE)


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_any_message_can_be_signed(size):
    assert verified(KEY.sign(bytes(size), NAMESPACE), bytes(size)).fingerprint == KEY.fingerprint


def test_no_beginning_of_a_signature_is_a_signature():
    for length in range(len(GOOD)):
        with pytest.raises(SignatureMalformed):
            UnverifiedSignature.parse(GOOD[:length])
    for length in range(len(BLOB)):
        with pytest.raises(SignatureMalformed):
            UnverifiedSignature.parse(armor(BLOB[:length]))


def test_no_beginning_of_the_inner_signature_verifies():
    for length in range(len(FIELDS.signature)):
        with pytest.raises(SignatureInvalid):
            verified(changed(signature=FIELDS.signature[:length]))


def test_no_changed_byte_goes_unseen():
    for place in range(len(BLOB)):
        for flip in (0x01, 0x80):
            data = BLOB[:place] + bytes([BLOB[place] ^ flip]) + BLOB[place + 1 :]
            with pytest.raises((SignatureMalformed, SignatureInvalid)):
                verified(armor(data))


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_what_a_stranger_writes_is_malformed(data):
    with pytest.raises(SignatureMalformed):
        UnverifiedSignature.parse(data)
    with pytest.raises(SignatureMalformed):
        UnverifiedSignature.parse(armor(b"SSHSIG\0\0\0\1" + data[: len(data) // 2]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD + "\n",
        GOOD + GOOD,
        "\n" + GOOD,
        " " + GOOD,
        GOOD.rstrip("\n"),
        GOOD.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        GOOD.replace("\n", "\r"),
        GOOD.replace("\n", "\n\n", 2),
        GOOD.replace("=", ""),
        "\n".join([GOOD.split("\n")[0], "".join(GOOD.split("\n")[1:-2]), *GOOD.split("\n")[-2:]]),
        GOOD.replace("U1NI", "U1N\u0406"),
        "\ufeff" + GOOD,
        GOOD + "x" * 70_000,
    ],
)
def test_another_spelling_of_the_armor_is_malformed(text):
    with pytest.raises(SignatureMalformed):
        UnverifiedSignature.parse(text)
    with pytest.raises(SignatureMalformed):
        UnverifiedSignature.parse(text.encode())


@pytest.mark.parametrize(
    "blob",
    [
        BLOB.replace(b"SSHSIG", b"SSHSIH", 1),
        BLOB.replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2", 1),
        BLOB.replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\0", 1),
        BLOB + b"\0",
        BLOB + string(b""),
        BLOB.replace(b"sha512", b"sha384"),
        BLOB.replace(string(b"sha512"), string(b"md5")),
        BLOB.replace(string(b"sha512"), string(b"")),
        BLOB.replace(string(NAMESPACE.encode()), string(b"")),
        BLOB.replace(string(NAMESPACE.encode()), string(b"\xc3\xa4")),
        BLOB.replace(string(NAMESPACE.encode()) + string(b""), string(NAMESPACE.encode()) + string(b"unsigned")),
    ],
)
def test_another_format_version_or_hash_is_malformed(blob):
    assert blob != BLOB
    with pytest.raises(SignatureMalformed):
        UnverifiedSignature.parse(armor(blob))


@pytest.mark.parametrize(
    "parts",
    [
        {"namespace": b"prepare.yss@council.example"},
        {"algorithm": b"sha256"},
        {"public": SigningKey.generate_ed25519().public.blob},
        {"public": b""},
        {"public": FIELDS.public + b"\0"},
        {"public": FIELDS.public[:-1]},
        {"signature": FIELDS.signature + b"\0"},
        {"signature": FIELDS.signature + string(b"")},
        {"signature": b""},
        {"signature": string(b"ssh-ed25519") + string(bytes(64))},
        {"signature": string(b"ssh-ed25519") + string(bytes(63))},
        {"signature": string(b"sk-ssh-ed25519@openssh.com") + FIELDS.signature[15:] + bytes(5)},
        {"signature": string(b"rsa-sha2-512") + FIELDS.signature[15:]},
    ],
)
def test_a_signature_whose_parts_do_not_belong_together_is_invalid(parts):
    text = changed(**parts)
    namespace = parts.get("namespace", NAMESPACE.encode()).decode()
    with pytest.raises(SignatureInvalid):
        verified(text, namespace=namespace)


def test_the_namespace_asked_for_must_be_the_one_that_was_signed():
    for namespace in ("", "prepare.yss@council.example", NAMESPACE.upper(), NAMESPACE + " "):
        with pytest.raises(SignatureInvalid, match="another namespace"):
            verified(GOOD, namespace=namespace)


@pytest.mark.parametrize(("scheme", "algorithm"), [(b"ssh-rsa", SHA_1), (b"rsa-sha2-256", SHA_1),
                                                   (b"rsa-sha2-512", hashes.SHA256()), (b"ssh-rsa", hashes.SHA512())])  # fmt: skip
def test_rsa_with_sha_1_or_under_another_name_is_invalid(scheme, algorithm, ssh_keygen):
    private = load_ssh_private_key(ssh_keygen.key("rsa3072").read_bytes(), None)
    told = signed_bytes(NAMESPACE.encode(), b"sha512", hashlib.sha512(MESSAGE).digest())
    signature = string(scheme) + string(private.sign(told, padding.PKCS1v15(), algorithm))
    public = PublicKey.parse(ssh_keygen.public_line("rsa3072")).blob
    with pytest.raises(SignatureInvalid):
        verified(changed(public=public, signature=signature))


def test_a_sound_signature_by_a_weak_rsa_key_is_invalid(ssh_keygen):
    with pytest.raises(SignatureInvalid, match="3072"):
        verified(ssh_keygen.sign(ssh_keygen.key("rsa2048"), MESSAGE, NAMESPACE))


@pytest.mark.parametrize("kind", ["ecdsa256", "ecdsa384", "ecdsa521"])
def test_the_numbers_of_an_ecdsa_signature_are_not_padded(kind, ssh_keygen):
    fields = parse_blob(dearmor(ssh_keygen.sign(ssh_keygen.key(kind), MESSAGE, NAMESPACE)))
    outer = Reader(fields.signature, "it")
    scheme, inner = outer.string(), Reader(outer.string(), "it")
    r, s = inner.string(), inner.string()
    for numbers in ((b"\0" + r, s), (r, b"\0\0" + s), (r, s, b""), (r,), (r, b""), (b"\0", s), (r, b"\xff" + s)):
        signature = string(scheme) + string(b"".join(string(number) for number in numbers))
        with pytest.raises(SignatureInvalid):
            verified(changed(public=fields.public, signature=signature))


def test_a_key_whose_point_is_not_on_its_curve_verifies_nothing(ssh_keygen):
    fields = parse_blob(dearmor(ssh_keygen.sign(ssh_keygen.key("ecdsa256"), MESSAGE, NAMESPACE)))
    off = fields.public[:-1] + bytes([fields.public[-1] ^ 1])
    with pytest.raises(SignatureInvalid):
        verified(changed(public=off, signature=fields.signature))


@pytest.mark.parametrize("make", [SecurityKey, SecurityKey.ecdsa])
def test_a_security_key_tells_of_touch_and_pin(make):
    key = make()
    said = verified(key.sign(MESSAGE, NAMESPACE, flags=TOUCHED | VERIFIED)).authenticator
    assert (said.touched, said.user_verified, said.counter, said.application) == (True, True, 7, "ssh:")
    said = verified(key.sign(MESSAGE, NAMESPACE, flags=0)).authenticator
    assert (said.touched, said.user_verified) == (False, False)


@pytest.mark.parametrize("make", [SecurityKey, SecurityKey.ecdsa])
def test_what_a_security_key_told_cannot_be_changed(make):
    text = make().sign(MESSAGE, NAMESPACE, flags=0)
    blob = dearmor(text.encode())
    for place in range(len(blob) - 5, len(blob)):
        with pytest.raises(SignatureInvalid):
            verified(armor(blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]))


def test_a_security_keys_signature_of_a_browser_tells_the_site():
    key = SecurityKey.ecdsa(b"portal.example")
    text = key.sign_in_browser(MESSAGE, NAMESPACE, origin="https://portal.example")
    assert verified(text).authenticator.origin == "https://portal.example"
    with pytest.raises(SignatureInvalid):
        verified(text, MESSAGE + b"x")


@pytest.mark.parametrize(
    "options",
    [
        {"flags": TOUCHED | 0x40, "origin": "https://portal.example"},
        {"flags": TOUCHED | 0x80, "origin": "https://portal.example"},
        {"flags": TOUCHED, "origin": "https://portal.example", "extra": b"\xa0"},
        {"flags": TOUCHED, "origin": 'https://portal.example","x":"'},
    ],
)
def test_a_browsers_signature_that_contradicts_itself_is_invalid(options):
    with pytest.raises(SignatureInvalid):
        verified(SecurityKey.ecdsa(b"portal.example").sign_in_browser(MESSAGE, NAMESPACE, **options))


def test_a_security_keys_browser_signature_needs_an_ecdsa_key():
    with pytest.raises(SignatureInvalid):
        verified(SecurityKey(b"portal.example").sign_in_browser(MESSAGE, NAMESPACE, origin="https://portal.example"))
