"""The bench's own parts, at a thousand rows: its data are sound, its comparator does the work, its figures are true."""

import csv
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import duckdb
import pytest

from gateway.contract.fields import FieldName
from gateway.contract.policy import Policy
from gateway.contract.schema import Column, Schema
from tests.bench import by_hand, data
from tests.bench.delivery import SMALL, ground, lay_out
from tests.bench.ground import server
from tests.bench.measure import MB, Figures, Step, WentWrong, highest, measured, median_of, memory_of
from tests.bench.minimise import minimise
from tests.bench.sealing import sealing
from tests.bench.table import Row, table
from tests.unit.demo.test_numbers import uln_is_valid, upn_is_valid

TODAY = date(2026, 11, 24)
ROWS = 1000
FIELDS = [name for name in get_args(FieldName) if name not in ("reference", "notes")][:30]
SCHEMA = Schema(schema_name="any", version=1, columns=tuple(Column(header=f"A {name}", field=name) for name in FIELDS))
POLICY = Policy.model_validate(
    {
        "policy_name": "any", "version": 1, "kind": "consent", "purpose": "youth-support", "retention": "none",
        "agreement": {"reference": "A", "review": "2027-01-01"}, "eligibility": {"from_age": 13, "until_age": 20},
        "floor": {"fields": ["surname", "date_of_birth"], "basis": "x"},
        "consented": {"fields": ["email"], "basis": "x"},
        "output": [
            {"header": header, "field": field}
            for header, field in (("Ref", "reference"), ("Name", "surname"), ("Born", "date_of_birth"), ("Mail", "email"))
        ],
    }
)  # fmt: skip


def read(path):
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    return data.extract(tmp_path_factory.mktemp("data"), SCHEMA, ROWS, TODAY)


def test_the_extract_has_the_schemas_header_and_all_its_rows(extract):
    rows = read(extract)
    assert len(rows) == ROWS
    assert list(rows[0]) == [column.header for column in SCHEMA.columns]


def test_numbers_in_the_extract_are_valid_and_nobody_shares_one(extract):
    rows = read(extract)
    assert all(upn_is_valid(row["A upn"]) and uln_is_valid(row["A uln"]) for row in rows)
    assert len({row["A upn"] for row in rows}) == len({row["A uln"] for row in rows}) == ROWS


def test_nobody_in_ten_million_shares_name_and_date_of_birth():
    with duckdb.connect() as engine:
        shared = engine.execute(
            f"select count(*) - count(distinct (n, born)) from {data._people(10_000_000, TODAY)} where n < 2000"
        ).fetchone()
        names = engine.execute(f"select count(distinct n) from {data._people(data._NAMES, TODAY)}").fetchone()
    assert shared == (0,)
    assert names == (data._NAMES,)


def test_the_same_number_of_rows_is_the_same_extract(extract, tmp_path):
    assert data.extract(tmp_path, SCHEMA, ROWS, TODAY).read_bytes() == extract.read_bytes()


def test_every_ages_children_are_there(extract):
    ages = Counter((TODAY - date.fromisoformat(row["A date_of_birth"])).days // 365 for row in read(extract))
    assert set(range(11, 20)) <= set(ages)


def test_the_register_is_about_children_of_the_extract_one_decision_each(extract, tmp_path):
    decisions = read(data.register(tmp_path, ROWS, TODAY))
    known = {row["A upn"] for row in read(extract)}
    assert {decision["upn"] for decision in decisions} <= known
    assert len({decision["upn"] for decision in decisions}) == len(decisions) > 0
    assert {decision["decision"] for decision in decisions} == {"consent", "refuse"}


def test_the_query_by_hand_lets_out_the_right_children_and_fields(extract, tmp_path):
    register = data.register(tmp_path, ROWS, TODAY)
    query = by_hand.query(extract, register, tmp_path / "out.csv", schema=SCHEMA, policy=POLICY, today=TODAY)
    subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.execute('''{query}''')"], check=True)
    written = {row["Ref"]: row for row in read(tmp_path / "out.csv")}
    in_scope = [row for row in read(extract) if _age(row["A date_of_birth"]) in range(13, 20)]
    assert set(written) == {row["A local_id"] for row in in_scope}
    yes = {row["upn"] for row in read(register) if row["decision"] == "consent"}
    for row in in_scope:
        assert written[row["A local_id"]]["Mail"] == (row["A email"] if row["A upn"] in yes else "")


def _age(born):
    born = date.fromisoformat(born)
    return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))


def test_by_hand_the_file_arrives_sealed(extract, tmp_path, stock_tool):
    for tool in ("age", "sftp"):
        stock_tool(tool)
    register = data.register(tmp_path, ROWS, TODAY)
    with server(tmp_path) as partner:
        steps = by_hand.steps(
            tmp_path, extract, register, schema=SCHEMA, policy=POLICY, server=partner, today=TODAY
        )  # fmt: skip
        figures = measured(steps, tmp_path)
        assert (partner.inbox / "handoff.csv.age").read_bytes().startswith(b"age-encryption.org/v1\n")
        assert partner.empty() == ["handoff.csv.age"]
    assert [name for name, _ in figures.parts] == ["query", "age", "sftp"]


