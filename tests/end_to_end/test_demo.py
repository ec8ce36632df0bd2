"""`gateway demo` comes to its end, and says what the README shows of it."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

from gateway.cli.main import run

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def alike(text: str) -> list[str]:
    """Its lines, whatever a transfer is called and however many receipts shared a commit."""
    text = re.sub(r"transfer [0-9a-hjkmnp-tv-z]{26}", "transfer ID", text)
    return re.sub(r"\d+ signed checkpoints", "N signed checkpoints", text).splitlines()


def test_the_demo_says_what_the_readme_shows_of_it(tmp_path):
    out, err = io.StringIO(), io.StringIO()
    assert run(["demo"], {"HOME": str(tmp_path)}, out, err, clock=lambda: AT) == 0, err.getvalue()
    shown = README.split("What `make demo` shows, shortened:\n\n```\n")[1].split("```")[0]
    assert [line for line in alike(shown) if line not in alike(out.getvalue())] == []
