"""The stand-in's SFTP operations: a confined folder, and the faults that are in force.

Faithful where it matters to a sender: exclusive create, a plain rename that refuses an
existing name, no posix-rename, no fsync extension.
"""

import errno
import os
from collections.abc import Callable
from typing import Any

from paramiko import sftp
from paramiko.sftp_attr import SFTPAttributes
from paramiko.sftp_handle import SFTPHandle
from paramiko.sftp_server import SFTPServer
from paramiko.sftp_si import SFTPServerInterface

from gateway.partner.standin.confined import Confined, canonical
from gateway.partner.standin.faults import Mischief, exceeded

_OK: int = sftp.SFTP_OK


class OpenFile(SFTPHandle):
    """One open file; reads and writes at offsets, nothing buffered."""

    def __init__(self, descriptor: int, mischief: Mischief, hang_up: Callable[[], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._descriptor, self._mischief, self._hang_up = descriptor, mischief, hang_up

    def close(self) -> None:
        os.close(self._descriptor)

    def read(self, offset: int, length: int) -> bytes | int:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            return _code(error)

    def write(self, offset: int, data: bytes) -> int:
        written, faults = self._mischief.writes(len(data)), self._mischief.faults
        if exceeded(faults.drop_after, written):
            self._hang_up()
            return int(sftp.SFTP_CONNECTION_LOST)
        if exceeded(faults.stall_after, written):
            self._mischief.released.wait()
        if exceeded(faults.full_after, written):
            return _code(OSError(errno.ENOSPC, ""))
        try:
            os.pwrite(self._descriptor, data, offset)
        except OSError as error:
            return _code(error)
        return _OK

    def stat(self) -> Any:
        return _attributes(os.fstat(self._descriptor), self._mischief)


class Files(SFTPServerInterface):
    """One client's view. Methods return what paramiko wants: a value, or one of SFTP's codes."""

    def __init__(self, _server: object, confined: Confined, mischief: Mischief, hang_up: Callable[[], None]) -> None:
        super().__init__(_server)  # type: ignore[no-untyped-call]
        self._confined, self._mischief, self._hang_up = confined, mischief, hang_up

    def canonicalize(self, path: str) -> str:
        return canonical(path)

    def open(self, path: str, flags: int, attr: object) -> Any:  # noqa: ARG002 - modes are ours to choose
        if self._mischief.faults.forbid_reading and not flags & (os.O_WRONLY | os.O_RDWR):
            return sftp.SFTP_PERMISSION_DENIED
        return _tried(lambda: OpenFile(self._confined.open(path, flags), self._mischief, self._hang_up))

    def stat(self, path: str) -> Any:
        return self.lstat(path)

    def lstat(self, path: str) -> Any:
        return _tried(lambda: _attributes(self._confined.status(path), self._mischief))

    def list_folder(self, path: str) -> Any:
        return _tried(
            lambda: [_attributes(status, self._mischief, name) for name, status in self._confined.names(path)]
        )

    def remove(self, path: str) -> Any:
        if self._mischief.faults.forbid_removing:
            return sftp.SFTP_PERMISSION_DENIED
        return _done(lambda: self._confined.remove(path))

    def rename(self, oldpath: str, newpath: str) -> Any:
        if self._mischief.faults.refuse_rename:
            return sftp.SFTP_PERMISSION_DENIED
        code = _done(lambda: self._confined.rename(oldpath, newpath))
        if code == _OK and self._mischief.faults.sweep:
            self._confined.remove(newpath)
        return code

    def mkdir(self, path: str, attr: object) -> Any:  # noqa: ARG002 - modes are ours to choose
        return _done(lambda: self._confined.make_folder(path))


def _attributes(status: os.stat_result, mischief: Mischief, name: str | None = None) -> Any:
    attributes = SFTPAttributes.from_stat(status, name)  # type: ignore[no-untyped-call]
    if mischief.faults.lie_about_size:
        attributes.st_size = max(0, status.st_size - 1)
    return attributes


def _tried(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except OSError as error:
        return _code(error)


def _done(operation: Callable[[], None]) -> int:
    code = _tried(operation)
    return _OK if code is None else int(code)


def _code(error: OSError) -> int:
    return int(SFTPServer.convert_errno(error.errno))  # type: ignore[no-untyped-call]