def test_sealing_and_opening_are_measured_against_stock_age(tmp_path, stock_tool):
    stock_tool("age")
    told = []
    seal, opening = sealing(300_000, 1, tmp_path, told.append)
    assert (seal.by, opening.by, len(told)) == ("age -r", "age -d", 1)
    assert all(row.ours.seconds > 0 < row.comparator.seconds for row in (seal, opening))


def python(code):
    return Step("python", [sys.executable, "-c", code])


def test_memory_of_processes_that_live_together_is_added_up():
    hold = f"x = b'x' * {80 * MB}; print(flush=True); import sys; sys.stdin.read()"
    parent = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {hold!r}]); {hold}"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen([sys.executable, "-c", hold], **pipes) as alone:
        with subprocess.Popen([sys.executable, "-c", parent], **pipes) as both:
            for process in (alone, both, both):
                process.stdout.readline()  # it holds what it was told to, and so does its child
            assert 80 * MB < memory_of(alone.pid) < 160 * MB < memory_of(both.pid)
            assert 80 * MB < highest(alone.pid) < 160 * MB
            both.stdin.close()
        alone.stdin.close()


def test_a_measured_command_has_taken_its_time(tmp_path):
    figures = measured([python("pass")], tmp_path)
    assert figures.seconds > 0
    assert figures.parts == (("python", figures.seconds),)


def test_a_step_that_fails_gives_no_figures(tmp_path):
    with pytest.raises(WentWrong, match="python ended with 3"):
        measured([python("raise SystemExit(3)")], tmp_path)


def test_medians_are_taken_of_times_and_the_largest_of_memory():
    figures = [Figures(seconds=s, peak=p, parts=(("a", s),)) for s, p in ((3.0, 1), (1.0, 9), (2.0, 2))]
    assert median_of(figures) == Figures(seconds=2.0, peak=9, parts=(("a", 2.0),))


def test_the_table_shows_each_figure_beside_its_comparator():
    figures = Figures(seconds=1.5, peak=300 * MB, parts=(("query", 0.5), ("age", 1.0)))
    row = Row(what="all", ours=figures, comparator=figures, by="hand", ratio=1.0, longest=2.0, most_memory=400 * MB)
    header, line, _, parts = table([row]).splitlines()
    assert header.split() == ["benchmark", "ours", "by", "comparator", "ratio", "bar", "peak", "bar", "comparator's"]
    assert [cell.strip() for cell in line.split("  ") if cell.strip()] == [
        "all", "1.50 s", "hand", "1.50 s", "1.00", "≤ 2", "300 MB", "≤ 400 MB", "300 MB",
    ]  # fmt: skip
    assert parts == "hand: query 0.50 s, age 1.00 s"


def test_a_birthday_in_the_data_is_never_in_the_future(extract):
    assert max(row["A date_of_birth"] for row in read(extract)) < (TODAY - timedelta(365 * 10)).isoformat()


def test_both_sides_of_the_deliveries_bench_deliver(tmp_path):
    seen = []
    with ground(tmp_path, False) as there:
        lay_out(there.to_deliver, SMALL, 3)
        for side in (there._ours(), there._sftp(())):
            measured([Step("side", side)], tmp_path)
            seen.append({path.name: path.read_bytes() for path in (there.files / "inbox").iterdir()})
            there._empty()
    assert seen[0] == seen[1]
    assert len(seen[0]) == 9


@pytest.mark.parametrize("once", ["put_parcels", "judge_once"])
def test_a_process_that_is_measured_imports_nothing_of_the_tests(once):
    theirs = f"name == 'pytest' or name.startswith('tests.') and name not in ('tests.bench', 'tests.bench.{once}')"
    found = f"import sys, tests.bench.{once}; sys.exit(any({theirs} for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", found], check=False).returncode == 0


def test_the_query_that_judging_is_measured_against_loads_the_engine_and_nothing_of_ours(extract, tmp_path):
    register = data.register(tmp_path, ROWS, TODAY)
    step = by_hand.query_step(tmp_path, extract, register, schema=SCHEMA, policy=POLICY, today=TODAY)
    measured([step], tmp_path)
    assert len(read(tmp_path / by_hand.WRITTEN)) > 0
    script = Path(step.command[-1]).read_text()
    assert [line for line in script.splitlines() if "import" in line] == ["import duckdb"]


def test_judging_is_measured_against_it_and_both_sides_do_their_work(tmp_path):
    rows = minimise(ROWS, 1, tmp_path, TODAY, [].append)
    assert [row.by for row in rows] == ["bare query"] * 3
    assert all(row.ours.seconds > 0 < row.comparator.seconds for row in rows)
