from datetime import date

import duckdb
import pytest

from gateway.minimise.snapshot import write_snapshot
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import TODAY, Said, a_child, says


def decisions(count: int = 300) -> list[Said]:
    said = []
    for n in range(count):
        child = a_child(n)
        said += [says(child, "parent", "consent", "consented"), says(child, "young-person", "object")]
    return sorted(said, key=lambda one: one.subject)


def test_the_same_decisions_on_the_same_day_make_the_same_bytes(tmp_path):
    digests = [write_snapshot(iter(decisions()), tmp_path / name, day=TODAY) for name in "ab"]
    assert digests[0] == digests[1] == Digest.of((tmp_path / "a").read_bytes())


def rows(path) -> list[tuple]:
    return duckdb.sql(f"SELECT * FROM read_parquet('{path}') ORDER BY subject").fetchall()  # noqa: S608 - our own path


def test_whoever_was_only_asked_has_no_row(tmp_path):
    asked, refused = a_child(1), a_child(2)
    said = [says(asked, "parent", "unsought"), says(asked, "parent", "no-reply"), says(refused, "parent", "refuse")]
    write_snapshot(sorted(said, key=lambda one: one.subject), tmp_path / "a", day=TODAY)
    assert rows(tmp_path / "a") == [(said[-1].subject, False, 0, "", 0, "", None)]


def test_children_whose_histories_read_alike_have_rows_that_read_alike(tmp_path):
    said = [says(a_child(n), "young-person", "consent", "consented", "special") for n in range(3)]
    write_snapshot(sorted(said, key=lambda one: one.subject), tmp_path / "a", day=TODAY)
    assert len({row[0] for row in rows(tmp_path / "a")}) == 3
    assert {row[1:] for row in rows(tmp_path / "a")} == {(False, 0, "", 3, "", said[0].given)}


def test_another_day_makes_another_snapshot(tmp_path):
    digests = {write_snapshot([], tmp_path / day, day=date.fromisoformat(day)) for day in ("2026-11-24", "2026-11-25")}
    assert len(digests) == 2


def test_a_snapshot_is_private_and_overwrites_nothing(tmp_path):
    write_snapshot(decisions(1), tmp_path / "a", day=TODAY)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StorageError):
        write_snapshot(decisions(1), tmp_path / "a", day=TODAY)


def test_decisions_that_do_not_come_by_subject_are_refused_and_leave_no_file(tmp_path):
    mixed = decisions(3)[::-1] + decisions(3)
    with pytest.raises(StorageError):
        write_snapshot(mixed, tmp_path / "a", day=TODAY)
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_that_breaks_off_leaves_no_file(tmp_path):
    def breaking():
        yield from decisions(2)
        raise KeyError

    with pytest.raises(KeyError):
        write_snapshot(breaking(), tmp_path / "a", day=TODAY)
    assert list(tmp_path.iterdir()) == []
