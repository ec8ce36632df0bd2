"""Is the ledger there and ours, and, asked for deeply, is the whole receipt log what was signed?"""

import os
from collections.abc import Iterator

from gateway.config.checkup.check import Check, Surroundings, fail, ok, warn
from gateway.config.load import Configuration
from gateway.crypto.checkpoint import log_key
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import GatewayError

NAME, LOG = "ledger", "receipt log"


def ledger_is_there(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    path = configuration.workspace.ledger
    if not os.access(path.parent, os.R_OK | os.X_OK) and path.parent.exists():
        yield warn(NAME, "this user may not look at it", "run 'gateway doctor' as the user of prepare")
        return
    try:
        Ledger.open(sqlite_url(path)).close()
    except GatewayError as error:
        yield fail(NAME, error.message, error.remedy or "restore it from its backup")
    else:
        yield ok(NAME, "there, for the service alone, and of this version")


def log_is_whole(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    """Needs the ledger and the log's public key only."""
    workspace = configuration.workspace
    try:
        public = PublicKey.parse((workspace.public_keys / "log.pub").read_text("utf-8"))
        ledger = Ledger.open(sqlite_url(workspace.ledger))
        try:
            verified = verify_log(ledger, log_key(configuration.settings.log_origin, public.raw_ed25519()))
        finally:
            ledger.close()
    except OSError:
        yield fail(LOG, "keys/public/log.pub cannot be read", "restore it: partners have it too")
    except GatewayError as error:
        yield fail(LOG, error.message, error.remedy or "stop, and keep the ledger as it is")
    else:
        yield ok(LOG, f"whole: {verified.size} receipts under {verified.checkpoints} signed checkpoints")
