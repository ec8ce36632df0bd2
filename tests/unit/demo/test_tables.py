"""Children and decisions as files: whatever a schema's columns are, that is what the extract has."""

import csv
import io
from datetime import date
from random import Random

import pytest

from gateway.contract.schema import Column, Schema
from gateway.demo import tables
from gateway.demo.children import population

TODAY = date(2026, 11, 24)
NAMES = ("surname", "upn", "address_line_1", "address_line_5", "date_of_birth")


@pytest.fixture(scope="module")
def town():
    return population(Random(7), today=TODAY, rows=100)


def schema(*names, delimiter=","):
    columns = tuple(Column(header=f"The {name}", field=name) for name in names)
    return Schema(schema_name="any", version=1, delimiter=delimiter, columns=columns)


def rows(table, delimiter=","):
    return list(csv.reader(io.StringIO(table.decode("utf-8"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_an_extract_has_its_schemas_headers_in_its_order(town, delimiter):
    page = schema(*NAMES, delimiter=delimiter)
    header, *body = rows(tables.extract(town.children, page), delimiter)
    assert header == [f"The {name}" for name in NAMES]
    assert [tuple(row) for row in body] == [
        tuple(child.fields.get(name, "") for name in NAMES) for child in town.children
    ]


def test_a_field_that_nobody_has_is_an_empty_cell(town):
    assert {row[0] for row in rows(tables.extract(town.children, schema("preferred_surname", "upn")))[1:]} == {""}


def test_quotes_and_separators_in_a_cell_survive(town):
    table = tables.extract(town.children, schema("address_line_1"))
    assert ['"The Old Forge", Weir Lane'] in rows(table)
    assert b'"""The Old Forge"", Weir Lane"' in table


def test_names_are_utf_8_without_a_mark_before_them(town):
    table = tables.extract([town.in_situation("held-by-name")], schema("forename"))
    assert table == "The forename\nZoë\n".encode()


def test_the_register_has_the_columns_that_an_import_expects(town):
    header, *body = rows(tables.register(town.decisions))
    assert header == ["upn", "purpose", "decided_by", "decision", "tiers", "given", "expires", "notice", "evidence"]
    assert len(body) == len(town.decisions)


def test_tiers_are_separated_by_semicolons_and_no_end_is_an_empty_cell(town):
    written = {(row[4], bool(row[6])) for row in rows(tables.register(town.decisions))[1:]}
    assert {("consented;special", False), ("consented", True), ("", False)} <= written


def test_the_same_seed_writes_the_same_bytes(town):
    again = population(Random(7), today=TODAY, rows=100)
    assert tables.register(again.decisions) == tables.register(town.decisions)
    assert tables.extract(again.children, schema(*NAMES)) == tables.extract(town.children, schema(*NAMES))
