"""Where nobody has named single fields, a shorter query says the same of the register."""

import _duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.minimise.openings import register, register_of_tiers
from tests.unit.minimise.ground import POLICY

POLICIES = (
    POLICY,
    POLICY.model_copy(update={"special": ()}),
    POLICY.model_copy(update={"consented": None}),
    POLICY.model_copy(update={"consented": None, "special": ()}),
)
SUBJECTS = st.integers(0, 5)
LINES = st.lists(
    st.tuples(SUBJECTS, st.booleans(), st.integers(0, 3), st.integers(0, 3), st.none() | st.dates()),
    max_size=8,
    unique_by=lambda line: line[0],
)


def blob(subject):
    return bytes([subject]) * 12


@settings(max_examples=40)
@given(policy=st.sampled_from(POLICIES), lines=LINES, links=st.dictionaries(SUBJECTS, SUBJECTS), linked=st.booleans())
def test_without_single_fields_both_queries_say_the_same(policy, lines, links, linked):
    with _duckdb.connect() as engine:
        engine.execute(
            "CREATE TABLE decided (subject BLOB, objected BOOLEAN, minor_tiers UTINYINT, minor_fields VARCHAR,"
            " own_tiers UTINYINT, own_fields VARCHAR, own_given DATE)"
        )
        for subject, objected, minor, own, given_on in lines:
            values = (blob(subject), objected, minor, "", own, "", given_on)
            engine.execute("INSERT INTO decided VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        engine.execute("CREATE TABLE links (pseudonym BLOB, subject BLOB)")
        for pseudonym, subject in links.items():
            engine.execute("INSERT INTO links VALUES (?, ?)", (blob(pseudonym), blob(subject)))
        both = [query(policy, linked=linked) for query in (register, register_of_tiers)]
        rows, short = (engine.execute(f"{query} ORDER BY ALL").fetchall() for query in both)
        types, short_types = (
            [(name, kind) for name, kind, *_ in engine.execute(f"DESCRIBE {query}").fetchall()] for query in both
        )
    assert (short, short_types) == (rows, types)
