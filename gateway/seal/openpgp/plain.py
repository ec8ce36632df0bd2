"""Plain data as it passes on its way into a message, or out of one."""

from hashlib import sha256

from gateway.seal.behind import Piece
from gateway.vocabulary.digest import Digest


class Plain:
    """Its SHA-256 is the manifest's, and what the message's signature begins with."""

    def __init__(self) -> None:
        self.sha = sha256()
        self.size = 0

    @property
    def digest(self) -> Digest:
        return Digest(self.sha.digest())

    def feed(self, data: Piece) -> None:
        self.sha.update(data)
        self.size += len(data)
