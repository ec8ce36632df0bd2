"""The fork servers and workers that live, as the kernel tells of them."""

import os
import time
from pathlib import Path

from tests.unit.minimise.ground import SHARED

PATIENCE = 30


def processes(parents, words=b""):
    """Living children of these, with these words in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
            state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except (OSError, ValueError):
            continue
        if words in command and int(parent) in parents and state != "Z":
            found.append(int(entry.name))
    return found


def servers(awaited: int = 0) -> list[int]:
    """Our fork servers, without the one that tests share; so many at least: one that was just started has no name yet."""
    end = time.monotonic() + PATIENCE
    while len(found := _unshared()) < awaited and time.monotonic() < end:
        time.sleep(0.01)
    return found


def _unshared() -> list[int]:
    shared = SHARED._server._popen.pid if SHARED._server else 0
    return [found for found in processes([os.getpid()], b"gateway.minimise.fork_server") if found != shared]


def workers() -> list[int]:
    return processes(servers())


def running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
