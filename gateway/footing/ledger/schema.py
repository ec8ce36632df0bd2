"""The ledger's tables. One word for each thing, plain columns, nothing computed by the database.

Times are text, as every file of ours spells them (`2026-11-24T09:30:00Z`): one spelling on
every database, and it sorts. Pseudonyms are 12 bytes. A change here is a new migration and
a new `SCHEMA`; a test compares both.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from gateway.vocabulary import moment

SCHEMA = "0007"
PSEUDONYM = 12


# An import of half a million rows has one moment: spelling and parsing it each time would cost more than the rest.
_spelled, _parsed = lru_cache(1024)(moment.spell), lru_cache(1024)(moment.parse)


class Moment(TypeDecorator[datetime]):
    """A UTC moment in whole seconds."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else _spelled(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else _parsed(value)


class Day(TypeDecorator[date]):
    """A calendar day, `2026-11-24`."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Any) -> date | None:  # noqa: ARG002
        return None if value is None else date.fromisoformat(value)


ledger = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only under the word INTEGER."""
_Slug, _Hex, _Transfer = String(64), String(64), String(26)
_AsWritten = String(20)
"""A moment that is compared and never read: as text it cannot fail to parse before it is compared."""

# What a transfer is about; where it stands is in its receipts alone.
transfer = Table(
    "transfer",
    ledger,
    Column("id", _Transfer, primary_key=True),
    Column("route", _Slug, nullable=False),
    Column("partner", _Slug, nullable=False),
    Column("sequence", BigInteger),
    Column("scope", _Slug, nullable=False),
    Column("extract_digest", _Hex, nullable=False),
    Column("statement_digest", _Hex),
    Column("created", Moment, nullable=False),
    UniqueConstraint("statement_digest", name="uq_transfer_statement"),
    Index("ix_transfer_extract", "extract_digest", "route"),
    Index("ix_transfer_sequence", "route", "partner", "sequence"),
    Index("ix_transfer_newest", "route", "id"),
)

