"""All that passes between prepare and deliver: orders one way, observations the other.

    to-deliver/<transfer>/order.json, the parcel's files, perhaps `revoked`, `again`, `let-go`
    from-deliver/<at>-<transfer>.json and .json.sig, signed with deliver's observation key

Where each half has a user of its own, a mailbox has the setgid bit and a group of both: what
is put there may then be read by that group (0640, folders 0750), and by nobody else. An
order has that group because it was put together in a folder that has it too (`workspace`).

An order appears whole (its folder is renamed into place); an observation is complete when
its .json is there, since the signature is written first. Deliver reads orders and never
writes here; prepare verifies each observation before it believes a word of it.
"""

import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Final, Literal

from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.crypto.sshsig_format import LARGEST as LARGEST_SIGNATURE
from gateway.footing import durable
from gateway.footing.messages import LARGEST_OBSERVATION, LARGEST_ORDER, Observation, Order, Outcome
from gateway.footing.plain_file import read_plain
from gateway.footing.workspace import is_shared
from gateway.vocabulary.errors import SignatureInvalid
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import TransferId

__all__ = ["ORDER", "REVOKED", "Observation", "Order", "Outcome"]

ORDER, REVOKED = "order.json", "revoked"
AGAIN: Final = "again"
"""The cause is mended, and the partner may be contacted."""
LET_GO: Final = "let-go"
"""It is to be looked at once more, since it was recalled: that says nothing about the way to the partner."""
Word = Literal["again", "let-go"]
_UNFINISHED = re.compile(r"\.?[0-9]{8}T[0-9]+-([0-9a-z]{26})-.+\.(?:tmp|sig)")


def post_order(draft: Path, mailbox: Path, order: Order) -> None:
    """The draft folder holds the parcel's files; with its order it is renamed into the mailbox, whole."""
    if not (draft / ORDER).exists():
        durable.write_new(draft / ORDER, order.encode())
    if is_shared(mailbox):
        durable.open_to_group(draft)
    durable.publish(draft, mailbox / order.parcel.transfer)


def order_folders(mailbox: Path) -> list[Path]:
    """Oldest first."""
    return sorted(path for path in mailbox.iterdir() if (path / ORDER).exists())


def read_order(folder: Path) -> Order:
    """FormatInvalid if the order is not one, or gone; its files are checked when they are sent."""
    return Order.parse(read_plain(folder / ORDER, LARGEST_ORDER, what="an order"), folder)


def revoke(mailbox: Path, transfer: TransferId) -> None:
    """Deliver looks for this word once more directly before the rename that releases."""
    mark = mailbox / transfer / REVOKED
    if mark.parent.exists() and not mark.exists():
        durable.write_new(mark, b"")


def is_revoked(folder: Path) -> bool:
    """An order that is gone is revoked as well."""
    return (folder / REVOKED).exists() or not (folder / ORDER).exists()


def try_again(mailbox: Path, transfer: TransferId, word: Word = AGAIN) -> None:
    """A person wants what deliver has put down taken up again; said once more it is another word.

    StorageError if its order is gone: then deliver has nothing to take up.
    """
    durable.replace(mailbox / transfer / word, b"")


def wanted_again(folder: Path, word: Word) -> bytes | None:
    """What tells the last such word from those before it; deliver's user may see that it is there, and no more."""
    try:
        said = (folder / word).lstat()
    except FileNotFoundError:
        return None
    return b"%d-%d" % (said.st_ino, said.st_mtime_ns)


def drop_ciphertext(mailbox: Path, order: Order) -> None:
    """After delivery the order stays, to say that an answer is awaited; the parcel goes."""
    for file in order.parcel.files:
        durable.remove(mailbox / order.parcel.transfer / file.name)


def close_order(mailbox: Path, transfer: TransferId, still_ours: Callable[[], object] = bool) -> None:
    """The order goes first: a folder that had lost its `revoked` and nothing else would pass for a live one."""
    durable.discard_folder(mailbox / transfer, still_ours, first=ORDER)


def report(mailbox: Path, observation: Observation, *, key: SigningKey, domain: str) -> None:
    _forget_unfinished(mailbox, observation.transfer)
    body = observation.encode()
    at = observation.at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    name = f"{at}-{observation.transfer}-{observation.outcome}.json"
    signature = key.sign(body, of_act("observation", domain)).encode("ascii")
    mode = durable.GROUP_READS if is_shared(mailbox) else durable.PRIVATE
    durable.write_new(mailbox / f"{name}.sig", signature, mode)
    durable.write_new(mailbox / name, body, mode)


def reports(mailbox: Path) -> list[Path]:
    """Complete observations, oldest first."""
    return sorted(mailbox.glob("[0-9]*.json"))


def read_report(path: Path, *, key: PublicKey, domain: str) -> Observation:
    """One observation, verified.

    Raises:
        SignatureInvalid: deliver's own key did not sign it.
        FormatInvalid: it is not an observation, or its signature is missing or not one.
        StorageError: it could not be read now.
    """
    body = read_plain(path, LARGEST_OBSERVATION, what="an observation")
    data = read_plain(Path(f"{path}.sig"), LARGEST_SIGNATURE, what="an observation's signature")
    verified = UnverifiedSignature.parse(data).verify(body, of_act("observation", domain))
    if verified.fingerprint != key.fingerprint:
        raise SignatureInvalid("an observation is signed by another key than deliver's")
    return Observation.parse(body)


def discard_report(path: Path) -> None:
    for half in path.parent.glob(f".{path.name}*.tmp"):  # a second name of it, which a crash left
        durable.remove(half)
    durable.remove(path)
    durable.remove(Path(f"{path}.sig"))


def sweep_reports(mailbox: Path, orders: Path) -> None:
    """For deliver, at its start: what a crash left of reports about transfers whose order is closed.

    Of those that are still open, the next report takes it away: it is by whoever holds the transfer now.
    """
    for name in (path.name for path in mailbox.iterdir()):
        if (found := _UNFINISHED.match(name)) and not (orders / found[1] / ORDER).exists():
            _forget_unfinished(mailbox, found[1])


def _forget_unfinished(mailbox: Path, transfer: str) -> None:
    """Half a report, or a signature whose report was made anew under another name or is worked through."""
    for half in mailbox.glob(f".*-{transfer}-*.tmp"):
        durable.remove(half)
    for signature in mailbox.glob(f"[0-9]*-{transfer}-*.json.sig"):
        if not signature.with_suffix("").exists():
            durable.remove(signature)
