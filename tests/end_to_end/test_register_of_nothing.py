"""Files for the register that say nothing: who brought one hears of it, and nothing changes."""

import pytest

from gateway.minimise.register_import import HEADER
from tests.end_to_end.office import PURPOSE, Office

CHANGES, SNAPSHOT = ("--as", "changes"), ("--as", "snapshot", "--purpose", PURPOSE)
CENSUS_OF_DAY = ("--yssa", "--census-date", "2026-10-01", "--purpose", PURPOSE)


@pytest.fixture
def office(world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Office(world, tmp_path)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        *((words, "") for words in (CHANGES, SNAPSHOT, CENSUS_OF_DAY)),
        *((words, "\ufeff") for words in (CHANGES, SNAPSHOT, CENSUS_OF_DAY)),
        *((words, ",".join(HEADER) + end) for words in (CHANGES, SNAPSHOT) for end in ("", "\n", "\r\n")),
        (CENSUS_OF_DAY, "upn,yssa\n"),
    ],
)
def test_a_file_without_a_row_is_refused_and_neither_recorded_nor_taken_for_silence(office, words, text):
    path = office.folder / "nothing.csv"
    path.write_text(text, "utf-8", newline="")
    before = len(office.receipts("consent-imported"))
    spoken = office.bring(path, *words)
    assert spoken.code == 65
    assert ("no row below its header" if "upn" in text else "the file is empty") in spoken.err
    assert "nothing was taken from it" in spoken.err
    assert spoken.out == ""
    assert len(office.receipts("consent-imported")) == before
    assert office.shown(office.child("parent-yes"))["under_16"] == ["consented"], "nothing was withdrawn"


def test_a_census_in_which_nobody_was_asked_says_that_nothing_was_in_it(office):
    path = office.folder / "census.csv"
    path.write_text(f"upn,yssa\n{office.child('parent-yes')},\n")
    spoken = office.bring(path, *CENSUS_OF_DAY)
    assert spoken.code == 0
    assert "0 decisions recorded: no row of the file has one" in spoken.out
