"""Which names in a drop folder are extracts, and is one complete? Pure.

A folder event is only a hint: this is asked again for every file at every scan.

- a statement's signed digest proves completeness by itself: then nothing here is asked;
- a read lease proves that nobody writes any more;
- where no lease is to be had (another owner), or none can be believed (a share that is mounted from
  elsewhere), a file is settled when we have seen it unchanged for `quiet`: a server's clock is not ours;
- whoever looks only once goes by the kernel's change time. Not mtime: a copying desktop restores the old one.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

IGNORED = re.compile(
    r"\..*|~\$.*|.*\.(tmp|part|partial|crdownload|filepart|swp)|thumbs\.db|desktop\.ini", re.IGNORECASE
)
OURS = re.compile(r".*\.release(\.[A-Za-z0-9_-]+)*|.*\.handoff\.toml|waiting\.txt|refused|outcomes")
UNREADABLE = re.compile(r"[\x00-\x1f\x7f:\\/]|[\ud800-\udfff]")
EXTRACT = re.compile(r".+\.(csv|tsv|txt|xml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A drop folder's names, sorted by what they are to us."""

    extracts: tuple[str, ...]
    left: int
    """How many others lie there that are not picked up."""


def is_stray(name: str) -> bool:
    """Neither ours, nor half a file, nor an extract: it is not picked up."""
    return not (IGNORED.fullmatch(name) or OURS.fullmatch(name)) and not _is_extract(name)


def _is_extract(name: str) -> bool:
    return bool(EXTRACT.fullmatch(name)) and not UNREADABLE.search(name)


def sort_names(names: list[str]) -> Listing:
    candidates = [name for name in names if not (IGNORED.fullmatch(name) or OURS.fullmatch(name))]
    extracts = tuple(name for name in candidates if _is_extract(name))
    return Listing(extracts=extracts, left=len(candidates) - len(extracts))


def is_settled(
    *, nobody_writes: bool | None, changed: datetime, at: datetime, quiet: timedelta, seen_still: timedelta | None
) -> bool:
    """`nobody_writes` is the lease's answer, None where none was to be had.

    `seen_still`: for how long we have seen it unchanged, whatever clock its times are by; None for who looks only once.
    """
    if nobody_writes is not None:
        return nobody_writes
    return (at - changed if seen_still is None else seen_still) >= quiet
