"""asyncssh's SFTP server on the loopback interface: a third hand's, in a thread with a loop of its own."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from gateway.contract.partner import Endpoint
from gateway.crypto.ssh_keys import SigningKey

_CIPHERS = ("aes256-gcm@openssh.com",)


@dataclass(slots=True, kw_only=True)
class AsyncsshServer:
    endpoint: Endpoint
    files: Path
    full_after: int | None = None
    """Bytes, over all files, from the moment this is set."""
    written: int = 0
    sessions: list[asyncssh.SFTPServer] = field(default_factory=list)

    def fill_after(self, size: int | None) -> None:
        self.full_after, self.written = size, 0

    def takes(self, data: bytes) -> bool:
        self.written += len(data)
        return self.full_after is None or self.written <= self.full_after


@contextmanager
def asyncssh_server(folder: Path, authorised: str) -> Iterator[AsyncsshServer]:
    """Serve `folder/files` to the holder of `authorised`, and stop whatever happens."""
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
    files = folder / "files"
    for name in ("inbox", "acknowledgements"):
        (files / name).mkdir(parents=True)
    host_key = SigningKey.generate_ed25519()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = AsyncsshServer(
        endpoint=Endpoint(host="127.0.0.1", username="council", host_keys=(host_key.public_line(),)), files=files
    )
    listening = asyncio.run_coroutine_threadsafe(_listen(server, host_key, authorised), loop).result(10)
    server.endpoint = server.endpoint.model_copy(update={"port": listening.get_port()})
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_end(server, listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listen(server: AsyncsshServer, host_key: SigningKey, authorised: str) -> asyncssh.SSHAcceptor:
    class Files(asyncssh.SFTPServer):
        def __init__(self, channel):
            super().__init__(channel, chroot=str(server.files))
            server.sessions.append(self)
            self.opened = []

        def open(self, path, pflags, attrs):
            self.opened.append(super().open(path, pflags, attrs))
            return self.opened[-1]

        def write(self, file_obj, offset, data):
            if not server.takes(data):
                raise asyncssh.SFTPFailure("no space left")
            return super().write(file_obj, offset, data)

    return await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[asyncssh.import_private_key(host_key.openssh_private())],
        authorized_client_keys=asyncssh.import_authorized_keys(authorised), sftp_factory=Files,
        encryption_algs=_CIPHERS,
    )  # fmt: skip


async def _end(server: AsyncsshServer, listening: asyncssh.SSHAcceptor) -> None:
    listening.close()
    await listening.wait_closed()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for session in server.sessions:
        for file in session.opened:
            file.close()  # a connection that was cut leaves them to the garbage collector
