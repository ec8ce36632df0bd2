"""outcomes/<date>-<transfer>.txt: what became of it, in plain words, written anew at each rung."""

from collections.abc import Sequence

from gateway.contract.partner import UploadEndpoint
from gateway.footing.drop_folder import DropFolder
from gateway.footing.workspace import OUTCOMES
from gateway.receipts.entry import Entry
from gateway.story.gate import Gate
from gateway.story.notes import outcome_note, when
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage, TransferId

SENTENCES = {
    Stage.DELIVERED: "{when}: it lies at the partner, whole and under its final name.",
    Stage.ACKNOWLEDGED: "{when}: the partner signed that it has received and opened it.",
    Stage.REJECTED_BY_PARTNER: "{when}: the partner signed that it rejects it. The operator must look.",
    Stage.FAILED: "{when}: it was not delivered, and is not tried again by itself. The operator must look.",
    Stage.IN_DOUBT: "{when}: nobody can tell whether it was delivered. The operator must ask the partner.",
    Stage.RESOLVED: "{when}: the operator has settled what became of it.",
    Stage.PAUSED: "{when}: more would leave now than the signed statement allows, or its route has changed since. It lies in the folder again, to be signed.",
}

STAGED = "{when}: it lies sealed in the folder from which a person uploads it. It is not uploaded yet."
UPLOADED = "{when}: a person says that it was uploaded."


def tell_outcome(gate: Gate, transfer: TransferId) -> None:
    """Released and not released in one total each; the rungs that say something to staff, oldest first."""
    gateway = gate.gateway
    entries = gateway.log.of_transfer(transfer)
    sealed = gateway.log.last(transfer, Stage.SEALED)
    if sealed is None:
        return
    facts = sealed.receipt.facts
    if facts["scope"] == "removal":
        return  # staff are told nothing of whom somebody withdrew
    staged = isinstance(gate.route.partner.endpoint, UploadEndpoint)
    sentences = SENTENCES | (_of_staged(entries) if staged else {})
    lines = [
        sentences[Stage(entry.receipt.kind)].format(when=when(entry.receipt.at))
        for entry in entries
        if entry.receipt.kind in sentences
    ]
    if entries[-1].receipt.kind == Stage.DELIVERED and gate.route.partner.acknowledgement == "signed":
        lines.append("The partner's signed answer is still awaited.")
    note = outcome_note(
        transfer=transfer,
        route=gate.name,
        partner=gate.route.partner.name,
        rows=_count(facts["rows"]),
        released=_count(facts["released"]),
        lines=lines,
        at=sealed.receipt.at,
    )
    day = london_day(entries[0].receipt.at)
    gateway.check_turn()  # what is told last must be true, and a successor may know more
    with DropFolder(gateway.workspace.drop_folder(gate.name)) as folder, folder.below(OUTCOMES) as outcomes:
        outcomes.write(f"{day}-{transfer}.txt", note.encode("utf-8"))


def _of_staged(entries: Sequence[Entry]) -> dict[Stage, str]:
    was_uploaded = any(entry.receipt.facts.get("verdict") == "uploaded" for entry in entries)
    return {Stage.DELIVERED: STAGED} | ({Stage.RESOLVED: UPLOADED} if was_uploaded else {})


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
