"""Which reader an extract needs: whatever its format, what comes out is delimited text in UTF-8."""

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from gateway.formats.text import Text, Transcoded


def opened(stream: BinaryIO, reading: Mapping[str, Any]) -> Text:
    """`reading` is what a schema says of itself (`Schema.reading`); the stream is a file, at its start."""
    text = opened_text(stream, reading)
    if reading["format"] == "csv":
        return text
    from gateway.formats.xml.rows import Rows  # noqa: PLC0415 - most workers need no XML

    return Rows(text, reading)


def opened_text(stream: BinaryIO, reading: Mapping[str, Any]) -> Text:
    """The file as it is, but in UTF-8."""
    return Transcoded(stream, encoding=reading["encoding"], size=os.fstat(stream.fileno()).st_size)
