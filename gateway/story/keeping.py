"""For whose sake evidence is kept beyond its years: a child somebody was in touch with since, or asks about.

    last contact    a file `upn,last_contact`, all of it or none; the newest import counts
    legal hold      on a child: whatever transfers tell of it, released or withheld, is kept until it is lifted

A child is known by pseudonyms alone, and by all that lead to the same subject. Import, hold and lift are
receipts, without the child.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from gateway.footing.ledger import disclosures, retention, subjects
from gateway.minimise.disclosed import DisclosedFile, in_scope
from gateway.minimise.register_file import invalid, opened
from gateway.minimise.register_subject import subject_of
from gateway.receipts.receipt import Receipt
from gateway.story.disclosed import subjects_of
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import RegisterInvalid, StorageError, UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import TransferId

HEADER: Final = ["upn", "last_contact"]
CHILD_HELD, CHILD_LIFTED, IMPORTED = "child-legal-hold", "child-legal-hold-lifted", "last-contact-imported"


class Why(StrEnum):
    """In words, as `gateway purge --dry-run` tells it."""

    LEGAL_HOLD = "on legal hold"
    CHILD = "a child in it is on legal hold"
    LAST_CONTACT = "somebody was in touch with a child in it"
    UNREADABLE = "its disclosures cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Children for whose sake something is kept, each by all its pseudonyms."""

    gateway: Gateway
    held: frozenset[bytes]
    contacts: Mapping[bytes, date]

    def of(self, transfer: TransferId) -> tuple[Why | None, date | None]:
        """What keeps this transfer's disclosures, and the last contact with any of its children. Unreadable ones are kept."""
        if not self.held and not self.contacts:
            return None, None
        with self.gateway.ledger.reading() as tx:
            file = disclosures.get(tx, transfer)
        path = self.gateway.workspace.disclosures(file.name) if file else None
        if file is None or path is None or not path.exists():
            return None, None  # nothing was disclosed, or a purge was broken off
        try:
            scope = in_scope(DisclosedFile(transfer=transfer, path=path, meta=file.meta, key=self.gateway.register_key))
        except StorageError:
            return Why.UNREADABLE, None
        if scope & self.held:
            return Why.CHILD, None
        met = [self.contacts[subject] for subject in scope & self.contacts.keys()]
        return (Why.LAST_CONTACT, max(met)) if met else (None, None)


def keeping(gateway: Gateway, day: date) -> Keeping:
    """`day`: contacts up to then keep nothing any more."""
    with gateway.ledger.reading() as tx:
        contacts, held = retention.contacts_after(tx, day), retention.kept_subjects(tx)
        leads = dict(subjects.links(tx))
        alike: dict[bytes, list[bytes]] = {}
        for pseudonym, root in leads.items():
            alike.setdefault(root, []).append(pseudonym)
        spread: dict[bytes, date] = {}
        for subject, contact in contacts.items():
            root = leads.get(subject, subject)
            for one in (subject, root, *alike.get(root, ())):
                spread[one] = max(contact, spread.get(one, contact))
        return Keeping(gateway=gateway, held=subjects.same_child(tx, held) if held else held, contacts=spread)


def import_contacts(gateway: Gateway, source: Path | BinaryIO, *, uid: int) -> int:
    """How many children it was about. RegisterInvalid names the row, never a value; then nothing of it was taken."""
    today, key = london_day(gateway.clock()), gateway.register_key
    days: dict[bytes, date] = {}
    with opened(source, expected=",".join(HEADER)) as file:
        for number, cells in file.records():
            if number == 1:
                _demand_header(cells)
                continue
            if len(cells) != len(HEADER):
                raise invalid(number, "it has not two cells")
            subject, day = _subject(cells[0], number, key), _day(cells[1], number, today)
            if subject in days:
                raise invalid(number, "upn stands in the file twice")
            days[subject] = day
    with gateway.ledger.writing() as tx:
        gateway.check_register_key(tx, key)
        retention.record_contacts(tx, days)
        facts = Facts(uid=uid, count=len(days))
        gateway.log.append_in(tx, Receipt(kind=IMPORTED, at=gateway.clock(), facts=facts))
    return len(days)


def hold_child(gateway: Gateway, child: Mapping[str, str], *, lifted: bool, uid: int) -> None:
    """
    Raises:
        RegisterInvalid: nothing that was given identifies a child.
        UsageError: it is so already.
    """
    key = gateway.register_key
    found = subjects_of(gateway, child)
    with gateway.ledger.writing() as tx:
        gateway.check_register_key(tx, key)
        if bool(retention.kept_subjects(tx) & found) is not lifted:
            raise UsageError(f"this child is {'not' if lifted else 'already'} on legal hold")
        at = gateway.clock()
        if lifted:
            retention.release_subjects(tx, found)
        else:
            retention.keep_subjects(tx, found, at=at)
        kind = CHILD_LIFTED if lifted else CHILD_HELD
        gateway.log.append_in(tx, Receipt(kind=kind, at=at, facts=Facts(uid=uid)))


def _demand_header(cells: list[str]) -> None:
    if cells != HEADER:
        raise RegisterInvalid("the file has another header", remedy="its first line is " + ",".join(HEADER))


def _subject(upn: str, number: int, key: bytes) -> bytes:
    try:
        return subject_of({"upn": upn}, key=key)
    except RegisterInvalid as error:
        raise invalid(number, "upn does not have the shape of one") from error


def _day(text: str, number: int, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise invalid(number, "last_contact is not a date such as 2026-11-24") from error
    if day > today or text != day.isoformat():
        raise invalid(number, "last_contact lies in the future, or is not spelled like 2026-11-24")
    return day
