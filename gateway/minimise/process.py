"""Gives a worker its one order, reads what it says, and believes it only if it ended well.

A worker knows nothing until its order comes, by the socket that is its standard input, with the
open files that it is about; it serves one and ends.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from gateway.minimise.order import Job
from gateway.minimise.workers import Process, Workers
from gateway.vocabulary.errors import GatewayError, StorageError

CHUNK = 1 << 20
LONGEST_REPORT = 64 << 20
ENDING_SECONDS = 30
_DIED = "the worker ended before its work was done"
_REMEDY = "look whether the machine ran out of memory; the transfer is done again"


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