# The receipts, in order: the log's leaves. All columns but body and hash repeat the body, to be searched by.
leaf = Table(
    "leaf",
    ledger,
    Column("leaf_index", _Id, primary_key=True, autoincrement=False),
    Column("kind", _Slug, nullable=False),
    Column("transfer", _Transfer),
    Column("route", _Slug),
    Column("at", _AsWritten, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_leaf_transfer", "transfer", "leaf_index"),
    Index("ix_leaf_route", "route", "kind", "leaf_index"),
)

# The newest rung of each transfer, so that what is open is found without reading the log: an index that is
# written with the receipt, and believed only as far as the leaves bear it out.
standing = Table(
    "standing",
    ledger,
    Column("transfer", _Transfer, primary_key=True),
    Column("stage", _Slug, nullable=False),
    Column("route", _Slug, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    Index("ix_standing_stage", "stage", "route"),
    sqlite_with_rowid=False,
)

# Complete subtrees above the leaves, so that a root or a proof costs a few rows and not the whole log.
node = Table(
    "node",
    ledger,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("node_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What we have signed about the log, once for each commit that added to it.
checkpoint = Table(
    "checkpoint",
    ledger,
    Column("size", _Id, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", _AsWritten, nullable=False),
)

# What partners have cosigned. The root is part of the key, so that the proof of a fork is kept and not replaced.
cosignature = Table(
    "cosignature",
    ledger,
    Column("partner", _Slug, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, primary_key=True),
    Column("note", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# The register: decisions are added, never changed; which of them counts is judged at release.
subject_decision = Table(
    "subject_decision",
    ledger,
    Column("id", _Id, primary_key=True),
    Column("subject", LargeBinary(PSEUDONYM), nullable=False),
    Column("purpose", _Slug, nullable=False),
    Column("decided_by", _Slug, nullable=False),
    Column("decision", _Slug, nullable=False),
    Column("tiers", String(128), nullable=False),
    Column("given", Day, nullable=False),
    Column("expires", Day),
    Column("notice", String(80), nullable=False),
    Column("evidence", String(80), nullable=False),
    Column("recorded", Moment, nullable=False),
    CheckConstraint(f"length(subject) = {PSEUDONYM}", name="ck_subject_decision_subject"),
    Index("ix_subject_decision_subject", "subject", "id"),
)

# Single fields that a consent names beside or instead of tiers.
decision_field = Table(
    "decision_field",
    ledger,
    Column("decision", _Id, ForeignKey("subject_decision.id"), primary_key=True),
    Column("field", _Slug, primary_key=True),
    sqlite_with_rowid=False,
)

# Pseudonyms that belong to another's subject: a changed UPN, a name from before there was one.
subject_link = Table(
    "subject_link",
    ledger,
    Column("pseudonym", LargeBinary(PSEUDONYM), primary_key=True),
    Column("subject", LargeBinary(PSEUDONYM), nullable=False),
    Column("recorded", Moment, nullable=False),
    Index("ix_subject_link_subject", "subject"),
    sqlite_with_rowid=False,
)

# Children who were given to somebody without a UPN: known by name and birthday alone.
nameless_subject = Table(
    "nameless_subject",
    ledger,
    Column("subject", LargeBinary(PSEUDONYM), primary_key=True),
    sqlite_with_rowid=False,
)

# Children who must not be disclosed at all; lifting one keeps it on record.
hold = Table(
    "hold",
    ledger,
    Column("id", _Id, primary_key=True),
    Column("added", Moment, nullable=False),
    Column("lifted", Moment),
    Column("reviewer", String(80), nullable=False),
    Column("reason", _Slug, nullable=False),
)

# The identifiers a hold is recognised by, since no single one is in every extract.
hold_identifier = Table(
    "hold_identifier",
    ledger,
    Column("hold", _Id, ForeignKey("hold.id"), primary_key=True),
    Column("kind", _Slug, primary_key=True),
    Column("pseudonym", LargeBinary(PSEUDONYM), primary_key=True),
    CheckConstraint(f"length(pseudonym) = {PSEUDONYM}", name="ck_hold_identifier_pseudonym"),
    Index("ix_hold_identifier_pseudonym", "kind", "pseudonym"),
    sqlite_with_rowid=False,
)

# Where the disclosures of each transfer lie, until their file expires.
disclosure_file = Table(
    "disclosure_file",
    ledger,
    Column("transfer", _Transfer, ForeignKey("transfer.id"), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("sha256", _Hex, nullable=False),
    Column("meta", Text, nullable=False),
)

# One row, raised by every decision and hold: tells whether a snapshot of the register is still the register.
register_version = Table("register_version", ledger, Column("version", BigInteger, nullable=False))

# Up to which decision and which hold a route's partner was told what to remove.
reckoned = Table(
    "reckoned",
    ledger,
    Column("route", _Slug, primary_key=True),
    Column("decision", BigInteger, nullable=False),
    Column("hold", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What needs a person, as it was when we looked last: what is new, worse or over is told by comparing with it.
concern = Table(
    "concern",
    ledger,
    Column("kind", _Slug, primary_key=True),
    Column("route", _Slug, primary_key=True),
    Column("transfer", _Transfer, primary_key=True),
    Column("about", String(80), primary_key=True),
    Column("level", _Slug, nullable=False),
    Column("since", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("told", Moment),
    Column("told_level", _Slug),
    sqlite_with_rowid=False,
)

# The outbox of alerts: decided with the concern they are about, in one commit; kept until deliver has sent them.
alert = Table(
    "alert",
    ledger,
    Column("id", _Transfer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("state", _Slug, nullable=False),
    Column("decided", Moment, nullable=False),
    Index("ix_alert_state", "state", "id"),
    sqlite_with_rowid=False,
)

# When somebody was last in touch with a child: evidence about it is kept so many years from then on.
last_contact = Table(
    "last_contact",
    ledger,
    Column("subject", LargeBinary(PSEUDONYM), primary_key=True),
    Column("day", Day, nullable=False),
    sqlite_with_rowid=False,
)

# Children of whom a claim or an inquiry asks: nothing about them is purged.
kept_subject = Table(
    "kept_subject",
    ledger,
    Column("subject", LargeBinary(PSEUDONYM), primary_key=True),
    Column("since", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# Transfers that are old enough to be purged, and kept until then for a child that somebody was in touch with since.
kept_transfer = Table(
    "kept_transfer",
    ledger,
    Column("transfer", _Transfer, ForeignKey("transfer.id"), primary_key=True),
    Column("until", Day, nullable=False),
    sqlite_with_rowid=False,
)

# By what the secrets are known again that all of the above was made with: another one would find nobody in it.
key_check = Table(
    "key_check",
    ledger,
    Column("role", String(80), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("value", String(32), nullable=False),
    sqlite_with_rowid=False,
)
