"""Memory that large pieces come and go in: kept, instead of given back to the kernel each time."""

from functools import cache
from typing import Final

LARGEST_KEPT: Final = 24 << 20
"""Bytes of freed memory that are worth keeping for the next pieces."""


@cache
def keep_freed_memory() -> None:
    """glibc gives every large piece back to the kernel and has it zeroed again for the next: half of a sealer's time.

    Freeing one block of this size, never touched, tells it that such pieces come and go (mallopt(3), on
    M_MMAP_THRESHOLD). Elsewhere it does nothing.
    """
    bytes(LARGEST_KEPT)
