"""Our private key as paramiko wants it: it signs through `crypto`, which alone reads keys.

So a key is parsed in one place only, with the same checks for every use, and paramiko
never sees its private half or looks for keys or agents by itself.
"""

from typing import Any

from paramiko.message import Message
from paramiko.pkey import PKey

from gateway.crypto.ssh_keys import SigningKey


class OwnKey(PKey):
    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.public_blob = None

    def get_name(self) -> str:
        return self._key.public.key_type

    def asbytes(self) -> bytes:
        return self._key.public.blob

    def can_sign(self) -> bool:
        return True

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> Any:  # noqa: ARG002 - one for each key type
        return Message(self._key.sign_wire(data))  # type: ignore[no-untyped-call]
