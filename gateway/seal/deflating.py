"""Deflates a stream beside whoever reads it, as far as there is time for it.

Blocks are deflated apart from each other and joined at byte boundaries, so any of them may as
well stand there as it is (RFC 1951 §3.2.4): one that does not shrink, or one for which nobody
has time. A handoff comes slower than it is deflated, and all of it is; a source that is faster
than processor and disk is never held up to make it smaller.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from isal import isal_zlib

LONGEST_STORED: Final = 65535
BLOCK: Final = 16 * LONGEST_STORED
"""Nearly 1 MiB: loses no compression worth naming, and is stored in whole blocks."""
LEVEL, RAW = 1, -15
LAST: Final = b"\x03\x00"
"""An empty last block (RFC 1951 §3.2.6): what ends the joined stream."""
SAMPLE: Final = 16 * 1024
_MOST_AHEAD = 4
_WORTH_IT = 0.97
Hurried = Callable[[], bool]


def blocks(chunks: Iterable[bytes | memoryview], size: int = BLOCK) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, however they came; the last one is shorter."""
    held: list[bytes | memoryview] = []
    room = size
    for chunk in chunks:
        if not held and isinstance(chunk, bytes) and len(chunk) == size:
            yield chunk
            continue
        rest = memoryview(chunk)
        while len(rest) >= room:
            yield b"".join([*held, rest[:room]])
            rest, room = rest[room:], size
            held.clear()
        if rest:
            held.append(rest)
            room -= len(rest)
    if held:
        yield b"".join(held)


def deflated(pieces: Iterable[bytes], hurried: Hurried | None = None) -> Iterator[bytes]:
    """One raw deflate stream of all `pieces`, in their order.

    Who gives `hurried` would rather have a piece stored as it is than wait: it says whether the
    pieces before are still being worked on behind us.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="deflate") as other:
        ahead: deque[Future[bytes]] = deque()
        for piece in pieces:
            while ahead and (ahead[0].done() or (hurried is None and len(ahead) == _MOST_AHEAD)):
                yield ahead.popleft().result()
            if hurried is None or (len(ahead) < _MOST_AHEAD and not hurried()):
                ahead.append(other.submit(deflate_block, piece))
            else:
                yield from _results(ahead)
                yield stored_block(piece)
        yield from _results(ahead)
    yield LAST


def deflate_block(block: bytes) -> bytes:
    """Raw deflate that ends at a byte and refers to nothing before it; stored, if it would not shrink."""
    sample = block[:SAMPLE]
    if len(_deflate(sample)) > _WORTH_IT * len(sample):
        return stored_block(block)
    return _deflate(block)


def _results(ahead: deque[Future[bytes]]) -> Iterator[bytes]:
    while ahead:
        yield ahead.popleft().result()


def stored_block(block: bytes) -> bytes:
    view = memoryview(block)
    parts: list[bytes | memoryview] = []
    for start in range(0, len(view), LONGEST_STORED):
        piece = view[start : start + LONGEST_STORED]
        length = len(piece).to_bytes(2, "little")
        parts += [b"\0", length, bytes(byte ^ 0xFF for byte in length), piece]
    return b"".join(parts)


def _deflate(block: bytes) -> bytes:
    stream = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
    return bytes(stream.compress(block) + stream.flush(isal_zlib.Z_FULL_FLUSH))
