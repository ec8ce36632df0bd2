"""Whether a piece of work closes all that it opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def nothing_stays_open() -> Iterator[None]:
    before = _open_now()
    yield
    assert _open_now() == before


def _open_now() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
