"""The files that the bench asks are like a worker's, and a wrong answer is no figure."""

import duckdb
import pytest

from gateway.minimise.accounts import ROW_GROUP
from tests.bench.disclosures import FILES, ask, made
from tests.bench.measure import WentWrong

ROWS = 168


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return made(tmp_path_factory.mktemp("kept"), ROWS, lambda _: None)


def test_the_files_are_sorted_say_their_first_and_last_subjects_and_are_made_once(folder):
    paths = sorted(folder.glob("*"))
    assert len(paths) == FILES
    query = "select distinct row_group_num_rows <= {0}, stats_min_value < stats_max_value from parquet_metadata('{1}')"
    with duckdb.connect() as engine:
        found = engine.execute(query.format(ROW_GROUP, paths[0]) + " where path_in_schema = 'subject'").fetchall()
        subjects = engine.execute(f"select subject from read_parquet('{paths[0]}')").fetchall()
    assert found == [(True, True)]
    assert (len(subjects), subjects) == (ROWS, sorted(subjects))
    before = [path.stat().st_mtime_ns for path in paths]
    made(folder.parent, ROWS, lambda _: None)
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_a_child_is_asked_for_warm_and_cold_and_found_wherever_it_is(folder):
    seconds = ask(folder, ROWS, 1)
    assert sorted(seconds) == ["cold", "warm"]
    assert all(len(times) == 1 for times in seconds.values())


def test_a_child_that_is_not_found_everywhere_makes_no_figure(folder, tmp_path):
    for path in sorted(folder.glob("*"))[: FILES // 2]:
        (tmp_path / path.name).symlink_to(path)
    with pytest.raises(WentWrong):
        ask(tmp_path, ROWS, 1)
