"""What one handoff released, for a report under Article 33, and who of a population is affected."""

import csv
import io
import json

import pytest

from gateway.cli.main import run
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, typing_in


@pytest.fixture
def ask(delivered):
    return typing_in(delivered)


@pytest.fixture
def transfer(delivered):
    (found,) = delivered.transfers()
    return found


def receipts(world, transfer):
    with world.opened() as gateway:
        entries = gateway.log.of_transfer(transfer)
        return [entry.receipt.facts["event"] for entry in entries if entry.receipt.kind == "incident"]


def population(world, children, *, header="UPN") -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["Name", header, "Telephone"])
    for child in children:
        rows.writerow([child.fields["forename"], child.fields["upn"], "01632 960000"])
    return text.getvalue()


def who(ask, transfer, text):
    spoken = ask("incident", transfer, "--who", stdin=text)
    return spoken, list(csv.DictReader(io.StringIO(spoken.out)))


def test_the_counts_are_those_of_what_was_sent(delivered, ask, transfer):
    found = json.loads(ask("incident", transfer, "--json").out)
    facts = delivered.facts(transfer, Stage.SEALED)
    assert found["children"] == facts["released"]
    assert found["fields"]["surname"] == facts["released"]
    assert {field: found["fields"][field] for field in facts["fields"]} == dict(facts["fields"])
    assert (found["route"], found["stage"], found["reach"]) == (YSS, "acknowledged", "left")
    assert found["special"] == ["sen_provision"]
    assert receipts(delivered, transfer)[-1] == "incident-counted"
    assert delivered.stages() == [Stage.ACKNOWLEDGED], "a look moves nothing"


def test_the_lines_have_what_a_report_within_72_hours_asks_for(ask, transfer):
    said = ask("incident", transfer).out
    for words in (
        "Youth Support Service", "DSA-YSS-1", "children", "surname", "special        SEN provision", "verified by",
        "the partner signed for it", "sealed to the partner's own key", "Within 72 hours", "Article 34", "gateway recall",
    ):  # fmt: skip
        assert words in said


def test_of_a_population_those_are_named_whose_row_was_released_and_with_which_fields(
    delivered,
    ask,
    transfer,
):
    world = delivered
    before = receipts(world, transfer)
    spoken, rows = who(ask, transfer, population(world, world.people.children))
    assert spoken.code == 0
    assert receipts(world, transfer) == [*before, "population-matched"]
    found = json.loads(ask("incident", transfer, "--json").out)
    assert len({row["UPN"] for row in rows}) == found["children"]
    by_upn = {row["UPN"]: row["released_fields"].split() for row in rows}
    rich, poor = (world.people.in_situation(name).fields["upn"] for name in ("parent-yes-to-all", "parent-no"))
    assert "phone" in by_upn[rich]
    assert "phone" not in by_upn[poor]


def test_whoever_was_withheld_or_outside_the_ages_is_in_no_answer(delivered, ask, transfer):
    world = delivered
    spared = [c for c in world.people.children if c.outcome in ("withheld", "outside-ages", "rejected", "duplicate")]
    assert len(spared) > 5
    spoken, rows = who(ask, transfer, population(world, spared))
    assert rows == []
    assert spoken.err.startswith("gateway: 0 of")
    assert "the population is not complete" in spoken.err


def test_rows_are_passed_on_as_they_are_whatever_the_column_of_upns_is_called(delivered, ask, transfer):
    child = delivered.people.in_situation("parent-no")
    for header in ("UPN", "upn", " Upn "):
        _, (row,) = who(ask, transfer, population(delivered, [child], header=header))
        assert (row["Name"], row["Telephone"]) == (child.fields["forename"], "01632 960000")


def test_rows_without_a_valid_upn_are_counted_and_never_guessed(delivered, ask, transfer):
    child = delivered.people.in_situation("parent-no")
    text = population(delivered, [child]) + "Canaryname,nonsense,1\n,,\n"
    spoken, rows = who(ask, transfer, text)
    assert len(rows) == 1
    assert "2 rows have no valid UPN" in spoken.err
    assert "Canaryname" not in spoken.err + spoken.out


@pytest.mark.parametrize(
    "text",
    ["", "Name,Phone\nx,1\n", "UPN,upn\n,\n", "UPN,Name\nCanaryname\n", 'UPN,Name\n"Canaryname,1\n', "UPN,Name\n1,2,3\n"],
)  # fmt: skip
def test_what_is_no_population_is_refused_without_a_word_of_it(ask, transfer, text):
    spoken, rows = who(ask, transfer, text)
    assert spoken.code == 65
    assert rows == []
    assert "Canaryname" not in spoken.err


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("words", "code"), [((), 3), (("--yes",), 0)])
def test_children_are_not_shown_on_a_terminal_unless_somebody_insists(delivered, transfer, words, code):
    child = delivered.people.in_situation("parent-no")
    out, err, typed = Screen(), io.StringIO(), io.StringIO(population(delivered, [child]))
    before = len(receipts(delivered, transfer))
    command = ["--home", str(delivered.council.home), "incident", transfer, "--who", *words]
    assert run(command, {}, out, err, stdin=typed, clock=delivered.clock) == code
    assert (child.fields["upn"] in out.getvalue()) == (code == 0)
    assert len(receipts(delivered, transfer)) - before == (code == 0)


def test_disclosures_that_were_tampered_with_answer_nothing(world, type_in):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    path = world.council.configuration.workspace.disclosures(f"{transfer}.parquet")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    for words in ((), ("--who",)):
        spoken = type_in("incident", transfer, *words, stdin="UPN\n")
        assert (spoken.code, spoken.out) == (70, "")


def test_a_transfer_that_there_is_not_or_that_never_left_is_said_so(world, type_in):
    assert type_in("incident", "0" * 26).code == 2
    assert type_in("incident", "x").code == 2
    world.drop()
    world.run("prepare")
    (waiting,) = world.transfers()
    spoken = type_in("incident", waiting)
    assert spoken.code == 2
    assert "was never sealed" in spoken.err
    assert type_in("incident", waiting, "--who", "--json").code == 2
