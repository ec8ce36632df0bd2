"""Deflates a stream on two threads: whoever is free takes the next block.

Blocks are deflated apart from each other and joined at byte boundaries, so the result does
not depend on who deflated what. The caller's own thread does it while the other is busy;
both give up Python's lock for it. Blocks of 1 MiB lose no compression worth naming.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from isal import isal_zlib

BLOCK: Final = 1 << 20
LEVEL, RAW = 1, -15
LAST: Final = b"\x03\x00"
"""An empty last block (RFC 1951 §3.2.6): what ends the joined stream."""
_MOST_AHEAD = 8


def blocks(chunks: Iterable[bytes], size: int = BLOCK) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, however they came; the last one is shorter."""
    held: list[bytes] = []
    room = size
    for chunk in chunks:
        place = 0
        while len(chunk) - place >= room:
            yield b"".join([*held, chunk[place : place + room]])
            place, room = place + room, size
            held.clear()
        if place < len(chunk):
            held.append(chunk[place:])
            room -= len(chunk) - place
    if held:
        yield b"".join(held)


def deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One raw deflate stream of all `pieces`, each deflated apart, in their order."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="deflate") as other:
        running: Future[bytes] | None = None
        behind: list[bytes] = []
        for piece in pieces:
            if running is None or running.done() or len(behind) == _MOST_AHEAD:
                ready = [running.result(), *behind] if running else []
                running, behind = other.submit(deflate_block, piece), []
                yield from ready  # what the caller does with them runs beside the other thread
            else:
                behind.append(deflate_block(piece))
        if running:
            yield from [running.result(), *behind]
    yield LAST


def deflate_block(block: bytes) -> bytes:
    """Raw deflate that ends at a byte and refers to nothing before it."""
    stream = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
    return bytes(stream.compress(block) + stream.flush(isal_zlib.Z_FULL_FLUSH))
