"""The documents say what is true: verbs, exit codes, folders, commands."""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from gateway.cli.exit_codes import markdown
from gateway.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
VERB = re.compile(r"^ *(?:\$ )?gateway (?:--home \S+ )?([a-z]+)", re.MULTILINE)


LEFT_OUT = {"MissingParameter", "BadOptionUsage"}


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


def typed(text: str) -> Iterator[list[str]]:
    """The words after `gateway` wherever a command is shown: up to what a shell takes for itself, or a remark."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in chain(spans, *(block.splitlines() for block in blocks)):
        for words in re.findall(r"(?:^|(?<=[\s(]))gateway ((?:--home \S+ )?[a-z]\S*(?: [^\s|<>;]\S*)*)", line):
            found = re.sub(r"^--home \S+ ", "", words).split()
            if found[0] in VERBS:
                yield found


def fault(words: Sequence[str]) -> str:
    """Why the command line takes no such words; nothing if it does. A sentence may leave out what a verb needs."""
    command: Any = typer.main.get_command(import_module(VERBS[words[0]][0]).app)
    try:
        context = command.make_context(words[0], [*words[1:]])
        if hasattr(command, "resolve_command") and (rest := [*context._protected_args, *context.args]):
            name, command, rest = command.resolve_command(context, rest)
            command.make_context(name, rest, parent=context)
    except TyperException as error:
        return "" if type(error).__name__ in LEFT_OUT else f"{' '.join(words)}: {type(error).__name__}"
    return ""


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_that_a_document_shows_has_these_verbs_and_options(path):
    assert [said for words in typed(path.read_text("utf-8")) if (said := fault(words))] == []


@pytest.mark.parametrize(
    "text",
    [
        "`gateway status --noes`",
        "`gateway receipts paint`",
        "`gateway todo tomorrow`",
        "```\nsudo -u handoff-prepare gateway --home /x purge --dry   what is due\n```\n",
    ],
)
def test_a_command_with_other_verbs_or_options_would_be_found(text):
    assert [bool(fault(words)) for words in typed(text)] == [True]


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
