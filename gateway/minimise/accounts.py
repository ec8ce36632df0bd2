"""What a run keeps beside its output: how many rows got which verdict, who stands twice, what is disclosed.

A run of each slice goes to a memory file of its own, as Parquet, with nothing in it that a
child is known by: 8-byte tags of the UPN and of name with birthday (whoever has one twice
stands twice), the subject's pseudonym, the verdict. So the engine's memory holds one slice,
however many there are.
"""

import os
from collections.abc import Iterator, Mapping

from gateway.minimise.session import Session

MOST_DUPLICATES = 100_000
TAGS_AT_A_TIME = 2_000_000
"""Grouping ten million at once would not fit into a worker's memory: they take several passes."""


class Accounts:
    """Paths are known before anything is read, so that the engine can be shut in first."""

    def __init__(self, *, slices: int, disclosing: bool) -> None:
        self._files = [f"/dev/fd/{os.memfd_create('run', os.MFD_CLOEXEC)}" for _ in range(slices)]
        self._disclosing = disclosing
        self._written = 0
        self._tags = 0
        self.tallies: dict[int, int] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self._files)

    def add_slice(self, session: Session) -> dict[int, int]:
        """How many rows of the table `judged` got which verdict."""
        here = dict(session.rows("SELECT verdict, count(*) FROM judged GROUP BY verdict"))
        for verdict, count in here.items():
            self.tallies[verdict] = self.tallies.get(verdict, 0) + count
        subject = "subject" if self._disclosing else "CAST(NULL AS BLOB) AS subject"
        session.run(
            f"COPY (SELECT upn_tag, name_tag, {subject}, verdict FROM judged WHERE upn_tag IS NOT NULL)"
            f" TO '{self._files[self._written]}' (FORMAT parquet, COMPRESSION uncompressed, USE_TMP_FILE false)"
        )
        self._written += 1
        self._tags += 2 * sum(here.values())
        return here

    def duplicates(self, session: Session) -> list[int]:
        """Tags that came up more than once and were not excluded already; one more than the most at most."""
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

    def write_disclosures(self, session: Session, path: str, meta: Mapping[str, str]) -> None:
        """Sorted by subject, so that the file is the same for the same children and one is found fast."""
        spelled = {name: text.replace("'", "''") for name, text in meta.items()}
        pairs = ", ".join(f"{name}: '{text}'" for name, text in spelled.items())
        rows = f"SELECT subject, verdict FROM {self._runs()} WHERE subject IS NOT NULL ORDER BY subject, verdict"  # noqa: S608
        session.run(
            f"COPY ({rows}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 16384, DICTIONARY_SIZE_LIMIT 16384,"
            f" KV_METADATA {{{pairs}}}, USE_TMP_FILE false)"
        )

    def _runs(self) -> str:
        written = self._files[: self._written]
        if not written:
            columns = (
                "NULL::UBIGINT AS upn_tag, NULL::UBIGINT AS name_tag, NULL::BLOB AS subject, NULL::SMALLINT AS verdict"
            )
            return f"(SELECT {columns} WHERE false)"
        paths = "', '".join(written)
        return f"read_parquet(['{paths}'])"

    def _parts(self) -> Iterator[tuple[int, int]]:
        parts = self._tags // TAGS_AT_A_TIME + 1
        return ((part, parts) for part in range(parts))
