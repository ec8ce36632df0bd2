"""A key that is lost is not made anew where something was recorded with it.

Another register key would find nobody: no hold, no refusal, no objection would be known any more, and a
child on hold would leave. Another digest key would know no file again, another reference key no child of
the partner's, and another log key would begin a log over the one that others have cosigned.
"""

from typing import Final

from gateway.config.first_keys import PREPARE_SECRETS
from gateway.config.load import Configuration
from gateway.config.own_keys import Role
from gateway.config.stores import ledger_url
from gateway.footing.ledger import Ledger, Transaction, leaves, transfers
from gateway.vocabulary.errors import KeyUnavailable

OF_THE_LEDGER: Final = (*PREPARE_SECRETS, "log")
REFERENCE: Final = "reference-"


def remedy_for_missing(role: str) -> str:
    if role in OF_THE_LEDGER:
        return "restore it from its backup: another one would not know what is recorded"
    if role.startswith(REFERENCE):
        return f"restore it from its backup; for a partner that was given nothing yet, make it: gateway keys new {role}"
    return f"restore it from its backup, or make it: gateway keys new {role}"


def refuse_another(configuration: Configuration, role: Role) -> None:
    """KeyUnavailable if the ledger holds what was made with the one that is missing; StorageError if it cannot be asked."""
    if role.name not in OF_THE_LEDGER and not role.name.startswith(REFERENCE):
        return
    ledger = Ledger.open(ledger_url(configuration))
    try:
        with ledger.reading() as tx:
            used = _was_used(tx, role.name)
    finally:
        ledger.close()
    if used:
        raise KeyUnavailable(
            f"the key {role.name} is not made anew: what is recorded was made with the one that is missing",
            remedy="restore it from its backup; if there is none left, docs/OPERATING.md says under Restore how to begin anew",
        )


def _was_used(tx: Transaction, role: str) -> bool:
    if role in OF_THE_LEDGER:
        return leaves.count(tx) > 0
    return transfers.has_numbered(tx, role.removeprefix(REFERENCE))
