"""What a run keeps beside its output: how many rows got which verdict, who stands twice, what is disclosed.

A run of each slice goes to a memory file of its own, as Parquet, with nothing in it that a
child is known by: 8-byte tags of the UPN and of name with birthday (whoever has one twice
stands twice), the subject's pseudonym, the verdict, and when it ends. So the engine's memory holds one slice,
however many there are.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from gateway.minimise.session import Engines, Session
from gateway.minimise.verdicts import RELEASED_BELOW

MOST_DUPLICATES = 100_000
TAGS_AT_A_TIME = 2_000_000
ROWS_SORTED_AT_A_TIME = 2_500_000
"""Grouping or sorting ten million at once would not fit into a worker's memory: they take several passes."""
COMPARED_AT_A_TIME = 3_000_000
_GIVEN = f"verdict < {RELEASED_BELOW} AND subject IS NOT NULL"
PREFIXES = 1 << 16
ROW_GROUP = 16_384
"""Each says its first and its last subject, and they are in order: one child is found by reading one of them."""
_NO_DICTIONARY = "DICTIONARY_SIZE_LIMIT 1"
"""No pseudonym comes twice, and to find that out takes longer than to write it."""
_RUN_AS = f"FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 32768, {_NO_DICTIONARY}, USE_TMP_FILE false"
"""Groups of a part of what is judged at once, so that several threads write them."""


