"""Where others' test vectors lie, if they lie anywhere: they are never committed here."""

import os
from pathlib import Path

from tests.required import missing

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "vectors"


def folder(name: str) -> Path:
    """The folder of vectors `name`, or what `missing` makes of it."""
    root = Path(os.environ.get("HANDOFF_VECTORS", _BESIDE))
    if not (root / name).is_dir():
        missing(f"the {name} vectors are not here (set HANDOFF_VECTORS)")
    return root / name
