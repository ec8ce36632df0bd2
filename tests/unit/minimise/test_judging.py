"""A small extract is begun before its turn: what it says counts only if its turn asks the very same."""

import os
import signal
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.minimise.identifiers import pseudonyms
from gateway.minimise.judging import Judging
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import AT, MANY, REGISTER_KEY, a_job, upn
from tests.unit.minimise.processes import PATIENCE, servers, workers

HELD = pseudonyms({"upn": upn(1)}, key=REGISTER_KEY)


@pytest.fixture
def judging():
    with closing(Judging()) as made:
        yield made
    assert servers() == []


@pytest.fixture
def job(tmp_path):
    """Of so many children that its worker is still there whenever it is looked for: somebody must read what it writes."""
    return a_job(tmp_path, MANY)


def finished(judging, job):
    with judging.run(job) as run:
        output = b"".join(run.chunks())
        return output, run.outcome()


def test_what_was_begun_before_its_turn_is_what_its_turn_gets(judging, job):
    judging.begin(job)
    (begun,) = workers()
    with judging.run(job) as run:
        assert workers() == [begun]
        output = b"".join(run.chunks())
        ahead = output, run.outcome()
    assert workers() == []
    again = finished(judging, job)
    assert (sorted(ahead[0].splitlines()), ahead[1]) == (sorted(again[0].splitlines()), again[1])
    assert job.disclosures.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"holds": HELD},
        {"at": AT + timedelta(seconds=1)},
        {"exclude": frozenset({bytes(8)})},
        {"links": ((b"a" * 12, b"b" * 12),)},
        {"nameless": (b"a" * 12,)},
        {"register_key": bytes(32)},
        {"approved": frozenset({"postcode"})},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_before_its_turn_has_it_judged_anew(judging, job, change):
    judging.begin(job)
    (begun,) = workers()
    with judging.run(replace(job, **change)) as run:
        assert begun not in workers()
        list(run.chunks())
    assert workers() == []


def test_a_hold_that_comes_after_it_was_begun_withholds(judging, job):
    judging.begin(job)
    output, outcome = finished(judging, replace(job, holds=HELD))
    assert (outcome.rows_in, outcome.rows_out, outcome.withheld["hold"]) == (60_000, 59_999, 1)
    assert output.count(b"\n") == 1 + 59_999


def test_what_is_begun_and_never_run_leaves_no_worker_and_no_file(judging, job):
    judging.begin(job)
    judging.drop()
    assert workers() == []
    assert not job.disclosures.exists()
    assert list(job.disclosures.parent.glob("tmp*")) == []


def test_of_two_that_are_begun_over_one_extract_the_first_is_thrown_away(judging, job):
    judging.begin(job)
    (first,) = workers()
    judging.begin(replace(job, holds=HELD))
    assert first not in workers()
    assert len(workers()) == 1


def test_the_one_whose_turn_it_is_and_the_next_are_at_work_at_the_same_time(judging, job, tmp_path):
    (tmp_path / "other").mkdir()
    other = a_job(tmp_path / "other", MANY)
    judging.begin(job)
    judging.begin(other)
    both = set(workers())
    assert len(both) == 2
    for each in (job, other):
        with judging.run(each) as run:
            assert set(workers()) <= both
            list(run.chunks())
            assert run.outcome().rows_out == 60_000


def test_with_what_it_is_compared_is_told_at_its_turn(judging, job, tmp_path):
    """The last full parcel is the one before, and that is sealed meanwhile."""
    (tmp_path / "before").mkdir()
    before = a_job(tmp_path / "before", MANY)
    finished(judging, before)
    judging.begin(replace(job, previous=before.disclosures, holds=HELD))
    last = tmp_path / "last.parquet"
    last.write_bytes(before.disclosures.read_bytes())
    before.disclosures.unlink()
    _, outcome = finished(judging, replace(job, previous=last, holds=HELD))
    assert outcome.removed == 1


def test_what_was_begun_without_anything_to_compare_with_is_judged_anew_if_there_is_something(judging, job, tmp_path):
    (tmp_path / "before").mkdir()
    before = a_job(tmp_path / "before", MANY)
    finished(judging, before)
    judging.begin(replace(job, holds=HELD))
    _, outcome = finished(judging, replace(job, previous=before.disclosures, holds=HELD))
    assert outcome.removed == 1


def test_disclosures_to_compare_with_that_are_gone_are_an_error(judging, job, tmp_path):
    gone = tmp_path / "gone.parquet"
    judging.begin(replace(job, previous=gone))
    with pytest.raises(StorageError, match="cannot be read"), judging.run(replace(job, previous=gone)):
        pass
    assert workers() == []


def test_one_that_was_begun_and_died_is_an_error_at_its_turn(judging, job):
    judging.begin(job)
    (begun,) = workers()
    os.kill(begun, signal.SIGSTOP)
    os.kill(begun, signal.SIGKILL)
    with judging.run(job) as run, pytest.raises(StorageError):
        list(run.chunks())
    assert not job.disclosures.exists()


def test_a_file_that_is_refused_before_its_turn_is_refused_at_its_turn(judging, job, tmp_path):
    """Its worker has ended by then, and takes nothing to compare any more."""
    (tmp_path / "before").mkdir()
    before = a_job(tmp_path / "before", MANY)
    finished(judging, before)
    job.extract.write_bytes(MANY + b"x,y\n")
    compared = replace(job, previous=before.disclosures)
    judging.begin(compared)
    end = time.monotonic() + PATIENCE
    while workers() and time.monotonic() < end:
        time.sleep(0.01)
    assert workers() == []
    _, outcome = finished(judging, compared)
    assert [refusal.reason for refusal in outcome.refusals] == ["structure"]


def test_told_to_stop_what_was_begun_is_ended_as_well(judging, job):
    judging.begin(job)
    judging.stop()
    with pytest.raises(StorageError), judging.run(job) as run:
        list(run.chunks())


def test_an_exception_at_its_turn_keeps_nothing_of_what_was_begun(judging, job):
    judging.begin(job)

    def broken():
        with judging.run(job) as run:
            list(run.chunks())
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert workers() == []
    assert not job.disclosures.exists()
