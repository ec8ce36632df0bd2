"""OpenPGP (RFC 4880, as RFC 9580 keeps it) on `cryptography`: one message, signed and encrypted, as a stream.

    to = EncryptionKey.parse(body)                          # the partner's encrypting key, out of its certificate
    signer = MessageSigner(key, "council for partner <…>")  # our Ed25519 key as an OpenPGP key
    with encrypting(sink, [to], signer=signer, hashed=sha, …) as sealed:    # leaving by exception: no end
        sha.update(data)
        sealed.write(data)

    (own,) = read_secret_keys(exported, passphrase)        # the partner's key, as gpg exports it
    reader = SignedMessage(decrypting(source, own.keys))    # discard all of it if anything raises
    for piece in reader.data():
        sha.update(piece)
    reader.finish().verify(sha, read_signing_certificates(council_asc, …), intended=[own.fingerprint], at=created)

Written is only what gpg 2.2 and Sequoia read alike: AES-256 with a modification detection code,
SHA-256, Ed25519; encrypted to RSA, or ECDH on Curve25519 and the NIST curves. Read is only what is
written here, each byte in its one spelling: these are no readers for messages of others.
Certificates of others are not judged here: Sequoia does that, in `seal/openpgp`.
"""

from gateway.crypto.openpgp.certificate import SigningCertificate
from gateway.crypto.openpgp.decrypting import decrypting
from gateway.crypto.openpgp.message import encrypting
from gateway.crypto.openpgp.reading import SignedMessage
from gateway.crypto.openpgp.recipients import EncryptionKey
from gateway.crypto.openpgp.secret_key import SecretKey, read_secret_keys
from gateway.crypto.openpgp.signing import MessageSigner
from gateway.crypto.openpgp.verifying import UnverifiedMessageSignature, read_signing_certificates

__all__ = [
    "EncryptionKey", "MessageSigner", "SecretKey", "SignedMessage", "SigningCertificate", "UnverifiedMessageSignature",
    "decrypting", "encrypting", "read_secret_keys", "read_signing_certificates",
]  # fmt: skip
