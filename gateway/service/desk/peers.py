"""Who is at the other end of a socket: the kernel says it, and nothing that the other end says is asked.

Groups are those that the process had when it connected (SO_PEERGROUPS); where the kernel does
not tell them, or there are too many, the machine's user database does. Whoever could run the
verb in place anyway, root and the service's own user, may do here what they could there.

Seen from a user namespace in which others do not exist (PrivateUsers=yes), everybody is the
overflow user, who has no role: see `handing`.
"""

import grp
import os
import pwd
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.service.desk.roles import ROLES, group_of

SO_PEERGROUPS: Final = 59
_GROUPS_BYTES = 1024
_CREDENTIALS, _GROUP = struct.Struct("iII"), struct.Struct("I")
OVERFLOW = 65534
"""What the kernel shows instead of a user whom this namespace does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    uid: int
    roles: frozenset[str]


def peer_of(connected: socket.socket, *, own: int) -> Peer:
    """`own` is the user of prepare. OSError if the socket is not a connected Unix socket."""
    uid, gids = credentials_of(connected)
    return Peer(uid=uid, roles=roles_of(uid, gids, own=own, groups=_groups_there_are()))


def credentials_of(connected: socket.socket) -> tuple[int, frozenset[int]]:
    """The uid, and every gid."""
    said = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, gid = _CREDENTIALS.unpack(said)
    return uid, frozenset({gid, *_supplementary(connected, uid, gid)})


def roles_of(uid: int, gids: Iterable[int], *, own: int, groups: Mapping[str, int]) -> frozenset[str]:
    """`groups`: the gid of each role's group that this machine has. Pure."""
    if uid in {0, own}:
        return frozenset(ROLES)
    if uid == OVERFLOW:
        return frozenset()
    has = set(gids)
    return frozenset(role for role, gid in groups.items() if gid in has)


def _supplementary(connected: socket.socket, uid: int, gid: int) -> list[int]:
    try:
        said = connected.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, _GROUPS_BYTES)
    except OSError:  # an old kernel, or more groups than fit
        return _of_the_database(uid, gid)
    return [group for (group,) in _GROUP.iter_unpack(said)]


def _of_the_database(uid: int, gid: int) -> list[int]:
    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except (KeyError, OSError):
        return []


def _groups_there_are() -> dict[str, int]:
    found = {}
    for role in ROLES:
        try:
            found[role] = grp.getgrnam(group_of(role)).gr_gid
        except KeyError:
            continue  # then nobody has that role
    return found
