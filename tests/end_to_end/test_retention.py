"""Evidence goes by its schedule, by the last contact with the children in it, and never while somebody asks for it."""

import json

import pytest

from tests.end_to_end.conftest import YSS

YEARS = 6 * 366


@pytest.fixture
def handed_over(world):
    """One handoff, delivered and acknowledged, and its transfer."""
    world.approved()
    world.run("prepare", "deliver")
    world.partners[YSS].receive(world.clock())
    world.run("deliver")
    world.run("prepare")
    (world.transfer,) = world.transfers()
    return world


def a_child(world):
    return world.people.fit_for_a_return()[0]


def contact(world, type_in, days, child=None):
    """The council was in touch with this child so many days after the handoff."""
    day = (world.clock.at.date()).isoformat()
    path = world.folder / "contacts.csv"
    path.write_text(f"upn,last_contact\n{(child or a_child(world)).fields['upn']},{day}\n")
    return type_in("purge", "--last-contact", path)


def why(type_in):
    return [line.split("  ")[1] for line in type_in("purge", "--dry-run").out.splitlines()]


def test_a_file_of_disclosures_is_kept_until_the_last_child_in_it_has_been_out_of_touch_for_so_long(
    handed_over, type_in
):
    handed_over.clock.turn(days=400)
    assert "the last contact with 1 child\n" in contact(handed_over, type_in, 400).out
    handed_over.clock.turn(days=YEARS - 399)
    assert why(type_in) == ["kept: somebody was in touch with a child in it"]
    spoken = type_in("purge")
    assert "0 files of disclosures" in spoken.out
    assert "kept though their years are over: 1 transfers" in spoken.out
    assert why(type_in) == []  # it is not asked again before its time
    handed_over.clock.turn(days=400)
    assert why(type_in) == ["due"]
    assert "1 files of disclosures" in type_in("purge").out
    assert type_in("receipts", "verify", "--every").code == 0


def test_a_child_that_nobody_handed_over_keeps_nothing(handed_over, type_in):
    handed_over.clock.turn(days=400)
    path = handed_over.folder / "contacts.csv"
    path.write_text(f"upn,last_contact\nA123456789010,{handed_over.clock.at.date()}\n")
    spoken = type_in("purge", "--last-contact", path)
    handed_over.clock.turn(days=YEARS)
    assert spoken.code in (0, 65)
    assert why(type_in) == ["due"]


def test_a_legal_hold_on_a_child_keeps_whatever_tells_of_it_until_it_is_lifted(handed_over, type_in):
    typed = f"upn: {a_child(handed_over).fields['upn']}\n"
    assert type_in("purge", "--legal-hold-child", stdin=typed).code == 0
    assert type_in("purge", "--legal-hold-child", stdin=typed).code == 2
    handed_over.clock.turn(days=YEARS + 1)
    assert why(type_in) == ["kept: a child in it is on legal hold"]
    assert "0 files of disclosures" in type_in("purge").out
    assert type_in("receipts", "show", handed_over.transfer).code == 0
    assert type_in("purge", "--lift-child", stdin=typed).code == 0
    assert type_in("purge", "--lift-child", stdin=typed).code == 2
    assert why(type_in) == ["due"]
    assert "1 files of disclosures" in type_in("purge").out


