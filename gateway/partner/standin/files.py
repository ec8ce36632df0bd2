"""The stand-in's SFTP operations: a confined folder, and the faults that are in force.

Faithful where it matters to a sender: exclusive create, a plain rename that refuses an
existing name, no posix-rename, no fsync extension.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paramiko import sftp
from paramiko.sftp_attr import SFTPAttributes
from paramiko.sftp_handle import SFTPHandle
from paramiko.sftp_server import SFTPServer
from paramiko.sftp_si import SFTPServerInterface

from gateway.partner.standin.confined import Confined, canonical
from gateway.partner.standin.faults import Faults, Mischief, Step, exceeded

_OK: int = sftp.SFTP_OK
_DENIED: int = sftp.SFTP_PERMISSION_DENIED
_LOST: int = sftp.SFTP_CONNECTION_LOST
_ENVELOPE = ".json"


@dataclass(frozen=True, slots=True)
class Conduct:
    """How one connection's requests are answered: late, never, or by hanging up."""

    mischief: Mischief
    hang_up: Callable[[], None]

    def answer(self, step: Step, operation: Callable[[Faults], Any]) -> Any:
        faults, released = self.mischief.at(step), self.mischief.released
        if faults.slow:
            released.wait(faults.slow)
        if faults.stall:
            released.wait()
        if faults.hang_up == "before":
            return self._gone()
        done = operation(faults)
        return self._gone() if faults.hang_up == "after" else done

    def _gone(self) -> int:
        self.hang_up()
        return _LOST


class OpenFile(SFTPHandle):
    """One open file; reads and writes at offsets, nothing buffered."""

    def __init__(self, descriptor: int, conduct: Conduct, *, written: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._descriptor, self._conduct, self._written = descriptor, conduct, written

    def close(self) -> None:
        try:
            if self._written:
                self._conduct.answer("close", self._truncate)
        finally:
            os.close(self._descriptor)

    def read(self, offset: int, length: int) -> Any:
        return self._conduct.answer("read-back", lambda faults: self._read(offset, length, faults))

    def write(self, offset: int, data: bytes) -> Any:
        return self._conduct.answer("write", lambda faults: self._write(offset, data, faults))

    def stat(self) -> Any:
        return _told(lambda: os.fstat(self._descriptor), self._conduct.mischief.faults)

    def _truncate(self, faults: Faults) -> None:
        if faults.truncate:
            os.ftruncate(self._descriptor, max(0, os.fstat(self._descriptor).st_size - 1))

    def _read(self, offset: int, length: int, faults: Faults) -> Any:
        if exceeded(faults.forbid_reading_from, offset + length):
            return _DENIED
        return _tried(lambda: os.pread(self._descriptor, length, offset))

    def _write(self, offset: int, data: bytes, faults: Faults) -> int:
        mischief = self._conduct.mischief
        written = mischief.writes(len(data))
        if exceeded(faults.drop_after, written):
            self._conduct.hang_up()
            return _LOST
        if exceeded(faults.stall_after, written):
            mischief.released.wait()
        if exceeded(faults.full_after, written):
            return _code(OSError(errno.ENOSPC, ""))
        return _done(lambda: os.pwrite(self._descriptor, data, offset))


class Files(SFTPServerInterface):
    """One client's view. Methods return what paramiko wants: a value, or one of SFTP's codes."""

    def __init__(self, _server: object, confined: Confined, mischief: Mischief, hang_up: Callable[[], None]) -> None:
        super().__init__(_server)  # type: ignore[no-untyped-call]
        self._confined, self._conduct = confined, Conduct(mischief, hang_up)

    def canonicalize(self, path: str) -> str:
        return canonical(path)

    def open(self, path: str, flags: int, attr: object) -> Any:  # noqa: ARG002 - modes are ours to choose
        written = bool(flags & (os.O_WRONLY | os.O_RDWR))

        def opened(faults: Faults) -> Any:
            if faults.forbid_reading and not written:
                return _DENIED
            return _tried(lambda: OpenFile(self._confined.open(path, flags), self._conduct, written=written))

        return self._conduct.answer("create" if written else "read-back", opened)

    def stat(self, path: str) -> Any:
        return self.lstat(path)

    def lstat(self, path: str) -> Any:
        return self._conduct.answer("look", lambda faults: _told(lambda: self._confined.status(path), faults))

    def list_folder(self, path: str) -> Any:
        faults = self._conduct.mischief.faults
        return _tried(lambda: [_attributes(status, faults, name) for name, status in self._confined.names(path)])

    def remove(self, path: str) -> Any:
        if self._conduct.mischief.faults.forbid_removing:
            return _DENIED
        return _done(lambda: self._confined.remove(path))

    def rename(self, oldpath: str, newpath: str) -> Any:
        step: Step = "release" if newpath.endswith(_ENVELOPE) else "rename"
        return self._conduct.answer(step, lambda faults: self._rename(oldpath, newpath, faults))

    def mkdir(self, path: str, attr: object) -> Any:  # noqa: ARG002 - modes are ours to choose
        return _done(lambda: self._confined.make_folder(path))

    def _rename(self, old: str, new: str, faults: Faults) -> int:
        if faults.refuse_rename:
            return _DENIED
        code = _done(lambda: self._confined.rename(old, new, over=faults.overwrite))
        self._conduct.mischief.releases += code == _OK and new.endswith(_ENVELOPE)
        if code == _OK and faults.sweep:
            self._confined.remove(new)
        return code


def _told(status: Callable[[], os.stat_result], faults: Faults) -> Any:
    return _DENIED if faults.refuse_stat else _tried(lambda: _attributes(status(), faults))


def _attributes(status: os.stat_result, faults: Faults, name: str | None = None) -> Any:
    attributes = SFTPAttributes.from_stat(status, name)  # type: ignore[no-untyped-call]
    if faults.lie_about_size:
        attributes.st_size = max(0, status.st_size - 1)
    return attributes


def _tried(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except OSError as error:
        return _code(error)


def _done(operation: Callable[[], object]) -> int:
    try:
        operation()
    except OSError as error:
        return _code(error)
    return _OK


def _code(error: OSError) -> int:
    return int(SFTPServer.convert_errno(error.errno))  # type: ignore[no-untyped-call]
