"""By what a secret is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "key_check",
        sa.Column("role", sa.String(80), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("value", sa.String(32), nullable=False),
        sqlite_with_rowid=False,
    )
