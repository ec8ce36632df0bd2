"""A child is several identifiers: which pseudonym leads to which subject, and who is known by name alone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "subject_link",
        sa.Column("pseudonym", sa.LargeBinary(12), primary_key=True),
        sa.Column("subject", sa.LargeBinary(12), nullable=False),
        sa.Column("recorded", sa.String(20), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subject_link_subject", "subject_link", ["subject"])
    op.create_table(
        "nameless_subject",
        sa.Column("subject", sa.LargeBinary(12), primary_key=True),
        sqlite_with_rowid=False,
    )
