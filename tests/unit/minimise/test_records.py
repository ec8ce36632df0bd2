"""A record has all its cells in their places, whichever of two shapes told it, and there is none for a row that stays."""

import csv
from functools import cache
from itertools import product

import duckdb
import pytest

from gateway.minimise.records import Kind, Record

CELLS = ["a", "b", "c"]
TEXTS = (None, "", "x", "1,2", "\\0", 'say "so"', "two\nlines", "\r")
LAYOUTS = [set(), {"a"}, {"b"}, {"c"}, {"a", "c"}, {"b", "c"}, {"a", "b", "c"}]


@cache
def engine():
    """One of these tests' own: making it takes ten times as long as asking it."""
    return duckdb.connect()


def line_of(*cells, verdict, floor, names=CELLS, suspects=None):
    """`verdict` is 0 for the floor alone, 1 and 2 for everything, of which only 1 has a kind; 9 for a row that stays."""
    alone = [name if name in floor else None for name in names]
    kinds = [Kind(when="v = 0", cells=alone), Kind(when="v = 1", cells=names)]
    record = Record(released="v < 4", every=names, kinds=kinds, suspects=names if suspects is None else suspects)
    values = {"v": verdict, **dict(zip(names, cells, strict=True))}
    row = ", ".join(f"${name}::{'INT' if name == 'v' else 'VARCHAR'} AS {name}" for name in values)
    query = f"SELECT {record.line('bare')} FROM (SELECT *, {record.bare()} AS bare FROM (SELECT {row}))"  # noqa: S608
    return engine().execute(query, values).fetchall()[0][0]


def cells_of(line):
    return next(csv.reader([line] if "\n" not in line and "\r" not in line else line.splitlines(keepends=True)))


@pytest.mark.parametrize("floor", LAYOUTS, ids=lambda cells: "".join(sorted(cells)) or "none")
def test_a_row_with_its_floor_alone_reads_as_the_whole_of_it_would(floor):
    for cells in product(TEXTS, repeat=2):
        given = [text if name in floor else None for name, text in zip(CELLS, (*cells, "z"), strict=True)]
        alone = line_of(*given, verdict=0, floor=floor)
        assert alone == line_of(*given, verdict=1, floor=floor) == line_of(*given, verdict=2, floor=floor)
        assert cells_of(alone) == [text or "" for text in given]


@pytest.mark.parametrize("floor", LAYOUTS, ids=lambda cells: "".join(sorted(cells)) or "none")
def test_a_row_that_stays_has_no_record_whatever_its_cells_are(floor):
    for text in TEXTS:
        assert line_of(text, text, text, verdict=9, floor=floor) is None


def test_a_row_that_stays_has_no_record_of_a_single_cell_either():
    assert line_of("x", verdict=9, floor={"a"}, names=["a"]) is None


def test_a_row_of_no_kind_is_told_by_all_its_cells():
    for cells in product(TEXTS, repeat=3):
        assert cells_of(line_of(*cells, verdict=2, floor={"a"})) == [text or "" for text in cells]


def test_a_cell_that_a_row_does_not_have_may_be_looked_at_and_changes_nothing():
    assert line_of("x", None, 'say "so"', verdict=0, floor={"a", "b"}) == "x,,"


def test_a_cell_that_is_no_suspect_is_not_looked_at():
    assert line_of("x", "2010-05-31", "y", verdict=1, floor={"a"}, suspects=["a", "c"]) == "x,2010-05-31,y"
    assert line_of("1,2", "2010-05-31", "y", verdict=1, floor={"a"}, suspects=["a", "c"]) == '"1,2",2010-05-31,y'


def test_where_nothing_is_suspect_a_record_is_made_all_the_same():
    assert line_of("x", "y", None, verdict=0, floor={"a", "b"}, suspects=[]) == "x,y,"


@pytest.mark.parametrize("verdict", [0, 1, 2])
def test_a_single_empty_cell_is_no_blank_line(verdict):
    assert line_of(None, verdict=verdict, floor=set(), names=["a"]) == '""'


def test_a_cell_beside_the_floor_is_not_told_by_the_shorter_record_even_if_it_were_opened():
    assert line_of("a", "b", "c", verdict=0, floor={"b"}) == ",b,"
