from datetime import UTC, datetime, timedelta

import pytest

from gateway.pickup.settle import is_settled, sort_names

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUIET = timedelta(seconds=10)


@pytest.mark.parametrize("name", ["pupils.csv", "Pupils Nov.CSV", "o'neil & sons.csv", "naïve.csv", "-rf.csv"])
def test_an_extract_is_picked_up(name):
    assert sort_names([name]).extracts == (name,)


@pytest.mark.parametrize(
    "name",
    [
        ".pupils.csv", "~$pupils.csv", "pupils.csv.tmp", "pupils.csv.part", "pupils.csv.filepart", "Thumbs.db",
        "pupils.csv.release", "pupils.csv.release.sig", "pupils.csv.release.approve", "pupils.csv.release.approve.sig",
        "pupils.csv.handoff.toml", "waiting.txt", "refused", "outcomes",
    ],
)  # fmt: skip
def test_what_is_half_written_or_ours_is_passed_over_silently(name):
    assert sort_names([name]) == sort_names([])


@pytest.mark.parametrize(
    "name", ["pupils.xlsx", "pupils.zip", "a\nb.csv", "a\x1b[31m.csv", "a:stream.csv", "bad\udcff.csv"]
)
def test_what_is_not_an_extract_is_left_and_counted(name):
    listing = sort_names([name])
    assert listing.extracts == ()
    assert listing.left == 1


def test_a_lease_settles_whatever_the_clock_says():
    assert is_settled(nobody_writes=True, changed=AT, at=AT, quiet=QUIET)
    assert not is_settled(nobody_writes=False, changed=AT - timedelta(days=1), at=AT, quiet=QUIET)


def test_without_a_lease_the_kernels_change_time_must_be_quiet():
    assert not is_settled(nobody_writes=None, changed=AT - QUIET / 2, at=AT, quiet=QUIET)
    assert is_settled(nobody_writes=None, changed=AT - QUIET, at=AT, quiet=QUIET)
    assert not is_settled(nobody_writes=None, changed=AT + QUIET, at=AT, quiet=QUIET), "a change in the future"
