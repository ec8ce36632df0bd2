"""What keeps evidence longer than its years: a child's last contact, a child of whom somebody asks, a transfer until a day.

Pseudonyms alone. The newest import counts: what it says of a child replaces what was said before.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import delete, insert, select

from gateway.footing.ledger.schema import kept_subject, kept_transfer, last_contact
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.transfer import TransferId

AT_ONCE = 500


def record_contacts(tx: Transaction, days: Mapping[bytes, date]) -> None:
    wanted = sorted(days.items())
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        tx.execute(delete(last_contact).where(last_contact.c.subject.in_([subject for subject, _ in some])))
        tx.execute(insert(last_contact), [{"subject": subject, "day": day} for subject, day in some])


def contacts_after(tx: Transaction, day: date) -> dict[bytes, date]:
    """Children whom somebody was in touch with later than on this day."""
    found = tx.execute(select(last_contact.c.subject, last_contact.c.day).where(last_contact.c.day > day))
    return {bytes(subject): contact for subject, contact in found}


def keep_subjects(tx: Transaction, subjects: Iterable[bytes], *, at: datetime) -> None:
    release_subjects(tx, wanted := sorted(set(subjects)))
    tx.execute(insert(kept_subject), [{"subject": subject, "since": at} for subject in wanted])


def release_subjects(tx: Transaction, subjects: Iterable[bytes]) -> int:
    """How many of them were kept. What was put off because of anybody is asked again at the next purge."""
    gone = tx.execute(delete(kept_subject).where(kept_subject.c.subject.in_(sorted(set(subjects))))).rowcount
    tx.execute(delete(kept_transfer))
    return gone


def kept_subjects(tx: Transaction) -> frozenset[bytes]:
    return frozenset(bytes(subject) for (subject,) in tx.execute(select(kept_subject.c.subject)))


def put_off(tx: Transaction, transfer: TransferId, until: date) -> None:
    """It need not be asked again before then."""
    forget(tx, transfer)
    tx.execute(insert(kept_transfer).values(transfer=transfer, until=until))


def forget(tx: Transaction, transfer: TransferId) -> None:
    tx.execute(delete(kept_transfer).where(kept_transfer.c.transfer == transfer))
