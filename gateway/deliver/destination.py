"""Where a parcel can be put, and what every such place promises.

A destination is one partner's inbox, however it is reached. The duties stand in the
Protocol; one contract suite holds every implementation to them. What a destination does
not do: decide whether to try again, remember anything between runs, or read a parcel.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.vocabulary.errors import GatewayError, OutOfTurn
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, acknowledgement_names
from gateway.vocabulary.transfer import TransferId

Level = Literal["size", "read-back", "server-hash"]
LARGEST_ANSWER = 64 * 1024
"""Bytes an answer, or its signature, may have; of a longer one so many and one more are given, to be rejected."""
Naming = Callable[[TransferId], tuple[str, str]]
"""What an answer's signature is called at a partner, and the answer, which completes it."""


def at_once() -> bool:
    """A parcel before which there is none."""
    return True


def nobody_stops() -> None:
    """What is begun is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one parcel. Its number was committed before any effect and is never used again."""

    number: int
    earlier: tuple[int, ...]
    """Numbers of the tries before this one: their temporaries are removed first."""
    alike: tuple[int, ...] = ()
    """Those of them that carried this very content: what they began may be gone on with, once it is verified."""
    may_release: Callable[[], None]
    """Raises ReleaseLapsed or Revoked; asked before the upload and directly before the rename."""
    go_on: Callable[[], None] = nobody_stops
    """Raises HandedBack once it is to stop: asked between two pieces of a large file; what is there stays for the next try."""
    never_left: Callable[[], None]
    """Durable when it returns; called once earlier intents are proved void, and before the proof is destroyed."""
    record_intent: Callable[[], None]
    """Durable when it returns; called once, after everything is verified and before the first rename."""
    intent_recorded: bool
    """An earlier try came as far as recording its intent: its rename may have happened."""
    in_turn: Callable[[], bool] = at_once
    """Whether the parcel before it has been released: asked once all is there, until it says so; raises OutOfTurn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The parcel is at the partner under its final names."""

    verified_by: Level
    """The weakest check that any of the files got."""
    already_there: bool
    """An earlier try, or another node, had put it there; the content was compared."""
    transport: Facts = field(default_factory=Facts)
    """What was negotiated: key exchange, cipher, host key."""

    def facts(self) -> Facts:
        return self.transport | Facts(verified_by=self.verified_by, already_there=self.already_there)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A partner's acknowledgement as it lay there: bounded in size, nothing verified."""

    transfer: TransferId
    body: bytes
    signature: bytes


Job = tuple[Parcel, Attempt]


class Destination(Protocol):
    """One partner's inbox. The duties of `put`:

    - durable when it returns, as far as the partner's server lets anyone be sure;
    - the same parcel put twice is one parcel there;
    - it never overwrites: other content under a name of ours is NameTaken, and stays untouched;
    - nothing partial is ever visible under a final name, and the envelope appears last;
    - earlier tries' temporaries are gone before it uploads, or have become its own;
    - the proof that an earlier intent was void is kept until that is recorded: a try may break anywhere,
      and its successor is not in doubt for it;
    - the intent is recorded before the first rename, and no rename happens without it;
    - after a failure before the intent nothing is visible, and where the partner can still be
      reached no temporaries of this try are left.
    """

    def put(self, parcel: Parcel, attempt: Attempt) -> Delivered:
        """Release the parcel to the partner.

        Raises:
            PartnerUnreachable: try again.
            ReleaseLapsed, Revoked: from the attempt; nothing became visible.
            OutcomeUnknown: an earlier try may have been delivered and swept away; a person decides.
            PartnerRefused, HostKeyMismatch, AuthenticationRefused, NameTaken: stop and tell.
            StorageError: the parcel's own files cannot be read, or are not what they were.
        """
        ...

    def put_many(self, jobs: Iterable[Job]) -> Iterator[Delivered | GatewayError]:
        """As `put` for each; what it returns or raises, in their order. A failure of one leaves the others alone.

        The next job may be asked for while those before it are under way: what it sends is seen when it is in turn.

        Raises:
            As `put`, where not even the first can be begun.
        """
        ...

    def collect(self, wanted: frozenset[TransferId], names: Naming = acknowledgement_names) -> Iterator[Answer]:
        """Complete answers for these transfers, and nothing else that may lie there.

        Raises:
            PartnerUnreachable: try again.
            PartnerRefused: an answer has no signature beside it, or may not be read; the others are given first.
        """
        ...

    def close(self) -> None:
        """End the connection; a later `put` or `collect` opens another."""
        ...


def one_by_one(put: Callable[[Parcel, Attempt], Delivered], jobs: Iterable[Job]) -> Iterator[Delivered | GatewayError]:
    """`put_many` of a place where nothing is gained by having several under way."""
    for parcel, attempt in jobs:
        try:
            if not attempt.in_turn():  # all before it have ended by now: it will not be
                raise OutOfTurn("the parcel before it in its sequence has not left")
            outcome: Delivered | GatewayError = put(parcel, attempt)
        except GatewayError as error:
            outcome = error
        yield outcome
