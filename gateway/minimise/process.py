"""Starts a worker, gives it one order, reads what it says, and sees that it is gone in the end.

A worker takes a quarter of a second to start, and an order is given in no time: so one can be
started before it is needed (`Workers.warm`), and the next while one is at work (`expect`). It knows
nothing until its order comes, by the socket that is its standard input, with the open files that
it is about; it serves one and ends.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock
from typing import IO, Any

from gateway.minimise.order import Job
from gateway.vocabulary.errors import StorageError

CHUNK = 1 << 20
LONGEST_REPORT = 64 << 20
ENDING_SECONDS = 30
_STOPPED = "the service was told to stop"
_DIED = "the worker ended before its work was done"
_REMEDY = "look whether the machine ran out of memory; the transfer is done again"


class Process:
    """A worker that has no order yet: libraries loaded, nothing known, nothing open."""

    def __init__(self) -> None:
        """StorageError if it cannot be started."""
        self.channel, theirs = socket.socketpair()
        try:
            self.popen = subprocess.Popen(
                [sys.executable, "-I", "-m", "gateway.minimise.worker"],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        except OSError as error:
            self.channel.close()
            raise StorageError("the worker could not be started", remedy="run 'gateway doctor'") from error
        finally:
            theirs.close()
        if self.popen.stdout is not None:
            fcntl.fcntl(self.popen.stdout.fileno(), fcntl.F_SETPIPE_SZ, CHUNK)

    def end(self) -> None:
        self.channel.close()
        self.popen.kill()
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()


class Workers:
    """At most one worker in waiting, and those at work. `stop` may be called from another thread."""

    def __init__(self) -> None:
        self._waiting: Process | None = None
        self._more = False
        self._at_work: set[Process] = set()
        self._stopped = False
        self._lock = Lock()

    def warm(self) -> None:
        """Start the next one now. That it cannot be started is said when it is needed."""
        if self._waiting is None or self._waiting.popen.poll() is not None:
            self.close()
            with suppress(StorageError):
                self._waiting = Process()

    def expect(self, *, more: bool) -> None:
        """Whether another will be wanted behind the one that is taken next: then it starts while that one works."""
        self._more = more

    @contextmanager
    def one(self) -> Iterator[Process]:
        """The one in waiting if it is alive, else a new one, gone when the block ends; StorageError if there can be none."""
        process = self._take()
        try:
            if self._more:
                self.warm()
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
                process.popen.kill()

    def _take(self) -> Process:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return Process()
        if waiting.popen.poll() is None:
            return waiting
        waiting.end()
        return Process()

    def close(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.end()


class Worker:
    """A worker at its work, as its reader sees it."""

    def __init__(self, process: "subprocess.Popen[bytes]", report: int) -> None:
        self._process, self._report = process, report

    def output(self) -> Iterator[bytes]:
        """Until the worker closes it. That alone does not say that it was all."""
        if self._process.stdout is not None:
            descriptor = self._process.stdout.fileno()
            while chunk := os.read(descriptor, CHUNK):
                yield chunk

    def report(self) -> dict[str, Any]:
        """StorageError unless the worker wrote a whole report and ended well."""
        body = bytearray()
        while len(body) <= LONGEST_REPORT and (part := os.read(self._report, CHUNK)):
            body += part
        try:
            ended = self._process.wait(ENDING_SECONDS)
            report = json.loads(body.decode("ascii"))
        except (ValueError, subprocess.TimeoutExpired) as error:
            raise StorageError(_DIED, remedy=_REMEDY) from error
        if ended != 0 or not isinstance(report, dict):
            raise StorageError(_DIED, remedy=_REMEDY)
        return report


@contextmanager
def worker(workers: Workers, job: Job, order: bytes, disclosures: IO[bytes] | None) -> Iterator[Worker]:
    """StorageError if it cannot be started, or a file of its cannot be opened."""
    with ExitStack() as stack:
        process = stack.enter_context(workers.one())
        report, report_in = os.pipe()
        stack.callback(os.close, report)
        try:
            _give(process.channel, job, order, disclosures, report_in)
        except OSError as error:
            raise StorageError(_DIED, remedy=_REMEDY) from error
        finally:
            os.close(report_in)
        yield Worker(process.popen, report)


def _give(channel: socket.socket, job: Job, order: bytes, disclosures: IO[bytes] | None, report: int) -> None:
    """The socket stays open: its end tells the worker that we are gone."""
    with ExitStack() as here:
        files = {"extract": here.enter_context(job.extract.open("rb", buffering=0)).fileno(), "report": report}
        if job.by_consent:
            files["register"] = here.enter_context(job.register.open("rb")).fileno()
        if disclosures:
            files["disclosures"] = disclosures.fileno()
        if job.references:
            files["references"] = here.enter_context(job.references.open("rb")).fileno()
        if job.previous:
            files["previous"] = here.enter_context(job.previous.open("rb")).fileno()
        socket.send_fds(channel, [(" ".join(files) + "\n").encode("ascii")], list(files.values()))
    channel.sendall(order)
