"""What of paramiko is used: its transport, nothing of its own SFTP client, and nothing private."""

import ast
import re
from pathlib import Path

import pytest

import gateway.deliver.sftp

SOURCES = sorted(Path(gateway.deliver.sftp.__file__).parent.glob("*.py"))
USED = {"Transport", "Packetizer", "PKey", "Message", "SSHException", "ssh_exception"}
ERRORS_ONLY = {"BERException", "InvalidHostKey", "NeedRekeyException", "UnknownKeyType", "SFTPError"}
PRIVATE = re.compile(
    r"(?:transport|channel|packetizer|options|sock)\._|_(?:Packetizer|Transport|Channel)__", re.IGNORECASE
)


def imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "paramiko":
            yield from (alias.name for alias in node.names)


def test_there_is_something_to_look_through():
    assert len(SOURCES) > 10
    assert {name for path in SOURCES for name in imported(path.read_text())} - ERRORS_ONLY == USED


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_only_what_loses_no_errors_is_imported(path):
    """SFTPFile swallows write errors when it is pipelined, and reports a dead connection as closed well."""
    allowed = USED | (ERRORS_ONLY if path.stem == "faults" else set())
    assert set(imported(path.read_text())) <= allowed


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_private_of_theirs_is_touched(path):
    assert not PRIVATE.findall(path.read_text())


@pytest.mark.parametrize("text", ["transport._x", "channel._send(", "self._Packetizer__write_lock"])
def test_what_is_private_would_be_found(text):
    assert PRIVATE.search(text)