class Accounts:
    """Paths are known before anything is read, so that the engine can be shut in first."""

    def __init__(
        self,
        *,
        slices: int,
        disclosing: bool,
        comparing: bool = False,
        tagging: bool = True,
        ending: bool = False,
        sorted_at_a_time: int = ROWS_SORTED_AT_A_TIME,
    ) -> None:
        self._files = [f"/dev/fd/{os.memfd_create('run', os.MFD_CLOEXEC)}" for _ in range(slices)]
        self._sorted = [f"/dev/fd/{os.memfd_create('sorted', os.MFD_CLOEXEC)}" for _ in range(slices * disclosing)]
        self._tagging = tagging
        self._ends = ", ends" if ending else ""
        self._keeping, self._sorted_at_a_time = disclosing or comparing, sorted_at_a_time
        self._written = 0
        self._tags = 0
        self.tallies: dict[int, int] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self._files, *self._sorted)

    def add_slice(self, session: Session) -> dict[int, int]:
        """How many rows of the table `judged` got which verdict."""
        here = dict(session.rows("SELECT verdict, count(*) FROM judged GROUP BY verdict"))
        for verdict, count in here.items():
            self.tallies[verdict] = self.tallies.get(verdict, 0) + count
        subject = "subject" if self._keeping else "CAST(NULL AS BLOB) AS subject"
        tags, tagged = ("upn_tag, name_tag, ", "upn_tag IS NOT NULL OR ") if self._tagging else ("", "")
        session.run(
            f"COPY (SELECT {tags}{subject}, verdict{self._ends} FROM judged WHERE {tagged}subject IS NOT NULL)"  # noqa: S608
            f" TO '{self._files[self._written]}' ({_RUN_AS})"
        )
        self._written += 1
        self._tags += 2 * sum(here.values())
        return here

    def duplicates(self, session: Session) -> list[int]:
        """Tags that came up more than once and were not excluded already; one more than the most at most."""
        if not self._tagging:
            return []
        found: list[int] = []
        for part in self._parts():
            tags = " UNION ALL ".join(
                f"SELECT {tag} AS tag FROM {self._runs()} WHERE {tag} % {part[1]} = {part[0]}"  # noqa: S608 - our own words only
                for tag in ("upn_tag", "name_tag")
            )
            query = f"SELECT tag FROM ({tags}) WHERE tag NOT IN (SELECT tag FROM excluded) GROUP BY tag"  # noqa: S608
            found += [int(tag) for (tag,) in session.rows(f"{query} HAVING count(*) > 1 LIMIT {MOST_DUPLICATES + 1}")]
            if len(found) > MOST_DUPLICATES:
                break
        return sorted(found)

    def removed(
        self, session: Session, previous: str, *, subject: str = "subject", values: Mapping[str, bytes] | None = None
    ) -> int:
        """How many subjects a file of disclosures says were released, and are not now.

        `subject`: SQL for what they are known by now, where the register's key was rotated since.
        """
        before_now = f"(SELECT {subject} AS subject, verdict FROM read_parquet('{previous}'))"  # noqa: S608 - a descriptor
        found = 0
        for between in _ranges(sum(self.tallies.values()) // COMPARED_AT_A_TIME + 1):
            before, now = (
                f"SELECT subject FROM {rows} WHERE {_GIVEN} AND {between}"  # noqa: S608 - our own words only
                for rows in (before_now, self._runs())
            )
            # the right side is what the engine keeps in memory
            query = f"SELECT count(*) FROM ({before}) b ANTI JOIN ({now}) n ON b.subject = n.subject"  # noqa: S608
            found += session.rows(query, values)[0][0]
        return found

    def write_disclosures(
        self, path: str, meta: Mapping[str, str], *, memory_mb: int, threads: int, engines: Engines | None = None
    ) -> None:
        """Sorted by subject, so that the file is the same for the same children and one is found fast.

        In sessions that keep order; and one thread puts sorted parts together, since several would cut them into
        row groups as they come.
        """
        rows = f"SELECT subject, verdict{self._ends} FROM {self._runs()} WHERE subject IS NOT NULL"  # noqa: S608 - our own words only
        passes = min(sum(self.tallies.values()) // self._sorted_at_a_time + 1, len(self._sorted))
        files = (*self.paths, path)
        with Session.opened(memory_mb=memory_mb, threads=threads, files=files, engines=engines) as session:
            if passes == 1:
                session.run(f"COPY ({rows} ORDER BY subject, verdict) TO '{path}' ({_disclosures_as(meta)})")
                return
            for number, between in enumerate(_ranges(passes)):
                target = f"'{self._sorted[number]}' ({_RUN_AS})"
                session.run(f"COPY ({rows} AND {between} ORDER BY subject, verdict) TO {target}")
        with Session.opened(memory_mb=memory_mb, threads=1, files=files, engines=engines) as session:
            session.run(f"COPY (FROM {_parquet(self._sorted[:passes])}) TO '{path}' ({_disclosures_as(meta)})")

    def _runs(self) -> str:
        if self._written:
            return _parquet(self._files[: self._written])
        columns = (
            ("upn_tag", "UBIGINT"),
            ("name_tag", "UBIGINT"),
            ("subject", "BLOB"),
            ("verdict", "BIGINT"),
            ("ends", "BLOB"),
        )
        return f"(SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in columns)} WHERE false)"

    def _parts(self) -> Iterator[tuple[int, int]]:
        parts = self._tags // TAGS_AT_A_TIME + 1
        return ((part, parts) for part in range(parts))


def _parquet(files: Sequence[str]) -> str:
    paths = "', '".join(files)
    return f"read_parquet(['{paths}'])"


def _ranges(passes: int) -> Iterator[str]:
    """SQL conditions that cut the subjects into as many parts, in their order, by their first two bytes."""
    edges = [number * PREFIXES // passes for number in range(passes + 1)]
    for low, high in pairwise(edges):
        below = f" AND subject < unhex('{high:04x}')" if high < PREFIXES else ""
        yield f"subject >= unhex('{low:04x}'){below}"


def _disclosures_as(meta: Mapping[str, str]) -> str:
    spelled = {name: text.replace("'", "''") for name, text in meta.items()}
    pairs = ", ".join(f"{name}: '{text}'" for name, text in spelled.items())
    return (
        # version 2 has encodings in which a pseudonym takes its twelve bytes and no more: files are smaller by a quarter
        f"FORMAT parquet, PARQUET_VERSION v2, ROW_GROUP_SIZE {ROW_GROUP}, {_NO_DICTIONARY}, KV_METADATA {{{pairs}}},"
        " USE_TMP_FILE false"
    )
