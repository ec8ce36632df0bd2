"""Requests asked together, and many conversations on one session at a time.

A conversation is a generator: it yields requests that do not depend on each other, is sent
their replies in the same order, and returns what it found out. So a step of a parcel costs
one round trip however many files it has, and a run of parcels shares the round trips.

A conversation that raises has had all replies it asked for: the session stays of use. While
one is being held, it may also speak to the session itself, to stream a large file.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.session import Session
from gateway.vocabulary.errors import GatewayError

T = TypeVar("T")
Conversation = Generator[Sequence[wire.Request], list[wire.Reply], T]


def hold(session: Session, conversation: Conversation[T]) -> T:
    """One, to its end."""
    try:
        asked = next(conversation)
        while True:
            asked = conversation.send(session.gather(asked))
    except StopIteration as ended:
        found: T = ended.value
        return found


def hold_many(session: Session, conversations: Iterable[Conversation[T]], at_once: int) -> Iterator[T | GatewayError]:
    """All of them, at most `at_once` at a time; what each returns or raises, in their order.

    One that fails leaves the others alone, unless the connection is gone: then all fail as it did.
    """
    waiting, flying = iter(conversations), deque[_Held[T]]()
    done: deque[_Held[T]] = deque()
    while True:
        while len(flying) < at_once and (fresh := next(waiting, None)) is not None:
            held = _Held(session, fresh)
            done.append(held)
            flying.append(held)
        while done and done[0].ended:
            yield done.popleft().outcome()
        if not flying:
            return
        held = flying.popleft()
        held.go_on()
        if not held.ended:
            flying.append(held)


class _Held(Generic[T]):
    """One conversation, and the numbers of what it has asked last."""

    def __init__(self, session: Session, conversation: Conversation[T]) -> None:
        self._session, self._conversation = session, conversation
        self._numbers: list[int] = []
        self._result: list[T | GatewayError] = []
        self._step(None)

    @property
    def ended(self) -> bool:
        return bool(self._result)

    def outcome(self) -> T | GatewayError:
        return self._result[0]

    def go_on(self) -> None:
        if not self.ended:
            try:
                replies = [self._session.answer(number) for number in self._numbers]
            except GatewayError as error:
                self._conversation.close()
                self._result.append(error)
                return
            self._step(replies)

    def _step(self, replies: list[wire.Reply] | None) -> None:
        try:
            asked = next(self._conversation) if replies is None else self._conversation.send(replies)
            self._numbers = [self._session.submit(request) for request in asked]
        except StopIteration as ended:
            self._result.append(ended.value)
        except GatewayError as error:
            self._result.append(error)


def together(conversations: Iterable[Conversation[T]]) -> Conversation[list[T]]:
    """Several as one, step by step: each step asks what all of them ask next. The first that fails ends all."""
    talks = list(conversations)
    found: dict[int, T] = {}
    told: list[tuple[int, list[wire.Reply] | None]] = [(place, None) for place in range(len(talks))]
    try:
        while asked := _asked(talks, told, found):
            replies = yield [request for _, requests in asked for request in requests]
            told, at = [], 0
            for place, requests in asked:
                told.append((place, replies[at : at + len(requests)]))
                at += len(requests)
    finally:
        for talk in talks:
            talk.close()
    return [found[place] for place in range(len(talks))]


def _asked(
    talks: list[Conversation[T]], told: list[tuple[int, list[wire.Reply] | None]], found: dict[int, T]
) -> list[tuple[int, Sequence[wire.Request]]]:
    """What those that are told something ask next; those that have ended stand in `found`."""
    asked = []
    for place, replies in told:
        try:
            talk = talks[place]
            asked.append((place, next(talk) if replies is None else talk.send(replies)))
        except StopIteration as ended:
            found[place] = ended.value
    return asked


def ask(request: wire.Request) -> Conversation[wire.Reply]:
    """A single request."""
    (reply,) = yield (request,)
    return reply
