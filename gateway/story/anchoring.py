"""Each checkpoint once more, in a file that lies on another machine: the optional anchor.

    one signed note a line, as a JSON string

A ledger that is restored from yesterday's backup does not know what it has lost, and would give
the same numbers to other receipts. The anchor does: prepare compares before it does anything, and
does nothing until the newest backup is restored. An anchor that cannot be read stops it as well.

Crash point. (N1) receipts written, not anchored: the next round anchors the newest checkpoint.
"""

import json
from pathlib import Path

from gateway.crypto.checkpoint import Checkpoint
from gateway.footing import durable
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import FormatInvalid, LogBroken, SignatureInvalid, StorageError

LONGEST = 4096
_UNREADABLE = "see that the other machine's folder is mounted, or take `anchor` out of config/gateway.toml"


def check_anchor(gateway: Gateway) -> None:
    """
    Raises:
        LogBroken: the ledger is older than what was anchored, or another.
        StorageError: the anchor cannot be read.
    """
    if gateway.anchor is not None and (newest := _newest(gateway, gateway.anchor)):
        gateway.log.check_extends(newest)


def keep_anchor(gateway: Gateway) -> None:
    """Add the newest checkpoint if it is not there yet; StorageError if that fails."""
    if gateway.anchor is None:
        return
    latest = gateway.log.latest()
    if latest.checkpoint.size and latest.checkpoint != _newest(gateway, gateway.anchor):
        durable.append_line(gateway.anchor, json.dumps(latest.note).encode())


def _newest(gateway: Gateway, path: Path) -> Checkpoint | None:
    line = _last_whole_line(path)
    if line is None:
        return None
    try:
        checkpoint, _ = gateway.log.keys().open(str(json.loads(line)).encode())
    except (ValueError, FormatInvalid, SignatureInvalid) as error:
        raise LogBroken(
            "the last line of the anchor is not a checkpoint that this log has signed",
            remedy="keep the file as it is, and find out who wrote there",
        ) from error
    return checkpoint


def _last_whole_line(path: Path) -> bytes | None:
    """None while there is none; what stands behind the last newline was cut short by a crash."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - LONGEST))
            lines = stream.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError("the anchor cannot be read", remedy=_UNREADABLE) from error
    return lines[-1] if lines else None
