"""OpenPGP (RFC 4880, as RFC 9580 keeps it) on `cryptography`: one message, signed and encrypted, written as a stream.

    to = EncryptionKey.parse(body)                          # the partner's encrypting key, out of its certificate
    signer = MessageSigner(key, "council for partner <…>")  # our Ed25519 key as an OpenPGP key
    with encrypting(sink, [to], signer=signer, hashed=sha, …) as sealed:    # leaving by exception: no end
        sha.update(data)
        sealed.write(data)

Only this direction, and only what gpg 2.2 and Sequoia read alike: AES-256 with a modification
detection code, SHA-256, Ed25519; encrypted to RSA, or ECDH on Curve25519 and the NIST curves.
Certificates of others are not judged here: Sequoia does that, in `seal/openpgp`.
"""

from gateway.crypto.openpgp.message import encrypting
from gateway.crypto.openpgp.recipients import EncryptionKey
from gateway.crypto.openpgp.signing import MessageSigner

__all__ = ["EncryptionKey", "MessageSigner", "encrypting"]
