"""One look at one drop folder: what is new is stated, what is signed is claimed, what is wrong is refused.

    no statement, settled        ─▶ counted, statement written                         waits
    statement, nobody signed     ─▶ still true? else written anew                      waits
    statement, one role signed   ─▶                                                    waits
    statement, both roles signed ─▶ copied, compared, receipted                        approved
    anything wrong               ─▶ refused/ with the reasons

Folder events are only hints; everything is asked again at each look, so a look may be
repeated at any time and after any crash. What `Memory` holds only saves work.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.approval.desk import evidence_beside, signature_names, statement_name
from gateway.approval.rules import Approved, Evidence, Reason, Waiting, decide
from gateway.footing.drop_folder import DropFolder, Identity
from gateway.footing.ledger import transfers
from gateway.footing.telemetry import LogEvent
from gateway.footing.workspace import WAITING
from gateway.pickup.claim import measure, settled
from gateway.pickup.settle import Listing, sort_names
from gateway.story.claiming import claim, finish_taking
from gateway.story.direction import WAITS, lacks_direction
from gateway.story.dropped import Dropped
from gateway.story.gate import Gate, Gateway
from gateway.story.notes import STILL_WRITTEN, waiting_note
from gateway.story.refusing import (
    Refusal,
    put_aside,
    record_refused,
    refuse_dropped,
    refuse_unrecorded,
)
from gateway.story.stating import state
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ExtractInvalid, StatementInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

Entry = tuple[str, ...] | str | None
"""What waiting.txt says of a file: who has yet to sign, a sentence, or nothing because it has gone."""
UNDER_WAY = frozenset({Stage.ARRIVED, Stage.APPROVED})
UNSIGNED = ("prepare", "approve")
SUPERSEDED = Refusal(reasons=(Reason("superseded", "a new statement replaces it"),))
WITHDRAWN = Refusal(reasons=(Reason("withdrawn", "the file or its statement was taken out of the folder"),))
UNKNOWN = Reason("unknown-statement", "the statement was not written by this gateway, or its record is gone")


@dataclass(slots=True)
class Memory:
    """What this process has seen; losing it costs time and nothing else."""

    measured: dict[tuple[str, str], tuple[Identity, Digest]] = field(default_factory=dict)
    told: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One route's folder at one moment."""

    gate: Gate
    folder: DropFolder
    memory: Memory
    at: datetime

    def everything(self) -> None:
        listing = sort_names(self.folder.names())
        self._end_withdrawn(listing)  # first, so that an extract whose statement was taken away is stated anew
        entries = {name: self._one(name) for name in listing.extracts}
        self._tell({name: entry for name, entry in entries.items() if entry is not None}, listing.left)

    def _dropped(self, name: str) -> Dropped:
        return Dropped(gate=self.gate, folder=self.folder, name=name)

    def _one(self, name: str) -> Entry:
        """A file that cannot be read as it is stays where it is, and waiting.txt says so."""
        try:
            return self._judged(name)
        except ExtractInvalid as error:
            self.gate.gateway.telemetry.event(LogEvent.EXTRACT_LEFT, Facts(route=self.gate.name))
            return f"Not picked up: {error.message}."

    def _judged(self, name: str) -> Entry:
        try:
            evidence = evidence_beside(
                self.folder, name, route=self.gate.name, domain=self.gate.gateway.domain,
                signers=self.gate.signers, at=self.at,
            )  # fmt: skip
        except StatementInvalid as error:
            return self._damaged(name, error)
        return self._state(name) if evidence is None else self._judge(name, evidence)

    def _state(self, name: str) -> Entry:
        if not settled(self.folder, name, at=self.at, quiet=self.gate.gateway.limits.settle):
            return STILL_WRITTEN
        if lacks_direction(self._dropped(name)):
            return WAITS
        stated = state(self._dropped(name), self.at)
        if isinstance(stated, Refusal):
            return None
        measured, _ = stated
        self.memory.measured[self.gate.name, name] = (measured.identity, measured.digest)
        return UNSIGNED

    def _judge(self, name: str, evidence: Evidence) -> Entry:
        transfer = self._transfer_of(evidence)
        stage = self.gate.gateway.log.stage(transfer) if transfer else None
        if stage in UNDER_WAY:
            finish_taking(self._dropped(name), evidence)
            return None
        if transfer is None or stage is not Stage.WAITING:
            return self._not_waiting(name, evidence, transfer)
        return self._decide(name, evidence, transfer)

    def _decide(self, name: str, evidence: Evidence, transfer: TransferId) -> Entry:
        decision = decide(evidence, self.gate.expected(), self.at)
        if isinstance(decision, Waiting):
            decision = decide(self._with_extract(name, evidence), self.gate.expected(), self.at)
        if isinstance(decision, Waiting):
            return decision.missing
        if isinstance(decision, Approved):
            claim(self._dropped(name), transfer, evidence, self.at)
        elif evidence.signatures or evidence.faults:
            refuse_dropped(self._dropped(name), transfer, Refusal(reasons=decision.reasons), self.at)
        else:
            # nobody has signed what is no longer true: file, route or date have changed since
            record_refused(self.gate, transfer, SUPERSEDED, self.at)
            return self._afresh(name)
        return None

    def _not_waiting(self, name: str, evidence: Evidence, transfer: TransferId | None) -> Entry:
        """A statement that is not ours, or that was used before: it counts once."""
        if not evidence.signatures and not evidence.faults:
            return self._afresh(name)
        if transfer is None:
            refuse_unrecorded(self._dropped(name), Refusal(reasons=(UNKNOWN,)), self.at)
        else:
            reason = Reason("statement-used", f"its statement belongs to transfer {transfer}, and counts only once")
            put_aside(self._dropped(name), transfer, Refusal(reasons=(reason,)), self.at)
        return None

    def _damaged(self, name: str, error: StatementInvalid) -> Entry:
        if not signature_names(name, self.folder.names()):
            return self._afresh(name)
        refusal = Refusal(reasons=(Reason("statement-damaged", error.message),))
        refuse_unrecorded(self._dropped(name), refusal, self.at)
        return None

    def _afresh(self, name: str) -> Entry:
        self._dropped(name).clear_statement()
        return self._state(name)

    def _with_extract(self, name: str, evidence: Evidence) -> Evidence:
        """The evidence with the file's digest; it is read again only if the kernel says that it has changed."""
        seen = self.memory.measured.get((self.gate.name, name))
        if seen is None or seen[0] != self.folder.identity(name):
            measured = measure(self.folder, name, limit=self.gate.route.schema.max_bytes)
            seen = self.memory.measured[self.gate.name, name] = (measured.identity, measured.digest)
        return replace(evidence, extract=seen[1])

    def _transfer_of(self, evidence: Evidence) -> TransferId | None:
        with self.gate.gateway.ledger.reading() as tx:
            row = transfers.of_statement(tx, str(Digest.of(evidence.statement.encode())))
        return row.id if row and row.route == self.gate.name else None

    def _end_withdrawn(self, listing: Listing) -> None:
        """Transfers that wait for signatures under a statement that is no longer there."""
        waiting = self.gate.gateway.log.in_stage(Stage.WAITING, route=self.gate.name)
        present = set(self._statements(listing)) if waiting else set()
        for transfer in waiting:
            with self.gate.gateway.ledger.reading() as tx:
                row = transfers.get(tx, transfer)
            if row is None or row.statement_digest not in present:
                record_refused(self.gate, transfer, WITHDRAWN, self.at)

    def _statements(self, listing: Listing) -> Iterator[str]:
        names = set(self.folder.names())
        for name in listing.extracts:
            if statement_name(name) in names:
                yield str(Digest.of(self.folder.read_small(statement_name(name), 1 << 16)))

    def _tell(self, waiting: dict[str, tuple[str, ...] | str], left: int) -> None:
        if self.memory.told.get(self.gate.name) != (waiting, left):
            note = waiting_note(self.gate.name, self.gate.gateway.domain, waiting, left, self.at)
            self.folder.write(WAITING, note.encode("utf-8"))
            self.memory.told[self.gate.name] = (waiting, left)


def tell_suspended(gateway: Gateway, route: str, sentence: str, memory: Memory) -> None:
    """A route that stands still is looked at no further than to tell whoever drops something there."""
    with DropFolder(gateway.workspace.drop_folder(route)) as folder:
        listing = sort_names(folder.names())
        waiting = dict.fromkeys(listing.extracts, f"Not picked up: {sentence}.")
        if memory.told.get(route) != (waiting, listing.left):
            note = waiting_note(route, gateway.domain, waiting, listing.left, gateway.clock())
            folder.write(WAITING, note.encode("utf-8"))
            memory.told[route] = (waiting, listing.left)


def look(gate: Gate, memory: Memory, at: datetime) -> None:
    """Look once at the route's drop folder."""
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder:
        Look(gate=gate, folder=folder, memory=memory, at=at).everything()
