"""The same on PostgreSQL: the statements are its own dialect's, and a transaction is a transaction there too."""

from dataclasses import dataclass
from importlib.util import find_spec

import pytest
from sqlalchemy import create_engine, text

from gateway.vocabulary.errors import StorageError
from tests.required import missing
from tests.simulators.postgresql import postgresql
from tests.unit.partner.ground import Youth

if find_spec("psycopg") is None:
    missing("psycopg is not installed")
WILF, OTTI, ZOE = ("r1", "Wilf", "0161"), ("r2", "Ottoline", ""), ("r3", "Zoë", "0162")


@dataclass
class OnPostgresql(Youth):
    def rows(self, columns='"Reference", "Forename", "Mobile"', table="route_yss"):
        return self.ask(f"select {columns} from {table} order by 1")  # noqa: S608 - a test's own words

    def ask(self, query):
        engine = create_engine(self.url)
        with engine.begin() as connection:
            answer = connection.execute(text(query))
            rows = [tuple(row) for row in answer] if answer.returns_rows else []
        engine.dispose()
        return rows


@pytest.fixture(scope="module")
def server():
    with postgresql() as url:
        yield url


@pytest.fixture
def youth(partnership, server):
    youth = OnPostgresql(partnership, url=server)
    youth.ask("drop table if exists handoff_parcel, route_yss")
    return youth


def test_full_changes_and_removals_leave_what_they_leave_everywhere(youth):
    first = youth.take([WILF, OTTI], retention="[keep P12M]")
    assert youth.rows() == [WILF, ("r2", "Ottoline", None)]
    second = youth.take([("r1", "Wilfred", ""), ZOE], scope="changes")
    assert youth.rows('"Reference", handoff_transfer') == [("r1", second), ("r2", first), ("r3", second)]
    youth.taken_away(("r1", "Forename"), ("r3", "whole"), ("r9", "whole"))
    assert youth.rows() == [("r1", None, None), ("r2", "Ottoline", None)]
    youth.take([("r3", "Zoë", "", "9")], header=("Reference", "forename", "Mobile", "Year Group"))
    assert youth.rows('"Reference", "Forename", "Year Group"') == [("r3", "Zoë", "9")]


def test_what_contradicts_itself_is_rejected_and_changes_nothing(youth):
    youth.take([WILF])
    youth.send([ZOE, ZOE])
    assert youth.rejected() == "content-unusable"
    youth.send([("r1", "a", "b", "c")], header=("Reference", "Forename", "Mobile", "handoff_due"))
    assert youth.rejected() == "content-unusable"
    assert youth.rows() == [WILF]


def test_what_is_due_goes_and_the_sender_is_told(youth):
    transfer = youth.take([WILF], retention="[keep until 2026-11-24]")
    gone = youth.purge()
    assert (gone.rows, gone.transfers) == (1, (transfer,))
    assert youth.disposal(transfer).disposition == "disposed"
    assert youth.rows() == []


def test_a_server_that_is_away_leaves_the_parcel_unanswered(youth):
    transfer = youth.send([WILF])
    url, youth.url = youth.url, "postgresql+psycopg://partner@/postgres?host=/nowhere"
    with pytest.raises(StorageError):
        youth.receive()
    assert not (youth.partnership.acknowledgements / f"{transfer}.ack.json").exists()
    youth.url = url
    assert [one.result for one in youth.receive()] == ["accepted"]
