"""The process that sees one extract, and nothing else; a copy of the fork server, which sees none.

Standard input is a socket. By it come open files instead of names, then the order (the plan,
keys, holds) as one line; it then stays open: when it ends, whoever started the worker is gone,
and the worker ends too. Released rows go to standard output, the report to a pipe of its own, as
codes and numbers: no text of a file, an engine or an exception ever leaves it.

    standard output   the released rows, as the engine writes them
    report            one JSON object, written last: without it the run never happened
"""

import hmac
import json
import os
import resource
import socket
import sys
from collections.abc import Iterable, Sequence
from threading import Thread
from typing import Any, BinaryIO

from gateway.formats.delimited import first_ragged
from gateway.formats.opening import opened
from gateway.minimise.accounts import MOST_DUPLICATES, Accounts
from gateway.minimise.keying import bound, generation_of, lifted
from gateway.minimise.session import ALONE, EngineFailed, Engines, Failure, Session
from gateway.minimise.source import SMALL, Slice, Source
from gateway.minimise.verdicts import KEPT_BACK, RELEASED_BELOW, is_released, is_told
from gateway.vocabulary.errors import StructureInvalid

MAY_BE_GIVEN = ("extract", "register", "disclosures", "references", "previous", "later")
NO_FILE = -1
COPIED_AT_ONCE = 1 << 24
LONGEST_NAMES = 200
MOST_PLACES = 50
MOST_PAIRS = 100_000
LONGEST_CPU_SECONDS = 4 * 3600
ROOM_MB = 4096
"""Address space beside the engine's memory: its own code, stacks and what allocators reserve unused."""
Report = dict[str, Any]


class _Stopped(Exception):
    """Nothing of this file may leave; the report says why, in codes."""

    def __init__(self, **report: object) -> None:
        super().__init__()
        self.report: Report = {"status": "refused"} | report


def work(engines: Engines) -> None:
    """One order, and the end of this process; that anything else went wrong shows in how it ends."""
    channel = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    files = _received(channel)
    given = channel.makefile("rb")
    order = json.loads(given.readline())
    _shut_in(order["memory_mb"])
    Thread(target=_end_with_parent, args=(given,), daemon=True).start()
    report = files.pop("report")
    outcome = _report(order, engines, **{name: files.get(name, NO_FILE) for name in MAY_BE_GIVEN})
    os.close(sys.stdout.fileno())
    with os.fdopen(report, "wb") as pipe:
        pipe.write(json.dumps(outcome).encode("ascii"))
    # no tidying up: freeing tables row by row takes longer than ending
    os._exit(0)


def _shut_in(memory_mb: int) -> None:
    os.umask(0o077)
    space = (memory_mb + ROOM_MB) << 20
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_CPU, LONGEST_CPU_SECONDS),
        (resource.RLIMIT_NOFILE, 4096),
    ):
        resource.setrlimit(limit, (value, value))


def _received(channel: socket.socket) -> dict[str, int]:
    """Open files, by what each is for. Whoever started us may be gone before there is an order: then we go as well."""
    names, descriptors, _, _ = socket.recv_fds(channel, LONGEST_NAMES, len(MAY_BE_GIVEN) + 1)
    if not names:
        os._exit(0)
    return dict(zip(names.decode("ascii").split(), descriptors, strict=True))


def _end_with_parent(given: BinaryIO) -> None:
    while given.read(1):
        pass
    os._exit(1)


def _report(order: dict[str, Any], engines: Engines, extract: int, later: int, **given_files: int) -> Report:
    if os.fstat(extract).st_size < SMALL:
        order = order | {"threads": ALONE}
    with os.fdopen(extract, "rb", buffering=0) as stream:
        source = Source(
            opened(stream, order["reading"]),
            delimiter=order["delimiter"],
            ended=order["ended"],
            max_bytes=order["max_bytes"],
            max_rows=order["max_rows"],
            size=order["slice_bytes"],
        )
        disclosing = order["disclosures"] is not None
        accounts = Accounts(
            slices=source.most_slices, disclosing=disclosing, comparing=order["comparing"], tagging=order["tagging"],
            ending=order["ending"],
        )  # fmt: skip
        given = {name: f"/dev/fd/{fd}" for name, fd in given_files.items()}
        awaited = _Awaited(later) if later != NO_FILE else None
        if awaited:
            given["previous"] = awaited.path
        files = [*source.paths, *accounts.paths, "/dev/fd/1", *given.values()]
        try:
            with Session.opened(
                memory_mb=order["memory_mb"], threads=order["threads"], files=files, ordered=False, engines=engines
            ) as session:
                run = _Run(session, source, accounts, order)
                report = run.report(**given, engines=engines, awaited=awaited)
            return report | _returned(order, stream, report, run.held)
        except _Stopped as stopped:
            return stopped.report
        except StructureInvalid as error:
            return {"status": "refused", "code": error.code, "row": error.row}
        except EngineFailed as error:
            return {"status": "refused" if error.failure is Failure.MEMORY else "failed", "code": str(error.failure)}


