"""Prepare's desk on a server: people with accounts of their own, and a prepare for which no other user exists."""

import json
import sqlite3
import stat
import subprocess
import threading
from contextlib import ExitStack, closing
from random import Random

import pytest

from gateway.demo import tables
from gateway.demo.children import population
from gateway.vocabulary.moment import london_day
from tests.end_to_end.conftest import YSS
from tests.required import missing
from tests.simulators.two_users import server
from tests.systemd.test_two_users import DELIVER, PREPARE, installed, now

DESK, MARIA, OTTO, ANNA, VISITOR = "handoff-desk", "maria", "otto", "anna", "visitor"
PEOPLE = {
    MARIA: (2001, "handoff-dpo"),
    OTTO: (2002, "handoff-operator"),
    ANNA: (2003, "handoff-analyst"),
    VISITOR: (2004,),
}
CHILD = "upn: A123456789012\n"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Prepare and the desk run; the people are there, each with a folder of their own."""
    with server() as made, installed(tmp_path_factory.mktemp("partners"), made) as halves, ExitStack() as services:
        if made.unshare is None:
            missing("this machine lets nobody mount: the people of this test cannot be given accounts")
        for name, (uid, *groups) in PEOPLE.items():
            made.person(name, uid, *groups)
            folder = made.root / name
            folder.mkdir(mode=0o700)
            subprocess.run(["chown", f"{uid}:{uid}", folder], check=True)
        made.make_folders()
        for user, only in ((PREPARE, "prepare"), (DESK, "desk")):
            services.enter_context(made.serving(user, "run", "--only", only, alone=only == "prepare"))
        until_there(made, "desk/desk.sock")
        until_there(made, "handed/prepare.sock")
        yield halves


def until_there(made, name):
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 20):
        if (made.state / name).exists():
            return
        pause.wait(0.05)
    pytest.fail("\n".join(path.read_text() for path in made.root.glob("*.log")))


def typed(halves, who, *words, given=""):
    return halves.server.gateway(who, *words, given=given, cwd=halves.server.root / who)


def looked(halves) -> set[int]:
    """Whose look-ups are receipted."""
    ledger = f"file:{halves.server.state}/prepare/ledger.sqlite?mode=ro"
    with closing(sqlite3.connect(ledger, uri=True)) as database:
        bodies = database.execute("select body from leaf where kind = 'look-up'").fetchall()
    return {json.loads(body)["facts"]["uid"] for (body,) in bodies}


def test_the_data_protection_officer_looks_a_child_up_under_her_own_uid(served):
    spoken = typed(served, MARIA, "disclosures", given=CHILD)
    assert (spoken.returncode, spoken.stderr) == (0, "")
    assert looked(served) == {PEOPLE[MARIA][0]}


@pytest.mark.parametrize("who", [OTTO, ANNA, VISITOR, DELIVER])
def test_nobody_else_does_and_each_is_told_which_group_may(served, who):
    spoken = served.server.gateway(who, "disclosures", given=CHILD)
    assert (spoken.returncode, spoken.stdout) == (4, "")
    assert "is for members of handoff-dpo" in spoken.stderr


def test_a_visitor_may_not_even_count_a_file_and_cannot_say_otherwise(served):
    spoken = typed(served, VISITOR, "preview", "x.csv", "--route", YSS)
    assert (spoken.returncode, "handoff-operator or handoff-dpo or handoff-analyst" in spoken.stderr) == (4, True)


def test_an_analyst_counts_a_file_that_prepare_itself_could_not_read(served):
    made = served.server
    extract = made.root / ANNA / "pupils.csv"
    drawn = next(iter(made.outbox.glob(f"{YSS}/*.csv")), None)
    extract.write_bytes(drawn.read_bytes() if drawn else b"upn\n")
    extract.chmod(0o600)
    subprocess.run(["chown", f"{PEOPLE[ANNA][0]}", extract], check=True)
    assert made.run(PREPARE, "cat", extract).returncode != 0
    spoken = typed(served, ANNA, "preview", "pupils.csv", "--route", YSS)
    assert spoken.returncode in (0, 4), spoken.stderr
    assert "handoff-" not in spoken.stderr
    assert spoken.stdout


def test_the_page_for_a_parent_is_the_officers_own_and_nobody_elses(served):
    spoken = typed(served, MARIA, "disclosures", "--export", "page.html", given=CHILD)
    assert spoken.returncode == 0, spoken.stderr
    status = (served.server.root / MARIA / "page.html").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (PEOPLE[MARIA][0], 0o600)


def test_an_operator_takes_a_hold_down(served):
    spoken = typed(served, OTTO, "hold", "add", "--reason", "refuge", given="uln: 1000000043\n")
    assert spoken.returncode == 0, spoken.stderr
    assert "is in force" in spoken.stdout


def _once(halves, pattern):
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 20):
        if found := list(halves.server.root.glob(pattern)):
            return found[0]
        pause.wait(0.05)
    pytest.fail("\n".join(path.read_text() for path in halves.server.root.glob("*.log")))


def receipted(halves, kind):
    ledger = f"file:{halves.server.state}/prepare/ledger.sqlite?mode=ro"
    with closing(sqlite3.connect(ledger, uri=True)) as database:
        bodies = database.execute("select body from leaf where kind = ?", (kind,)).fetchall()
    return [json.loads(body) for (body,) in bodies]


def test_an_operator_stops_what_was_approved_by_mistake_under_his_own_uid(served):
    made = served.server
    outbox = made.outbox.relative_to(made.root)
    children = population(Random(7), today=london_day(now()), rows=20).children
    served.council.drop(YSS, "approved.csv", tables.extract(children, served.council.schema(YSS)))
    _once(served, f"{outbox}/{YSS}/approved.csv.release")
    for role in served.council.people:
        served.council.sign(YSS, "approved.csv", role)
    transfer = _once(served, f"{made.state.relative_to(made.root)}/mailbox/to-deliver/*/order.json").parent.name
    for who in (ANNA, VISITOR):
        assert typed(served, who, "recall", transfer, "--reason", "wrong-file").returncode == 4
    assert transfer in typed(served, MARIA, "status").stdout
    spoken = typed(served, OTTO, "recall", transfer, "--reason", "wrong-file")
    assert (spoken.returncode, "is stopped" in spoken.stdout) == (0, True), spoken.stderr
    (recalled,) = receipted(served, "recalled")
    assert (recalled["transfer"], recalled["facts"]["uid"]) == (transfer, PEOPLE[OTTO][0])
    assert (made.state / "mailbox" / "to-deliver" / transfer / "revoked").exists()
    assert typed(served, OTTO, "retry", transfer).returncode == 2, "it has not failed"
    assert typed(served, MARIA, "retry", transfer).returncode == 4, "not for her"


CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


@pytest.mark.parametrize("who", [MARIA, OTTO, VISITOR, DELIVER])
def test_nobody_but_the_desk_hands_anybody_over(served, who):
    tried = served.server.run(who, "python3", "-c", CONNECT, served.server.state / "handed" / "prepare.sock")
    assert "PermissionError" in tried.stderr


@pytest.mark.parametrize("who", [MARIA, VISITOR, DELIVER])
def test_nobody_puts_a_socket_of_their_own_in_the_desks_place(served, who):
    desk = served.server.state / "desk"
    for attempt in (["rm", "-f", desk / "desk.sock"], ["mv", desk / "desk.sock", desk / "x"], ["touch", desk / "x"]):
        assert "Permission denied" in served.server.run(who, *attempt).stderr


def test_the_desk_itself_can_read_nothing_of_the_halves(served):
    for place in ("prepare/ledger.sqlite", "prepare/private/register.key", "deliver/private/observation.key"):
        assert "Permission denied" in served.server.run(DESK, "cat", served.server.state / place).stderr


def test_a_verb_that_is_none_of_the_desks_still_needs_prepares_own_rights(served):
    assert served.server.gateway(MARIA, "receipts", "verify").returncode not in (0, 3)


def test_whoever_was_refused_is_in_no_receipt(served):
    assert looked(served) <= {PEOPLE[MARIA][0]}
