"""Has workers made, one for each extract, and sees that each is gone in the end.

Workers are copies that the fork server makes of itself in a few milliseconds; the server itself
takes a fifth of a second to start, so it can be started before it is needed (`Workers.warm`), and stays. What
a worker is told, and what it says, is `process`.
"""

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock

from gateway.minimise.fork_server import ASKED, ENDED_WELL, MADE
from gateway.vocabulary.errors import StorageError

COMMAND = (sys.executable, "-I", "-m", "gateway.minimise.fork_server")
PIPE = 1 << 20
"""Bytes that a worker may be ahead of whoever reads it."""
STARTING_SECONDS = 60
_STOPPED = "the service was told to stop"


class ForkServer:
    """A process with all that a worker needs loaded, and nothing known."""

    def __init__(self, command: Sequence[str]) -> None:
        """OSError if it cannot be started."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._popen = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        self._control.settimeout(STARTING_SECONDS)

    def lives(self) -> bool:
        return self._popen.poll() is None

    def worker(self, files: Sequence[int]) -> int:
        """The pidfd of a new one; OSError if it cannot make one."""
        socket.send_fds(self._control, [ASKED], files)
        answer, pidfds, _, _ = socket.recv_fds(self._control, len(MADE), 1)
        if answer != MADE:
            raise OSError("the fork server made no worker")
        return pidfds[0]

    def end(self) -> None:
        self._control.close()
        self._popen.kill()
        self._popen.wait()


class Process:
    """A worker that has no order yet, and what joins it to us."""

    def __init__(self, server: ForkServer) -> None:
        """OSError if it cannot be made."""
        with ExitStack() as theirs, ExitStack() as ours:
            self.channel, channel = socket.socketpair()
            ours.callback(self.channel.close)
            theirs.callback(channel.close)
            (self.output, output), (self._told, told) = os.pipe(), os.pipe()
            for descriptor in (self.output, self._told):
                ours.callback(os.close, descriptor)
            for descriptor in (output, told):
                theirs.callback(os.close, descriptor)
            fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, PIPE)
            self._pidfd = server.worker((channel.fileno(), output, told))
            ours.callback(os.close, self._pidfd)
            self._ours = ours.pop_all()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def ended_well(self, within: float) -> bool:
        """Whether it ended by itself, its work done; False as well if it has not ended in so many seconds."""
        waiting = select.poll()
        waiting.register(self._told, select.POLLIN)
        return bool(waiting.poll(within * 1000)) and os.read(self._told, 1) == ENDED_WELL

    def end(self) -> None:
        """It is gone when this returns."""
        self.channel.close()
        self.kill()
        gone = select.poll()
        gone.register(self._pidfd, select.POLLIN)
        gone.poll()
        self._ours.close()


class Workers:
    """A fork server once it is needed, and the workers that are at work. `stop` may be called from another thread."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._server: ForkServer | None = None
        self._at_work: set[Process] = set()
        self._stopped = False
        self._lock = Lock()

    def warm(self) -> None:
        """Start the fork server now. That it cannot be started is said when it is needed."""
        with suppress(OSError):
            self._living()

    @contextmanager
    def one(self) -> Iterator[Process]:
        """A new one, gone when the block ends; StorageError if there can be none."""
        process = self._made()
        try:
            with self._lock:
                if self._stopped:
                    raise StorageError(_STOPPED, remedy="it is done again at the next start")
                self._at_work.add(process)
            yield process
        finally:
            with self._lock:
                self._at_work.discard(process)
            process.end()

    def stop(self) -> None:
        """Whoever is at work is ended at once, and nobody begins any more: what was in hand is done again some day."""
        with self._lock:
            self._stopped = True
            for process in self._at_work:
                process.kill()

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def _made(self) -> Process:
        try:
            with suppress(OSError):
                return Process(self._living())
            self.close()  # it may have died since it was looked at, or be stuck: another one, once
            return Process(self._living())
        except OSError as error:
            raise StorageError("the worker could not be started", remedy="run 'gateway doctor'") from error

    def _living(self) -> ForkServer:
        if self._server is not None and not self._server.lives():
            self.close()
        if self._server is None:
            self._server = ForkServer(self._command)
        return self._server
