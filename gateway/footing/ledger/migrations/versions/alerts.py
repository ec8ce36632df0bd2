"""The outbox of alerts, and what they are told by; and what keeps evidence longer than its years."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SLUG, _TRANSFER, _MOMENT, _SUBJECT = sa.String(64), sa.String(26), sa.String(20), sa.LargeBinary(12)


def upgrade() -> None:
    _alerts()
    _retention()


def _alerts() -> None:
    op.create_table(
        "concern",
        sa.Column("kind", _SLUG, primary_key=True),
        sa.Column("route", _SLUG, primary_key=True),
        sa.Column("transfer", _TRANSFER, primary_key=True),
        sa.Column("about", sa.String(80), primary_key=True),
        sa.Column("level", _SLUG, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("seen", _MOMENT, nullable=False),
        sa.Column("told", _MOMENT),
        sa.Column("told_level", _SLUG),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert",
        sa.Column("id", _TRANSFER, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", _SLUG, nullable=False),
        sa.Column("decided", _MOMENT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alert_state", "alert", ["state", "id"])


def _retention() -> None:
    op.create_table(
        "last_contact",
        sa.Column("subject", _SUBJECT, primary_key=True),
        sa.Column("day", sa.String(10), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept_subject",
        sa.Column("subject", _SUBJECT, primary_key=True),
        sa.Column("since", _MOMENT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept_transfer",
        sa.Column("transfer", _TRANSFER, sa.ForeignKey("transfer.id"), primary_key=True),
        sa.Column("until", sa.String(10), nullable=False),
        sqlite_with_rowid=False,
    )
