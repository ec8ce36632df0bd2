"""A secret that is followed: its next generation is made, and put in force in the ledger.

    1  a line more in ROLE.key, which nobody uses yet   2  the ledger, in one commit (`story.rotating`)

Crash points. Before 1 nothing has happened. Between 1 and 2 the line is there and not in force, and rotating once
more goes on with it. After 2 all is done. Earlier lines stay: they are needed for as long as anything is looked up.
Make a new backup of the key before anything else is recorded; an older one is refused.
"""

from collections.abc import Callable

from gateway.config.key_changes import owned_ring
from gateway.config.load import Configuration
from gateway.config.own_keys import Role
from gateway.story.gate import Gateway
from gateway.story.rotating import rotate_secret
from gateway.vocabulary.errors import KeyUnavailable


def rotate_followed(
    configuration: Configuration, role: Role, gateway: Gateway, random: Callable[[int], bytes], *, uid: int
) -> int:
    """The generation that is in force from now on. Neither half may be running.

    Raises:
        KeyUnavailable: the keys belong to another user, or systemd gives this one.
        StorageError, LogBroken: as `rotate_secret`; the old generation is in force still.
    """
    ring = owned_ring(configuration, role)
    if ring.is_credential(role.name):
        raise KeyUnavailable(
            f"the key {role.name} is a credential of systemd's, which is not ours to change",
            remedy="restore the key's file and rotate where there is no such credential, then encrypt it anew",
        )
    if len(ring.generations(role.name)) == len(gateway.generations(role.name)):
        ring.add_generation(role.name, random)  # 1
    return rotate_secret(gateway, role.name, uid=uid)  # 2
