"""age v1 (c2sp.org/age) on `cryptography`: a sealed file for one or several recipients.

    identity = generate_identity()                       # the receiver, once
    recipient = parse_recipient("age1…")                 # the sender
    with encrypting(sink, [recipient]) as sealed:        # leaving by exception: no final chunk
        sealed.write(data)
    for chunk in decrypting(source, [identity]): ...     # discard all of it if this raises

Recipients are X25519 (`age1…`), SSH-Ed25519 (`ssh-ed25519 AAAA…`) or hybrid ML-KEM-768 with
X25519 (`age1pq1…`). The last is never mixed with the others: one classical recipient would
undo what the post-quantum one is for. A passphrase stands alone, and is for identity files
(`identity_file`); armor is for small ones. A reader must throw away what it has got as soon as an error is raised:
chunks are authentic one by one, but only the final chunk says that the file is whole.
"""

from gateway.crypto.age.hybrid import HybridIdentity, HybridRecipient
from gateway.crypto.age.payload import AgeWriter, decrypting, encrypting
from gateway.crypto.age.recipients import (
    Identity,
    Recipient,
    generate_hybrid_identity,
    generate_identity,
    parse_identity,
    parse_recipient,
    recipient_fingerprint,
)
from gateway.crypto.age.ssh import SshIdentity, SshRecipient
from gateway.crypto.age.x25519 import X25519Identity, X25519Recipient

__all__ = [
    "AgeWriter", "HybridIdentity", "HybridRecipient", "Identity", "Recipient", "SshIdentity", "SshRecipient",
    "X25519Identity", "X25519Recipient", "decrypting", "encrypting", "generate_hybrid_identity", "generate_identity",
    "parse_identity", "parse_recipient", "recipient_fingerprint",
]  # fmt: skip
