"""What alembic runs: the steps, inside the transaction it is given, so that an upgrade is all or nothing."""

from alembic import context

from gateway.footing.ledger.schema import ledger

context.configure(connection=context.config.attributes["transaction"], target_metadata=ledger)
with context.begin_transaction():
    context.run_migrations()
