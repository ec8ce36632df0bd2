"""Is the machine's clock kept? Ages, consents and release times are judged by it.

The kernel is asked (adjtimex(2), which changes nothing with modes = 0): it knows whether
somebody disciplines the clock, whichever daemon that is.
"""

import ctypes
from collections.abc import Iterator
from typing import Literal

from gateway.config.checkup.check import Check, Surroundings, fail, ok, warn
from gateway.config.load import Configuration

_TIME_ERROR = 5
_ROOM = 512
"""More than `struct timex` needs anywhere; all zero, so modes = 0."""


def kernel_clock() -> Literal["synchronised", "unsynchronised", "unknown"]:
    adjtimex = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    state = adjtimex(ctypes.create_string_buffer(_ROOM)) if adjtimex else -1
    if state < 0:
        return "unknown"
    return "unsynchronised" if state == _TIME_ERROR else "synchronised"


def clock_is_kept(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    remedy = "start an NTP service ('timedatectl set-ntp true'), and see that its servers can be reached"
    if configuration.settings.clock == "host":
        yield ok("clock", "kept by the host, as the settings say")
    elif around.clock == "synchronised":
        yield ok("clock", "synchronised")
    elif around.clock == "unsynchronised" and not configuration.settings.demo:
        yield fail("clock", "nobody keeps the machine's clock right", remedy)
    else:
        yield warn("clock", f"{around.clock}: ages and dates are judged by it", remedy)
