"""A canary in every place where a child's data can stand, and every place where it must not turn up afterwards."""

import csv
import io
import sqlite3
import sys
import traceback

import pytest

from gateway.cli.main import run
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS

NAME, STREET, FILE = "Quetzalcoatlusia", "Rhamphorhynchusgasse", "pupils-of-archaeopteryx.csv"
CANARIES = (NAME, STREET, "archaeopteryx")
started: list[str] = []
sys.addaudithook(lambda event, args: started.append(repr(args)) if event == "subprocess.Popen" else None)


def with_canaries(world) -> bytes:
    """Everybody is called the same and lives in the same street."""
    schema = world.council.schema(YSS)
    headers = [schema.column(field).header for field in ("forename", "surname", "address_line_1")]
    header, *rows = csv.reader(io.StringIO(world.extract().decode("utf-8")))
    places = [header.index(name) for name in headers]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    for number, cells in enumerate(rows):
        for place, canary in zip(places, (f"{NAME}{number}", NAME, f"{number} {STREET}"), strict=True):
            cells[place] = canary if cells[place] else ""
        table.writerow(cells)
    return text.getvalue().encode("utf-8")


def found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.casefold() in text.casefold()]


def everything_of_ours(world) -> dict[str, str]:
    """All that stays on our side: state, ledger as SQL, notes for staff, log lines, command lines."""
    workspace = world.council.configuration.workspace
    kept = {
        str(path.relative_to(workspace.home)): path.read_bytes().decode("latin-1")
        for path in workspace.state.rglob("*")
        if path.is_file() and "arrivals" not in path.parts
    }
    with sqlite3.connect(workspace.ledger) as ledger:
        kept["ledger, as SQL"] = "\n".join(ledger.iterdump())
    kept |= {f"note {p.name}": p.read_text("utf-8") for p in workspace.outbox.rglob("*.txt") if p.name != "waiting.txt"}
    return kept | {"log": world.log.getvalue(), "command lines": "\n".join(started)}


def assert_silent(world) -> None:
    leaks = {place: canaries for place, text in everything_of_ours(world).items() if (canaries := found_in(text))}
    assert leaks == {}


def type_in(world, *words: str, typed: str = "") -> str:
    out, err = io.StringIO(), io.StringIO()
    run(["--home", str(world.council.home), *words], {}, out, err, stdin=io.StringIO(typed), clock=world.clock)
    return out.getvalue() + err.getvalue()


def test_the_canary_is_really_there(world):
    assert NAME in with_canaries(world).decode()
    assert STREET in with_canaries(world).decode()
    assert found_in(f"x {NAME.upper()} y") == [NAME]


def test_a_handoff_that_goes_well_leaves_no_trace_of_the_children(world):
    world.drop(with_canaries(world), name=FILE)
    world.run("prepare")
    assert found_in((world.council.drop_folder(YSS) / f"{FILE}.release").read_text()) == []
    world.sign_both(name=FILE)
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    assert Stage.ACKNOWLEDGED in world.stages()
    assert_silent(world)
    (transfer,) = world.transfers()
    for words in (["status"], ["receipts", "list"], ["receipts", "show", transfer], ["receipts", "verify"], ["doctor"]):
        assert found_in(type_in(world, *words)) == []
        assert found_in(type_in(world, *words, "--json")) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.replace(b"\n", b"," + NAME.encode() + b"\n"),
        lambda content: content.replace(b"\n", b"\n" + NAME.encode() + b',"\n', 3),
        lambda content: content + NAME.encode() + b"\x00\n",
        lambda content: content.replace(b",", b"\xff", 40),
        lambda content: NAME.encode() + b"\n" + content,
        lambda content: content[content.index(b"\n") + 1 :],
        lambda content: b"",
        lambda content: content.replace(b"-", NAME.encode(), 5),
    ],
    ids=["a-column", "quotes", "nul", "not-utf-8", "a-line-before", "no-header", "empty", "bad-dates"],
)
def test_a_file_that_is_refused_leaves_no_trace_of_the_children(world, spoil):
    world.drop(spoil(with_canaries(world)), name=FILE)
    world.run()
    assert world.inbox() == []
    assert_silent(world)
    assert found_in(type_in(world, "status")) == []


def test_a_delivery_that_fails_leaves_no_trace_of_the_children(world):
    world.drop(with_canaries(world), name=FILE)
    world.run("prepare")
    world.sign_both(name=FILE)
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("elsewhere"))
    world.run()
    assert Stage.FAILED in world.stages()
    assert_silent(world)


def test_a_ledger_that_fails_names_nobody_in_its_traceback(world):
    world.drop(with_canaries(world), name=FILE)
    ledger = world.council.configuration.workspace.ledger
    with sqlite3.connect(ledger) as connection:
        connection.execute('create trigger stop before insert on "transfer" begin select raise(abort, "stopped"); end')
    rounds = world.run("prepare")
    assert rounds.faults
    for fault in rounds.faults:
        assert isinstance(fault, GatewayError)
        assert found_in("".join(traceback.format_exception(fault))) == []
    assert found_in(world.log.getvalue()) == []


def test_a_look_up_and_a_hold_repeat_nothing_that_was_typed(world):
    child = f"forename: {NAME}\nsurname: {NAME}\ndate_of_birth: 2011-05-04\naddress_line_1: 1 {STREET}\npostcode: {STREET}\n"
    said = type_in(world, "hold", "add", "--reason", "refuge", typed=child)
    said += type_in(
        world, "hold", "add", "--reason", "refuge", typed=child.replace(f"postcode: {STREET}", "postcode: E17 4AB")
    )
    said += type_in(world, "disclosures", typed=f"upn: {NAME}\n")
    said += type_in(world, "disclosures", typed=f"{NAME}\n")
    said += type_in(world, "hold", "add", NAME)
    assert found_in(said) == []
    assert_silent(world)


def test_a_register_that_is_refused_names_rows_and_columns_only(world, tmp_path):
    register = tmp_path / "register.csv"
    register.write_text(
        "upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence\n"
        f"{NAME},youth-support,{NAME},{NAME},{NAME},{NAME},{NAME},{NAME},{NAME}\n"
    )
    said = type_in(world, "consent", "import", str(register), "--as", "changes")
    assert "row 2" in said
    assert found_in(said) == []
    assert_silent(world)
