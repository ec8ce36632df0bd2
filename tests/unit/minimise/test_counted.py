"""What a count of the same bytes on the same day has found is not looked for again, and changes nothing."""

from dataclasses import replace

import pytest

from tests.unit.minimise.ground import SCHEMA, a_child, a_job, as_csv, carried_out, upn

UNNUMBERED = SCHEMA.model_copy(
    update={
        "columns": tuple(c.model_copy(update={"required": c.required and c.field != "upn"}) for c in SCHEMA.columns)
    }
)
CHILDREN = [
    a_child(1),
    a_child(2, forename="Élodie", surname="O'Ño"),
    a_child(3, forename="-", surname="'"),
    a_child(4, date_of_birth="2001-01-01"),
    a_child(5, upn=upn(5, temporary=True)),
    a_child(6, address_line_1=""),
    a_child(7, former_upn=upn(70)),
]
WITHOUT_UPN = a_child(8, upn="")


@pytest.mark.parametrize(
    "held", [[], [{"upn": upn(1)}], [{k: CHILDREN[1][k] for k in ("forename", "surname", "date_of_birth")}]]
)
@pytest.mark.parametrize("children", [CHILDREN, [*CHILDREN, WITHOUT_UPN]])
def test_a_counted_file_is_released_as_one_that_was_not(tmp_path, held, children):
    job = a_job(tmp_path, as_csv(children), schema=UNNUMBERED, holds=held)
    first = carried_out(job)
    second = carried_out(replace(job, counted=True))
    assert sorted(second.output.splitlines()) == sorted(first.output.splitlines())
    assert second.outcome.facts() == first.outcome.facts()
    assert (second.outcome.pairs, second.outcome.nameless) == (first.outcome.pairs, first.outcome.nameless)


def test_who_was_found_twice_is_withheld_though_nobody_looks_for_more(tmp_path):
    job = a_job(tmp_path, as_csv([*CHILDREN, CHILDREN[0]]))
    found = carried_out(job).outcome.duplicates
    assert found
    assert carried_out(replace(job, counted=True, exclude=found)).outcome.withheld["duplicate"] == 2
