"""Starts a worker, reads what it says, and sees that it is gone in the end."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from gateway.minimise.order import Job
from gateway.vocabulary.errors import StorageError

CHUNK = 1 << 20
LONGEST_REPORT = 64 << 20
ENDING_SECONDS = 30
NO_FILE = -1
_DIED = "the worker ended before its work was done"
_REMEDY = "look whether the machine ran out of memory; the transfer is done again"


class Worker:
    """A running worker, as its reader sees it."""

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
def worker(job: Job, order: bytes, disclosures: IO[bytes] | None) -> Iterator[Worker]:
    """StorageError if it cannot be started."""
    with ExitStack() as stack:
        try:
            process, report = _started(job, disclosures, stack)
        except OSError as error:
            raise StorageError("the worker could not be started", remedy="run 'gateway doctor'") from error
        try:
            _give(process, order)
            yield Worker(process, report)
        finally:
            process.kill()
            process.wait()


def _started(job: Job, disclosures: IO[bytes] | None, stack: ExitStack) -> tuple["subprocess.Popen[bytes]", int]:
    report, report_in = os.pipe()
    stack.callback(os.close, report)
    with ExitStack() as here:
        here.callback(os.close, report_in)
        extract = here.enter_context(job.extract.open("rb", buffering=0)).fileno()
        register = here.enter_context(job.register.open("rb")).fileno() if job.by_consent else NO_FILE
        kept = disclosures.fileno() if disclosures else NO_FILE
        previous = here.enter_context(job.previous.open("rb")).fileno() if job.previous else NO_FILE
        files = (extract, register, kept, previous, report_in)
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-I", "-m", "gateway.minimise.worker", *map(str, files)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[descriptor for descriptor in files if descriptor != NO_FILE],
                env={},
                cwd="/",
            )
        )
    if process.stdout is not None:
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, CHUNK)
    return process, report


def _give(process: "subprocess.Popen[bytes]", order: bytes) -> None:
    """Standard input stays open: its end tells the worker that we are gone."""
    try:
        if process.stdin is not None:
            process.stdin.write(order)
            process.stdin.flush()
    except OSError as error:
        raise StorageError(_DIED, remedy=_REMEDY) from error
