"""Where the ledger is, in a PostgreSQL by its URL or in a file among prepare's own; made, upgraded, moved and verified. Deliver's too, moved."""

from gateway.config.load import Configuration
from gateway.config.own_keys import public_half
from gateway.crypto.checkpoint import log_key
from gateway.deliver import store_moving
from gateway.deliver.store import Store
from gateway.footing.ledger import Ledger, moving, sqlite_url
from gateway.footing.postgresql_url import why_unfit
from gateway.footing.workspace import Workspace
from gateway.receipts.verification import Verified, verify_log
from gateway.vocabulary.errors import ConfigError, LogBroken, StorageError, UsageError


def ledger_url(configuration: Configuration) -> str:
    return configuration.settings.ledger or sqlite_url(configuration.workspace.ledger)


def make_or_upgrade(configuration: Configuration) -> None:
    """The ledger as this program needs it; on PostgreSQL with the rights of whoever may make tables there.

    StorageError where a file is gone that there was: an empty one would know no hold, and begin another log.
    """
    workspace = configuration.workspace
    if not configuration.settings.ledger and not workspace.ledger.exists() and _was_one(workspace):
        raise StorageError(
            "the ledger is gone, and disclosures that were recorded in it are there: no empty one takes its place",
            remedy="see that its disk is mounted, or restore it: docs/OPERATING.md, Backup and restore",
        )
    Ledger.create_or_upgrade(ledger_url(configuration)).close()


def _was_one(workspace: Workspace) -> bool:
    folders = (workspace.disclosures("any").parent, workspace.register_snapshot("any").parent)
    return any(next(folder.glob("*.parquet"), None) is not None for folder in folders)


def move(configuration: Configuration, url: str) -> tuple[Verified, int]:
    """The ledger's file into the empty ledger at `url`: its log, the same at both ends, and how many rows there are.

    Neither half may be running. The file stays as it was, and in use until `url` stands in the configuration.

    Raises:
        ConfigError: the URL cannot be used. UsageError: the ledger is on PostgreSQL already.
        StorageError: a ledger is there already, or its tables are not made; nothing was moved.
        LogBroken: the log is not what was signed, here or there.
    """
    if configuration.settings.ledger:
        raise UsageError("the ledger is on PostgreSQL already", remedy="pg_dump and pg_restore move it from there")
    _refuse_unfit(url)
    source, target = Ledger.open(ledger_url(configuration)), Ledger.open(url)
    try:
        with source.writing() as old:  # nobody else writes in it meanwhile, and neither do we
            before = verified_log(configuration, source)
            with target.writing() as new:
                rows = moving.copy(old, new)
        if verified_log(configuration, target) != before:
            raise LogBroken("the log that arrived is another one", remedy="use the old ledger, and make an empty one")
    finally:
        source.close()
        target.close()
    return before, rows


def move_deliver_store(configuration: Configuration, url: str) -> int:
    """What deliver remembers in its file, into the empty schema at `url`; how many rows. Raises as `move`; UsageError without one."""
    if configuration.settings.deliver_store:
        raise UsageError("deliver's store is on PostgreSQL already", remedy="pg_dump and pg_restore move it from there")
    _refuse_unfit(url)
    if not configuration.workspace.attempts.exists():
        raise UsageError(
            "deliver remembers nothing yet", remedy="name deliver_store in gateway.toml: it makes its tables"
        )
    source, target = Store(configuration.workspace.attempts), Store(url)
    try:
        return store_moving.copy(source, target)
    finally:
        source.close()
        target.close()


def _refuse_unfit(url: str) -> None:
    if reason := why_unfit(url):
        raise ConfigError(f"the URL {reason}", remedy="docs/OPERATING.md says how to make the database")


def verified_log(configuration: Configuration, ledger: Ledger) -> Verified:
    """LogBroken unless the whole log is what was signed; KeyUnavailable without its public key, which is all it needs."""
    public = public_half(configuration.workspace.public_keys / "log.pub")
    return verify_log(ledger, log_key(configuration.settings.log_origin, public.raw_ed25519()))
