"""The engine and the slow, plain rules say the same about generated files, registers, holds and clocks.

With HANDOFF_FULL set the sweep is long.
"""

import os
import tempfile
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.minimise.ages import attained_on
from gateway.vocabulary.moment import LONDON
from tests.unit.minimise import naive
from tests.unit.minimise.ground import a_child, judged, says, upn

FULL = os.environ.get("HANDOFF_FULL")
sweep = settings(max_examples=400 if FULL else 10, deadline=None, suppress_health_check=list(HealthCheck))

CLOCKS = st.sampled_from(
    [
        datetime.combine(date(2026, 11, 24) + timedelta(days), time(hour), LONDON)
        for days in range(-3, 4)
        for hour in (0, 23)
    ]
    + [datetime(2028, 2, 29, 0, tzinfo=LONDON), datetime(2027, 3, 1, 0, tzinfo=LONDON)]
)
BIRTHDAYS = st.one_of(
    st.sampled_from(["2013-11-24", "2013-11-25", "2010-11-24", "2010-11-25", "2006-11-24", "2006-11-25", "2012-02-29",
                     "2008-02-29", "2013-02-31", "24/11/2012", "2030-01-01", "2012-2-3", ""]),
    st.dates(date(2005, 1, 1), date(2015, 1, 1)).map(date.isoformat),
)  # fmt: skip
NAMES = st.sampled_from(
    ["Zoë", "ZOE", "Jean-Luc", "jean luc", "O’Neill", "O'NEILL", "Łukasz", "Lukasz", "Ñandú", "李", "'"]
)
ADDRESSES = st.sampled_from(
    ["12 High St", "Flat 3, 12 High Street", "3 High St", "Rose Cottage", "12a high st", "", "14 Low Rd"]
)
POSTCODES = st.sampled_from(["E17 4PP", "e174pp", "E10 1AA", ""])
CHILDREN = st.lists(
    st.fixed_dictionaries(
        {
            "upn": st.sampled_from([upn(n) for n in range(12)] + [upn(3, temporary=True), "B123456789012", ""]),
            "date_of_birth": BIRTHDAYS, "forename": NAMES, "surname": NAMES,
            "address_line_1": ADDRESSES, "postcode": POSTCODES,
        },
        optional={
            "former_upn": st.sampled_from([upn(n) for n in range(6)]), "local_id": st.sampled_from(["A1", "B2"]),
            "uprn": st.sampled_from(["100", "200"]), "preferred_surname": NAMES, "address_line_2": ADDRESSES,
        },
    ).map(lambda cells: a_child(1, **cells)),
    min_size=1, max_size=12,
)  # fmt: skip
DECISIONS = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.sampled_from(["parent", "parent-2", "guardian", "young-person"]),
        st.sampled_from(["consent"] * 4 + ["refuse", "withdraw", "unsought", "no-reply", "object", "lift-objection"]),
        st.sampled_from([("consented",), ("special",), ("consented", "special"), ("phone",), ("phone", "sen_provision"),
                         ("consented", "sen_provision"), ("email", "forename")]),
        st.dates(date(2025, 11, 1), date(2026, 12, 1)),
        st.sampled_from([None, date(2026, 11, 24), date(2026, 11, 25), date(2028, 1, 1)]),
    ),
    max_size=30,
)  # fmt: skip
HOLDS = st.lists(st.sampled_from([
    {"upn": upn(1)}, {"former_upn": upn(2)}, {"local_id": "A1"}, {"uprn": "100"},
    {"forename": "Zoe", "surname": "O'Neill", "date_of_birth": "2012-02-29"},
    {"address_line_1": "Flat 3, 12 High Street", "postcode": "E17 4PP"}, {"address_line_1": "The Mill", "postcode": "E10 1AA"},
]), max_size=2)  # fmt: skip


@sweep
@given(children=CHILDREN, decisions=DECISIONS, holds=HOLDS, at=CLOCKS)
def test_the_engine_says_what_the_plain_rules_say(children, decisions, holds, at):
    by_upn = {upn(n): [] for n in range(12)}
    for number, who, what, tiers, given_on, expires in decisions:
        named = tiers if what == "consent" else ()
        said = says({"upn": upn(number)}, who, what, *named, given=given_on, expires=expires if named else None)
        by_upn[upn(number)].append(said)
    with tempfile.TemporaryDirectory() as folder:
        everything = [said for of_one in by_upn.values() for said in of_one]
        result = judged(Path(folder), children, decisions=everything, holds=holds, at=at)
    day = at.astimezone(LONDON).date()
    expected = Counter(), []
    for child in children:
        said = by_upn.get(child["upn"], [])
        verdict = naive.verdict(child, children, holds, said, day)
        expected[0][verdict] += 1
        if verdict == "released":
            expected[1].append(expected_row(child, naive.opened(child, said, day)))
    counted = Counter(result.outcome.withheld)
    counted["rejected"] = sum(result.outcome.rejected.values())
    counted["released"] = result.outcome.rows_out
    assert +counted == +expected[0]
    assert sorted(tuple(row.values())[1:] for row in result.rows) == sorted(expected[1])
    result.outcome.balance()


def expected_row(child, opened):
    floor = ("forename", "surname", "date_of_birth", "address_line_1", "address_line_2", "postcode")
    optional = {"phone": "consented", "sen_provision": "special"}
    open_too = [field in opened.fields or tier in opened.tiers for field, tier in optional.items()]
    cells = [child[field] if is_open else "" for field, is_open in zip(optional, open_too, strict=True)]
    return (*(child.get(field, "") for field in floor), *cells)


@sweep
@given(children=CHILDREN, decisions=DECISIONS, closing=st.sampled_from(["refuse", "withdraw", "object"]),
       who=st.sampled_from(["parent", "guardian", "young-person"]), at=CLOCKS)  # fmt: skip
def test_one_more_refusal_never_releases_more(children, decisions, closing, who, at):
    said = [
        says({"upn": upn(number)}, decider, what, *(tiers if what == "consent" else ()), given=given_on)
        for number, decider, what, tiers, given_on, _ in decisions
    ]
    later = [says({"upn": upn(n)}, who, closing, given=date(2026, 12, 2)) for n in range(12)]
    with tempfile.TemporaryDirectory() as folder:
        before = judged(Path(folder), children, decisions=said, at=at)
        after = judged(Path(folder), children, decisions=[*said, *later], at=at)
    assert after.outcome.rows_out <= before.outcome.rows_out
    for field, count in after.outcome.fields.items():
        assert count <= before.outcome.fields[field]


@sweep
@given(
    born=st.dates(date(2008, 1, 1), date(2012, 12, 31)), hours=st.integers(0, 23),
    named=st.sampled_from([("consented", "special"), ("phone", "sen_provision"), ("phone", "special")]),
)  # fmt: skip
def test_a_parents_yes_ends_with_the_first_moment_of_the_sixteenth_birthday(born, hours, named):
    child = a_child(1, date_of_birth=born.isoformat())
    yes = says(child, "parent", "consent", *named, given=born + timedelta(4000))
    birthday = attained_on(born, 16)
    with tempfile.TemporaryDirectory() as folder:
        eve = datetime.combine(birthday - timedelta(1), time(23, 59, 59), LONDON)
        before = judged(Path(folder), [child], decisions=[yes], at=eve)
        after = judged(Path(folder), [child], decisions=[yes], at=datetime.combine(birthday, time(hours), LONDON))
    assert before.rows[0]["phone"]
    assert before.rows[0]["sen_provision"]
    assert not after.rows[0]["phone"]
    assert not after.rows[0]["sen_provision"]
