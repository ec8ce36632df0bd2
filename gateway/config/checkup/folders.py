"""Are the folders there, and can only the right people write to them or read them?"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.config.checkup.check import Check, Surroundings, fail, unless, warn
from gateway.config.load import Configuration
from gateway.config.pages import CONFIG

_OTHERS, _GROUP_OR_OTHERS = stat.S_IWOTH, stat.S_IWGRP | stat.S_IWOTH


def folders_are_safe(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    yield from unless(_pages(configuration), "pages", "only their owner can change config/ and keys/")
    yield from unless(_state(configuration), "state folder", "for the service alone")
    yield from unless(_outbox(configuration), "outbox", "there, and not open to everyone")


def _pages(configuration: Configuration) -> Iterator[Check]:
    """Who can write a page or a signers file decides what leaves."""
    for top in (configuration.home / CONFIG, configuration.workspace.keys):
        if not top.is_dir():
            yield fail(
                "pages", f"the folder {top.name} is not there", "restore it, or set 'keys' in config/gateway.toml"
            )
            continue
        for place in (top, *sorted(top.rglob("*"))):
            if not place.is_symlink() and _mode(place) & _GROUP_OR_OTHERS:
                shown = f"{top.name}/{place.relative_to(top).as_posix()}".removesuffix("/.")
                yield fail("pages", f"others than its owner can write to {shown}", "chmod go-w")


def _state(configuration: Configuration) -> Iterator[Check]:
    """0700; or, where each half has a user of its own, 0711 with a private folder for each, and a mailbox for both."""
    state = configuration.workspace.state
    if not state.is_dir():
        yield fail("state folder", "it is not there", "make it for the service's user, mode 0700")
        return
    if _mode(state) & 0o066:
        yield fail("state folder", "others can look into it", "chmod 700")
    if not os.access(state, os.X_OK):
        return
    for name, closed in (("prepare", 0o077), ("deliver", 0o077), ("mailbox", 0o007)):
        if (state / name).is_dir() and _mode(state / name) & closed:
            shown = "the mailbox" if name == "mailbox" else name
            yield fail("state folder", f"others can look into {shown}", "chmod o-rwx; but for the mailbox g-rwx too")


def _outbox(configuration: Configuration) -> Iterator[Check]:
    workspace = configuration.workspace
    if not workspace.outbox.is_dir():
        yield fail("outbox", "it is not there", "make it, or set 'outbox' in config/gateway.toml")
        return
    if not os.access(workspace.outbox, os.X_OK):
        yield warn("outbox", "this user may not look into it", "run 'gateway doctor' as the user of prepare")
        return
    for route in configuration.routes:
        folder = workspace.drop_folder(route.name)
        if not folder.is_dir() or folder.is_symlink():
            yield warn("outbox", f"the drop folder of {route.name} is not there", "it is made at the next start")
        elif _mode(folder) & _OTHERS:
            yield fail("outbox", f"anyone can write to the drop folder of {route.name}", "chmod o-w")
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield warn("outbox", f"this user cannot use the drop folder of {route.name}", "run as the service's user")


def _mode(place: Path) -> int:
    return stat.S_IMODE(place.lstat().st_mode)
