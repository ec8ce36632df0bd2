"""One look at one drop folder: what is new is stated, what is signed is claimed, what is wrong is refused.

    no statement, settled        ─▶ counted, statement written                         waits
    statement, nobody signed     ─▶ still true? else written anew                      waits
    statement, one role signed   ─▶                                                    waits
    statement, both roles signed ─▶ copied, compared, receipted                        approved
    anything wrong               ─▶ refused/ with the reasons

Folder events are only hints; everything is asked again at each look, so a look may be
repeated at any time and after any crash. What `Memory` holds only saves work. Of a thousand
files that come at once a few are stated or claimed in one look, and the others in the next.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from gateway.approval.desk import evidence_beside, is_there, remarks_name, signature_names, statement_name
from gateway.approval.rules import Approved, Evidence, Expected, Reason, Waiting, decide
from gateway.approval.statement import LARGEST
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
from gateway.story.notes import HOLD_OFFICER, NOT_YET, STILL_WRITTEN, waiting_note
from gateway.story.refusing import (
    Refusal,
    put_aside,
    record_refused,
    refuse_dropped,
    refuse_unrecorded,
)
from gateway.story.register.approving import lacks_approval
from gateway.story.seen import Effort, Memory, Unsigned
from gateway.story.stating import state
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ExtractInvalid, StatementInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

Entry = tuple[str, ...] | str | None
"""What waiting.txt says of a file: who has yet to sign, a sentence, or nothing because it has gone."""
UNDER_WAY = frozenset({Stage.ARRIVED, Stage.APPROVED})
UNSIGNED = ("prepare", "approve")
STATEMENT = statement_name("")
SUPERSEDED = Refusal(reasons=(Reason("superseded", "a new statement replaces it"),))
WITHDRAWN = Refusal(reasons=(Reason("withdrawn", "the file or its statement was taken out of the folder"),))
UNKNOWN = Reason("unknown-statement", "the statement was not written by this gateway, or its record is gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One route's folder at one moment."""

    gate: Gate
    folder: DropFolder
    memory: Memory
    at: datetime
    names: Sequence[str]
    """Of everything in the folder, sorted, as it was when the look began."""
    expected: Expected
    waiting: Mapping[str, TransferId]
    """Transfers that wait for signatures, by their statements' digests."""
    effort: Effort

    def everything(self) -> bool:
        """Whether there is more to do than was done."""
        listing = sort_names(list(self.names))
        self._end_withdrawn(listing)  # first, so that an extract whose statement was taken away is stated anew
        self._clear_served(listing)
        entries: dict[str, Entry] = {}
        for name in listing.extracts:
            if self.gate.gateway.stopping():
                return False  # what is not looked at is not told either
            entries[name] = self._one(name)
        self._tell({name: entry for name, entry in entries.items() if entry is not None}, listing.left)
        self.memory.forget(self.gate.name, but=frozenset(listing.extracts))
        return NOT_YET in entries.values()

    def _dropped(self, name: str) -> Dropped:
        return Dropped(gate=self.gate, folder=self.folder, name=name)

    def _one(self, name: str) -> Entry:
        """A file that cannot be read as it is stays where it is, and waiting.txt says so."""
        try:
            return self._judged(name)
        except ExtractInvalid as error:
            self.gate.gateway.telemetry.event(LogEvent.EXTRACT_LEFT, Facts(route=self.gate.name))
            what_to_do = f" What to do: {error.remedy}." if error.remedy else ""
            return f"Not picked up: {error.message}.{what_to_do}"

    def _judged(self, name: str) -> Entry:
        statement = self.folder.identity(statement_name(name))  # before it is read: what replaces it is seen as new
        if statement is not None and self._is_as_it_was(name, statement):
            return self._entry(self.waiting[self.memory.unsigned[self.gate.name, name].digest])
        if self.effort.is_spent and (statement is None or signature_names(name, self.names)):
            return NOT_YET
        try:
            evidence = evidence_beside(
                self.folder, name, self.names, route=self.gate.name, domain=self.gate.gateway.domain,
                signers=self.gate.signers, at=self.at,
            )  # fmt: skip
        except StatementInvalid as error:
            return self._damaged(name, error)
        if evidence is None or statement is None:
            return self._state(name)
        return self._unsigned(name, evidence, statement) or self._judge(name, evidence)

    def _is_as_it_was(self, name: str, statement: Identity) -> bool:
        """Found right before, and nothing has happened to either file since, nor has anybody signed."""
        seen = self.memory.unsigned.get((self.gate.name, name))
        return (
            seen is not None
            and seen.digest in self.waiting
            and self.at < seen.expires
            and seen.statement == statement
            and seen.extract == self.folder.identity(name)
            and not signature_names(name, self.names)
            and not is_there(remarks_name(name), self.names)
        )

    def _unsigned(self, name: str, evidence: Evidence, statement: Identity) -> tuple[str, ...]:
        """The entry of an extract that waits, is right, and that nobody has signed; nothing if it is not so simple."""
        seen = self.memory.stated.get((self.gate.name, name))
        digest = seen[1] if seen and seen[0] == statement else str(Digest.of(evidence.statement.encode()))
        if digest not in self.waiting or evidence.signatures or evidence.faults:
            return ()
        if not isinstance(decide(self._with_extract(name, evidence), self.expected, self.at), Waiting):
            return ()
        extract, _ = self.memory.measured[self.gate.name, name]
        self.memory.unsigned[self.gate.name, name] = Unsigned(statement, extract, digest, evidence.statement.expires)
        return self._entry(self.waiting[digest])

    def _entry(self, transfer: TransferId | None) -> tuple[str, ...]:
        return (*UNSIGNED, *self._officer(transfer))

    def _state(self, name: str) -> Entry:
        still, quiet = partial(self.memory.still, self.gate.name, name, self.at), self.gate.gateway.limits.settle
        if not settled(self.folder, name, at=self.at, quiet=quiet, still=still):
            return STILL_WRITTEN
        if lacks_direction(self._dropped(name)):
            return WAITS
        if self.effort.is_spent:
            return NOT_YET
        stated = state(self._dropped(name), self.at)
        if isinstance(stated, Refusal):
            self.effort.spend(0)
            return None
        measured, statement = stated
        self.effort.spend(measured.size)
        self.memory.measured[self.gate.name, name] = (measured.identity, measured.digest)
        return self._entry(self._transfer_under(Digest.of(statement.encode())))

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
        decision = decide(evidence, self.expected, self.at)
        if isinstance(decision, Waiting):
            decision = decide(self._with_extract(name, evidence), self.expected, self.at)
        if isinstance(decision, Waiting):
            return (*decision.missing, *self._officer(transfer))
        if isinstance(decision, Approved) and (officer := self._officer(transfer)):
            return officer
        if isinstance(decision, Approved):
            extract = self.folder.identity(name)
            claim(self._dropped(name), transfer, evidence, self.at)
            self.effort.spend(extract.size if extract else 0)
        elif evidence.signatures or evidence.faults:
            refuse_dropped(self._dropped(name), transfer, Refusal(reasons=decision.reasons), self.at)
        else:
            # nobody has signed what is no longer true: file, route or date have changed since
            record_refused(self.gate, transfer, SUPERSEDED, self.at)
            return self._afresh(name)
        return None

    def _officer(self, transfer: TransferId | None) -> tuple[str, ...]:
        """The hold officer, with the transfer to be answered for, if the route wants that and has no answer."""
        return (f"{HOLD_OFFICER} {transfer}",) if transfer and lacks_approval(self.gate, transfer) else ()

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
        return self._transfer_under(Digest.of(evidence.statement.encode()))

    def _transfer_under(self, statement: Digest) -> TransferId | None:
        with self.gate.gateway.ledger.reading() as tx:
            row = transfers.of_statement(tx, str(statement))
        return row.id if row and row.route == self.gate.name else None

    def _end_withdrawn(self, listing: Listing) -> None:
        """Transfers that wait for signatures under a statement that is no longer there."""
        present = set(self._statements(listing)) if self.waiting else set()
        for digest, transfer in self.waiting.items():
            if digest not in present:
                record_refused(self.gate, transfer, WITHDRAWN, self.at)

    def _statements(self, listing: Listing) -> Iterator[str]:
        """Their digests. What lies in a statement's place and cannot be read is none, and holds up nobody."""
        for name in listing.extracts:
            if is_there(statement_name(name), self.names):
                with suppress(ExtractInvalid):
                    yield self._digest_of_statement(name)

    def _digest_of_statement(self, name: str) -> str:
        seen, identity = self.memory.stated.get((self.gate.name, name)), self.folder.identity(statement_name(name))
        if seen and seen[0] == identity:
            return seen[1]
        digest = str(Digest.of(self.folder.read_small(statement_name(name), LARGEST)))
        if identity:  # of before it was read: what has replaced it since is read anew
            self.memory.stated[self.gate.name, name] = identity, digest
        return digest

    def _clear_served(self, listing: Listing) -> None:
        """Papers that outlived their extract in a crash (A3, R2); remarks only once a copy of ours holds them."""
        stated = {paper.removesuffix(STATEMENT) for paper in self.names if paper.endswith(STATEMENT)}
        for name in sorted(stated - set(listing.extracts)):
            stage = self._stage_of_paper(name)
            if stage is Stage.REFUSED:
                self._dropped(name).clear_statement()
            elif stage not in (None, Stage.WAITING):
                self._dropped(name).clear_papers()

    def _stage_of_paper(self, name: str) -> Stage | None:
        """Of the transfer that a statement was written for; None if it is none of ours."""
        try:
            digest = Digest.of(self.folder.read_small(statement_name(name), 1 << 16))
        except ExtractInvalid:
            return None
        transfer = self._transfer_under(digest)
        return self.gate.gateway.log.stage(transfer) if transfer else None

    def _tell(self, waiting: dict[str, tuple[str, ...] | str], left: int) -> None:
        if self.memory.told.get(self.gate.name) != (waiting, left):
            note = waiting_note(self.gate.name, self.gate.gateway.domain, waiting, left, self.at)
            self.gate.gateway.check_turn()
            self.folder.write(WAITING, note.encode("utf-8"))
            self.memory.told[self.gate.name] = (waiting, left)


