"""Group commit: appends that wait for the disk at the same time share one transaction, one signature, one sync.

Whoever gets his turn writes for all who wait behind him. Nobody returns before his receipts
are on disk, and a receipt that may not stand is told to him alone who brought it.
"""

import threading
from collections.abc import Callable, Sequence

from gateway.crypto.checkpoint import Checkpoint
from gateway.receipts.receipt import Receipt
from gateway.vocabulary.errors import StorageError


class Request:
    """One caller's receipts, and what became of them."""

    def __init__(self, receipts: Sequence[Receipt]) -> None:
        self.receipts = receipts
        self.checkpoint: Checkpoint | None = None
        self.error: BaseException | None = None
        self.woken = threading.Event()
        """Answered, or asked to write for all who wait."""

    @property
    def is_answered(self) -> bool:
        return self.checkpoint is not None or self.error is not None

    def answer(self) -> Checkpoint:
        if self.error is not None:
            raise self.error
        if self.checkpoint is None:
            raise StorageError("a receipt was not recorded", remedy="it is recorded again with the next round")
        return self.checkpoint


class Group:
    """`write` answers every request that it is given; what it raises is everybody's whom it had not answered."""

    def __init__(self, write: Callable[[Sequence[Request]], None]) -> None:
        self._write = write
        self._door = threading.Lock()
        self._waiting: list[Request] = []
        self._is_led = False

    def append(self, receipts: Sequence[Receipt]) -> Checkpoint:
        request = Request(receipts)
        with self._door:
            self._waiting.append(request)
            leads, self._is_led = not self._is_led, True
        if not leads:
            request.woken.wait()
        if not request.is_answered:
            self._lead()
        return request.answer()

    def _lead(self) -> None:
        """Write for all who wait, oneself among them, and ask the first who came meanwhile to lead next."""
        with self._door:
            batch, self._waiting = self._waiting, []
        try:
            self._write(batch)
        except BaseException as error:  # whoever waits must not be left without an answer
            for request in batch:
                request.error = request.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            with self._door:
                self._is_led = bool(self._waiting)
                next_one = self._waiting[:1]
            for request in (*batch, *next_one):
                request.woken.set()
