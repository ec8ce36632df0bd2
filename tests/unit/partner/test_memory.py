"""The receiver's memory: one that an earlier version wrote is brought forward, a later one's is left alone."""

import sqlite3

import pytest

from gateway.partner.memory import Given, Memory
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId

FIRST = """
create table answer (transfer text primary key, route text not null, sequence integer not null, envelope text not null,
                     body blob not null, signature blob not null) strict, without rowid;
create index answer_number on answer (route, sequence);
create table cosigned (one integer primary key check (one = 1), note text not null) strict;
pragma user_version = 1;
"""
TRANSFER = TransferId("0" * 26)


def test_what_the_first_version_remembered_is_kept(tmp_path):
    path = tmp_path / "memory.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST)
    connection.execute("insert into answer values (?, 'yss', 1, ?, x'00', x'01')", (TRANSFER, "ab" * 32))
    connection.commit()
    connection.close()
    for _ in range(2):
        with Memory(path) as memory:
            assert memory.given(TRANSFER) == Given(envelope=Digest.parse("ab" * 32), body=b"\0", signature=b"\1")
            assert memory.held("file") == (TRANSFER,)
            assert memory.expected("yss", {}) == 2


def test_a_memory_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "memory.sqlite"
    with Memory(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="later version"):
        Memory(path)
