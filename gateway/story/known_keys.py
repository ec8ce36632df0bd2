"""Is a secret the one that recorded things were made with?

Another `register` key of the right form would make a gateway that looks sound and knows nobody: no hold,
no refusal, no objection. So a check value of each secret is recorded with the first thing that is made with
it, in the same commit, and compared whenever the secret is used.
"""

from collections.abc import Sequence

from gateway.crypto.key_check import check_value
from gateway.footing.ledger import Transaction, key_checks
from gateway.vocabulary.errors import KeyUnavailable


def refuse_another(tx: Transaction, role: str, keys: Sequence[bytes]) -> None:
    """`keys`: of one role, the first generation first. KeyUnavailable if one is not what was used before."""
    _unrecorded(tx, role, keys)


def keep(tx: Transaction, role: str, keys: Sequence[bytes]) -> None:
    """As above; from this commit on these are the ones."""
    for generation, value in _unrecorded(tx, role, keys).items():
        key_checks.record(tx, role, generation, value)


def _unrecorded(tx: Transaction, role: str, keys: Sequence[bytes]) -> dict[int, str]:
    recorded = key_checks.recorded(tx, role)
    found = {generation: check_value(role, key) for generation, key in enumerate(keys, start=1)}
    if any(recorded.get(generation, value) != value for generation, value in found.items()):
        raise KeyUnavailable(
            f"{role}.key is not the key that what is recorded was made with",
            remedy=f"restore {role}.key from its backup: this one does not know what is recorded",
        )
    return {generation: value for generation, value in found.items() if generation not in recorded}
