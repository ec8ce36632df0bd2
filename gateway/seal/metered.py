"""What goes to a sealed file, counted and hashed on the way."""

from collections.abc import Callable

from gateway.seal.behind import Piece
from gateway.vocabulary.digest import Meter
from gateway.vocabulary.errors import StorageError

Random = Callable[[int], bytes]


class MeteredFile:
    """A full disk is told from an error of the data's source."""

    def __init__(self, write: Callable[[Piece], object], name: str) -> None:
        self._write, self._name = write, name
        self.meter = Meter()

    def write(self, data: Piece, /) -> None:
        self.meter.feed(data)
        try:
            self._write(data)
        except OSError as error:
            raise StorageError(
                f"{self._name} could not be written", remedy="check the disk's space, rights and health"
            ) from error
