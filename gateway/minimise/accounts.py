"""What a run keeps beside its output: how many rows got which verdict, who stands twice, what is disclosed.

Tables, all in memory and none with a name, an address or a date in it:

    judged      one slice, made anew for each
    tags        8 bytes for each UPN, and for each name with birthday in scope: whoever has one twice stands twice
    excluded    tags that an earlier reading of this file found twice
    disclosed   subject and verdict of every child in scope
"""

from collections.abc import Iterator, Mapping

from gateway.minimise.session import Session

MOST_DUPLICATES = 100_000
TAGS_AT_A_TIME = 2_000_000
"""Grouping more at once would not fit into a worker's memory: ten million rows take several passes."""


class Accounts:
    def __init__(self, session: Session, *, disclosing: bool) -> None:
        self._session = session
        self._disclosing = disclosing
        self._tags = 0
        self.tallies: dict[int, int] = {}
        session.run("CREATE TEMP TABLE tags (tag UBIGINT)")
        session.run("CREATE TEMP TABLE disclosed (subject BLOB, verdict SMALLINT)")

    def add_slice(self) -> dict[int, int]:
        """How many rows of the slice got which verdict."""
        here = dict(self._session.rows("SELECT verdict, count(*) FROM judged GROUP BY verdict"))
        for verdict, count in here.items():
            self.tallies[verdict] = self.tallies.get(verdict, 0) + count
        for tag in ("upn_tag", "name_tag"):
            self._tags += self._session.run(f"INSERT INTO tags SELECT {tag} FROM judged WHERE {tag} IS NOT NULL")  # noqa: S608 - our own words only
        if self._disclosing:
            self._session.run("INSERT INTO disclosed SELECT subject, verdict FROM judged WHERE subject IS NOT NULL")
        return here

    def duplicates(self) -> list[int]:
        """Tags that came up more than once and were not excluded already; one more than the most at most."""
        found: list[int] = []
        for part in self._parts():
            query = (
                f"SELECT tag FROM tags WHERE {part} AND tag NOT IN (SELECT tag FROM excluded)"  # noqa: S608 - our own words only
                f" GROUP BY tag HAVING count(*) > 1 LIMIT {MOST_DUPLICATES + 1}"
            )
            found += [int(tag) for (tag,) in self._session.rows(query)]
            if len(found) > MOST_DUPLICATES:
                break
        self._session.run("DROP TABLE tags")
        return sorted(found)

    def write_disclosures(self, path: str, meta: Mapping[str, str]) -> None:
        """Sorted by subject, so that the file is the same for the same children and one is found fast."""
        pairs = ", ".join(f"{name}: '{text.replace(chr(39), chr(39) * 2)}'" for name, text in meta.items())
        self._session.run(
            f"COPY (SELECT subject, verdict FROM disclosed ORDER BY subject, verdict) TO '{path}' (FORMAT parquet,"  # noqa: S608 - our own words only
            f" ROW_GROUP_SIZE 16384, DICTIONARY_SIZE_LIMIT 16384, KV_METADATA {{{pairs}}}, USE_TMP_FILE false)"
        )

    def _parts(self) -> Iterator[str]:
        parts = self._tags // TAGS_AT_A_TIME + 1
        return (f"tag % {parts} = {part}" for part in range(parts))
