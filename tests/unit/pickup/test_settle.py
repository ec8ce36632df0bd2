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
    assert is_settled(nobody_writes=True, changed=AT, at=AT, quiet=QUIET, seen_still=None)
    assert not is_settled(nobody_writes=False, changed=AT - timedelta(days=1), at=AT, quiet=QUIET, seen_still=None)


def test_without_a_lease_the_kernels_change_time_must_be_quiet():
    assert not is_settled(nobody_writes=None, changed=AT - QUIET / 2, at=AT, quiet=QUIET, seen_still=None)
    assert is_settled(nobody_writes=None, changed=AT - QUIET, at=AT, quiet=QUIET, seen_still=None)
    assert not is_settled(nobody_writes=None, changed=AT + QUIET, at=AT, quiet=QUIET, seen_still=None), (
        "a change in the future"
    )


@pytest.mark.parametrize(("seen_still", "is_whole"), [(timedelta(0), False), (QUIET / 2, False), (QUIET, True)])
def test_whatever_a_servers_clock_says_we_have_seen_it_still_for_as_long(seen_still, is_whole):
    an_hour_ago = AT - timedelta(hours=1)
    assert is_settled(nobody_writes=None, changed=an_hour_ago, at=AT, quiet=QUIET, seen_still=seen_still) is is_whole
    assert is_settled(nobody_writes=True, changed=an_hour_ago, at=AT, quiet=QUIET, seen_still=seen_still)
    assert (
        is_settled(nobody_writes=None, changed=AT + timedelta(days=1), at=AT, quiet=QUIET, seen_still=seen_still)
        is is_whole
    )
    assert not is_settled(nobody_writes=False, changed=an_hour_ago, at=AT, quiet=QUIET, seen_still=seen_still)
