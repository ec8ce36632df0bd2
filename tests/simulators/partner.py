"""A partner in memory: a Destination with the duties of a real one, and faults on demand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gateway.deliver.destination import LARGEST_ANSWER, Answer, Attempt, Delivered, Job, Naming, one_by_one
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import GatewayError, NameTaken, OutcomeUnknown, PartnerRefused, PartnerUnreachable
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, SealedFile, acknowledgement_names
from gateway.vocabulary.transfer import TransferId


@dataclass(slots=True, kw_only=True)
class PartnerSimulator:
    """What lies there is in `inbox` and `acknowledgements`, by name."""

    inbox: dict[str, bytes] = field(default_factory=dict)
    acknowledgements: dict[str, bytes] = field(default_factory=dict)
    unreachable_after: int | None = None
    """The line breaks once so many bytes of a parcel were taken; 0: at once."""
    full_after: int | None = None
    releases: int = 0
    """How often an envelope was given its final name."""

    def put(self, parcel: Parcel, attempt: Attempt) -> Delivered:
        if self.unreachable_after == 0:
            raise PartnerUnreachable("the simulated partner is away")
        envelope = parcel.files[-1]
        never_visible = self._fence(parcel, attempt)
        missing = [file for file in parcel.files if not self._is_there(file)]
        if envelope not in missing:
            self.inbox.pop(_temporary(envelope, attempt.number), None)
            return Delivered(verified_by="read-back", already_there=True, transport=_TRANSPORT)
        if attempt.intent_recorded:
            if not never_visible:
                raise OutcomeUnknown("an earlier try may have been delivered, and swept away")
            attempt.never_left()
            del self.inbox[_temporary(envelope, attempt.number)]
        attempt.may_release()
        self._stage(missing, attempt)
        attempt.record_intent()
        for file in missing:
            self.inbox[file.name] = self.inbox.pop(_temporary(file, attempt.number))
        self.releases += 1
        return Delivered(verified_by="read-back", already_there=False, transport=_TRANSPORT)

    def put_many(self, jobs: Iterable[Job]) -> Iterator[Delivered | GatewayError]:
        return one_by_one(self.put, jobs)

    def collect(self, wanted: frozenset[TransferId], names: Naming = acknowledgement_names) -> Iterator[Answer]:
        unreadable = 0
        for transfer in sorted(wanted):
            signature, body = (self.acknowledgements.get(name) for name in names(transfer))
            if body is None:
                continue
            if signature is None:
                unreadable += 1
                continue
            some = slice(LARGEST_ANSWER + 1)
            yield Answer(transfer=transfer, body=body[some], signature=signature[some])
        if unreadable:
            raise PartnerRefused(f"{unreadable} answers are incomplete")

    def close(self) -> None:
        pass

    def _fence(self, parcel: Parcel, attempt: Attempt) -> bool:
        """Whether an earlier envelope was a temporary still; with an intent recorded it has our name now."""
        *_, envelope = parcel.files
        for number in reversed(attempt.earlier) if attempt.intent_recorded else ():
            proof = self.inbox.pop(_temporary(envelope, number), None)
            if proof is not None:
                self.inbox[_temporary(envelope, attempt.number)] = proof
        for number in attempt.earlier:
            for file in parcel.files:
                self.inbox.pop(_temporary(file, number), None)
        return _temporary(envelope, attempt.number) in self.inbox

    def _is_there(self, file: SealedFile) -> bool:
        content = self.inbox.get(file.name)
        if content is not None and Digest.of(content) != file.digest:
            raise NameTaken("something else lies under one of the parcel's names")
        return content is not None

    def _stage(self, files: list[SealedFile], attempt: Attempt) -> None:
        taken = 0
        try:
            for file in files:
                taken += file.size
                self.inbox[_temporary(file, attempt.number)] = file.path.read_bytes()
                self._suffer(taken)
            attempt.may_release()
        except PartnerUnreachable:
            raise
        except GatewayError:
            for file in files:
                self.inbox.pop(_temporary(file, attempt.number), None)
            raise

    def _suffer(self, taken: int) -> None:
        if self.unreachable_after is not None and taken > self.unreachable_after:
            raise PartnerUnreachable("the simulated line broke")
        if self.full_after is not None and taken > self.full_after:
            raise PartnerRefused("the simulated disk is full")


_TRANSPORT = Facts(kex="simulated")


def _temporary(file: SealedFile, number: int) -> str:
    return f".{file.name}.{number}.part"
