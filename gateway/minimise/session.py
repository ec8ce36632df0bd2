"""DuckDB, shut in: no spill, no extensions, no file but those named at the start, and no word of its errors.

Its messages quote data, and failing SQL is quoted with its literals. So values and keys are
bound, and an error comes out as one of three kinds and nothing more; the cause is dropped on
purpose. Without a temporary directory nothing can reach the disk: too little memory ends a run.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from enum import StrEnum
from typing import Any, Final

# The package around this module looks for optional libraries at import: 0.11 s, for nothing used here.
import _duckdb

Value = str | int | bytes | Sequence[str] | Sequence[bytes] | Sequence[int]
ALONE = 1
"""Threads that every database begins with: to be told the same again costs two milliseconds."""
MOST_NEED = 2
"""One to judge, in no order, and one to write disclosures in theirs."""
_OF_ALL: Final[Mapping[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": ALONE,
    "async_threads": 0,
    "temp_directory": "",
    # a slice's file has the name of the one before: never answer from a cache
    "enable_external_file_cache": "false",
    # it guesses a CSV's size and then builds the hash table on the extract instead of the register
    "disabled_optimizers": "build_side_probe_side,join_order",
}
_FIRST_STATEMENTS: Final[tuple[tuple[str, Mapping[str, Value]], ...]] = (
    ("CREATE TEMP TABLE first (a VARCHAR, b BLOB)", {}),
    ("INSERT INTO first SELECT unnest($a::VARCHAR[]), unnest($b::BLOB[])", {"a": ["a", "b"], "b": [b"x", b"y"]}),
    ("SELECT sha256(b), regexp_full_match(a, '[a-z]+'), count(*) FROM first GROUP BY ALL ORDER BY ALL", {}),
    ("DROP TABLE first", {}),
)
_PARAMETER = re.compile(r"\$([a-z_0-9]+)")


class Failure(StrEnum):
    MEMORY = "out-of-memory"
    STRUCTURE = "structure"
    ENGINE = "engine"


class EngineFailed(Exception):
    """Holds no text of the engine's, and no cause."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Engines:
    """Empty databases in memory, not shut in yet: making one takes as long as judging a few children.

    For a process that ends with its work: each is kept until then, since freeing one takes half as long again.
    """

    def __init__(self, made: Sequence[Any] = ()) -> None:
        self._made = list(made)
        self._given: list[Any] = []

    @classmethod
    def warmed(cls) -> "Engines":
        """As many as most extracts need, their first statements behind them, which take ten times as long as the next."""
        made = [_connected() for _ in range(MOST_NEED)]
        for connection in made:
            for statement, values in _FIRST_STATEMENTS:
                connection.execute(statement, values).fetchall()
        return cls(made)

    def one(self) -> Any:
        self._given.append(self._made.pop() if self._made else _connected())
        return self._given[-1]


def _connected() -> Any:
    """Without threads: a process that has any cannot be copied. A session sets how many work for it."""
    return _duckdb.connect(config=dict(_OF_ALL))


class Session:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def opened(
        cls, *, memory_mb: int, threads: int, files: Sequence[str], ordered: bool = True, engines: Engines | None = None
    ) -> Iterator["Session"]:
        """A database in memory that can reach `files` (absolute paths of ours) and nothing else.

        Not `ordered`: rows come in no order, not even sorted ones out of a file; joins keep none anyway, and a table
        that asks for one is written by one thread. `engines`: where its database is taken from, which then stays open.
        """
        with nullcontext(engines.one()) if engines else closing(_connected()) as connection:
            session = cls(connection)
            for setting in _settings(memory_mb, threads, files, ordered=ordered):
                session.run(setting)
            yield session

    def run(self, query: str, values: Mapping[str, Value] | None = None) -> int:
        """Execute a statement; how many rows it wrote, if it tells."""
        rows = self.rows(query, values)
        return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else 0

    def rows(self, query: str, values: Mapping[str, Value] | None = None) -> list[tuple[Any, ...]]:
        """Of `values` those that the query names are bound.

        Raises:
            EngineFailed: whatever the engine said.
        """
        bound = {name: (values or {})[name] for name in set(_PARAMETER.findall(query))}
        try:
            return list(self._connection.execute(query, bound).fetchall())
        except _duckdb.OutOfMemoryException:
            raise EngineFailed(Failure.MEMORY) from None
        except _duckdb.InvalidInputException:
            raise EngineFailed(Failure.STRUCTURE) from None
        except (_duckdb.Error, MemoryError):
            raise EngineFailed(Failure.ENGINE) from None


def _settings(memory_mb: int, threads: int, files: Sequence[str], *, ordered: bool) -> list[str]:
    allowed = ", ".join(f"'{path}'" for path in files)
    more = [f"SET threads = {threads}"] if threads != ALONE else []
    return [
        *more,
        f"SET memory_limit = '{memory_mb}MiB'",
        f"SET preserve_insertion_order = {str(ordered).lower()}",
        "SET enable_progress_bar = false",
        f"SET allowed_paths = [{allowed}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ]
