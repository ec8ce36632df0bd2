"""The log's key is handed over, not replaced: the old one signs a last time, that the next one follows.

    1  the receipt and the first checkpoint of the next key, in one commit: from here on it alone is in force
    2  keys/public/log.successions.jsonl, which partners put beside the key that they have
    3  the old public half, the private half and the public one are replaced as any other's (`key_changes`)

Crash points. Before 1: the old key is in force and the one that follows is not used. After it, until 3 has
ended: nothing is appended, since log.key is not the key in force, and `gateway keys rotate log` goes on
from there; the receipt is written once. The key that follows is in force then, and is not retired any more.

A ledger that partners or the anchor know more of is not handed over: it would be forked for good.
"""

from typing import Final

from gateway.config.first_keys import PUBLIC_MODE
from gateway.config.key_changes import check_rotation, replace_signing
from gateway.config.load import Configuration
from gateway.config.own_keys import Role, ring_of
from gateway.footing import durable
from gateway.receipts import succession
from gateway.receipts.log import ReceiptLog
from gateway.story.anchoring import check_anchor
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts

LOG: Final = "log"
PUBLISHED: Final = "log.successions.jsonl"


def rotate_log(configuration: Configuration, role: Role, gateway: Gateway, *, uid: int) -> str:
    """The fingerprint of the key that is in force from now on. Neither half may be running.

    Raises:
        UsageError: no key follows.
        LogBroken, StorageError, ClockUntrusted: nothing may be appended to the log, so nothing is handed over.
        KeyUnavailable: the keys belong to another user, or a third key is in force.
    """
    check_rotation(configuration, role)
    following = ring_of(configuration, role).signing_key(role.following)
    if not _is_in_force(gateway.log, following.public_raw):
        gateway.log.check_witnesses()
        check_anchor(gateway)
        gateway.log.hand_over(following, at=gateway.clock(), told=Facts(uid=uid))  # 1
    _publish(configuration, gateway.log)  # 2
    return replace_signing(configuration, role, gateway.clock())  # 3


def _publish(configuration: Configuration, log: ReceiptLog) -> None:
    notes = succession.spelled(log.successions())
    durable.replace(configuration.workspace.public_keys / PUBLISHED, notes, PUBLIC_MODE)


def check_retirement(configuration: Configuration, role: Role, log: ReceiptLog) -> None:
    """UsageError if the key that follows is in force already."""
    following = ring_of(configuration, role).signing_key(role.following)
    if _is_in_force(log, following.public_raw):
        raise UsageError(
            "the key that follows log signs the log already", remedy="gateway keys rotate log ends what was begun"
        )


def _is_in_force(log: ReceiptLog, public: bytes) -> bool:
    return log.keys().in_force.public == public
