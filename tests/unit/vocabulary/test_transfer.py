"""A transfer's identifier tells when it was made."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.vocabulary.transfer import TransferId

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside


@given(at=MOMENTS, chance=st.binary(min_size=10, max_size=10))
def test_an_identifier_tells_when_it_was_made(at, chance):
    made = TransferId.new(at, lambda size: chance[:size])
    assert abs(made.made - at) <= timedelta(milliseconds=1)
    assert TransferId.parse(made).made == made.made


@given(at=MOMENTS, later=st.integers(1, 10**9), chance=st.binary(min_size=10, max_size=10))
def test_identifiers_sort_by_the_time_that_they_tell(at, later, chance):
    first, second = (
        TransferId.new(at + timedelta(milliseconds=more), lambda size: chance[:size]) for more in (0, later)
    )
    assert first < second
    assert first.made < second.made
