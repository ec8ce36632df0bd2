"""The desk itself: a listening Unix socket, one request a connection, each in a thread of its own.

No network: AF_UNIX only. So many conversations at a time, and so many a person; who comes then
is told that the desk is busy. A conversation that goes wrong ends by itself and nothing else
does. When the half ends, nobody new is let in, and conversations have a moment; what is cut
off then is what a crash would have cut off: every verb is one transaction or none.
"""

import os
import select
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from gateway.footing import durable
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.service.desk.conversation import Conversation
from gateway.service.desk.frames import Line
from gateway.service.desk.peers import Peer
from gateway.vocabulary.errors import FormatInvalid, GatewayError, StorageError, slug_of
from gateway.vocabulary.facts import Facts

Answer = Callable[[Conversation, Peer], int]
"""Carries out what one person asks for, and returns the exit code. GatewayError only if the conversation is over."""
Arrival = tuple[socket.socket, Peer]
Accept = Callable[[socket.socket], Arrival]
"""From a connection to the person's own, and who the person is. OSError or FormatInvalid if that cannot be said."""
MOST, MOST_OF_ONE = 16, 4
MOMENT = 2.0
"""Seconds that conversations under way have once the half ends."""


@contextmanager
def bound(path: Path, mode: int) -> Iterator[socket.socket]:
    """A listening socket at `path`, gone afterwards. Only one process may do this; a stale one is replaced."""
    folder = os.open(durable.private_folder(path.parent), os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            durable.remove(path)
            try:
                listener.bind(_address(folder, path.name))
                path.chmod(mode)  # nobody can connect before `listen`
                listener.listen(MOST)
            except OSError as error:
                raise StorageError("the desk's socket cannot be made", remedy="run 'gateway doctor'") from error
            try:
                yield listener
            finally:
                durable.remove(path)
    finally:
        os.close(folder)


def connected(path: Path) -> socket.socket:
    """OSError if nobody listens there."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(MOMENT)
        try:
            sock.connect(_address(folder, path.name))
        except OSError:
            sock.close()
            raise
        return sock
    finally:
        os.close(folder)


def _address(folder: int, name: str) -> str:
    """By the folder's descriptor: a socket's address has room for 107 bytes, a path may be longer."""
    return f"/proc/self/fd/{folder}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    answer: Answer
    telemetry: Telemetry
    _present: Counter[int] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)
    _threads: set[Thread] = field(default_factory=set)

    @contextmanager
    def open_at(self, listener: socket.socket, accept: Accept) -> Iterator[None]:
        """Answers whoever comes, as long as the block lasts."""
        woken, waker = socket.socketpair()
        usher = Thread(target=self._usher, args=(listener, accept, woken), name="desk", daemon=True)
        with woken, waker:
            usher.start()
            try:
                yield
            finally:
                waker.send(b"\n")
                usher.join()
                for thread in tuple(self._threads):
                    thread.join(MOMENT)

    def _usher(self, listener: socket.socket, accept: Accept, woken: socket.socket) -> None:
        listener.setblocking(False)
        while True:
            ready, _, _ = select.select([listener, woken], [], [])
            if woken in ready:
                return
            with suppress(OSError, FormatInvalid):  # who went away at once, or is nobody
                person, peer = accept(listener)
                self._admit(person, peer)

    def _admit(self, person: socket.socket, peer: Peer) -> None:
        with self._lock:
            busy = self._present.total() >= MOST or self._present[peer.uid] >= MOST_OF_ONE
            if not busy:
                self._present[peer.uid] += 1
        if busy:
            with person:
                _turn_away(person)
            return
        thread = Thread(target=self._attend, args=(person, peer), name="at the desk", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _attend(self, person: socket.socket, peer: Peer) -> None:
        try:
            with person:
                conversation = Conversation(Line(person))
                conversation.done(self.answer(conversation, peer))
        except GatewayError as error:
            self.telemetry.event(LogEvent.DESK_LEFT, Facts(code=slug_of(error), uid=peer.uid))
        except Exception as error:  # noqa: BLE001 - one conversation must not end the half
            self.telemetry.defect(error)
        finally:
            with self._lock:
                self._present[peer.uid] -= 1


def _turn_away(person: socket.socket) -> None:
    conversation = Conversation(Line(person))
    with suppress(GatewayError):
        conversation.say("err", b"gateway: prepare's desk is busy\n  what to do: try again in a moment\n")
        conversation.done(StorageError.exit_code)
