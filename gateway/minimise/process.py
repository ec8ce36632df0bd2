"""Has a worker made, gives it one order, reads what it says, and sees that it is gone in the end.

Workers are copies that the fork server makes of itself in a few milliseconds; the server itself
takes a fifth of a second to start, so it can be started before it is needed (`Workers.warm`), and stays. A
worker knows nothing until its order comes, by the socket that is its standard input, with the open files
that it is about; it serves one and ends.
"""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any

from gateway.minimise.fork_server import ASKED, ENDED_WELL, MADE
from gateway.minimise.order import Job
from gateway.vocabulary.errors import GatewayError, StorageError

COMMAND = (sys.executable, "-I", "-m", "gateway.minimise.fork_server")
CHUNK = 1 << 20
LONGEST_REPORT = 64 << 20
STARTING_SECONDS = 60
ENDING_SECONDS = 30
_STOPPED = "the service was told to stop"
_DIED = "the worker ended before its work was done"
_REMEDY = "look whether the machine ran out of memory; the transfer is done again"


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
            fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, CHUNK)
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


class Worker:
    """A worker at its work, as its reader sees it."""

    def __init__(self, process: Process, report: int, later: socket.socket | None) -> None:
        self._process, self._report, self._later = process, report, later

    def compare(self, previous: Path) -> None:
        """What it was told would come later; it waits for that at its end. StorageError if it cannot be opened."""
        if self._later is None:
            raise GatewayError("a worker was given another file than its order names")
        try:
            with previous.open("rb") as file:
                socket.send_fds(self._later, [b"\0"], [file.fileno()])
        except BrokenPipeError:
            return  # it has ended already, and its report says why
        except OSError as error:
            raise StorageError(
                "the disclosures of the last handoff cannot be read", remedy="restore the file from its backup"
            ) from error

    def output(self) -> Iterator[bytes]:
        """Until the worker closes it. That alone does not say that it was all."""
        while chunk := os.read(self._process.output, CHUNK):
            yield chunk

    def report(self) -> dict[str, Any]:
        """StorageError unless the worker wrote a whole report and ended well."""
        body = bytearray()
        while len(body) <= LONGEST_REPORT and (part := os.read(self._report, CHUNK)):
            body += part
        try:
            report = json.loads(body.decode("ascii"))
        except ValueError as error:
            raise StorageError(_DIED, remedy=_REMEDY) from error
        if not self._process.ended_well(ENDING_SECONDS) or not isinstance(report, dict):
            raise StorageError(_DIED, remedy=_REMEDY)
        return report


@contextmanager
def worker(
    workers: Workers, job: Job, order: bytes, disclosures: IO[bytes] | None, *, compared_later: bool = False
) -> Iterator[Worker]:
    """StorageError if it cannot be started, or a file of its cannot be opened."""
    with ExitStack() as stack:
        process = stack.enter_context(workers.one())
        report, report_in = os.pipe()
        stack.callback(os.close, report)
        later, later_theirs = map(stack.enter_context, socket.socketpair()) if compared_later else (None, None)
        ends = {"report": report_in} | ({"later": later_theirs.fileno()} if later_theirs else {})
        try:
            _give(process.channel, job, order, disclosures, ends)
        except OSError as error:
            raise StorageError(_DIED, remedy=_REMEDY) from error
        finally:
            os.close(report_in)
            if later_theirs:
                later_theirs.close()
        yield Worker(process, report, later)


def _give(
    channel: socket.socket, job: Job, order: bytes, disclosures: IO[bytes] | None, ends: Mapping[str, int]
) -> None:
    """The socket stays open: its end tells the worker that we are gone. `ends`: of what joins it to us besides."""
    with ExitStack() as here:
        files = {"extract": here.enter_context(job.extract.open("rb", buffering=0)).fileno(), **ends}
        if job.by_consent:
            files["register"] = here.enter_context(job.register.open("rb")).fileno()
        if disclosures:
            files["disclosures"] = disclosures.fileno()
        if job.references:
            files["references"] = here.enter_context(job.references.open("rb")).fileno()
        if job.previous and "later" not in ends:
            files["previous"] = here.enter_context(job.previous.open("rb")).fileno()
        socket.send_fds(channel, [(" ".join(files) + "\n").encode("ascii")], list(files.values()))
    channel.sendall(order)
