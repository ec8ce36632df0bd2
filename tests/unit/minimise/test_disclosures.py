from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.minimise.disclosed import DisclosedFile, counted, disclosed, released_to
from gateway.minimise.disclosures import bases_of, meaning
from gateway.minimise.identifiers import subject
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import (
    AT,
    FLOOR,
    POLICY,
    REGISTER_KEY,
    STATUTORY,
    WHOLE,
    a_child,
    a_job,
    as_csv,
    carried_out,
    judged,
    says,
    upn,
)  # fmt: skip


def of(child):
    return subject(child["upn"], key=REGISTER_KEY)


def read_back(folder, result, *children):
    file = DisclosedFile(
        transfer="t1", path=folder / "disclosures.parquet", meta=result.outcome.disclosures_meta, key=REGISTER_KEY
    )
    return {row.subject: row for row in disclosed([file], frozenset(map(of, children)))}


def test_each_child_in_scope_has_one_row_that_says_what_left_and_what_did_not(tmp_path):
    bare, rich, objecting, young = a_child(1), a_child(2), a_child(3), a_child(4, date_of_birth="2020-01-01")
    decisions = [says(rich, "parent", "consent", "consented"), says(objecting, "parent", "object")]
    result = judged(tmp_path, [bare, rich, objecting, young], decisions=decisions)
    rows = read_back(tmp_path, result, bare, rich, objecting, young)
    assert set(rows) == {of(bare), of(rich), of(objecting)}
    assert rows[of(bare)].released == {"reference", *FLOOR}
    assert rows[of(bare)].withheld == {"phone": "no-consent", "sen_provision": "no-consent"}
    assert rows[of(rich)].released == {"reference", *FLOOR, "phone"}
    assert rows[of(objecting)].released == frozenset()
    assert set(rows[of(objecting)].withheld.values()) == {"objection"}


def test_held_children_are_on_record_as_withheld(tmp_path):
    result = judged(tmp_path, [a_child(1), a_child(2)], holds=[{"upn": upn(1)}])
    row = read_back(tmp_path, result, a_child(1))[of(a_child(1))]
    assert (row.released, set(row.withheld.values())) == (frozenset(), {"hold"})


def test_a_return_is_on_record_too(tmp_path):
    result = judged(tmp_path, [a_child(1)], policy=STATUTORY, schema=WHOLE)
    row = read_back(tmp_path, result, a_child(1))[of(a_child(1))]
    assert (row.released, row.withheld) == ({"upn", *FLOOR, "sen_provision"}, {})


