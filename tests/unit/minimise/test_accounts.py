"""Many passes make the same accounts as one."""

import os

import pytest

from gateway.minimise.accounts import ROW_GROUP, Accounts
from gateway.minimise.session import Session

SLICES, ROWS = 6, 20_000
JUDGED = (
    "CREATE OR REPLACE TEMP TABLE judged AS SELECT 0::SMALLINT AS verdict, hash(i, 5) AS upn_tag, hash(i, 7) AS name_tag,"
    " unhex(left(sha256(i::VARCHAR), 24)) AS subject FROM range($first, $first + $rows) AS r(i)"
)


def written(at_a_time: int, *, overlap: int = 0, threads: int = 2):
    accounts = Accounts(slices=SLICES, disclosing=True, sorted_at_a_time=at_a_time)
    target = os.memfd_create("disclosures")
    path = f"/dev/fd/{target}"
    with Session.opened(memory_mb=128, threads=2, files=accounts.paths, ordered=False) as session:
        session.run("CREATE TEMP TABLE excluded (tag UBIGINT)")
        for number in range(SLICES):
            session.run(JUDGED, {"first": number * (ROWS - overlap), "rows": ROWS})
            accounts.add_slice(session)
        found = accounts.duplicates(session)
    accounts.write_disclosures(path, {"meaning": "it's"}, memory_mb=128, threads=threads)
    with Session.opened(memory_mb=128, threads=1, files=[path]) as session:
        subjects = [bytes(row[0]) for row in session.rows(f"SELECT subject FROM read_parquet('{path}')")]  # noqa: S608
        edges = session.rows(
            f"SELECT stats_min_value, stats_max_value FROM parquet_metadata('{path}')"  # noqa: S608
            " WHERE path_in_schema = 'subject' ORDER BY row_group_id"
        )
    return found, subjects, edges, os.pread(target, 1 << 24, 0)


@pytest.mark.parametrize("at_a_time", [ROWS * SLICES + 1, 45_000, 20_000])
def test_disclosures_are_complete_and_sorted_in_one_pass_or_many(at_a_time):
    found, subjects, edges, _ = written(at_a_time)
    assert found == []
    assert len(set(subjects)) == SLICES * ROWS
    assert subjects == sorted(subjects)
    assert len(edges) >= SLICES * ROWS // ROW_GROUP > 1
    assert all(None not in edge for edge in edges)


def test_the_same_accounts_make_the_same_bytes():
    assert written(45_000, threads=1)[3] == written(45_000)[3] == written(45_000)[3]


def test_who_stands_in_two_slices_is_found():
    found, *_ = written(45_000, overlap=3)
    assert len(found) == 2 * 3 * (SLICES - 1)
    assert found == sorted(found)


def test_a_file_without_rows_makes_an_empty_account():
    accounts = Accounts(slices=2, disclosing=True)
    target = os.memfd_create("disclosures")
    with Session.opened(memory_mb=64, threads=1, files=accounts.paths) as session:
        session.run("CREATE TEMP TABLE excluded (tag UBIGINT)")
        assert accounts.duplicates(session) == []
    accounts.write_disclosures(f"/dev/fd/{target}", {}, memory_mb=64, threads=1)
    assert os.fstat(target).st_size > 0
