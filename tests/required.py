"""What a test needs and this machine may lack: a skip in one line, or a failure where everything is required."""

import os
from typing import NoReturn

import pytest

REQUIRE_ALL = bool(os.environ.get("HANDOFF_REQUIRE_ALL"))
"""Read once: no test sees the variable, since it would read as one of the gateway's settings."""


def missing(sentence: str) -> NoReturn:
    if REQUIRE_ALL:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence, allow_module_level=True)
