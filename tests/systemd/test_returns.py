"""A return is uploaded by a person on a server with two users: each has rights of their own, and nobody lends theirs."""

import io
import shutil
import stat
import subprocess
from contextlib import ExitStack
from random import Random

import pytest

from gateway.demo import tables
from gateway.demo.children import population
from gateway.demo.council import found
from gateway.demo.partners import partner_of
from gateway.footing.telemetry import Telemetry
from gateway.vocabulary.moment import london_day
from tests.end_to_end.conftest import CENSUS, real_server
from tests.required import missing
from tests.simulators.two_users import server
from tests.systemd.test_desk import DESK, receipted, typed, until_there
from tests.systemd.test_two_users import DELIVER, PREPARE, Installed, now, transfers

ROSA, OTTO = "rosa", "otto"
PEOPLE = {ROSA: (2001, "handoff-returns"), OTTO: (2002, "handoff-operator")}


def stages_for_a_person(made):
    """As OPERATING.md has it."""
    page = made.home / "config" / "partners" / "returns-officer.toml"
    text = page.read_text().split("[endpoint]")[0].replace('acknowledgement = "signed"', 'acknowledgement = "manual"')
    page.write_text(f'{text}[endpoint]\nkind = "upload"\nfolder = "{made.state / "staged"}"\n')


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """A return lies staged, prepare and the desk run, and Rosa has her identity in a folder of her own."""
    with server() as made, ExitStack() as stack:
        if made.unshare is None:
            missing("this machine lets nobody mount: the people of this test cannot be given accounts")
        places = {"state": str(made.state), "outbox": str(made.outbox)}
        council = found(made.home, telemetry=Telemetry(io.StringIO(), now), clock=now, settings=places)
        made.hand_over()
        partner = stack.enter_context(partner_of(council, CENSUS, tmp_path_factory.mktemp("partner"), real_server))
        stages_for_a_person(made)
        halves = Installed(server=made, council=council, partner=partner)
        children = population(Random(7), today=london_day(now()), rows=20).fit_for_a_return()
        council.drop(CENSUS, "pupils.csv", tables.extract(children, council.schema(CENSUS)))
        halves.prepare()
        for role in council.people:
            council.sign(CENSUS, "pupils.csv", role)
        for half in (halves.prepare, halves.deliver, halves.prepare):
            half()
        for name, (uid, *groups) in PEOPLE.items():
            made.person(name, uid, *groups)
            folder = made.root / name
            folder.mkdir(mode=0o700)
            shutil.copy(partner.home / "keys" / "identity.key", folder / "identity.key")
            subprocess.run(["chown", "--recursive", f"{uid}:{uid}", folder], check=True)
        made.make_folders()
        for user, only in ((PREPARE, "prepare"), (DESK, "desk")):
            stack.enter_context(made.serving(user, "run", "--only", only, alone=only == "prepare"))
        until_there(made, "desk/desk.sock")
        until_there(made, "handed/prepare.sock")
        yield halves


def test_deliver_stages_what_prepare_can_read_and_nobody_else(staged):
    folder = staged.server.state / "staged"
    assert "delivered" in staged.stages()
    assert len(list(folder.iterdir())) == 3
    for path in folder.iterdir():
        assert staged.server.run(PREPARE, "wc", "-c", path).returncode == 0
        for who in (ROSA, OTTO):
            assert "Permission denied" in staged.server.run(who, "wc", "-c", path).stderr


@pytest.mark.parametrize("who", [OTTO, DELIVER])
def test_nobody_but_whoever_uploads_returns_opens_one(staged, who):
    (transfer,) = transfers(staged)
    spoken = staged.server.gateway(who, "open", transfer, "--identity", "identity.key", "--into", "mine")
    assert (spoken.returncode, "is for members of handoff-returns" in spoken.stderr) == (4, True)
    assert receipted(staged, "opened") == []


def test_she_opens_it_in_a_folder_that_prepare_cannot_look_into_and_closes_it_under_her_own_uid(staged):
    (transfer,) = transfers(staged)
    spoken = typed(staged, ROSA, "open", transfer, "--identity", "identity.key", "--into", "mine")
    assert spoken.returncode == 0, spoken.stderr
    (data,) = (staged.server.root / ROSA / "mine").iterdir()
    assert (data.stat().st_uid, stat.S_IMODE(data.stat().st_mode)) == (PEOPLE[ROSA][0], 0o600)
    assert data.stat().st_size > 0
    for user in (PREPARE, DELIVER, OTTO):
        assert "Permission denied" in staged.server.run(user, "cat", data).stderr
    (opened,) = receipted(staged, "opened")
    assert opened["facts"]["uid"] == PEOPLE[ROSA][0]
    closed = typed(staged, ROSA, "uploaded", transfer, "--reference", "COLLECT-2026/17")
    assert closed.returncode == 0, closed.stderr
    assert list((staged.server.state / "staged").iterdir()) == []
    (resolved,) = receipted(staged, "resolved")
    assert resolved["facts"]["uid"] == PEOPLE[ROSA][0]
