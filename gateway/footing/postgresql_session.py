"""What every session of PostgreSQL begins with, and one on the driver alone, for those who need no ledger.

The latter is opened once and never again by itself: what a session held (a lock, a transaction)
is gone with it, and whoever went on with another one would not know.
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.footing.postgresql_url import SCHEMES, why_unfit
from gateway.vocabulary.errors import ConfigError, StorageError

CONNECT_SECONDS: Final = 10
AWAY: Final = "check that it runs and lets this user in; docs/OPERATING.md says how"


def connecting(settings: Mapping[str, str], name: str = "handoff") -> dict[str, Any]:
    """The driver's arguments beside the URL; `settings` stand above the server's and the role's own, `name` in its lists."""
    # who was cut off in the middle of a statement is noticed within a second
    told = {"client_connection_check_interval": "1s", "synchronous_commit": "on", "timezone": "UTC", **settings}
    options = " ".join(f"-c {name}={value}" for name, value in told.items())
    named = {"application_name": name, "client_encoding": "utf8"}
    # over a network, a server that went away is noticed as soon as one that answers
    kept_alive = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
    return {"options": options, "connect_timeout": CONNECT_SECONDS, **named, **kept_alive}


def open_session(url: str, settings: Mapping[str, str], *, what: str, name: str = "handoff") -> Any:
    """A connection of psycopg that commits by itself; `what` is kept there, for errors.

    Raises:
        ConfigError: the driver is not installed.
        StorageError: the URL is unfit, or the server is away or does not let us in.
    """
    if reason := why_unfit(url):
        raise StorageError(f"the URL of {what} {reason}", remedy="check it in config/gateway.toml")
    try:
        import psycopg  # noqa: PLC0415 - an extra, and for more than one machine alone
    except ImportError as error:
        raise ConfigError("PostgreSQL's driver is not installed", remedy="install handoff-gateway[postgres]") from error
    try:
        return psycopg.connect(url.replace(SCHEMES[1], SCHEMES[0], 1), autocommit=True, **connecting(settings, name))
    except psycopg.Error as error:
        raise StorageError(f"the database of {what} is away", remedy=AWAY) from error


def session_error() -> type[Exception]:
    """What the driver raises, whatever goes wrong."""
    import psycopg  # noqa: PLC0415 - see `open_session`

    return psycopg.Error
