"""Everything that was shared about one child: with whom, when, on which basis, which fields, acknowledged or not.

The look-up is receipted before it is answered. Values are not kept, so none can be shown:
which fields left is known, what stood in them is not. Why a child was withheld as a whole is
not told here, since it may be a hold (DESIGN §3.7).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.footing.ledger import disclosures
from gateway.footing.ledger.disclosures import DisclosureFile
from gateway.minimise.disclosures import Disclosed, DisclosedFile, disclosed
from gateway.minimise.identifiers import pseudonyms
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

NOT_RELEASED = "not-released"
LEFT = frozenset({Stage.DELIVERED, Stage.ACKNOWLEDGED, Stage.OVERDUE, Stage.RESOLVED, Stage.DISPOSED,
                  Stage.REJECTED_BY_PARTNER, Stage.IN_DOUBT})  # fmt: skip
"""Rungs on which a parcel has reached its partner, or may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One transfer in whose scope the child was. `released` and `withheld` hold standard names of fields."""

    transfer: TransferId
    route: str
    partner: str
    purpose: str
    agreement: str
    sealed: datetime
    stage: Stage
    released: tuple[str, ...]
    withheld: Mapping[str, str]
    leaf: int
    """Where the receipt stands in the log."""

    @property
    def left(self) -> bool:
        return self.stage in LEFT


def look_up(gateway: Gateway, child: Mapping[str, str], *, uid: int) -> list[Shared]:
    """Oldest first.

    Raises:
        RegisterInvalid: nothing that was given identifies a child.
        StorageError: the disclosures of a transfer cannot be read.
        LogBroken: they are not those that were receipted.
    """
    found = pseudonyms(child, key=gateway.keys.secret("register"))
    subjects = frozenset(pseudonym for kind, pseudonym in found if kind == "upn")
    if not subjects:
        raise StorageError(
            "disclosures are found by UPN only", remedy="look the child's UPN up first; former UPNs count as well"
        )
    gateway.log.append(Receipt(kind="look-up", at=gateway.clock(), facts=Facts(uid=uid, matches=len(subjects))))
    return list(_shared(gateway, subjects))


def _shared(gateway: Gateway, subjects: frozenset[bytes]) -> Iterator[Shared]:
    with gateway.ledger.reading() as tx:
        files = disclosures.listed(tx)
    by_transfer: dict[TransferId, list[Disclosed]] = {}
    for row in disclosed([_checked(gateway, file) for file in files], subjects):
        by_transfer.setdefault(TransferId(row.transfer), []).append(row)
    for transfer, rows in by_transfer.items():
        yield _one(gateway, transfer, rows[0])


def _checked(gateway: Gateway, file: DisclosureFile) -> DisclosedFile:
    """LogBroken if the file is not the one whose digest the receipt holds."""
    path = gateway.workspace.disclosures(file.name)
    sealed = gateway.log.last(file.transfer, Stage.SEALED)
    receipted = sealed.receipt.facts.get("disclosures") if sealed else None
    try:
        with path.open("rb") as stream:
            digest = Digest.of_stream(stream)
    except OSError as error:
        raise StorageError(
            f"the disclosures of transfer {file.transfer} cannot be read", remedy="restore the file from its backup"
        ) from error
    if str(digest) != file.sha256 or file.sha256 != receipted:
        raise LogBroken(
            f"the disclosures of transfer {file.transfer} are not those that were receipted",
            remedy="keep the file as it is, and restore the one from the backup",
        )
    return DisclosedFile(transfer=file.transfer, path=path, meta=file.meta)


def _one(gateway: Gateway, transfer: TransferId, row: Disclosed) -> Shared:
    entry = gateway.log.last(transfer, Stage.SEALED)
    if entry is None:
        raise LogBroken(f"transfer {transfer} has disclosures and no receipt that it was sealed")
    facts, known = entry.receipt.facts, gateway.log.transfer(transfer)
    return Shared(
        transfer=transfer,
        route=known.route,
        partner=known.partner,
        purpose=str(facts["purpose"]),
        agreement=str(facts["agreement"]),
        sealed=entry.receipt.at,
        stage=known.stage,
        released=tuple(sorted(row.released)),
        withheld=dict(row.withheld) if row.released else dict.fromkeys(row.withheld, NOT_RELEASED),
        leaf=entry.index,
    )
