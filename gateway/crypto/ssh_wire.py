"""SSH's wire encoding (RFC 4251 §5): length-prefixed strings and multiple-precision integers.

Read strictly, so that one value has one spelling: integers are neither negative nor padded,
and nothing follows the last item. A length is compared before anything is copied, so a huge
one costs nothing. What the items mean is the caller's business.
"""

import struct

from gateway.vocabulary.errors import FormatInvalid


def string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def mpint(number: int) -> bytes:
    """Of a number that is not negative."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


class Reader:
    """Takes one item after another; FormatInvalid, naming `what`, where the bytes end too soon or do not end."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._at, self._what = data, 0, what

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise FormatInvalid(f"{self._what} ends too soon")
        self._at += count
        return self._data[self._at - count : self._at]

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.uint32())

    def mpint(self) -> int:
        data = self.string()
        negative, padded = data[:1] > b"\x7f", data[:1] == b"\0" and data[1:2] <= b"\x7f"
        if negative or padded:
            raise FormatInvalid(f"{self._what} holds a number that is negative or padded")
        return int.from_bytes(data, "big")

    def end(self) -> None:
        if self._at != len(self._data):
            raise FormatInvalid(f"{self._what} goes on after its end")