def test_the_child_is_in_no_receipt_and_no_output_of_a_hold_or_an_import(handed_over, type_in):
    child = a_child(handed_over)
    spoken = [
        type_in("purge", "--legal-hold-child", stdin=f"upn: {child.fields['upn']}\n"),
        contact(handed_over, type_in, 0),
        type_in("purge", "--lift-child", stdin=f"upn: {child.fields['upn']}\n"),
    ]
    with handed_over.opened() as gateway:
        receipts = [entry.receipt for entry in gateway.log.entries(limit=3)]
    assert [receipt.kind for receipt in receipts] == [
        "child-legal-hold-lifted", "last-contact-imported", "child-legal-hold",
    ]  # fmt: skip
    text = "".join(one.out + one.err for one in spoken) + "".join(map(repr, receipts)) + handed_over.log.getvalue()
    assert child.fields["upn"] not in text
    assert child.fields["surname"] not in text


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("", "the file is empty"),
        ("upn,last_contact\n", "the file has no row below its header"),
        ("upn;last_contact\n", "another header"),
        ("upn,last_contact\nA123,2026-01-01\n", "row 2: upn"),
        ("upn,last_contact\n{upn},24/11/2026\n", "row 2: last_contact"),
        ("upn,last_contact\n{upn},20261124\n", "row 2: last_contact"),
        ("upn,last_contact\n{upn},2036-01-01\n", "row 2: last_contact"),
        ("upn,last_contact\n{upn},2026-01-01\n{upn},2026-01-02\n", "row 3: upn stands in the file twice"),
        ("upn,last_contact\n{upn}\n", "row 2"),
    ],
)
def test_a_file_that_is_wrong_in_one_row_is_refused_whole_and_no_value_is_shown(untouched, rows, told):
    from tests.end_to_end.conftest import typing_in

    type_in, upn = typing_in(untouched), a_child(untouched).fields["upn"]
    path = untouched.folder / "contacts.csv"
    path.write_text(rows.format(upn=upn))
    spoken = type_in("purge", "--last-contact", path)
    assert spoken.code == 65
    assert told in spoken.err
    assert upn not in spoken.err
    with untouched.opened() as gateway:
        assert gateway.log.entries(kinds=("last-contact-imported",)) == []


def test_options_that_are_about_different_things_are_refused(untouched):
    from tests.end_to_end.conftest import typing_in

    type_in = typing_in(untouched)
    assert type_in("purge", "--legal-hold", "x", "--lift", "x").code == 2
    assert type_in("purge", "--lift=", "--last-contact", "x").code == 2
    assert type_in("purge", "--dry-run", "--lift-child").code == 2


@pytest.mark.parametrize("words", [("--legal-hold", ""), ("--lift", ""), ("--legal-hold=",), ("--last-contact", "")])
def test_an_option_that_was_left_empty_purges_nothing(handed_over, type_in, words):
    handed_over.clock.turn(days=YEARS + 1)
    assert why(type_in) == ["due"]
    assert type_in("purge", *words).code in (2, 65)
    assert why(type_in) == ["due"]


def test_evidence_that_nobody_purges_is_warned_of_and_then_an_alarm(handed_over, type_in):
    def levels():
        return [one["level"] for one in json.loads(type_in("todo", "--json").out) if one["kind"] == "retention"]

    handed_over.clock.turn(days=YEARS + 1)
    assert levels() == []
    handed_over.clock.turn(days=3)
    assert levels() == ["warning"]
    handed_over.clock.turn(days=30)
    assert levels() == ["alarm"]
    type_in("purge", "--legal-hold", handed_over.transfer)
    assert levels() == []


def test_disclosures_that_cannot_be_read_are_kept_and_keep_nothing_else(handed_over, type_in):
    contact(handed_over, type_in, 0)
    folder = handed_over.council.configuration.workspace.disclosures("x").parent
    (file,) = folder.glob("*.parquet")
    file.write_bytes(b"no Parquet")
    handed_over.clock.turn(days=1)
    contact(handed_over, type_in, 1)
    handed_over.clock.turn(days=YEARS - 1, hours=2)
    assert why(type_in) == ["kept: its disclosures cannot be read"]
    assert type_in("purge").code == 0
    assert file.exists()


def test_a_purge_that_was_broken_off_between_file_and_row_is_ended_by_the_next(handed_over, type_in):
    contact(handed_over, type_in, 0)
    folder = handed_over.council.configuration.workspace.disclosures("x").parent
    (file,) = folder.glob("*.parquet")
    file.unlink()
    handed_over.clock.turn(days=YEARS + 1)
    assert "emptied" in type_in("purge").out
    assert type_in("receipts", "show", handed_over.transfer).code == 2
