"""What a folder lies on: on a share that this machine mounts, events, leases and clocks are another machine's."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "ocfs2", "gfs2",
     "virtiofs", "vboxsf", "davfs", "beegfs"}
)  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")


def kind_of(device: int, mounts: str) -> str:
    """The type of the file system with this number (`st_dev`), or nothing: parts of a btrfs have numbers of their own."""
    number = f"{os.major(device)}:{os.minor(device)}"
    return next((kind for words, kind in _lines(mounts) if words[2] == number), "")


def kind_under(place: Path, mounts: str) -> str:
    """The file system's type from mountinfo, or nothing: the longest mount point wins, of equals the last."""
    best, kind = -1, ""
    target = place.resolve()
    for words, found in _lines(mounts):
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), words[4]))
        if target.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), found
    return kind


def is_network(kind: str) -> bool:
    return kind in NETWORK or kind == "fuse" or kind.startswith("fuse.")


def _lines(mounts: str) -> Iterator[tuple[list[str], str]]:
    """The words before the dash, and the file system's type."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        words, what = before.split(" "), after.split(" ")
        if len(words) >= 5 and what[0]:
            yield words, what[0]
