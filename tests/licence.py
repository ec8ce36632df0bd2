"""Root may read and write everything: here a function is called without that licence, in a thread of its own.

Capabilities belong to the thread, and what a thread gives up it never gets back, so it ends with the call.
"""

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3: two words of 32 capabilities each
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_LICENCE = 1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH
_SETS = ctypes.c_uint32 * 6
"""Effective, permitted, inheritable, of the first 32 and of the second."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("thread", ctypes.c_int))


def call_without_licence(function: Callable[[], Result]) -> Result:
    with ThreadPoolExecutor(1, initializer=_give_up) as thread:
        return thread.submit(function).result()


def _give_up() -> None:
    libc, header, sets = ctypes.CDLL(None, use_errno=True), _Header(_VERSION, 0), _SETS()
    _ask(libc.capget, header, sets)
    for word in range(3):
        sets[word] &= ~_LICENCE
    _ask(libc.capset, header, sets)


def _ask(call: Callable[..., int], header: _Header, sets: ctypes.Array) -> None:
    if call(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
