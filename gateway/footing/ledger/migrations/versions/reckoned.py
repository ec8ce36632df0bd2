"""Up to which decision and which hold each route's partner was told what to remove."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "reckoned",
        sa.Column("route", sa.String(64), primary_key=True),
        sa.Column("decision", sa.BigInteger, nullable=False),
        sa.Column("hold", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