def _returned(order: dict[str, Any], stream: BinaryIO, report: Report, held: list[tuple[str, ...]]) -> Report:
    """A return in its own format is written by a second reading, if all of its records stand."""
    standing = all(is_released(verdict) for verdict, _ in report["tallies"]) and not report["duplicates"]
    if order["returning"] is None or not standing:
        return {}
    from gateway.minimise.returning import write_return  # noqa: PLC0415 - most workers need no XML

    with open(os.devnull if order["count_only"] else os.dup(sys.stdout.fileno()), "wb") as out:  # noqa: PTH123
        return {"file_name": write_return(stream, order, report["rows"], held, out.write)}


class _Awaited:
    """A file that comes when the run's turn does: copied, since only files of before are open to the engine by then."""

    def __init__(self, channel: int) -> None:
        self._copy = os.memfd_create("awaited", os.MFD_CLOEXEC)
        self.path = f"/dev/fd/{self._copy}"
        self._channel = channel

    def take(self) -> None:
        """Waits for it. Who would have brought it may be gone: then we go as well."""
        with socket.socket(fileno=self._channel) as channel:
            _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
        if not descriptors:
            os._exit(1)
        while os.sendfile(self._copy, descriptors[0], None, COPIED_AT_ONCE):
            pass


class _Run:
    def __init__(self, session: Session, source: Source, accounts: Accounts, order: dict[str, Any]) -> None:
        self._session, self._source, self._accounts, self._order = session, source, accounts, order
        self._values = _values(order)
        self._places: list[tuple[int, int]] = []
        self._pairs: set[tuple[str, str]] = set()
        self._nameless: set[str] = set()
        self._duplicates: list[int] = []
        self.held: list[tuple[str, ...]] = []
        """The cells of rows that leave without what a hold keeps back; they stay in this process."""

    def report(
        self,
        *,
        register: str,
        disclosures: str,
        previous: str,
        references: str,
        engines: Engines,
        awaited: _Awaited | None,
    ) -> Report:
        self._compare_header()
        self._source.begin()
        self._load()
        if self._order["by_consent"]:
            self._load_register(register)
        if self._order["keeping"]:
            self._session.run(f"CREATE TEMP TABLE kept AS FROM read_parquet('{references}')")
        self._write_header()
        for slice_ in self._source.slices():
            first_row = sum(self._accounts.tallies.values()) + 2
            self._judge(slice_, first_row)
            here = self._accounts.add_slice(self._session)
            self._learn()
            if any(is_told(verdict, by_consent=self._order["by_consent"]) for verdict in here):
                self._places += self._placed(slice_, first_row)
            if self._order["held"] and KEPT_BACK in here:
                self.held += self._session.rows(slice_.in_sql(self._order["held"]), self._values)
            if self._order["release"]:
                self._session.run(self._order["release"])
        self._close(disclosures, engines)
        if awaited:
            awaited.take()
        return self._told(previous)

    def _learn(self) -> None:
        """What tells that two pseudonyms are one child, until there is enough for one look; and who has no UPN."""
        if self._order["pairing"] and (room := MOST_PAIRS - len(self._pairs)):
            unlinked = "other IS NOT NULL AND key NOT IN (SELECT pseudonym FROM links)"
            query = f"SELECT DISTINCT hex(key), hex(other) FROM judged WHERE {unlinked} LIMIT {room}"  # noqa: S608
            self._pairs.update((key, other) for key, other in self._session.rows(query))
        if self._order["release"] and self._order["unnumbered"]:
            released = f"unnumbered AND subject IS NOT NULL AND verdict < {RELEASED_BELOW}"
            query = f"SELECT hex(subject) FROM judged WHERE {released}"  # noqa: S608 - our own words only
            self._nameless.update(subject for (subject,) in self._session.rows(query))

    def _placed(self, slice_: Slice, first_row: int) -> list[tuple[int, int]]:
        """(row of the file, verdict) of those of the slice that are told, until there are enough."""
        most = MOST_PLACES - len(self._places)
        query = slice_.in_sql(self._order["places"])
        found = self._session.rows(query, self._values | {"most": most}) if most else []
        return [(first_row + row, verdict) for row, verdict in found]

    def _close(self, disclosures: str, engines: Engines) -> None:
        self._session.run("DROP TABLE IF EXISTS judged")
        self._session.run("DROP TABLE IF EXISTS register")
        self._duplicates = self._accounts.duplicates(self._session)
        if len(self._duplicates) > MOST_DUPLICATES:
            raise _Stopped(code="too-many-duplicates")
        if self._order["disclosures"] is not None:
            limits = {limit: self._order[limit] for limit in ("memory_mb", "threads")}
            self._accounts.write_disclosures(disclosures, self._order["disclosures"], **limits, engines=engines)

    def _told(self, previous: str) -> Report:
        return {
            "status": "done",
            "rows": self._source.rows,
            "tallies": list(self._accounts.tallies.items()),
            "places": self._places,
            "pairs": sorted(self._pairs),
            "nameless": sorted(self._nameless),
            "removed": self._removed(previous) if self._order["comparing"] else 0,
            "duplicates": [tag.to_bytes(8, "big").hex() for tag in self._duplicates],
        }

    def _removed(self, previous: str) -> int:
        query = f"SELECT decode(value) FROM parquet_kv_metadata('{previous}') WHERE decode(key) = 'meaning'"  # noqa: S608 - a descriptor
        since = generation_of(json.loads(self._session.rows(query)[0][0]))
        subject = lifted("subject", since=since, generations=self._order["generations"])
        return self._accounts.removed(self._session, previous, subject=subject, values=self._values)

    def _compare_header(self) -> None:
        """Only numbers leave: each column's place in the schema, counted from 0; -2 and below for one that is spelled
        otherwise than the schema's first and following; -1 for an unknown one."""
        expected = self._order["headers"]
        found = self._source.header()
        if list(found) != expected:
            alike = {header.strip().casefold(): -2 - place for place, header in enumerate(expected)}
            places = [
                expected.index(cell) if cell in expected else alike.get(cell.strip().casefold(), -1)
                for cell in found[: 4 * len(expected) + 100]
            ]
            raise _Stopped(code="header", found=places)

    def _load(self) -> None:
        order = self._order
        self._table("holds", kind=("VARCHAR", order["hold_kinds"]), pseudonym=_blobs(order["hold_pseudonyms"]))
        pseudonyms, subjects = zip(*order["links"], strict=True) if order["links"] else ((), ())
        self._table("links", pseudonym=_blobs(pseudonyms), subject=_blobs(subjects))
        self._table("nameless", pseudonym=_blobs(order["nameless"]))
        tags = [int.from_bytes(bytes.fromhex(tag), "big") for tag in order["exclude"]]
        self._table("excluded", tag=("UBIGINT", tags))

    def _table(self, name: str, **columns: tuple[str, Sequence[Any]]) -> None:
        """Of each column its type and its cells."""
        unnested = ", ".join(f"unnest(${column}::{kind}[]) AS {column}" for column, (kind, _) in columns.items())
        cells = {column: cells for column, (_, cells) in columns.items()}
        self._session.run(f"CREATE TEMP TABLE {name} AS SELECT {unnested}", cells)

    def _load_register(self, path: str) -> None:
        """Only the register as it stands on the day of this run: consents begin and end by the day."""
        days = self._session.rows(f"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = 'day'")  # noqa: S608 - a descriptor
        if days != [(self._order["days"]["today"],)]:
            raise _Stopped(status="failed", code="register-of-another-day")
        self._session.run(f"CREATE TEMP VIEW decided AS FROM read_parquet('{path}')")
        named = self._session.rows("SELECT 1 FROM decided WHERE minor_fields <> '' OR own_fields <> '' LIMIT 1")
        self._session.run(f"CREATE TEMP TABLE register AS {self._order['register' if named else 'register_of_tiers']}")

    def _write_header(self) -> None:
        if self._order["release"]:
            os.write(sys.stdout.fileno(), self._order["header_line"].encode("utf-8"))

    def _judge(self, slice_: Slice, first_row: int) -> None:
        try:
            rows = self._session.run(slice_.in_sql(self._order["judge"]), self._values)
        except EngineFailed as error:
            if error.failure is not Failure.STRUCTURE:
                raise
            raise self._ragged(slice_, first_row) from None
        if rows != slice_.rows:
            raise self._ragged(slice_, first_row)  # the engine passes over blank lines

    def _ragged(self, slice_: Slice, first_row: int) -> _Stopped:
        """The engine read other rows than we counted, or none: which row has other cells than columns, how many."""
        columns = len(self._order["headers"])
        found = first_ragged(slice_.data(), delimiter=self._order["delimiter"], columns=columns)
        if found is None:
            return _Stopped(code="structure")
        place, cells = found
        if not cells:
            return _Stopped(code="blank-line", row=first_row + place)
        return _Stopped(code="ragged", row=first_row + place, found=[cells, columns])


def _blobs(cells: Iterable[str]) -> tuple[str, Sequence[bytes]]:
    return "BLOB", [bytes.fromhex(cell) for cell in cells]


def _values(order: dict[str, Any]) -> dict[str, Any]:
    """All that the plan's parameters stand for, keys among them."""
    register_key, reference_key = (bytes.fromhex(order[name]) for name in ("register_key", "reference_key"))
    return {
        **order["days"],
        **bound(register_key),
        "reference_key": hmac.digest(reference_key, b"reference", "sha256"),
        "salt": int.from_bytes(hmac.digest(register_key[:32], b"duplicates", "sha256")[:8], "big"),
    }
