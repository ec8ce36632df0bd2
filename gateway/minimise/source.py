"""The extract as slices that the engine can read: validated pieces, gathered in memory files.

Nothing reads the extract but this. A slice is a file without a name that only this process
can reach; while the engine reads one, a thread fills the next. Slices bound what is in memory
at once, whatever the size of the extract.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from queue import Queue
from threading import Thread

from gateway.formats.delimited import PIECE, DelimitedReader, Piece, split_header
from gateway.formats.text import Text
from gateway.vocabulary.errors import StructureInvalid

SLICE_BYTES = 88 << 20
SLICE = "'<slice>'"
"""Stands in a plan's SQL for a slice: its path, and how it must be read."""
UNQUOTED = "'<unquoted>'"
"""Stands there for whether no cell of the slice holds a newline, a quote or the file's delimiter."""
SMALL = 1 << 20
"""Bytes of an extract: one thread judges so few rows sooner than a second one has started."""
SLICES = 2
SOONER = 4
"""The first slice is so much smaller: the engine waits for it, and for none after it."""


@dataclass(frozen=True, slots=True)
class Slice:
    """`plain`: no cell holds a newline. Only then may threads start reading in the middle of it.

    A thread takes what looks like the start of a record for one, and a cell can be written to look like records.
    `unquoted`: there is no quote in it.
    """

    path: str
    descriptor: int
    rows: int
    plain: bool
    unquoted: bool

    def in_sql(self, query: str) -> str:
        query = query.replace(UNQUOTED, str(self.unquoted).lower())
        return query.replace(SLICE, f"'{self.path}', parallel = {str(self.plain).lower()}")

    def data(self) -> bytes:
        return os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0)


class Source:
    """Paths are known before the extract is read, so that the engine can be shut in first."""

    def __init__(
        self, text: Text, *, delimiter: str, ended: bool, max_bytes: int, max_rows: int, size: int = SLICE_BYTES
    ) -> None:
        self._bytes = text.most_bytes
        self._reader = DelimitedReader(text, delimiter=delimiter, ended=ended)
        self._pieces = self._reader.pieces()
        self._rest: tuple[Piece, ...] = ()
        self._delimiter, self._max_bytes, self._max_rows, self._size = delimiter, max_bytes, max_rows, size
        self._files = [os.memfd_create("slice", os.MFD_CLOEXEC) for _ in range(SLICES)]
        self._free: Queue[int] = Queue()
        self._full: Queue[Slice | Exception | None] = Queue()
        self.rows = 0
        """Rows behind the header, counted without the engine."""

    @property
    def most_slices(self) -> int:
        """At most as many as come out of a file of this size."""
        return self._bytes // max(self._size, PIECE) + 3

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(f"/dev/fd/{descriptor}" for descriptor in self._files)

    def header(self) -> tuple[str, ...]:
        """StructureInvalid if the file is empty."""
        first = next(self._pieces, None)
        if first is None:
            raise StructureInvalid("the file is empty", code="empty-file", row=0)
        cells, rest = split_header(first, delimiter=self._delimiter)
        self._rest = (rest,)
        return cells

    def begin(self) -> None:
        """The first slice is filled while the engine is told what it needs for it."""
        for descriptor in self._files:
            self._free.put(descriptor)
        Thread(target=self._fill_all, daemon=True).start()

    def slices(self) -> Iterator[Slice]:
        """Each is void as soon as the next is asked for; once it has begun."""
        while (found := self._full.get()) is not None:
            if isinstance(found, Exception):
                raise found
            yield found
            self._free.put(found.descriptor)

    def _fill_all(self) -> None:
        try:
            pieces = self._counted()
            most = self._size // SOONER
            while slice_ := self._fill(pieces, most):
                self._full.put(slice_)
                most = self._size
            self._full.put(None)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that reads the slices
            self._full.put(error)

    def _fill(self, pieces: Iterator[Piece], most: int) -> Slice | None:
        """One slice, as soon as the engine has done with the one that had its file."""
        piece = next(pieces, None)
        if piece is None:
            return None
        descriptor, rows, size, plain, unquoted = self._free.get(), 0, 0, True, True
        while piece is not None:
            os.pwrite(descriptor, piece.data, size)
            rows, size = rows + piece.rows, size + len(piece.data)
            plain, unquoted = plain and piece.plain, unquoted and piece.unquoted
            piece = next(pieces, None) if size < most else None
        os.ftruncate(descriptor, size)  # last: pages that are there already need not be cleared again
        return Slice(f"/dev/fd/{descriptor}", descriptor, rows, plain, unquoted)

    def _counted(self) -> Iterator[Piece]:
        size = 0
        for piece in chain(self._rest, self._pieces):
            self.rows, size = self.rows + piece.rows, size + len(piece.data)
            if self.rows > self._max_rows:
                raise StructureInvalid("the file has too many rows", code="too-many-rows", row=0)
            if size > self._max_bytes:
                raise StructureInvalid("the file is too large", code="too-large", row=0)
            if piece.rows:
                yield piece
