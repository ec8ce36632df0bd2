"""The command on streams of its own."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from gateway.cli.main import run


@dataclass(frozen=True)
class Spoken:
    code: int
    out: str
    err: str


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """Run one command line in an empty folder; what it left with, and what it said."""
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.chdir(nowhere)

    def type_in(*argv: str, environ: dict[str, str] | None = None) -> Spoken:
        out, err = io.StringIO(), io.StringIO()
        at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
        code = run([str(word) for word in argv], environ or {}, out, err, stdin=io.StringIO(), clock=lambda: at)
        return Spoken(code, out.getvalue(), err.getvalue())

    return type_in
