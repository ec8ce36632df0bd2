"""Starts the worker with one order, and sees that it is gone in the end."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final, cast

SECONDS: Final = 60
LONGEST_ANSWER: Final = 1 << 20


class Declined(Exception):
    """No error, but the worker's refusal: what it was given is not what it should be. Whoever asked says what it means."""


def spelled(data: bytes) -> str:
    return base64.b64encode(data).decode()


def ask(order: Mapping[str, Any]) -> dict[str, Any]:
    """One answer; Declined if there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "gateway.seal.openpgp.worker"], input=json.dumps(order).encode("ascii"),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/", timeout=SECONDS, check=True,
        )  # fmt: skip
        if len(done.stdout) <= LONGEST_ANSWER:
            return cast("dict[str, Any]", json.loads(done.stdout))
    except (ValueError, OSError, subprocess.SubprocessError) as error:
        raise Declined from error
    raise Declined
