"""Consents to single fields, judged by a real worker: these cells leave and no other, and it is on record which."""

import tempfile
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.fields import MOST_OPTIONAL, NEVER, SPECIAL, FieldName
from gateway.contract.policy import OutputColumn, Policy, SpecialField, Tier
from gateway.contract.schema import Column
from gateway.minimise.consent import Opened, standing
from gateway.minimise.disclosed import DisclosedFile, counted, disclosed, everybody, released_to
from gateway.minimise.disclosures import meaning, parse_meaning, said
from gateway.minimise.identifiers import subject
from gateway.minimise.openings import fields_of, optional_fields
from gateway.minimise.outcome import SINGLE_FIELDS
from gateway.minimise.verdicts import KEPT_BACK, by_name, field_bit
from tests.unit.minimise.ground import (
    FLOOR,
    POLICY,
    REGISTER_KEY,
    SCHEMA,
    TODAY,
    a_child,
    a_job,
    as_csv,
    carried_out,
    judged,
    says,
    upn,
)
from tests.unit.minimise.test_against_naive import sweep

OPTIONAL = ("phone", "local_id", "uln", "sen_provision", "uprn")
WIDE = POLICY.model_copy(
    update={
        "consented": Tier(fields=("phone", "local_id", "uprn"), basis="consent"),
        "special": (SpecialField(field="sen_provision", condition="x"), SpecialField(field="uln", condition="x")),
        "output": tuple(OutputColumn(header=field, field=field) for field in ("reference", *FLOOR, *OPTIONAL)),
    }
)
RICH = {"local_id": "L1", "uln": "1000000043", "uprn": "100"}


def of(child):
    return subject(child["upn"], key=REGISTER_KEY)


def leaving(tmp_path, child, *decisions, policy=WIDE, **rest):
    """The optional fields whose cells are not blank."""
    row = judged(tmp_path, [child], decisions=decisions, policy=policy, **rest).rows[0]
    return {field for field in OPTIONAL if row.get(field)}


@pytest.mark.parametrize(
    ("named", "left"),
    [
        (("phone",), {"phone"}),
        (("phone", "uprn"), {"phone", "uprn"}),
        (("sen_provision",), {"sen_provision"}),
        (("consented", "uln"), {"phone", "local_id", "uprn", "uln"}),
        (("special", "phone"), {"sen_provision", "uln", "phone"}),
        (("consented", "phone"), {"phone", "local_id", "uprn"}),
        (("email", "forename"), set()),
        (("ethnicity",), set()),
    ],
)
def test_the_fields_that_are_named_leave_and_no_other(tmp_path, named, left):
    child = a_child(1, **RICH)
    assert leaving(tmp_path, child, says(child, "parent", "consent", *named)) == left


@pytest.mark.parametrize("field", ["sen_provision", "notes", "former_upn", "upn"])
def test_a_field_that_the_policy_does_not_release_stays_whoever_names_it(tmp_path, field):
    child = a_child(1, former_upn=upn(77))
    without = POLICY.model_copy(update={"special": (), "output": POLICY.output[:-1]})
    result = judged(tmp_path, [child], decisions=[says(child, "parent", "consent", field, "phone")], policy=without)
    assert field not in result.rows[0]
    assert child[field] not in result.output.decode()
    assert result.outcome.fields == {"phone": 1}


def test_they_are_counted_by_field_and_beside_the_tiers(tmp_path):
    children = [a_child(number, **RICH) for number in range(1, 5)]
    consents = [("phone",), ("phone", "sen_provision"), ("consented",)]
    decisions = [says(child, "parent", "consent", *named) for child, named in zip(children, consents, strict=False)]
    outcome = judged(tmp_path, children, decisions=decisions, policy=WIDE).outcome
    assert outcome.fields == {"phone": 3, "local_id": 1, "uln": 0, "sen_provision": 1, "uprn": 1}
    assert outcome.tiers == {"floor": 4, "consented": 1, "special": 0, SINGLE_FIELDS: 2}
    outcome.balance()


def test_a_blank_cell_is_counted_and_looks_like_a_withheld_one(tmp_path):
    named, bare = a_child(1, phone=""), a_child(2)
    result = judged(tmp_path, [named, bare], decisions=[says(named, "parent", "consent", "phone")])
    assert [line.endswith(",E17 4PP,,") for line in result.output.decode().splitlines()[1:]] == [True, True]
    assert result.outcome.fields["phone"] == 1


def kept(folder, result):
    return DisclosedFile(
        transfer=folder.name,
        path=folder / "disclosures.parquet",
        meta=result.outcome.disclosures_meta,
        key=REGISTER_KEY,
    )


