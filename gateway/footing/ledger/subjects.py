"""Pseudonyms that belong to one child: which subject each leads to, and who is known by name alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from gateway.footing.ledger import register_version
from gateway.footing.ledger.schema import nameless_subject, subject_link
from gateway.footing.ledger.store import Transaction

Link = tuple[bytes, bytes]
"""A pseudonym, and the subject that it leads to."""


class Aliases:
    """By which other pseudonyms a child may be known: links may be younger than a transfer, or older."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._leads, self._led = dict(links), dict[bytes, set[bytes]]()
        for pseudonym, root in links:
            self._led.setdefault(root, set()).add(pseudonym)

    def of(self, pseudonym: bytes) -> frozenset[bytes]:
        root = self._leads.get(pseudonym, pseudonym)
        return frozenset({pseudonym, root} | self._led.get(root, set()))


def links(tx: Transaction) -> tuple[Link, ...]:
    found = tx.execute(select(subject_link.c.pseudonym, subject_link.c.subject).order_by(subject_link.c.pseudonym))
    return tuple((bytes(pseudonym), bytes(subject)) for pseudonym, subject in found)


def same_child(tx: Transaction, pseudonyms: frozenset[bytes]) -> frozenset[bytes]:
    """These, the subjects that they lead to, and whatever else leads there."""
    return one_child(links(tx), pseudonyms)


def one_child(known: Iterable[Link], pseudonyms: frozenset[bytes]) -> frozenset[bytes]:
    """As above, by these links."""
    leads = dict(known)
    roots = {leads.get(pseudonym, pseudonym) for pseudonym in pseudonyms}
    return pseudonyms | roots | {pseudonym for pseudonym, subject in leads.items() if subject in roots}


def nameless(tx: Transaction) -> tuple[bytes, ...]:
    """Subjects without a UPN: pseudonyms of their names with birthday."""
    found = tx.execute(select(nameless_subject.c.subject).order_by(nameless_subject.c.subject))
    return tuple(bytes(subject) for (subject,) in found)


def add_link(tx: Transaction, pseudonym: bytes, subject: bytes, *, at: datetime) -> None:
    """Whatever led to `pseudonym` leads to `subject` from now on: a link never leads to a link."""
    tx.execute(update(subject_link).where(subject_link.c.subject == pseudonym).values(subject=subject))
    tx.execute(insert(subject_link).values(pseudonym=pseudonym, subject=subject, recorded=at))
    register_version.bump(tx)


def add_nameless(tx: Transaction, subjects: Iterable[bytes]) -> None:
    """Those that are there already stay as they are."""
    wanted = sorted(set(subjects))
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        tx.execute(delete(nameless_subject).where(nameless_subject.c.subject.in_(some)))
        tx.execute(insert(nameless_subject), [{"subject": subject} for subject in some])
