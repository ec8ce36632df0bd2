"""Any sequence of parcels leaves in the database what the same sequence leaves in a dictionary; any bytes are refused or read."""

import contextlib
import csv
import tempfile
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.partner.database.loading import load
from gateway.partner.database.opening import Database
from gateway.partner.database.records import records, removals
from gateway.seal.heading import Heading, Party
from gateway.seal.manifest import DataFile, Manifest
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ParcelInvalid
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
COLUMNS = ("Forename", "Mobile", "Email", "YearGroup")
CELL = st.sampled_from(["", "Wilf", 'O"Hara', "two\nlines", "a,b", "é", "'); --"])
REFERENCE = st.sampled_from(["r1", "r2", "r3", "R1"])


@st.composite
def tables(draw):
    header = draw(st.lists(st.sampled_from(COLUMNS), unique=True))
    references = draw(st.lists(REFERENCE, unique=True))
    return header, {reference: [draw(CELL) for _ in header] for reference in references}


PARCEL = st.one_of(
    st.tuples(st.just("full"), tables()),
    st.tuples(st.just("changes"), tables()),
    st.tuples(
        st.just("removal"),
        st.dictionaries(REFERENCE, st.one_of(st.none(), st.sets(st.sampled_from(COLUMNS), min_size=1))),
    ),
)


class Naive:
    """What a careful person with a card index would do."""

    def __init__(self):
        self.cards = {}

    def take(self, scope, content):
        if scope == "removal":
            for reference, columns in content.items():
                if columns is None:
                    self.cards.pop(reference, None)
                elif reference in self.cards:
                    self.cards[reference] |= dict.fromkeys(columns)
            return
        header, rows = content
        if scope == "full":
            self.cards = {}
        for reference, cells in rows.items():
            self.cards[reference] = dict.fromkeys(COLUMNS) | {
                name: cell or None for name, cell in zip(header, cells, strict=True)
            }


def written(path: Path, scope: str, content) -> int:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        if scope == "removal":
            writer.writerow(["Reference", "Remove"])
            writer.writerows([reference, " ".join(sorted(columns)) if columns else "whole"]
                             for reference, columns in content.items())  # fmt: skip
            return len(content)
        header, rows = content
        writer.writerow(["Reference", *header])
        writer.writerows([reference, *cells] for reference, cells in rows.items())
        return len(rows)


def manifest(number: int, scope: str, rows: int) -> Manifest:
    party = Party("council", "SHA256:" + "A" * 43)
    heading = Heading(
        transfer=TransferId(f"{number:026d}"), route="yss", sequence=number, sender=party, recipients=(party,),
        created=AT, release_by=AT, expires=AT,
    )  # fmt: skip
    file = DataFile(name="yss.csv", size=1, digest=Digest.of(b""), rows=rows)
    return Manifest(
        heading=heading, scope=scope, salt=bytes(32), file=file, agreement="DSA-7", basis=(), retention="[keep P1Y]"
    )


def read(database: Database) -> dict:
    with database.writing() as connection:
        exists = connection.exec_driver_sql("select 1 from sqlite_master where name = 'route_yss'").first()
        if exists is None:
            return {}
        rows = connection.exec_driver_sql("select * from route_yss").mappings().all()
        return {row["Reference"]: dict.fromkeys(COLUMNS) | {name: row[name] for name in COLUMNS if name in row}
                for row in rows}  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PARCEL, min_size=1, max_size=6))
def test_any_sequence_of_parcels_leaves_what_a_card_index_would(parcels):
    naive, numbers = Naive(), count(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contextlib.closing(Database.open("sqlite:///x.sqlite", home=folder)) as database:
            for scope, content in parcels:
                number = next(numbers)
                rows = written(folder / "data", scope, content)
                for _ in range(2):  # the second time changes nothing
                    load(database, manifest(number, scope, rows), folder / "data")
                naive.take(scope, content)
                assert read(database) == naive.cards


def refusal(parse, path: Path) -> str | None:
    try:
        parse(path)
    except ParcelInvalid as error:
        return error.code
    return None


@pytest.mark.parametrize("parse", [lambda path: list(records(path)[1]), removals])
@given(
    data=st.one_of(st.binary(max_size=200), st.text(alphabet='Reference,Remov\r\n" \0é', max_size=80).map(str.encode))
)
def test_any_bytes_are_read_or_refused_with_the_one_code(tmp_path_factory, parse, data):
    path = tmp_path_factory.getbasetemp() / "data.csv"
    path.write_bytes(data)
    assert refusal(parse, path) in (None, "content-unusable")