def test_disclosures_say_which_fields_left_and_why_the_others_did_not(tmp_path):
    one, other, objecting = a_child(1, **RICH), a_child(2, **RICH), a_child(3)
    decisions = [
        says(one, "parent", "consent", "phone"), says(other, "parent", "consent", "special", "uprn"),
        says(objecting, "parent", "consent", "phone"), says(objecting, "guardian", "object"),
    ]  # fmt: skip
    file = kept(tmp_path, judged(tmp_path, [one, other, objecting], decisions=decisions, policy=WIDE))
    rows = {row.subject: row for row in disclosed([file], frozenset({of(one), of(other), of(objecting)}))}
    assert rows[of(one)].released == {"reference", *FLOOR, "phone"}
    assert rows[of(one)].withheld == dict.fromkeys({"local_id", "uln", "sen_provision", "uprn"}, "no-consent")
    assert rows[of(other)].released == {"reference", *FLOOR, "uln", "sen_provision", "uprn"}
    assert set(rows[of(objecting)].withheld.values()) == {"objection"}
    assert everybody(file) == {of(one), of(other)}
    assert released_to(file, [of(one), of(objecting)]) == {of(one): ("reference", *FLOOR, "phone")}
    assert counted(file).children == 2
    assert counted(file).fields["uprn"] == counted(file).fields["phone"] == 1


def test_files_of_policies_with_few_and_with_many_fields_are_asked_together(tmp_path):
    """Their verdicts have other widths."""
    child, files = a_child(1), []
    many, names = of_many(MOST_OPTIONAL)
    columns = [Column(header=field, field=field) for field in names if field not in {c.field for c in SCHEMA.columns}]
    wide = SCHEMA.model_copy(update={"columns": (*SCHEMA.columns, *columns)})
    for number, rest in enumerate([{}, {"policy": many, "schema": wide}, {}]):
        folder = tmp_path / str(number)
        folder.mkdir()
        job = a_job(
            folder, as_csv([child | {names[-1]: "x"}], rest.get("schema", SCHEMA)),
            decisions=[says(child, "parent", "consent", names[-1], "phone")], **rest,
        )  # fmt: skip
        files.append(kept(folder, carried_out(job)))
    for order in (files, files[::-1]):
        rows = disclosed(order, frozenset({of(child)}))
        assert [row.transfer for row in rows] == [file.transfer for file in order]
        assert [names[-1] in row.released for row in rows] == [False, True, False]
        assert all("phone" in row.released for row in rows)


