"""A secret that much was recorded with is followed by the next: what was recorded stays found.

    register     every pseudonym in the ledger is hashed on, p′ = F(k₂, p); files of disclosures stay as they are, and
                 are hashed on as they are read
    reference-P  nothing is rewritten
    digest       digests in receipts stay as they are, and a file is looked for under every key

    (G1) references-PARTNER-….parquet   what each partner has been given so far, and keeps, as children are known then
    (G2) the ledger, in one commit: pseudonyms rewritten, a receipt for each such file, the receipt of the rotation

New children get references under the keys in force. Before (G2) the old keys are in force and such a file is
nobody's; from then on the new one. Neither half may be running: what was recognised with the old keys is not to be
recorded after them, and who records by a verb meanwhile is refused (`Gateway.check_register_key`). A parcel that
has not left is made again, since the register's digest has changed.
"""

from collections.abc import Iterable
from pathlib import Path

from gateway.crypto.nesting import nested
from gateway.footing import durable
from gateway.footing.ledger import disclosures, pseudonyms, transfers
from gateway.minimise.disclosed import everybody
from gateway.minimise.identifiers import reference
from gateway.minimise.references import read_references, write_references
from gateway.receipts import generations
from gateway.receipts.receipt import Receipt
from gateway.story import known_keys
from gateway.story.disclosure_files import proved_files
from gateway.story.gate import REGISTER, Gateway
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

REFERENCE = "reference-"


def rotate_secret(gateway: Gateway, role: str, *, uid: int) -> int:
    """The generation that is in force from now on. The key's file holds it already.

    Raises:
        UsageError: it does not.
        StorageError, LogBroken: disclosures cannot be read, or are not those that were receipted; nothing was changed.
    """
    before, all_there = gateway.generations(role), gateway.keys.generations(role)
    if len(all_there) == len(before):
        raise UsageError(f"no key follows {role} yet", remedy=f"gateway keys rotate {role}")
    keys = b"".join(all_there[: len(before) + 1])
    receipts = [_keep_references(gateway, partner, role, keys) for partner in _concerned(gateway, role)]  # (G1)
    with gateway.ledger.writing() as tx:  # (G2)
        generations.check(tx, role, len(before))
        known_keys.keep(tx, role, all_there[: len(before) + 1])
        count = pseudonyms.rewrite(tx, lambda p: nested(p, keys, since=len(before))) if role == REGISTER else 0
        told = Facts(uid=uid, count=count)
        receipts.append(generations.rotated(role, len(before) + 1, at=gateway.clock(), told=told))
        gateway.log.append_in(tx, *receipts)
    return len(before) + 1


def _concerned(gateway: Gateway, role: str) -> list[str]:
    """The partners whose references would change."""
    if role.startswith(REFERENCE):
        return [role.removeprefix(REFERENCE)]
    return sorted({partner for _, partner in _given(gateway)} | _keeping(gateway)) if role == REGISTER else []


def _keep_references(gateway: Gateway, partner: str, role: str, keys: bytes) -> Receipt:
    """Those from before an earlier rotation stay; to them come all that were given since."""
    path, key = gateway.kept_references(partner), gateway.reference_key(partner)
    kept = read_references(path) if path else {}
    files = {file.transfer: file for file in proved_files(gateway)}
    for transfer, to in _given(gateway):
        if to == partner and transfer in files:
            for subject in everybody(files[transfer]) - kept.keys():
                kept[subject] = reference(subject, key=key)
    if role == REGISTER:
        since = len(gateway.generations(REGISTER))
        kept = {nested(subject, keys, since=since): given for subject, given in kept.items()}
    draft = gateway.workspace.disclosures(f"references-{partner}.draft")
    digest = str(write_references(draft, kept))
    _publish(draft, gateway.workspace.disclosures(f"references-{partner}-{digest[:16]}.parquet"))
    return generations.references_kept(partner, digest, count=len(kept), at=gateway.clock())


def _publish(draft: Path, path: Path) -> None:
    """Named by its content: what is there under its name is this very file, perhaps the one in force."""
    if path.exists():
        durable.remove(draft)
    else:
        durable.publish(draft, path)


def _given(gateway: Gateway) -> list[tuple[TransferId, str]]:
    """Each transfer that has disclosures, and its partner."""
    with gateway.ledger.reading() as tx:
        rows: Iterable[transfers.TransferRow | None] = [
            transfers.get(tx, file.transfer) for file in disclosures.listed(tx)
        ]
        return [(row.id, row.partner) for row in rows if row]


def _keeping(gateway: Gateway) -> set[str]:
    """Partners that keep references from before, whatever became of the transfers by which they got them."""
    with gateway.ledger.reading() as tx:
        return generations.keeping(tx)
