"""The algorithms we offer, in our order: all that is not named here is never negotiated.

paramiko's own offer still has CBC, 3DES, SHA-1 and MD5, and puts AES-GCM last. Here are
AEAD ciphers only, so that no separate MAC is used and nothing is left to Terrapin
(CVE-2023-48795); strict key exchange is demanded on top, by `connection`.
"""

from collections.abc import Iterable
from typing import Any

from gateway.vocabulary.errors import ConfigError

POST_QUANTUM = ("mlkem768x25519-sha256",)
KEY_EXCHANGES = (
    *POST_QUANTUM,
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
)
CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
"""The protocol wants one named; with the ciphers above it is never used."""
UNUSED_SIGNATURES = ("rsa-sha2-256",)
"""Our own key signs with SHA-512 or its native hash only."""
_OF_HOST_KEY = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}


def for_host_keys(key_types: Iterable[str]) -> tuple[str, ...]:
    """The host key algorithms to offer: those of the pinned keys, so that no other key is shown.

    Raises:
        ConfigError: a pinned key is of a type that is not used here.
    """
    wanted = set(key_types)
    for unknown in sorted(wanted - _OF_HOST_KEY.keys()):
        raise ConfigError(f"a pinned host key is of the type {unknown}, which is not used here",
                          remedy="ask the partner for the server's Ed25519, ECDSA or RSA host key")  # fmt: skip
    return tuple(name for key_type, names in _OF_HOST_KEY.items() if key_type in wanted for name in names)


def restrict(options: Any, *, host_keys: tuple[str, ...], post_quantum_only: bool) -> None:
    """Set a transport's security options (paramiko's `SecurityOptions`) to the lists above."""
    options.kex = POST_QUANTUM if post_quantum_only else KEY_EXCHANGES
    options.ciphers = CIPHERS
    options.digests = MACS
    options.key_types = host_keys
    options.compression = ("none",)
