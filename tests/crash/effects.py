"""Watches a process from outside its code: every step that a power cut could fall before or after, and the cut.

Nothing of ours is replaced. The interpreter tells of each call (`sys.setprofile`); a step is told
by the function of the operating system or of the database's driver that is about to be called, and
is named after whoever in the gateway wanted it:

    room.function:door.call     a file of ours        mailbox.post_order:publish.rename
    room.function:commit        the ledger's          claiming._record_approved:commit
    attempts.function:commit    deliver's own store   attempts.begin:commit
    sftp:request(endings)       what leaves at once   sftp:rename(json)
"""

import itertools
import os
import signal
import sqlite3
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

ON_DISK = frozenset({"fsync", "fdatasync", "rename", "link", "unlink", "rmdir", "mkdir", "fchmod", "chmod"})
CREATING = frozenset({"created", "written_in", "append_line"})
"""Where `durable` opens a file in order to make it."""
DOORS = ("durable.py", "drop_folder.py", "log.py", "group.py", "appending.py")
"""Whoever wanted a step stands behind these."""
LEDGER, STORE, SESSION = "footing/ledger/store.py", "deliver/store.py", "deliver/sftp/session.py"
BEFORE, AFTER, SENT = "before", "after", "sent"

CREATES, OPEN, EXTENDED = 0x08, 3, 200
REMOVE, RENAME = 13, 18
CHANGING = {4: "close", 6: "write", REMOVE: "remove", RENAME: "rename"}
"""SFTP's requests after which something there may be different; and OPEN that creates, and fsync."""
LOOKING = frozenset({1, 5, 7, 16})


class Watch:
    """Called by the interpreter in each thread; `at` is told of every moment: which step, its name, before or after."""

    def __init__(self, at: Callable[[int, str, str], None]) -> None:
        self._at = at
        self._numbers = itertools.count(1)
        self._here = _Thread()

    def begin(self) -> None:
        threading.setprofile(self)
        sys.setprofile(self)

    def __call__(self, frame: FrameType, what: str, function: object) -> None:
        if what == "c_call":
            if name := named(frame, function):
                self._here.under_way = function, self._next(name)
        elif what in ("c_return", "c_exception"):
            if self._here.under_way and self._here.under_way[0] is function:
                step, self._here.under_way = self._here.under_way[1], None
                self._at(*step, AFTER)
        elif frame.f_code.co_filename.endswith(SESSION):
            self._conversation(frame, what)

    def _next(self, name: str) -> tuple[int, str]:
        step = next(self._numbers), name
        self._at(*step, BEFORE)
        return step

    def _conversation(self, frame: FrameType, what: str) -> None:
        """A packet is a step; it has happened for certain once its first answer is in."""
        called = frame.f_code.co_name
        if called == "_transmit" and what == "call":
            asked = requests(bytes(frame.f_locals["data"]))
            self._here.asked = self._next(asked) if asked else None
        elif self._here.asked and called == "_transmit" and what == "return":
            self._at(*self._here.asked, SENT)
        elif self._here.asked and called == "_take_in" and what == "call":
            step, self._here.asked = self._here.asked, None
            self._at(*step, AFTER)


class _Thread(threading.local):
    """What one thread is at."""

    under_way: tuple[object, tuple[int, str]] | None = None
    asked: tuple[int, str] | None = None


def named(frame: FrameType, function: object) -> str:
    """Empty if the call changes nothing that lasts."""
    call = getattr(function, "__name__", "")
    if isinstance(getattr(function, "__self__", None), sqlite3.Connection):
        return _commit(frame, call)
    if call in ON_DISK or (call == "open" and frame.f_code.co_name in CREATING):
        door = _door(frame)
        return f"{_wanted_by(frame)}:{door}.{call}" if door else ""
    return ""


def _commit(frame: FrameType, call: str) -> str:
    for caller in _stack(frame):
        if caller.f_code.co_name != "writing":
            continue
        if caller.f_code.co_filename.endswith(LEDGER) and call == "commit":
            return f"{_wanted_by(caller)}:commit"
        if caller.f_code.co_filename.endswith(STORE) and call == "execute" and caller is frame:
            ends = caller.f_locals["self"].db.in_transaction
            return f"{_wanted_by(caller)}:commit" if ends else ""
    return ""


def _door(frame: FrameType) -> str:
    """The function of `durable` through which it goes."""
    return next((f.f_code.co_name for f in _stack(frame) if f.f_code.co_filename.endswith("footing/durable.py")), "")


def _wanted_by(frame: FrameType) -> str:
    for caller in _stack(frame):
        path = Path(caller.f_code.co_filename)
        if "gateway" in path.parts and path.name not in DOORS and not path.match(LEDGER) and not path.match(STORE):
            return f"{path.stem}.{caller.f_code.co_name}"
    return "nobody"


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def requests(packet: bytes) -> str:
    """The changing requests of one packet by their kinds, with the endings of the names they are about."""
    kinds, endings = list[str](), list[str]()
    while len(packet) >= 9:
        size, kind = struct.unpack_from(">IB", packet)
        word, endings_here = _request(kind, packet[9 : 4 + size])
        if word:
            kinds.append(word)
            endings += endings_here
        packet = packet[4 + size :]
    once = dict.fromkeys
    return f"sftp:{'+'.join(once(kinds))}({','.join(once(endings))})" if kinds else ""


def _request(kind: int, body: bytes) -> tuple[str, list[str]]:
    first, rest = _string(body)
    if kind == OPEN:
        return ("create", [_ending(first)]) if struct.unpack_from(">I", rest)[0] & CREATES else ("", [])
    if kind == EXTENDED:
        return ("fsync", []) if first.startswith(b"fsync@") else ("", [])
    if kind == RENAME and _string(rest)[0].endswith(b".part"):
        return "take-over", [_ending(first)]
    if kind in (REMOVE, RENAME):
        return CHANGING[kind], [_ending(first)]
    if kind not in CHANGING and kind not in LOOKING:
        raise ValueError(f"an SFTP request of kind {kind}: say whether it changes anything")
    return CHANGING.get(kind, ""), []


def _string(body: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(body[:4], "big")
    return body[4 : 4 + size], body[4 + size :]


def _ending(name: bytes) -> str:
    """`age`, `json.sig` or `json`: what the parcel's files end with, temporaries as well."""
    parts = name.rsplit(b"/", 1)[-1].lstrip(b".").decode().split(".")
    return ".".join(part for part in parts[1:] if not part.isdigit() and part != "part")


class Death:
    """Notes every step in a file that outlives the process; ends it at one of them, for good and at once."""

    def __init__(self, notes: Path, at: int | None, moment: str) -> None:
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._due, self._moment = at, moment

    def __call__(self, number: int, name: str, moment: str) -> None:
        if moment == BEFORE:
            os.write(self._notes, f"{name}\n".encode())
        if number == self._due and moment == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)
