"""One statement has one spelling, and says only what it may."""

from datetime import UTC, datetime

import pytest

from gateway.approval.register_statement import (
    IMPORT,
    LARGEST,
    LIFT,
    RegisterStatement,
    about_hold,
    about_import,
)
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StatementInvalid

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ABOUT = about_import(way="changes", file=Digest.of(b"file"), decisions={"refuse": 2, "consent": 7})
STATEMENT = RegisterStatement(gateway="council.example", act=IMPORT, about=ABOUT, salt=bytes(32), expires=AT)
LIFTING = RegisterStatement(gateway="council.example", act=LIFT, about=about_hold(7, AT), salt=bytes(32), expires=AT)


def test_an_import_reads_as_a_person_would_say_it():
    assert STATEMENT.encode().decode() == (
        "handoff-register: v1\ngateway: council.example\nact: register.import\nas: changes\n"
        f"file-sha256: {Digest.of(b'file')}\ndecisions: consent 7\ndecisions: refuse 2\n"
        f"salt: {'00' * 32}\nexpires: 2026-11-24T09:30:00Z\n"
    )


def test_a_lifted_hold_says_which_and_neither_whom_nor_why():
    lines = LIFTING.encode().decode().splitlines()
    assert lines[3:5] == ["hold: 7", "added: 2026-11-24T09:30:00Z"]
    assert len(lines) == 7


@pytest.mark.parametrize("statement", [STATEMENT, LIFTING], ids=["import", "hold"])
def test_what_was_written_is_read_back(statement):
    assert RegisterStatement.parse(statement.encode()) == statement


def changed(old: bytes, new: bytes) -> bytes:
    text = STATEMENT.encode()
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"handoff-register: v1\n",
        STATEMENT.encode()[:-1],
        STATEMENT.encode() + b"\n",
        STATEMENT.encode() + b"remark: yes\n",
        STATEMENT.encode().replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + STATEMENT.encode(),
        changed(b": v1", b": v2"),
        changed(b"changes", b"chang\xc3\xa9s"),
        changed(b"act: register.import", b"act: hold.lift"),
        changed(b"act: register.import", b"act: release"),
        changed(b"as: changes\n", b"as: changes\nhold: 7\n"),
        changed(b"as: changes", b"as:  changes"),
        changed(b"as: changes", b"As: changes"),
        changed(b"00" * 32, b"00" * 31),
        changed(b"00" * 32, b"zz" * 32),
        changed(b"2026-11-24T09:30:00Z", b"2026-11-24T09:30:00+00:00"),
        changed(b"2026-11-24T09:30:00Z", b"2026-11-31T09:30:00Z"),
        changed(b"expires: ", b"ends: "),
        STATEMENT.encode() * (LARGEST // len(STATEMENT.encode()) + 1),
    ],
)
def test_what_was_edited_or_is_of_another_kind_is_no_statement(text):
    with pytest.raises(StatementInvalid) as refused:
        RegisterStatement.parse(text)
    assert refused.value.remedy


def test_the_salt_changes_the_digest_of_what_reads_the_same():
    other = RegisterStatement(gateway="council.example", act=IMPORT, about=ABOUT, salt=b"\1" * 32, expires=AT)
    assert other.digest != STATEMENT.digest
