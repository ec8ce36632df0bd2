"""A page of one route's newest transfers is read from an index, however many there are."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_transfer_newest", "transfer", ["route", "id"])
