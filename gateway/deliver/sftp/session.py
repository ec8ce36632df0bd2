"""Our own SFTP client on one channel: many requests in flight, every reply asked for.

paramiko's client loses write errors in its pipelined mode, and reports a file as closed on a
dead connection. Here a request is numbered when it is submitted and `answer` gives exactly
its reply, in any order, or raises. Every wait has a deadline, sending included: no window
for `timeout` seconds ends the session. After PartnerUnreachable a session is of no use.

A far server is worth several channels of one connection, since a channel has at most its window
under way: `beside` opens them when they are wanted.

One thread. The channel is anything with the four methods below; tests bring their own.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.faults import translated, understood
from gateway.deliver.sftp.pace import Pace
from gateway.vocabulary.errors import PartnerRefused, PartnerUnreachable

LARGEST_REQUEST = 261_120
"""255 KiB: with its head just under OpenSSH's 256 KiB, and just under eight channel packets."""
_AT_ONCE = 1 << 18
_TOGETHER = 32_704
"""Bytes of one full packet of an SSH channel: 32,768 less paramiko's 64."""


FAR: Final = 0.010
"""Seconds to the server and back from which on one channel's window is too small for a large file."""
CHANNELS: Final = 4
"""Of one connection; more were no faster."""


class Channel(Protocol):
    """What of paramiko's Channel is used."""

    def send(self, s: bytes | memoryview) -> int: ...
    def recv(self, nbytes: int) -> bytes: ...
    def settimeout(self, timeout: float) -> None: ...
    def close(self) -> None: ...


class Session:
    """SFTP version 3 spoken over `channel`.

    Raises (all methods):
        PartnerUnreachable: no answer in time, or the connection ended.
        PartnerRefused: the server broke the protocol.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
        another: Callable[["Session"], "Session"] | None = None,
        like: "Session | None" = None,
    ) -> None:
        """`another` opens one more on the same connection, beside the one it is given: that is `like`, and known."""
        self._channel, self._timeout, self._clock, self._pace = channel, timeout, clock, pace
        self._number = 0
        self._waiting: set[int] = set()
        self._arrived: dict[int, wire.Reply] = {}
        self._buffer = bytearray()
        self._unsent = bytearray()
        self._another, self._beside = another, list[Session]()
        self._opening: list[Future[Session]] = []
        self._send(wire.INIT)
        with understood():
            self.extensions = wire.version_of(self._first())
        asked = clock()  # the server has started by now: this is the way there and back
        self.limits: wire.Limits = like.limits if like else self._ask_limits()
        self.reads_what_it_writes = wire.FSYNC in self.extensions
        """Whether a new file may be opened to read it back as well, and shows what was flushed; until it is refused."""
        self.round_trip: float = like.round_trip if like else clock() - asked

    def number(self) -> int:
        """A fresh number for a request that the caller frames and sends by itself."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._waiting.add(self._number)
        return self._number

    def submit(self, request: wire.Request) -> int:
        """It is on its way at the latest when an answer is waited for: small requests share packets."""
        number = self.number()
        self._send(wire.frame(number, request))
        return number

    def submit_frame(self, frame: memoryview) -> None:
        """A request framed with a number from `number()`."""
        self._send(frame)

    def answer(self, number: int) -> wire.Reply:
        """The reply to one request; those to others are kept until they are asked for."""
        if number not in self._arrived:
            self._await(number)
        return self._arrived.pop(number)

    def flush(self) -> None:
        """What was submitted is on its way now."""
        if self._unsent:
            data, self._unsent = bytes(self._unsent), bytearray()
            self._transmit(data)

    def call(self, request: wire.Request) -> wire.Reply:
        return self.answer(self.submit(request))

    def gather(self, requests: Iterable[wire.Request]) -> list[wire.Reply]:
        """All at once and all answered: one round trip."""
        numbers = [self.submit(request) for request in requests]
        return [self.answer(number) for number in numbers]

    def open_beside(self) -> None:
        """Begin to open others on the same connection where the server is far; meanwhile this one is of use.

        All at once: one after the other they would cost as many round trips as a large file is worth.
        """
        another, self._another = self._another, None
        if another and self.round_trip >= FAR:
            threads = ThreadPoolExecutor(CHANNELS - 1, thread_name_prefix="channel")
            self._opening = [threads.submit(another, self) for _ in range(CHANNELS - 1)]
            threads.shutdown(wait=False)

    def beside(self) -> "tuple[Session, ...]":
        """Itself, and those others, as far as the server lets us have them."""
        self.open_beside()
        opening, self._opening = self._opening, []
        refused = [future for future in opening if isinstance(future.exception(), PartnerRefused)]
        self._beside += [future.result() for future in opening if future not in refused]  # the server has its own limit
        return (self, *self._beside)

    def echoes(self) -> bool:
        """Whether the server still answers; a connection may be dead without a word."""
        try:
            self.call(wire.HERE)
        except (PartnerUnreachable, PartnerRefused):
            return False
        return True

    def close(self) -> None:
        self._channel.close()

    def _ask_limits(self) -> wire.Limits:
        if b"limits@openssh.com" not in self.extensions:
            self.call(wire.HERE)
            return wire.Limits()
        with understood():
            return wire.limits_of(self.call(wire.LIMITS), at_most=LARGEST_REQUEST)

    def _await(self, number: int) -> None:
        deadline = self._deadline()
        while number not in self._arrived:
            for reply in self._replies(deadline):
                self._take_in(reply)

    def _take_in(self, reply: wire.Reply) -> None:
        if reply.number not in self._waiting:
            raise PartnerRefused("the partner's server answered what was not asked")
        self._waiting.remove(reply.number)
        self._arrived[reply.number] = reply

    def _first(self) -> wire.Reply:
        deadline = self._deadline()
        while not (replies := self._replies(deadline)):
            pass
        if len(replies) > 1:
            raise PartnerRefused("the partner's server answered what was not asked")
        return replies[0]

    def _replies(self, deadline: float) -> list[wire.Reply]:
        """What has arrived whole with the next bytes."""
        self._buffer += self._receive(deadline)
        with understood():
            return wire.take_replies(self._buffer)

    def _receive(self, deadline: float) -> bytes:
        self.flush()
        left = deadline - self._clock()
        if left <= 0:  # also for a server that sends a byte now and then
            raise PartnerUnreachable("the partner's server did not answer in time")
        with translated():
            self._channel.settimeout(left)
            data = self._channel.recv(_AT_ONCE)
        if not data:
            raise PartnerUnreachable("the partner's server closed the SFTP session")
        return data

    def _send(self, data: bytes | memoryview) -> None:
        if len(self._unsent) + len(data) <= _TOGETHER:
            self._unsent += data
            return
        self.flush()
        self._transmit(data)

    def _transmit(self, data: bytes | memoryview) -> None:
        """Not the channel's `sendall`: that one spins for ever once the server has closed."""
        left = memoryview(data)
        if self._pace is not None:
            self._pace.before(len(data))
        with translated():
            self._channel.settimeout(self._timeout)
            while left:
                sent = self._channel.send(bytes(left[:_TOGETHER]))  # of bytes paramiko makes the fewest copies
                if not sent:
                    raise PartnerUnreachable("the partner's server closed the SFTP session")
                left = left[sent:]

    def _deadline(self) -> float:
        return self._clock() + self._timeout
