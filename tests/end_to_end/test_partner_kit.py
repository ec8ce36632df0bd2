"""`gateway partner kit NAME`: a new partner, with nothing but the kit and stock tools, rehearses a whole parcel."""

import csv
import io
import json
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from gateway.cli.main import run
from gateway.config.starter import PartnerDetails, complete_partner
from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.partner.kit import steps
from gateway.partner.onboarding import make_receiver
from gateway.partner.receiving import receive
from gateway.partner.settings import load_receiver
from gateway.seal.acknowledgement import UnverifiedAcknowledgement
from tests.end_to_end.conftest import Clock
from tests.simulators.council import AT

DOMAIN, SENDER, PARTNER = "handoff.council.example", "council", "youth-support"


class Office:
    """The council's home folder, and what is typed there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.clock = folder, folder / "home", Clock(AT)
        self.type_in("init", str(self.home))

    def type_in(self, *argv: str, code: int = 0) -> str:
        out, err = io.StringIO(), io.StringIO()
        left = run(["--home", str(self.home), *argv], {}, out, err, stdin=io.StringIO(), clock=self.clock)
        assert left == code, err.getvalue()
        return out.getvalue() + err.getvalue()

    def kit(self, name: str = "kit") -> Path:
        self.type_in("partner", "kit", PARTNER, "--to", str(self.folder / name))
        return self.folder / name


@pytest.fixture
def office(tmp_path) -> Office:
    return Office(tmp_path)


def blocks(kit: Path) -> list[str]:
    text = (kit / "START-HERE.md").read_text("utf-8")
    return [match[1] for match in re.finditer(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def typed(folder: Path, text: str) -> str:
    done = subprocess.run(
        ["sh"], cwd=folder, input=text, capture_output=True, text=True, check=False, timeout=60
    )  # fmt: skip
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_whoever_has_the_kit_and_stock_tools_can_rehearse_from_keys_to_answer(office, stock_tool):
    for tool in ("age", "unzip", "ssh-keygen", "sha256sum"):
        stock_tool(tool)
    kit = office.kit()
    desk, place = office.folder / "desk", office.folder / "place"
    desk.mkdir()
    make_keys, names, check, opened, answer, install = blocks(kit)
    typed(desk, make_keys)
    place.mkdir()
    for path in (kit / "council.signers", desk / "acknowledge", *(kit / "rehearsal").iterdir()):
        shutil.copy(path, place)
    told = typed(place, names + check)
    assert '"sequence":1' in told
    typed(place, names + opened)
    typed(place, names + answer)
    (body,) = place.glob("*.ack.json")
    key = PublicKey.parse((desk / "acknowledge.pub").read_text())
    found = UnverifiedAcknowledgement.parse(body.read_bytes(), body.with_name(f"{body.name}.sig").read_bytes())
    assert found.verify(key, DOMAIN).rows == 12
    known_as(office, recipient=line_of(desk / "identity.txt"), answers_with=key.line())
    mailed = office.folder / "mailed"
    mailed.mkdir()
    for path in place.glob("*.ack.json*"):
        shutil.copy(path, mailed)
    assert "signed for 12 rows" in office.type_in("partner", "rehearse", PARTNER, "--check", str(mailed))
    assert "the log is whole: 2 receipts" in office.type_in("receipts", "verify")
    shutil.copy(kit / "receiver.toml", place)
    typed(place, names + install)
    for path in (kit / "rehearsal").glob("01*"):
        shutil.copy(path, place / "receiver" / "inbox")
    (received,) = receive(load_receiver(place / "receiver"), AT)
    assert (received.result, received.rows) == ("accepted", 12)


def line_of(identity: Path) -> str:
    return re.findall(r"age1[a-z0-9]+", identity.read_text())[0]


def known_as(office: Office, *, recipient: str, answers_with: str) -> None:
    """The partner's page, once it has told its keys."""
    host = SigningKey.generate_ed25519().public_line()
    details = PartnerDetails(
        host="sftp.example", username="council", host_keys=(host,), recipient=recipient, acknowledgement_key=answers_with,
    )  # fmt: skip
    complete_partner(office.home, PARTNER, details)


def test_the_steps_in_the_kit_are_the_documents_own(office):
    make_keys, names, check, opened, answer, install = blocks(office.kit())
    assert (make_keys, check, opened) == (steps.MAKE_KEYS, steps.CHECK, steps.OPEN)
    assert (answer, install) == (steps.ANSWER, steps.INSTALL)
    assert names.startswith(f"COUNCIL={SENDER}\nDOMAIN={DOMAIN}\nME={PARTNER}\nTRANSFER=01")


