"""Where prepare cannot see who people are: somebody beside it asks the kernel, and hands people over.

Prepare's unit lives in a user namespace of its own (PrivateUsers=yes), in which everybody else is
the same nobody. So a process without that, without a key, without the ledger, and with nothing
else to do, listens for people, asks the kernel who they are, and gives prepare their connection
with that answer. It sees no word of what is said.

    one message: {"type":"handoff-handed/v1","uid":1000,"roles":["dpo"]}⏎ with one descriptor

That it comes from that process is proven by the socket's file alone: its folder is made
beforehand for the two users and hands their group down. Who may connect there may be anybody.
"""

import array
import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.footing.workspace import Workspace, is_shared
from gateway.service.desk.listening import Answer, Arrival, Desk, bound, connected
from gateway.service.desk.peers import Peer, peer_of
from gateway.service.desk.roles import ROLES
from gateway.vocabulary.errors import FormatInvalid, GatewayError, slug_of
from gateway.vocabulary.facts import Facts

TYPE = "handoff-handed/v1"
LONGEST = 512
HANDED_SECONDS = 2.0
FOR_ALL, FOR_GROUP = 0o666, 0o660
"""Anybody may ask who is at the desk; the kernel's answer decides. Handed over is by one group alone."""


def accept_person(listener: socket.socket, *, own: int) -> Arrival:
    """Whoever connects is who the kernel says; `own` is prepare's user."""
    person, _ = listener.accept()
    try:
        return person, peer_of(person, own=own)
    except OSError:
        person.close()
        raise


def accept_handed(listener: socket.socket) -> Arrival:
    """Whoever is handed over is who it says beside.

    Raises:
        FormatInvalid: the message is none, or brings anything but one connected Unix socket.
    """
    giver, _ = listener.accept()
    with giver:
        giver.settimeout(HANDED_SECONDS)
        message, descriptors, flags, _ = socket.recv_fds(giver, LONGEST, 1)
        try:
            if len(descriptors) != 1 or len(message) == LONGEST or flags & socket.MSG_CTRUNC:
                raise FormatInvalid("nobody was handed over, or several")
            peer = _parsed(message)
            return _a_connection(descriptors[0]), peer
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def hand_over(person: socket.socket, peer: Peer, workspace: Workspace) -> None:
    """OSError if prepare is not there."""
    message = json.dumps({"type": TYPE, "uid": peer.uid, "roles": sorted(peer.roles)}).encode("ascii")
    with connected(workspace.handed) as prepare:
        prepare.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [person.fileno()]))])


@contextmanager
def attended(workspace: Workspace, answer: Answer, telemetry: Telemetry) -> Iterator[None]:
    """Prepare's desk, as long as the block lasts. That it cannot be opened is told, and holds up no handoff."""
    with ExitStack() as stack:
        try:
            handed = is_handed_to(workspace)
            listener = stack.enter_context(bound(workspace.handed if handed else workspace.desk, FOR_GROUP))
            accept = accept_handed if handed else partial(accept_person, own=os.geteuid())
            stack.enter_context(Desk(answer=answer, telemetry=telemetry).open_at(listener, accept))
        except GatewayError as error:
            telemetry.event(LogEvent.DESK_CLOSED, Facts(code=slug_of(error)))
        yield


def is_handed_to(workspace: Workspace) -> bool:
    """Whether this machine has somebody who hands people over: the folder was made for it."""
    return workspace.handed.parent.is_dir() and is_shared(workspace.handed.parent)


def usher(workspace: Workspace, *, stop: threading.Event, ready: Callable[[], object], look: float = 0.25) -> None:
    """Until `stop` is set. Whom prepare does not take in is let go: the verb says what to do."""
    prepare = workspace.handed.parent.stat().st_uid
    with bound(workspace.desk, FOR_ALL) as listener:
        listener.settimeout(look)
        ready()
        while not stop.is_set():
            with suppress(OSError):  # nobody came; or went away; or prepare is not there
                person, peer = accept_person(listener, own=prepare)
                with person:
                    hand_over(person, peer, workspace)


def _a_connection(descriptor: int) -> socket.socket:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        raise FormatInvalid("what was handed over is no connection")
    person = socket.socket(fileno=os.dup(descriptor))
    if (person.family, person.type) != (socket.AF_UNIX, socket.SOCK_STREAM):
        person.close()
        raise FormatInvalid("what was handed over is no connection of this machine")
    return person


def _parsed(message: bytes) -> Peer:
    try:
        said = json.loads(message)
        uid, roles = said["uid"], said["roles"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FormatInvalid("who was handed over is not said") from error
    if said.keys() != {"type", "uid", "roles"} or said["type"] != TYPE or type(uid) is not int or uid < 0:
        raise FormatInvalid("who was handed over is not said")
    if not isinstance(roles, list) or not all(role in ROLES for role in roles):
        raise FormatInvalid("who was handed over has a role that there is not")
    return Peer(uid=uid, roles=frozenset(roles))
