"""The documents say what is true: verbs, exit codes, folders, commands."""

import re
from pathlib import Path

import pytest

from gateway.cli.exit_codes import markdown
from gateway.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
VERB = re.compile(r"^ *(?:\$ )?gateway (?:--home \S+ )?([a-z]+)", re.MULTILINE)


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "config" / "README.md", ROOT / "keys" / "README.md",
            *sorted((ROOT / "docs").glob("*.md"))]  # fmt: skip


def unknown_verbs(text: str) -> set[str]:
    """What stands after `gateway` in code, and is no verb."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return {verb for piece in code for verb in VERB.findall(piece)} - set(VERBS)


def test_the_table_of_exit_codes_is_the_error_classes_own():
    assert markdown() in README


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_no_verb_that_there_is_not(path):
    assert unknown_verbs(path.read_text("utf-8")) == set()


def test_a_verb_that_there_is_not_would_be_found():
    assert unknown_verbs("type `gateway fly`, or\n```\ngateway --home x swim\n```\n") == {"fly", "swim"}


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path):
    text = path.read_text("utf-8")
    anchors = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
               for line in text.splitlines() if line.startswith("#")}  # fmt: skip
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (path.parent / target).exists(), target


def test_the_first_screen_has_the_two_commands():
    first = "\n".join(README.splitlines()[:30])
    assert "make demo" in first
    assert "make test" in first


def test_every_target_that_the_readme_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"make ([a-z]+)\b", README)) - {"and"}:
        assert f"\n{target}:" in makefile, target
