"""Our key for one partner: an Ed25519 key like any other of ours, that OpenPGP knows under a name of its own.

The name says for whom it signs, so that a message cannot be passed on as meant for somebody else.
"""

from gateway.crypto.note import Ed25519Signer
from gateway.crypto.openpgp import MessageSigner


def openpgp_role(partner: str) -> str:
    return f"openpgp-{partner}"


def user_id(sender: str, partner: str, domain: str) -> str:
    return f"{sender} for {partner} <{partner}@{domain}>"


def message_signer(key: Ed25519Signer, sender: str, partner: str, domain: str) -> MessageSigner:
    return MessageSigner(key, user_id(sender, partner, domain))