def test_files_of_runs_with_and_without_single_fields_are_asked_together(tmp_path):
    child, files = a_child(1), []
    for number, named in enumerate([("consented",), ("phone",), ()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        decisions = [says(child, "parent", "consent", *named)] if named else []
        files.append(kept(folder, judged(folder, [child], decisions=decisions)))
    assert ["phone" in row.released for row in disclosed(files, frozenset({of(child)}))] == [True, True, False]


@pytest.mark.parametrize("verdict", [by_name(5) - 1, by_name(5) * 2, by_name(6) + field_bit(0), 5])
def test_a_verdict_that_the_files_meaning_does_not_explain_is_an_error(verdict):
    with pytest.raises((KeyError, ValueError)):
        said(parse_meaning(meaning(WIDE)), verdict)


@pytest.mark.parametrize(
    ("under_the_old", "under_the_new", "left"),
    [
        (("consented",), ("phone",), {"phone"}),
        (("phone",), ("consented",), {"phone"}),
        (("phone", "uprn"), ("phone", "uln"), {"phone"}),
        (("phone",), ("uln",), set()),
        (("special",), ("phone",), set()),
        (("phone",), (), {"phone"}),
        (("consented", "sen_provision"), ("consented", "special"), {"phone", "local_id", "uprn", "sen_provision"}),
    ],
)
def test_under_two_pseudonyms_what_both_let_out_leaves_by_name_or_by_tier(tmp_path, under_the_old, under_the_new, left):
    child, before = a_child(1, **RICH), a_child(1, upn=upn(77))
    decisions = [says(before, "parent", "consent", *under_the_old)]
    decisions += [says(child, "parent", "consent", *under_the_new)] if under_the_new else []
    assert leaving(tmp_path, child, *decisions, links=((of(child), of(before)),)) == left


def test_a_refusal_under_a_former_upn_closes_single_fields(tmp_path):
    child, before = a_child(1, **RICH), a_child(1, upn=upn(77))
    decisions = [says(before, "parent", "refuse"), says(child, "parent", "consent", "phone")]
    assert leaving(tmp_path, child, *decisions, links=((of(child), of(before)),)) == set()


def of_many(count):
    names = sorted(set(get_args(FieldName)) - NEVER - {"reference", *FLOOR})[:count]
    changes = {
        "consented": {"fields": [field for field in names if field not in SPECIAL], "basis": "consent"},
        "special": [{"field": field, "condition": "x"} for field in names if field in SPECIAL],
        "output": [{"header": field, "field": field} for field in ("reference", *FLOOR, *names)],
    }
    return Policy.model_validate(WIDE.model_dump() | changes), names


def test_each_of_as_many_fields_as_there_may_be_has_a_bit_of_its_own():
    policy, names = of_many(MOST_OPTIONAL)
    page = parse_meaning(meaning(policy))
    assert optional_fields(policy) == tuple(names)
    for place, field in enumerate(names):
        verdict = by_name(MOST_OPTIONAL) + field_bit(place)
        assert -(1 << 63) <= verdict < KEPT_BACK
        assert said(page, verdict).released == ("reference", *FLOOR, field)
        assert fields_of(Opened(fields=frozenset({field})), policy) == {field}


def test_a_policy_of_more_is_refused():
    with pytest.raises(ValueError, match="more than 60 fields that only consent releases"):
        of_many(MOST_OPTIONAL + 1)


SETS = st.sets(st.sampled_from(["consented", "special", *OPTIONAL, "email", "surname"]), min_size=1)
YES = st.tuples(
    st.sampled_from(["parent", "parent-2", "young-person"]), st.just("consent"), SETS, st.dates(date(2026, 1, 1), TODAY)
)
NO = st.tuples(
    st.sampled_from(["parent", "young-person"]),
    st.sampled_from(["refuse", "withdraw", "object"]),
    st.just(set()),
    st.dates(date(2026, 1, 1), TODAY),
)
TIERS = st.lists(st.sampled_from(["floor", "consented", "special", "nowhere"]), min_size=5, max_size=5)


def a_policy(places, order):
    """Each optional field in a tier or in none; special categories in no other than theirs."""
    placed = dict(zip(OPTIONAL, places, strict=True))
    if placed["sen_provision"] in ("floor", "consented"):
        placed["sen_provision"] = "special"
    of_tier = {tier: tuple(f for f in OPTIONAL if placed[f] == tier) for tier in ("floor", "consented", "special")}
    columns = ["reference", *FLOOR, *(field for field in OPTIONAL if placed[field] != "nowhere")]
    order.shuffle(columns)
    return WIDE.model_validate(
        WIDE.model_dump() | {
            "floor": {"fields": (*FLOOR, *of_tier["floor"]), "basis": "b"},
            "consented": {"fields": of_tier["consented"], "basis": "b"} if of_tier["consented"] else None,
            "special": [{"field": field, "condition": "c"} for field in of_tier["special"]],
            "output": [{"header": field, "field": field} for field in columns],
        }
    ), placed  # fmt: skip


@sweep
@given(
    places=TIERS, order=st.randoms(use_true_random=False), born=st.sampled_from(["2012-03-04", "2010-01-31"]),
    histories=st.lists(st.lists(st.one_of(YES, YES, NO), max_size=4), min_size=1, max_size=4),
)  # fmt: skip
def test_no_cell_leaves_outside_what_policy_and_consents_allow_and_every_row_is_accounted_for(
    places, order, born, histories
):
    policy, placed = a_policy(places, order)
    children = [a_child(number, date_of_birth=born, **RICH | {"uprn": str(number)}) for number in range(len(histories))]
    decisions = {
        child["upn"]: [says(child, who, what, *named, given=day) for who, what, named, day in history]
        for child, history in zip(children, histories, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        result = judged(
            Path(folder), children, decisions=[one for many in decisions.values() for one in many], policy=policy
        )
        told = {row.subject: row for row in disclosed([kept(Path(folder), result)], frozenset(map(of, children)))}
    result.outcome.balance()
    left = {row["forename"]: row for row in result.rows}
    for child in children:
        now = standing(decisions[child["upn"]], TODAY)
        assert (child["forename"] in left) is not now.objected
        if now.objected:
            continue
        opened = now.minor if born > "2010-11-24" else now.own
        if born < "2010-11-24" and not (now.own_given and now.own_given >= date(2026, 1, 31)):
            opened = Opened()
        allowed = {
            f
            for f, t in placed.items()
            if t == "floor" or (t != "nowhere" and (t in opened.tiers or f in opened.fields))
        }
        row = left[child["forename"]]
        assert {field for field in OPTIONAL if row.get(field)} == allowed
        assert told[of(child)].released - {"reference", *FLOOR} == allowed
        assert set(told[of(child)].withheld) == set(optional_fields(policy)) - allowed
