"""All that passes between prepare and deliver: orders one way, observations the other.

    to-deliver/<transfer>/order.json, the parcel's three files, perhaps `revoked`
    from-deliver/<at>-<transfer>.json and .json.sig, signed with deliver's observation key

An order appears whole (its folder is renamed into place); an observation is complete when
its .json is there, since the signature is written first. Deliver reads orders and never
writes here; prepare verifies each observation before it believes a word of it.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing import durable
from gateway.vocabulary import canonical, moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid, GatewayError, SignatureInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import Parcel, SealedFile
from gateway.vocabulary.transfer import TransferId

ORDER, REVOKED = "order.json", "revoked"
LARGEST_OBSERVATION = 512 * 1024
Outcome = Literal["delivered", "stopped", "lapsed", "failed", "in-doubt", "answered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Prepare's word to deliver: put this parcel at this route's partner before `release_by`."""

    route: str
    partner: str
    parcel: Parcel

    def encode(self) -> bytes:
        files = [{"name": f.name, "size": f.size, "sha256": str(f.digest)} for f in self.parcel.files]
        return canonical.encode(
            {
                "type": "handoff-order/v1", "transfer": self.parcel.transfer, "route": self.route,
                "partner": self.partner, "release_by": moment.spell(self.parcel.release_by), "files": files,
            }
        )  # fmt: skip


def read_order(folder: Path) -> Order:
    """FormatInvalid if the order is not one; its files are checked when they are sent."""
    page = _page((folder / ORDER).read_bytes(), "handoff-order/v1", "an order")
    try:
        files = tuple(
            SealedFile(
                name=f["name"], path=folder / Path(f["name"]).name, size=f["size"], digest=Digest.parse(f["sha256"])
            )
            for f in page["files"]
        )
        transfer = TransferId.parse(page["transfer"])
        parcel = Parcel(transfer=transfer, release_by=moment.parse(page["release_by"]), files=files)
        return Order(route=page["route"], partner=page["partner"], parcel=parcel)
    except (KeyError, TypeError) as error:
        raise FormatInvalid("an order lacks a member or has one of another kind") from error


def post_order(draft: Path, mailbox: Path, order: Order) -> None:
    """The draft folder holds the three files; with its order it is renamed into the mailbox, whole."""
    if not (draft / ORDER).exists():
        durable.write_new(draft / ORDER, order.encode())
    durable.publish(draft, mailbox / order.parcel.transfer)


def orders(mailbox: Path) -> Iterator[tuple[Path, Order]]:
    for folder in sorted(path for path in mailbox.iterdir() if path.is_dir()):
        if (folder / ORDER).exists():
            yield folder, read_order(folder)


def revoke(mailbox: Path, transfer: TransferId) -> None:
    """Deliver looks for this word once more directly before the rename that releases."""
    mark = mailbox / transfer / REVOKED
    if mark.parent.exists() and not mark.exists():
        durable.write_new(mark, b"")


def is_revoked(folder: Path) -> bool:
    return not folder.exists() or (folder / REVOKED).exists()


def drop_ciphertext(mailbox: Path, order: Order) -> None:
    """After delivery the order stays, to say that an answer is awaited; the parcel goes."""
    for file in order.parcel.files:
        durable.remove(mailbox / order.parcel.transfer / file.name)


def close_order(mailbox: Path, transfer: TransferId) -> None:
    folder = mailbox / transfer
    if not folder.exists():
        return
    for path in sorted(folder.iterdir()):
        durable.remove(path)
    durable.remove_folder(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What deliver says happened to one order. `answer` carries the partner's files, unverified."""

    transfer: TransferId
    outcome: Outcome
    at: datetime
    facts: Facts
    answer: tuple[bytes, bytes] | None = None

    def encode(self) -> bytes:
        answer = [base64.b64encode(part).decode() for part in self.answer] if self.answer else None
        return canonical.encode(
            {
                "type": "handoff-observation/v1", "transfer": self.transfer, "outcome": self.outcome,
                "at": moment.spell(self.at), "facts": self.facts.plain(), "answer": answer,
            }
        )  # fmt: skip


def report(mailbox: Path, observation: Observation, *, key: SigningKey, domain: str) -> None:
    body = observation.encode()
    name = f"{observation.at.strftime('%Y%m%dT%H%M%S%f')}-{observation.transfer}-{observation.outcome}.json"
    signature = key.sign(body, of_act("observation", domain)).encode("ascii")
    durable.write_new(mailbox / f"{name}.sig", signature)
    durable.write_new(mailbox / name, body)


def reports(mailbox: Path) -> list[Path]:
    """Complete observations, oldest first."""
    return sorted(mailbox.glob("[0-9]*.json"))


def read_report(path: Path, *, key: PublicKey, domain: str) -> Observation:
    """SignatureInvalid unless deliver's own key signed it; FormatInvalid unless it is an observation."""
    body = path.read_bytes()
    signature = UnverifiedSignature.parse(Path(f"{path}.sig").read_bytes())
    verified = signature.verify(body, of_act("observation", domain))
    if verified.fingerprint != key.fingerprint:
        raise SignatureInvalid("an observation is signed by another key than deliver's")
    return _parse_observation(body)


def discard_report(path: Path) -> None:
    durable.remove(path)
    durable.remove(Path(f"{path}.sig"))


def _parse_observation(body: bytes) -> Observation:
    page = _page(body, "handoff-observation/v1", "an observation", LARGEST_OBSERVATION)
    try:
        if page["outcome"] not in get_args(Outcome):
            raise FormatInvalid("an observation has an outcome that is not known here")
        answer = page["answer"]
        facts = {name: tuple(v) if isinstance(v, list) else v for name, v in page["facts"].items()}
        return Observation(
            transfer=TransferId.parse(page["transfer"]),
            outcome=page["outcome"],
            at=moment.parse(page["at"]),
            facts=Facts(**facts),
            answer=(base64.b64decode(answer[0]), base64.b64decode(answer[1])) if answer else None,
        )
    except GatewayError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FormatInvalid("an observation lacks a member or has one of another kind") from error


def _page(data: bytes, kind: str, what: str, limit: int = 64 * 1024) -> dict[str, Any]:
    page = canonical.decode(data, what=what, limit=limit)
    if page.pop("type", None) != kind:
        raise FormatInvalid(f"{what} is of a type or version that is not known here")
    return page
