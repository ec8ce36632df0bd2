"""Consents may name single fields beside or instead of tiers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "decision_field",
        sa.Column("decision", _ID, sa.ForeignKey("subject_decision.id"), primary_key=True),
        sa.Column("field", sa.String(64), primary_key=True),
        sqlite_with_rowid=False,
    )
