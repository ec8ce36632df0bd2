"""Starts the worker, gives it its order, and sees that it is gone in the end."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO, Any, Final, cast

from gateway.vocabulary.errors import StorageError

SECONDS: Final = 60
LONGEST_ANSWER: Final = 1 << 20


class Declined(Exception):
    """No error, but the worker's refusal: what it was given is not what it should be. Whoever asked says what it means."""


def spelled(data: bytes) -> str:
    return base64.b64encode(data).decode()


def ask(order: Mapping[str, Any]) -> dict[str, Any]:
    """One answer; Declined if there is none."""
    with _started(order, subprocess.DEVNULL, subprocess.PIPE) as process:
        try:
            answer, _ = process.communicate(timeout=SECONDS)
            if process.returncode == 0 and len(answer) <= LONGEST_ANSWER:
                return cast("dict[str, Any]", json.loads(answer))
        except (ValueError, subprocess.TimeoutExpired) as error:
            raise Declined from error
    raise Declined


class Message:
    """What is written becomes one message, once it is ended well."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def write(self, data: bytes) -> None:
        try:
            self._pipe.write(data)
        except BrokenPipeError as error:
            raise _ended() from error

    def end(self) -> None:
        try:
            self._pipe.close()
            code = self._process.wait(SECONDS)
        except (BrokenPipeError, subprocess.TimeoutExpired) as error:
            raise _ended() from error
        if code != 0:
            raise _ended()

    @property
    def _pipe(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdin)


@contextmanager
def message(order: Mapping[str, Any], target: IO[bytes]) -> Iterator[Message]:
    """Into `target`, a file; left by exception, the worker is killed before its input ends: no whole message.

    Raises:
        StorageError: the worker could not be started, or ended before its work was done.
    """
    with _started(order, subprocess.PIPE, target) as process:
        writing = Message(process)
        yield writing
        writing.end()


@contextmanager
def _started(order: Mapping[str, Any], stdin: int, stdout: int | IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    reading, writing = os.pipe()
    with ExitStack() as stack:
        feed = stack.enter_context(os.fdopen(writing, "wb"))
        with os.fdopen(reading, "rb"):
            process = subprocess.Popen(
                [sys.executable, "-I", "-m", "gateway.seal.openpgp.worker", str(reading)],
                stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, pass_fds=[reading], env={}, cwd="/",
            )  # fmt: skip
        try:
            _give(feed, order)
            yield process
        finally:
            process.kill()
            process.wait()
            _shut(process)


def _give(feed: IO[bytes], order: Mapping[str, Any]) -> None:
    try:
        feed.write(json.dumps(order).encode("ascii"))
        feed.close()
    except BrokenPipeError as error:
        raise _ended() from error


def _shut(process: "subprocess.Popen[bytes]") -> None:
    """After the kill: what is still buffered has nobody to go to."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def _ended() -> StorageError:
    return StorageError(
        "the OpenPGP worker ended before its work was done",
        remedy="install handoff-gateway[openpgp]; else look whether the machine ran out of memory or disk",
    )
