"""Which folder is the home: the one that holds config/, keys/ and, unless told otherwise, outbox/ and state/.

In this order: --home DIR; HANDOFF_HOME; the current folder; /etc/handoff. The current folder
counts only if it holds config/gateway.toml and nobody else could have put it there: whoever
types `gateway` inside a drop folder must not be given staff's idea of a configuration.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from gateway.vocabulary.errors import ConfigError

SYSTEM_HOME = Path("/etc/handoff")
_PAGE = Path("config") / "gateway.toml"


def find_home(given: Path | None, environ: Mapping[str, str], current: Path) -> Path:
    """Absolute; ConfigError if there is none. Whether its pages are sound is seen when they are read."""
    if given is not None:
        return given.absolute()
    if environ.get("HANDOFF_HOME"):
        return Path(environ["HANDOFF_HOME"]).absolute()
    if _is_ours(current):
        return current
    if (SYSTEM_HOME / _PAGE).exists():
        return SYSTEM_HOME
    raise ConfigError(
        "there is no configuration here",
        remedy="name its folder with --home DIR or HANDOFF_HOME, or make one with 'gateway init DIR'",
    )


def _is_ours(folder: Path) -> bool:
    places = (folder, folder / _PAGE.parent, folder / _PAGE)
    return all(_only_ours(place) for place in places)


def _only_ours(place: Path) -> bool:
    try:
        status = place.stat()
    except OSError:
        return False
    return status.st_uid in (0, os.geteuid()) and not stat.S_IMODE(status.st_mode) & stat.S_IWOTH
