"""The first ledger.

A step is frozen once released: it spells its tables out and never imports today's schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SLUG, _HEX, _TRANSFER, _MOMENT, _DAY = sa.String(64), sa.String(64), sa.String(26), sa.String(20), sa.String(10)


def upgrade() -> None:
    _transfers()
    _log()
    _evidence()
    _register()
    _holds()
    _bookkeeping()


def _transfers() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", _TRANSFER, primary_key=True),
        sa.Column("route", _SLUG, nullable=False),
        sa.Column("partner", _SLUG, nullable=False),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("scope", _SLUG, nullable=False),
        sa.Column("extract_digest", _HEX, nullable=False),
        sa.Column("statement_digest", _HEX),
        sa.Column("created", _MOMENT, nullable=False),
        sa.UniqueConstraint("statement_digest", name="uq_transfer_statement"),
    )
    op.create_index("ix_transfer_extract", "transfer", ["extract_digest", "route"])
    op.create_index("ix_transfer_sequence", "transfer", ["route", "partner", "sequence"])


def _log() -> None:
    op.create_table(
        "leaf",
        sa.Column("leaf_index", _ID, primary_key=True, autoincrement=False),
        sa.Column("kind", _SLUG, nullable=False),
        sa.Column("transfer", _TRANSFER),
        sa.Column("route", _SLUG),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_leaf_transfer", "leaf", ["transfer", "leaf_index"])
    op.create_index("ix_leaf_route", "leaf", ["route", "kind", "leaf_index"])
    op.create_table(
        "standing",
        sa.Column("transfer", _TRANSFER, primary_key=True),
        sa.Column("stage", _SLUG, nullable=False),
        sa.Column("route", _SLUG, nullable=False),
        sa.Column("leaf_index", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_standing_stage", "standing", ["stage", "route"])
    op.create_table(
        "node",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("node_index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _evidence() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("size", _ID, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_table(
        "cosignature",
        sa.Column("partner", _SLUG, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, primary_key=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )


def _register() -> None:
    op.create_table(
        "subject_decision",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("subject", sa.LargeBinary(12), nullable=False),
        sa.Column("purpose", _SLUG, nullable=False),
        sa.Column("decided_by", _SLUG, nullable=False),
        sa.Column("decision", _SLUG, nullable=False),
        sa.Column("tiers", sa.String(128), nullable=False),
        sa.Column("given", _DAY, nullable=False),
        sa.Column("expires", _DAY),
        sa.Column("notice", sa.String(80), nullable=False),
        sa.Column("evidence", sa.String(80), nullable=False),
        sa.Column("recorded", _MOMENT, nullable=False),
        sa.CheckConstraint("length(subject) = 12", name="ck_subject_decision_subject"),
    )
    op.create_index("ix_subject_decision_subject", "subject_decision", ["subject", "id"])


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("added", _MOMENT, nullable=False),
        sa.Column("lifted", _MOMENT),
        sa.Column("reviewer", sa.String(80), nullable=False),
        sa.Column("reason", _SLUG, nullable=False),
    )
    op.create_table(
        "hold_identifier",
        sa.Column("hold", _ID, sa.ForeignKey("hold.id"), primary_key=True),
        sa.Column("kind", _SLUG, primary_key=True),
        sa.Column("pseudonym", sa.LargeBinary(12), primary_key=True),
        sa.CheckConstraint("length(pseudonym) = 12", name="ck_hold_identifier_pseudonym"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hold_identifier_pseudonym", "hold_identifier", ["kind", "pseudonym"])


def _bookkeeping() -> None:
    op.create_table(
        "disclosure_file",
        sa.Column("transfer", _TRANSFER, sa.ForeignKey("transfer.id"), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("sha256", _HEX, nullable=False),
        sa.Column("meta", sa.Text, nullable=False),
    )
    op.create_table("register_version", sa.Column("version", sa.BigInteger, nullable=False))
    op.execute("INSERT INTO register_version (version) VALUES (0)")
