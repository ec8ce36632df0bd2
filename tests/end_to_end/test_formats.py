"""Extracts that are not CSV, from the drop folder to the partner's desk, with what they say and under which name."""

import io
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from xml.etree import ElementTree as ET

import pytest

from gateway.config.first_keys import sftp_role
from gateway.demo import tables
from gateway.demo.children import population
from gateway.demo.council import DOMAIN, found
from gateway.demo.partners import partner_of
from gateway.footing.telemetry import Telemetry
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import Clock, World, real_server
from tests.unit.formats import ctf
from tests.unit.formats.returns import cin, cin_child
from tests.unit.formats.test_text import workbook
from tests.unit.minimise.ground import a_child

CTF, CIN, OFSTED = "yss-ctf", "dfe-cin-census", "ofsted"
CANARY = "Canaryname"


def in_use(council, *routes):
    """Routes that the starter set leaves switched off: their pages named as others are, keys, folders."""
    public = dict(council.public_keys)
    for route in routes:
        page = council.home / "config" / "routes" / f"{route}.toml"
        page.with_name(f"{page.name}.off").rename(page)
        public[sftp_role(route)] = council.configuration.deliver_keys.create_signing(sftp_role(route)).public_line()
    council.configuration.workspace.make_folders(routes)
    return replace(council, public_keys=public)


@pytest.fixture
def world(tmp_path):
    """The council with its partners on these two routes; a Tuesday morning in November."""
    clock, log = Clock(datetime(2026, 11, 24, 9, 30, tzinfo=UTC)), io.StringIO()
    council = found(tmp_path / "council", telemetry=Telemetry(log, clock), clock=clock, settings={"statement_days": 1})
    council = in_use(council, CTF, CIN, OFSTED)
    for role in council.people:
        signers = council.configuration.workspace.signers(role)
        more = ",".join(of_route(role, route, DOMAIN) for route in (CTF, CIN, OFSTED))
        signers.write_text(signers.read_text().replace('namespaces="prepare.yss@', f'namespaces="{more},prepare.yss@').replace(
            'namespaces="approve.yss@', f'namespaces="{more},approve.yss@'))  # fmt: skip
    people = population(Random(7), today=london_day(clock()), rows=20)
    with ExitStack() as stack:
        partners = {
            route: stack.enter_context(partner_of(council, route, tmp_path / route, real_server))
            for route in (CTF, CIN)
        }
        yield World(folder=tmp_path, council=council, partners=partners, people=people, clock=clock, log=log)


def handed_over(world, route: str, name: str, content: bytes):
    """What the partner has in the end: its files, opened."""
    world.drop(content, route=route, name=name)
    world.run("prepare")
    world.sign_both(route=route, name=name)
    world.run()
    partner = world.partners[route]
    partner.receive(world.clock())
    return [path for path in sorted((partner.home / "received").iterdir()) if path.suffix in (".csv", ".xml")]


def test_a_common_transfer_file_arrives_as_the_table_that_the_partner_expects(world):
    child = a_child(1, surname=CANARY)
    text = ctf.document(ctf.pupil(child, address=ctf.lines(child)))
    (file,) = handed_over(world, CTF, "320LLLL_CTF.xml", text.encode())
    header, row = file.read_text("utf-8").splitlines()
    assert header.startswith("Reference,Forename,Surname,")
    assert f",{CANARY}," in row
    assert child["upn"] not in row
    assert world.stages(CTF) == [Stage.DELIVERED]


def test_a_return_arrives_as_the_same_document_under_the_name_that_its_header_makes(world):
    text = cin(cin_child(1), cin_child(2))
    (file,) = handed_over(world, CIN, "cin.xml", text.encode())
    assert ET.canonicalize(file.read_text("utf-8"), strip_text=True) == ET.canonicalize(text, strip_text=True)
    (manifest,) = (world.partners[CIN].home / "received").glob("*.manifest.json")
    assert '"name":"320LLLL_CIN_320LL25_001.xml"' in manifest.read_text().replace(" ", "")


@pytest.mark.parametrize(
    ("route", "name", "content", "slug"),
    [
        (CIN, "cin.xml", cin(cin_child(1), cin_child(2, f"<Note>{CANARY}</Note>")).encode(), "unknown-element"),
        (CIN, "cin.xml", cin(cin_child(1), cin_child(2, PersonBirthDate=CANARY)).encode(), "bad-rows"),
        (CTF, "ctf.xml", ctf.document(prolog="<!DOCTYPE CTfile>").encode(), "doctype"),
        (CTF, "ctf.csv", workbook(), "no-table"),
    ],
)
def test_what_is_not_as_its_pages_say_is_refused_before_anybody_signs(world, route, name, content, slug):
    world.drop(content, route=route, name=name)
    world.run()
    assert world.inbox(route) == []
    ((_, note),) = world.refused(route).items()
    assert f"({slug})" in note
    assert CANARY not in note
    assert CANARY not in world.log.getvalue()


def test_a_workbook_under_its_own_name_is_not_picked_up_and_the_folder_says_what_to_do(world):
    world.drop(workbook(), route=CTF, name="pupils.xlsx")
    world.run()
    assert world.stages(CTF) == []
    assert "save workbooks as CSV UTF-8" in world.waiting(CTF)


def ofsted_list(world) -> bytes:
    children = world.people.fit_for_a_return()[:9]
    return tables.extract(children, world.council.schema(OFSTED))


def test_an_inspection_waits_for_its_direction_and_the_receipt_names_it(world):
    world.drop(ofsted_list(world), route=OFSTED, name="list.csv")
    world.run("prepare")
    assert "handoff.toml" in world.waiting(OFSTED)
    assert world.stages(OFSTED) == []
    world.drop(b'direction = "OFSTED-2026-17"\n', route=OFSTED, name="list.csv.handoff.toml")
    world.run("prepare")
    (transfer,) = world.transfers(OFSTED)
    assert world.facts(transfer, Stage.WAITING)["direction"] == "OFSTED-2026-17"


@pytest.mark.parametrize(
    "remarks",
    [b"", b'direction = "the letter of May"', b"direction = 17", b"direction", b"\xff", b'direction = "2012-03-04"'],
)
def test_a_direction_that_is_none_refuses_the_list(world, remarks):
    world.drop(remarks, route=OFSTED, name="list.csv.handoff.toml")
    world.drop(ofsted_list(world), route=OFSTED, name="list.csv")
    world.run()
    assert world.inbox(CIN) == []
    ((_, note),) = world.refused(OFSTED).items()
    assert "(no-direction)" in note
