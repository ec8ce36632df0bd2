"""What was decided under a child's name counts for the child, who may have a UPN: in files as at a desk."""

import csv
import io

import pytest

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.office import PURPOSE, Office

HEADER = "upn,forename,surname,date_of_birth,purpose,decided_by,decision,tiers,fields,given,expires,withdrawn,notice,evidence"
NAME = ("forename", "surname", "date_of_birth")


def named(child) -> str:
    return ",".join(("", *(child.fields[field] for field in NAME)))


def of_names(*lines: tuple[object, str]) -> bytes:
    """Each child by name, and `decided_by,decision,tiers,fields,given` of it."""
    rows = (f"{named(child)},{PURPOSE},{said},,,PN-1,F-9" for child, said in lines)
    return "\n".join([HEADER, *rows, ""]).encode()


def handed_over(world, child):
    """Approved some time before; what the partner has of this child in the end."""
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    return received_of(world, child)


def received_of(world, child):
    (received,) = (path for path in world.partners[YSS].received if "removal" not in path.name)
    rows = csv.DictReader(io.StringIO(received.read_text("utf-8")))
    (row,) = (row for row in rows if (row["Forename"], row["Surname"]) == tuple(child.fields[f] for f in NAME[:2]))
    return row


def typed(child) -> str:
    return "".join(f"{field}: {child.fields[field]}\n" for field in NAME)


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.SEALED])
def test_a_refusal_that_a_file_brings_under_a_name_counts_for_the_child_who_has_a_upn(world, stage):
    child = world.people.in_situation("parent-yes")
    world.approved()
    if stage is Stage.SEALED:
        world.run("prepare")
    assert world.stages() == [stage]
    world.record(of_names((child, "parent,refuse,,,2026-11-24")))
    row = handed_over(world, child)
    assert (row["Postcode"], row["Mobile"], row["Email"]) == (child.fields["postcode"], "", "")


def test_a_consent_that_a_file_brings_under_a_name_opens_what_it_names(world):
    asked, refused = world.people.in_situation("unsought"), world.people.in_situation("parent-no")
    yes = "parent,consent,,phone,2026-11-24"
    world.record(of_names((asked, yes), (refused, yes)))
    world.approved()
    row = handed_over(world, asked)
    assert (row["Telephone"], row["Mobile"]) == (asked.fields["phone"], "")
    assert received_of(world, refused)["Telephone"] == "", "the refusal under the UPN goes on counting"


def test_a_withdrawal_at_the_desk_under_a_name_counts_and_what_was_given_is_found_by_it(world, type_in):
    child = world.people.in_situation("parent-yes")
    unknown = type_in("withdraw", stdin=typed(child))
    assert unknown.code == 3
    assert "a child who has a UPN is known to partners' parcels by it" in unknown.err
    words = ("consent", "withdraw", "--purpose", PURPOSE, "--by", "parent")
    assert type_in(*words, stdin=typed(child)).code == 0
    world.approved()
    assert handed_over(world, child)["Mobile"] == ""
    assert type_in("withdraw", stdin=typed(child)).code == 0


def test_a_snapshot_that_names_a_child_keeps_the_consent_that_stands_under_its_upn(world, tmp_path):
    office, child, absent = Office(world, tmp_path), *map(world.people.in_situation, ("parent-yes", "guardian-yes"))
    world.record(of_names((child, "parent,unsought,,,2026-11-24")))
    world.approved()  # from now on it is known whose name that is
    path = tmp_path / "all.csv"
    path.write_bytes(of_names((child, "parent,consent,consented,,2026-11-24")))
    words = (path, "--as", "snapshot", "--purpose", PURPOSE)
    for key in office.keys.values():
        spoken = office.bring(*words, "--key", key, "--yes")
    assert spoken.code == 0, spoken.err
    assert office.shown(child.fields["upn"])["under_16"] == ["consented"]
    assert office.shown(absent.fields["upn"])["under_16"] == []


def test_a_row_that_names_half_a_child_refuses_the_file_and_repeats_nothing(world, tmp_path):
    office, child = Office(world, tmp_path), world.people.in_situation("parent-yes")
    path = tmp_path / "some.csv"
    path.write_bytes(
        of_names((child, "parent,refuse,,,2026-11-24")).replace(child.fields["date_of_birth"].encode(), b"")
    )
    spoken = office.bring(path)
    assert spoken.code == 65
    assert "row 2: upn is missing, and so is a part of forename, surname and date_of_birth" in spoken.err
    assert child.fields["surname"] not in spoken.err
    assert office.shown(child.fields["upn"])["under_16"] == ["consented"]
