"""Makes workers, and nothing else: python -I -m gateway.minimise.fork_server

A worker's libraries take longer to load than a small extract takes to be judged, and its engine
as long again. So one process has both done, knows nothing, and copies itself for each extract.
No order, key or file ever passes through it: it hands on, unopened, the socket by which these
come, so a worker has its own extract and never another's.

    standard input   a socket; a message with three files asks for a worker, and its pidfd is the answer
    the three        the worker's socket, its output, and where one byte says how it ended: 0 is well

When standard input ends, whoever started this is gone, and it ends; so does each worker, by its own.
"""

import os
import select
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from gateway.footing.freed_memory import keep_freed_memory
from gateway.minimise.session import Engines
from gateway.minimise.worker import work

ASKED = b"worker"
MADE, NOT_MADE = b"made", b"none"
ENDED_WELL, ENDED_BADLY = b"\0", b"\1"
FILES = 3
_CANNOT_COPY = 70


def main() -> None:
    keep_freed_memory()
    engines = Engines.warmed()
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208 - names only
        os._exit(_CANNOT_COPY)  # a copy of a process of several threads may hold a lock that nobody will open
    _Server(socket.socket(fileno=sys.stdin.fileno()), engines).run()


class _Server:
    def __init__(self, control: socket.socket, engines: Engines) -> None:
        self._control, self._engines = control, engines
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._told: dict[int, int] = {}
        """Of each worker's pidfd, where its end is told."""

    def run(self) -> None:
        """Until nobody can ask any more."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._told:
                    self._tell_end(descriptor)
                else:
                    self._answer()

    def _answer(self) -> None:
        asked, files, _, _ = socket.recv_fds(self._control, len(ASKED), FILES)
        if asked != ASKED or len(files) != FILES:
            os._exit(0)
        try:
            process = os.fork()
        except OSError:
            self._control.send(NOT_MADE)
        else:
            if process == 0:
                self._begin(files)
            self._look_after(process, os.dup(files[-1]))
        for descriptor in files:
            os.close(descriptor)

    def _begin(self, files: Sequence[int]) -> NoReturn:
        """In the copy, which never comes back from here, and keeps nothing of other workers."""
        try:
            for theirs, ours in zip(files, (sys.stdin, sys.stdout), strict=False):
                os.dup2(theirs, ours.fileno())
            for descriptor in (*files, *self._told, *self._told.values()):
                os.close(descriptor)
            work(self._engines)
        finally:
            os._exit(1)

    def _look_after(self, process: int, told: int) -> None:
        pidfd = os.pidfd_open(process)
        self._told[pidfd] = told
        self._poll.register(pidfd, select.POLLIN)
        socket.send_fds(self._control, [MADE], [pidfd])

    def _tell_end(self, pidfd: int) -> None:
        ended = os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        well = ended is not None and ended.si_code == os.CLD_EXITED and ended.si_status == 0
        told = self._told.pop(pidfd)
        self._poll.unregister(pidfd)
        with suppress(OSError):  # nobody may wait for it any more
            os.write(told, ENDED_WELL if well else ENDED_BADLY)
        os.close(told)
        os.close(pidfd)


if __name__ == "__main__":
    main()