def tell_suspended(gateway: Gateway, route: str, sentence: str, memory: Memory) -> None:
    """A route that stands still is looked at no further than to tell whoever drops something there."""
    if not gateway.workspace.drop_folder(route).is_dir():
        return  # not mounted: it is told of once the route may be used
    with DropFolder(gateway.workspace.drop_folder(route)) as folder:
        listing = sort_names(folder.names())
        waiting = dict.fromkeys(listing.extracts, f"Not picked up: {sentence}.")
        if memory.told.get(route) != (waiting, listing.left):
            note = waiting_note(route, gateway.domain, waiting, listing.left, gateway.clock())
            folder.write(WAITING, note.encode("utf-8"))
            memory.told[route] = (waiting, listing.left)


def look(gate: Gate, memory: Memory, at: datetime, effort: Effort | None = None) -> bool:
    """Look once at the route's drop folder; whether there is more to do there than was done."""
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder:
        expected = gate.expected()
        memory.begin(gate.name, expected)
        return Look(
            gate=gate, folder=folder, memory=memory, at=at, names=folder.names(), expected=expected,
            waiting=_waiting(gate), effort=effort or Effort(),
        ).everything()  # fmt: skip


def _waiting(gate: Gate) -> dict[str, TransferId]:
    """In two questions to the ledger, however many there are."""
    known = gate.gateway.log.in_stage(Stage.WAITING, route=gate.name)
    if not known:
        return {}
    with gate.gateway.ledger.reading() as tx:
        digests = dict(transfers.statements(tx, gate.name, Stage.WAITING))
    # where the ledger names none, the transfer's own name stands, which no statement has: it counts as withdrawn
    return {digests.get(transfer) or transfer: transfer for transfer in known}
