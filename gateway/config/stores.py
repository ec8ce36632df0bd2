"""Where the ledger is, in a PostgreSQL by its URL or in a file among prepare's own; made and upgraded."""

from gateway.config.load import Configuration
from gateway.footing.ledger import Ledger, sqlite_url


def ledger_url(configuration: Configuration) -> str:
    return configuration.settings.ledger or sqlite_url(configuration.workspace.ledger)


def make_or_upgrade(configuration: Configuration) -> None:
    """The ledger as this program needs it; on PostgreSQL with the rights of whoever may make tables there."""
    Ledger.create_or_upgrade(ledger_url(configuration)).close()