def test_the_digests_that_are_read_aloud_are_those_of_the_files(office, stock_tool):
    kit = office.kit()
    page = (kit / "START-HERE.md").read_text("utf-8")
    for name in ("council.signers", "receiver.toml", "sftp-yss.pub"):
        shown = subprocess.run([stock_tool("sha256sum"), kit / name], capture_output=True, text=True, check=True)
        digits = shown.stdout.split()[0]
        assert " ".join(textwrap.wrap(digits, 4)) in page


def test_the_children_are_invented_and_have_the_routes_own_columns(office, stock_tool):
    for tool in ("age", "unzip"):
        stock_tool(tool)
    kit = office.kit()
    out = office.folder / "opened"
    out.mkdir()
    (sealed,) = (kit / "rehearsal").glob("*.age")
    opens = f"age -d -i '{kit}/rehearsal/identity.txt' -o p.zip '{sealed}'\nunzip -q p.zip\n"
    typed(out, f"set -e\n{opens}")
    header, *rows = csv.reader(io.StringIO((out / "rehearsal.csv").read_text("utf-8")))
    assert header[:3] == ["Reference", "Forename", "Surname"]
    assert len(rows) == 12
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["basis"] == ["a rehearsal: every child in it is invented"]
    assert manifest["route"] == "rehearsal-20261124093000"


def test_a_partner_whose_key_is_known_gets_a_rehearsal_sealed_to_it_and_no_other_identity(office):
    known = make_receiver(
        office.folder / "receiver", me=PARTNER, sender=SENDER, domain=DOMAIN,
        sender_key=PublicKey.parse((office.home / "keys/public/signing.pub").read_text()),
        log_key=load_log_key(office),
    )  # fmt: skip
    known_as(office, recipient=known.recipient, answers_with=known.acknowledgement_key)
    kit = office.kit()
    assert not (kit / "rehearsal" / "identity.txt").exists()
    for path in (kit / "rehearsal").iterdir():
        shutil.copy(path, known.inbox)
    (received,) = receive(load_receiver(office.folder / "receiver"), AT)
    assert (received.result, received.rows, received.alarm) == ("accepted", 12, None)


def load_log_key(office: Office):
    from gateway.crypto.checkpoint import log_key

    public = PublicKey.parse((office.home / "keys/public/log.pub").read_text())
    return log_key(f"{DOMAIN}/handoff", public.raw_ed25519())


def test_a_second_rehearsal_uses_up_no_number_of_the_first(office):
    first = office.kit()
    office.clock.turn(minutes=1)
    second = office.kit("again")
    routes = {json.loads(next((kit / "rehearsal").glob("*.json")).read_text())["route"] for kit in (first, second)}
    assert len(routes) == 2


def test_no_private_key_of_ours_and_no_secret_is_in_the_kit(office):
    kit = office.kit()
    held = b"".join(path.read_bytes() for path in kit.rglob("*") if path.is_file() and path.name != "identity.txt")
    assert b"PRIVATE" not in held
    assert b"AGE-SECRET" not in held
    for path in (office.home / "state" / "prepare" / "private").iterdir():
        assert path.read_bytes().strip() not in held


def test_the_use_of_our_signing_key_is_receipted(office):
    office.kit()
    told = office.type_in("receipts", "verify")
    assert "the log is whole: 1 receipt" in told


def test_nothing_that_is_there_is_overwritten_and_a_misspelt_name_is_told(office):
    kit = office.kit()
    before = {path: path.read_bytes() for path in kit.rglob("*") if path.is_file()}
    office.type_in("partner", "kit", PARTNER, "--to", str(kit), code=2)
    assert {path: path.read_bytes() for path in kit.rglob("*") if path.is_file()} == before
    assert PARTNER in office.type_in("partner", "kit", "youth-suport", "--to", str(office.folder / "x"), code=2)
    assert not (office.folder / "x").exists()


def test_a_folder_of_somebodys_beside_the_kit_is_left_alone(office):
    theirs = office.folder / ".theirs.part"
    theirs.mkdir()
    (theirs / "minutes.txt").write_bytes(b"precious")
    office.type_in("partner", "kit", PARTNER, "--to", str(office.folder / "theirs"))
    assert (theirs / "minutes.txt").read_bytes() == b"precious"


def test_a_partner_of_no_route_gets_no_kit(office):
    for page in (office.home / "config" / "routes").iterdir():
        page.write_text(page.read_text().replace('partner = "youth-support"', 'partner = "returns-officer"'))
    assert "no route names" in office.type_in("partner", "kit", PARTNER, "--to", str(office.folder / "x"), code=78)