def test_the_same_children_make_the_same_bytes_whatever_their_order(tmp_path):
    children = [a_child(n, upn=upn(n), forename=f"N{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(200)]
    digests = set()
    for order in (children, children[::-1], children):
        outcome = judged(tmp_path, order).outcome
        assert outcome.disclosures == Digest.of((tmp_path / "disclosures.parquet").read_bytes())
        digests.add(outcome.disclosures)
    assert len(digests) == 1


def test_the_file_is_ours_alone_and_replaced_by_a_later_run(tmp_path):
    first = judged(tmp_path, [a_child(1)]).outcome
    second = judged(tmp_path, [a_child(2)]).outcome
    path = tmp_path / "disclosures.parquet"
    assert first.disclosures != second.disclosures
    assert second.disclosures == Digest.of(path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_child_is_found_in_many_files(tmp_path):
    files = []
    for n in range(4):
        folder = tmp_path / str(n)
        folder.mkdir()
        result = judged(folder, [a_child(1), a_child(2 + n)], at=AT + timedelta(n))
        files.append(
            DisclosedFile(
                transfer=f"t{n}",
                path=folder / "disclosures.parquet",
                meta=result.outcome.disclosures_meta,
                key=REGISTER_KEY,
            )
        )
    assert [row.transfer for row in disclosed(files, frozenset({of(a_child(1))}))] == ["t0", "t1", "t2", "t3"]
    assert [row.transfer for row in disclosed(files, frozenset({of(a_child(4))}))] == ["t2"]
    assert disclosed(files, frozenset({of(a_child(99))})) == []
    assert disclosed(files, frozenset()) == []


@pytest.mark.parametrize("meta", ["", "{}", '{"type":"other"}', "Canaryname"])
def test_what_the_ledger_does_not_explain_is_an_error(tmp_path, meta):
    judged(tmp_path, [a_child(1)])
    file = DisclosedFile(transfer="t1", path=tmp_path / "disclosures.parquet", meta=meta, key=REGISTER_KEY)
    with pytest.raises(StorageError, match="t1"):
        disclosed([file], frozenset({of(a_child(1))}))


def test_a_damaged_or_missing_file_is_an_error(tmp_path):
    file = DisclosedFile(transfer="t1", path=tmp_path / "x.parquet", meta=meaning(POLICY), key=REGISTER_KEY)
    with pytest.raises(StorageError):
        disclosed([file], frozenset({of(a_child(1))}))
    file.path.write_bytes(b"PAR1" * 100)
    with pytest.raises(StorageError):
        disclosed([file], frozenset({of(a_child(1))}))


def test_nothing_is_kept_of_a_file_that_may_not_leave(tmp_path):
    job = a_job(tmp_path, as_csv([a_child(1), a_child(2, surname="")]), policy=STATUTORY, schema=WHOLE)
    assert carried_out(job).outcome.refusals
    assert not job.disclosures.exists()


def test_no_disclosures_are_written_where_none_are_asked_for(tmp_path):
    outcome = carried_out(replace(a_job(tmp_path, as_csv([a_child()])), disclosures=None)).outcome
    assert (outcome.disclosures, outcome.disclosures_meta) == (None, "")


def test_who_was_given_last_time_and_would_not_be_now_is_counted(tmp_path):
    children = [a_child(number) for number in range(1, 8)]
    first = tmp_path / "first.parquet"
    judged(tmp_path, children, disclosures=first)
    now = judged(tmp_path, [*children[3:], a_child(9)], holds=[children[3]], previous=first)
    assert now.outcome.removed == 4
    assert judged(tmp_path, children[:2], previous=first, count_only=True).outcome.removed == 5


def test_who_was_withheld_last_time_is_not_missed_now(tmp_path):
    children = [a_child(number) for number in range(1, 4)]
    first = tmp_path / "first.parquet"
    judged(tmp_path, children, disclosures=first, holds=[children[0]])
    assert judged(tmp_path, children[1:], previous=first).outcome.removed == 0


def kept_file(folder, result) -> DisclosedFile:
    return DisclosedFile(
        transfer="t1", path=folder / "disclosures.parquet", meta=result.outcome.disclosures_meta, key=REGISTER_KEY
    )


def test_each_field_of_the_output_has_one_basis_and_the_partners_reference_none():
    named = [field for basis in bases_of(POLICY) for field in basis.fields]
    assert sorted([*named, "reference"]) == sorted(column.field for column in POLICY.output)
    floor, consented, special = bases_of(POLICY)
    assert (floor.tier, floor.basis, consented.basis) == ("floor", "section 72", "consent")
    assert (special.fields, special.basis) == (("sen_provision",), "Article 9(2)(a)")


def test_the_bases_are_read_back_as_they_were_when_the_file_was_written(tmp_path):
    row = read_back(tmp_path, judged(tmp_path, [a_child(1)]), a_child(1))[of(a_child(1))]
    assert row.bases == bases_of(POLICY)
    assert row.policy == "small v1"


def test_children_are_counted_by_field_and_those_withheld_are_not(tmp_path):
    children = [a_child(n) for n in range(1, 6)]
    decisions = [says(children[0], "parent", "consent", "consented"), says(children[1], "parent", "object")]
    result = judged(tmp_path, children, decisions=decisions, holds=[{"upn": upn(3)}])
    count = counted(kept_file(tmp_path, result))
    assert count.children == result.outcome.rows_out == 3
    assert count.fields == {"reference": 3, **dict.fromkeys(FLOOR, 3), "phone": 1}


def test_only_those_of_whom_something_left_are_told_of_a_population(tmp_path):
    free, held, objecting, absent = (a_child(n) for n in range(1, 5))
    decisions = [says(objecting, "parent", "object")]
    result = judged(tmp_path, [free, held, objecting], decisions=decisions, holds=[{"upn": upn(2)}])
    file = kept_file(tmp_path, result)
    assert released_to(file, [of(child) for child in (free, held, objecting, absent)]) == {
        of(free): ("reference", *FLOOR)
    }
    assert released_to(file, []) == {}


def test_of_many_files_the_one_that_is_damaged_is_named(tmp_path):
    files = []
    for n in range(3):
        folder = tmp_path / str(n)
        folder.mkdir()
        meta = judged(folder, [a_child(1)]).outcome.disclosures_meta
        files.append(DisclosedFile(transfer=f"t{n}", path=folder / "disclosures.parquet", meta=meta, key=REGISTER_KEY))
    files[1].path.write_bytes(b"PAR1" * 100)
    with pytest.raises(StorageError, match="t1"):
        disclosed(files, frozenset({of(a_child(1))}))


@pytest.mark.parametrize("asked", [counted, lambda file: released_to(file, [of(a_child(1))])])
@pytest.mark.parametrize("meta", ["", "{}", '{"type":"handoff-disclosures/v1"}'])
def test_counts_and_populations_need_the_files_meaning_as_well(tmp_path, asked, meta):
    judged(tmp_path, [a_child(1)])
    with pytest.raises(StorageError, match="t1"):
        asked(DisclosedFile(transfer="t1", path=tmp_path / "disclosures.parquet", meta=meta, key=REGISTER_KEY))
