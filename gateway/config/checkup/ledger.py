"""Is the ledger there and ours, and, asked for deeply, is the whole receipt log what was signed?"""

import os
from collections.abc import Iterator

from gateway.config.checkup.check import Check, Surroundings, fail, ok, unless, warn
from gateway.config.load import Configuration
from gateway.config.stores import ledger_url, verified_log
from gateway.footing.ledger import Ledger
from gateway.footing.ledger.postgresql import may_change_tables, unsafe_settings
from gateway.vocabulary.errors import GatewayError

NAME, LOG = "ledger", "receipt log"


def ledger_is_there(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    folder = configuration.workspace.ledger.parent
    if not configuration.settings.ledger and not os.access(folder, os.R_OK | os.X_OK) and folder.exists():
        yield warn(NAME, "this user may not look at it", "run 'gateway doctor' as the user of prepare")
        return
    try:
        ledger = Ledger.open(ledger_url(configuration))
        try:
            yield from unless(_weaknesses(ledger), NAME, "there, for the service alone, and of this version")
        finally:
            ledger.close()
    except GatewayError as error:
        yield fail(NAME, error.message, error.remedy or "restore it from its backup")


def _weaknesses(ledger: Ledger) -> Iterator[Check]:
    """What a PostgreSQL may lack, and a file of ours never does."""
    with ledger.reading() as tx:
        unsafe, is_owner = unsafe_settings(tx), may_change_tables(tx)
    for name in unsafe:
        yield fail(NAME, f"its PostgreSQL runs with {name} off: what is committed may be lost", "set it to on")
    if is_owner:
        yield warn(NAME, "this user may change its tables", "give the service a user of its own: docs/OPERATING.md")


def log_is_whole(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    """Needs the ledger and the log's public key only."""
    try:
        ledger = Ledger.open(ledger_url(configuration))
        try:
            verified = verified_log(configuration, ledger)
        finally:
            ledger.close()
    except GatewayError as error:
        yield fail(LOG, error.message, error.remedy or "stop, and keep the ledger as it is")
    else:
        yield ok(LOG, f"whole: {verified.size} receipts under {verified.checkpoints} signed checkpoints")
