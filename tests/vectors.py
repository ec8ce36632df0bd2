"""Where others' test vectors lie, if they lie anywhere: they are never committed here."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "vectors"


def folder(name: str) -> Path:
    """The folder of vectors `name`, or a skip that says so in one line."""
    root = Path(os.environ.get("HANDOFF_VECTORS", _BESIDE))
    if not (root / name).is_dir():
        pytest.skip(f"the {name} vectors are not here (set HANDOFF_VECTORS)", allow_module_level=True)
    return root / name
