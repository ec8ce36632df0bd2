"""Alone at a half's work: on one machine by a lock of its kernel, among several by a turn that their database gives.

Prepare's turn is had from the ledger's database, deliver's from that of its store. Several machines
stand by for one that works; whoever cannot wait is told so.
"""

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from gateway.config.load import Configuration
from gateway.config.machine import LONGEST_NAME as NAME
from gateway.footing.lock import held
from gateway.footing.turn import Turn
from gateway.vocabulary.errors import UsageError


@contextmanager
def alone_at(
    configuration: Configuration, half: str, stand_by: Callable[[], bool] | None = None
) -> Iterator[Turn | None]:
    """The turn while the block lasts, or None where there is one machine.

    `stand_by` waits a moment while another has the turn, and says whether to go on waiting; if not,
    the turn is given as it is, not had.

    Raises:
        UsageError: another process is at it, and `stand_by` is not given, or there is one machine.
        StorageError: the database that gives turns is away.
    """
    settings, workspace = configuration.settings, configuration.workspace
    url = settings.ledger if half == "prepare" else settings.deliver_store
    if url is None:
        lock = workspace.prepare_lock if half == "prepare" else workspace.deliver_lock
        with held(lock, f"the {half} half"):
            yield None
        return
    with closing(Turn(url, half, machine_name(configuration))) as turn:
        while not turn.take():
            if stand_by is None:
                raise UsageError(
                    f"another process runs the {half} half already, here or on another machine",
                    remedy="leave the work to it, or stop it first",
                )
            if not stand_by():
                break
        yield turn


@contextmanager
def standing_still(configuration: Configuration) -> Iterator[None]:
    """UsageError if a half is running, on whichever machine: it would go on with the key, or in the ledger, that it has."""
    workspace = configuration.workspace
    with ExitStack() as locks:
        for path, half in ((workspace.prepare_lock, "prepare"), (workspace.deliver_lock, "deliver")):
            if os.access(path.parent, os.W_OK):
                locks.enter_context(alone_at(configuration, half))
        yield


def machine_name(configuration: Configuration) -> str:
    """As the settings say, or as the machine calls itself, in letters that are ours."""
    own = re.sub(r"[^a-z0-9]+", "-", socket.gethostname().lower()).strip("-")
    return configuration.settings.machine or own[:NAME]


def is_lost(turn: Turn | None) -> bool:
    return turn is not None and turn.is_lost()
