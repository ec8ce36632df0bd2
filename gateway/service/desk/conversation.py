"""One verb's way back to the person who asked for it: what it says, and what of theirs it asks for.

    here handoff-desk/v1                  somebody attends to the person, who may ask now
    say out|err                           bytes for a stream
    want input|file                       the next bytes of standard input, or of the file that was named
    want signature|agreement  namespace   of these bytes; an agreement is shown to the person first
    want names                            of the papers beside the file
    want paper name most                  one of them
    write-paper name · write-page · page-taken
    parcel · sealed which · open · keep   a staged parcel for the person's identity: what it is, its files, that it
                                          be verified and opened, that its data be shown
    done exit

The person's files, keys and folders are touched by the person's own process alone, with the
person's own rights: a path never leads prepare anywhere.
"""

import io
import json
from collections.abc import Iterable
from typing import BinaryIO, Literal

from gateway.service.desk.frames import MOST_BYTES, Frame, Line
from gateway.service.desk.request import TYPE, Request
from gateway.vocabulary.errors import ExtractInvalid, FormatInvalid, StorageError

REQUEST_SECONDS = 10.0
PERSON_SECONDS = 300.0
"""A person reads, types, touches a key."""
BLOCK = 64 * 1024
Stream = Literal["out", "err"]


class Conversation:
    def __init__(self, line: Line) -> None:
        self._line = line

    def request(self) -> Request:
        """What the person asks for, once they were told that they may. FormatInvalid if it is none."""
        self._line.send({"here": TYPE})
        return Request.parse(self._next(REQUEST_SECONDS))

    def say(self, stream: Stream, data: bytes) -> None:
        for start in range(0, len(data), MOST_BYTES):
            self._line.send({"say": stream}, data[start : start + MOST_BYTES])

    def bring(self, what: Literal["input", "file"], most: int) -> bytes:
        """At most so many bytes, none at the end."""
        data = self._want({"want": what, "most": min(most, BLOCK)})
        if len(data) > most:
            raise FormatInvalid("more came over the desk's socket than was asked for")
        return data

    def signature(self, message: bytes, namespace: str, *, shown: bool) -> str:
        """By the key that the person named. `shown`: the person reads the message before, and agrees to it."""
        what = "agreement" if shown else "signature"
        return self._want({"want": what, "namespace": namespace}, message).decode("ascii", "replace")

    def names(self) -> list[str]:
        try:
            names = json.loads(self._want({"want": "names"}))
        except (ValueError, RecursionError) as error:
            raise FormatInvalid("a list of names is none") from error
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise FormatInvalid("a list of names is none")
        return names

    def paper(self, name: str, most: int) -> bytes:
        """ExtractInvalid if it cannot be read as it is."""
        return self._want({"want": "paper", "name": name, "most": most})

    def write_paper(self, name: str, data: bytes) -> None:
        self._want({"want": "write-paper", "name": name}, data)

    def page_is_taken(self) -> bool:
        return bool(self._want({"want": "page-taken"}))

    def write_page(self, data: bytes) -> None:
        for start in range(0, len(data), MOST_BYTES):
            self._want({"want": "page"}, data[start : start + MOST_BYTES])
        self._want({"want": "write-page"})

    def open_parcel(self, about: bytes, files: Iterable[BinaryIO]) -> None:
        """The person verifies and opens it, where nobody sees it yet."""
        self._want({"want": "parcel"}, about)
        for which, file in enumerate(files):
            while data := file.read(MOST_BYTES):
                self._want({"want": "sealed", "which": which}, data)
        self._want({"want": "open"})

    def keep_parcel(self) -> str:
        """Where its data is now, as the person calls that."""
        return self._want({"want": "keep"}).decode("utf-8", "surrogateescape")

    def done(self, code: int) -> None:
        self._line.send({"done": code})

    def _want(self, members: dict[str, str | int], data: bytes = b"") -> bytes:
        self._line.send(members, data)
        answer = self._next(PERSON_SECONDS)
        if "failed" in answer.members:
            raise ExtractInvalid(answer.text("failed"))
        if answer.members:
            raise FormatInvalid("what came over the desk's socket is not what is agreed there")
        return answer.data

    def _next(self, seconds: float) -> Frame:
        frame = self._line.receive(seconds)
        if frame is None:
            raise StorageError("whoever asked has gone away")
        return frame


class Said(io.TextIOBase):
    """A stream that a verb writes to: its text goes to the person in blocks, and whenever it is flushed."""

    def __init__(
        self, conversation: Conversation, stream: Stream, *, terminal: bool = False, after: tuple["Said", ...] = ()
    ) -> None:
        """`after`: what was said to these before is seen before; and then nothing is held back."""
        self._conversation, self._stream, self._terminal, self._after = conversation, stream, terminal, after
        self._held: list[str] = []
        self._length = 0

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str, /) -> int:
        self._held.append(text)
        self._length += len(text)
        if self._after or self._length > BLOCK:
            self.flush()
        return len(text)

    def flush(self) -> None:
        for other in self._after:
            other.flush()
        if self._held:
            data = "".join(self._held).encode("utf-8", "surrogateescape")
            self._held, self._length = [], 0
            self._conversation.say(self._stream, data)

    def close(self) -> None:
        """What was not flushed is not said: the conversation may be over."""
        self._held = []
        super().close()


class Brought(io.RawIOBase):
    """Bytes of the person's, fetched as they are read."""

    def __init__(
        self, conversation: Conversation, what: Literal["input", "file"], *, terminal: bool = False,
        first: tuple[Said, ...] = (),
    ) -> None:  # fmt: skip
        """`first`: what was said before is seen before the person is asked for more."""
        self._conversation, self._what, self._terminal, self._first = conversation, what, terminal, first

    def isatty(self) -> bool:
        return self._terminal

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        for said in self._first:
            said.flush()
        data = self._conversation.bring(self._what, len(buffer))
        buffer[: len(data)] = data
        return len(data)
