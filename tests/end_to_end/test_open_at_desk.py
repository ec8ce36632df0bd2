"""A staged return is opened by the person it is sealed to, in that person's own process, while prepare runs: at its desk."""

import io
import os
import shutil
from contextlib import contextmanager, nullcontext

import pytest

from gateway.cli.at_desk import answering
from gateway.cli.session import Session
from gateway.cli.voice import Voice
from gateway.footing.telemetry import Telemetry
from gateway.receipts.receipt import Receipt
from gateway.service.desk.listening import Desk, bound
from gateway.service.desk.peers import Peer
from gateway.service.wiring import gates_of
from gateway.story.staged import Staged
from gateway.story.uploading import record_opened, staged_parcel
from gateway.vocabulary.errors import FormatInvalid, UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import Stage, TransferId
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.test_deliveries import identity, staged, staging
from tests.unit.service.desk.test_hostile import asking

__all__ = ["staging"]
ROSA, OTTO = (Peer(uid=4711, roles=frozenset({role})) for role in ("returns", "operator"))
STAGED = Staged(
    transfer=TransferId("0" * 26), sender="northmere", domain="handoff.example", key="k", partner="p", recipient="r",
    envelope="e",
)  # fmt: skip


@contextmanager
def attended(world, peer=ROSA, answer=None):
    """Prepare's desk, and whoever comes to it is this person."""
    voice = Voice(out=io.StringIO(), err=io.StringIO())
    service = Session(environ={}, voice=voice, stdin=io.StringIO(), clock=world.clock, given_home=world.council.home)
    telemetry = Telemetry(world.log, world.clock)
    with bound(world.council.configuration.workspace.desk, 0o600) as listener:
        desk = Desk(answer=answer or answering(service), telemetry=telemetry)
        with desk.open_at(listener, lambda listener: (listener.accept()[0], peer)):
            yield


@pytest.fixture
def transfer(world, staging):
    return staged(world)


@pytest.fixture
def opens(world, transfer, type_in, tmp_path):
    """Rosa types it; what she is told."""

    def typed(into=tmp_path / "mine", own=None):
        return type_in("open", transfer, "--identity", own or identity(world), "--into", into)

    return typed


def nothing_was_opened(world, transfer, folder):
    assert "opened" not in world.ladder(transfer)
    assert not folder.exists() or [path.name for path in folder.iterdir()] == []


def test_it_is_the_same_as_in_place_and_the_receipt_has_her_uid(world, transfer, opens, tmp_path):
    opens(into=tmp_path / "in-place")
    with attended(world):
        spoken = opens()
    (data,) = (tmp_path / "mine").iterdir()
    assert (spoken.code, spoken.err) == (0, "")
    assert f"{data}: {world.facts(transfer, Stage.SEALED)['released']} rows" in spoken.out
    assert f"gateway uploaded {transfer}" in spoken.out
    assert data.read_bytes() == (tmp_path / "in-place" / data.name).read_bytes()
    assert (data.stat().st_mode & 0o077, data.parent.stat().st_mode & 0o077) == (0, 0)
    assert world.facts(transfer, "opened") == {"uid": ROSA.uid, "rows": world.facts(transfer, Stage.SEALED)["released"]}


def test_she_closes_it_at_the_desk_too(world, transfer, opens, staging, type_in):
    with attended(world):
        opens()
        assert type_in("uploaded", transfer, "--reference", "COLLECT-2026/17").code == 0
    assert list(staging.iterdir()) == []
    assert world.facts(transfer, Stage.RESOLVED)["uid"] == ROSA.uid


def test_an_operator_is_told_whose_it_is(world, transfer, opens, tmp_path):
    with attended(world, OTTO):
        spoken = opens()
    assert (spoken.code, "is for members of handoff-returns" in spoken.err) == (4, True)
    nothing_was_opened(world, transfer, tmp_path / "mine")


def test_an_identity_that_it_is_not_sealed_to_opens_nothing(world, transfer, opens, tmp_path):
    with attended(world):
        assert opens(own=world.partners[YSS].home / "keys" / "identity.key").code == 65
    nothing_was_opened(world, transfer, tmp_path / "mine")


def test_an_identity_that_is_not_there_opens_nothing(world, transfer, opens, tmp_path):
    with attended(world):
        assert opens(own=tmp_path / "none.key").code == 66
    nothing_was_opened(world, transfer, tmp_path / "mine")


@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_somebody_has_changed_in_the_folder_is_not_opened(world, transfer, opens, tmp_path, which):
    path = world.council.home / "staged" / names_of(transfer)[which]
    path.write_bytes(path.read_bytes()[:-3] + b"x\n\n")
    with attended(world):
        assert opens().code in (65, 70)
    nothing_was_opened(world, transfer, tmp_path / "mine")


@pytest.mark.parametrize("at_the_desk", [True, False], ids=["desk", "in-place"])
def test_what_somebody_has_taken_out_of_the_folder_is_told(world, transfer, opens, tmp_path, at_the_desk):
    (world.council.home / "staged" / names_of(transfer)[0]).unlink()
    if at_the_desk:
        with attended(world):
            spoken = opens()
    else:
        spoken = opens()
    assert (spoken.code, "the staged parcel cannot be read" in spoken.err) == (74, True)
    nothing_was_opened(world, transfer, tmp_path / "mine")


def test_a_file_of_that_name_is_not_overwritten_and_nothing_is_receipted(world, transfer, opens, tmp_path):
    opens()
    (data,) = (tmp_path / "mine").iterdir()
    data.write_bytes(b"hers")
    with attended(world):
        assert opens().code == 2
    assert data.read_bytes() == b"hers"
    assert world.ladder(transfer).count("opened") == 1


def test_a_hold_that_came_since_keeps_it_shut_here_too(world, transfer, opens, tmp_path):
    world.hold({"upn": world.people.fit_for_a_return()[0].fields["upn"]})
    with attended(world):
        spoken = opens()
    assert (spoken.code, f"gateway resolve {transfer} absent" in spoken.err) == (2, True)
    nothing_was_opened(world, transfer, tmp_path / "mine")


def test_what_was_uploaded_is_opened_no_more(world, transfer, opens, type_in, tmp_path):
    assert type_in("uploaded", transfer, "--reference", "COLLECT-1").code == 0
    shutil.rmtree(tmp_path / "mine", ignore_errors=True)
    assert opens().code == 2
    nothing_was_opened(world, transfer, tmp_path / "mine")


def instead(path, what, world):
    """Whoever may write in the folder puts something else there."""
    secret = world.folder / "secret"
    secret.write_bytes(b"an extract")
    path.unlink()
    {
        "link": lambda: path.symlink_to(secret),
        "pipe": lambda: os.mkfifo(path),
        "second name": lambda: path.hardlink_to(secret),
    }[what]()


@pytest.mark.parametrize("at_the_desk", [True, False], ids=["desk", "in-place"])
@pytest.mark.parametrize("what", ["link", "pipe", "second name"])
def test_what_is_no_file_of_its_own_in_the_folder_is_not_even_read(world, transfer, opens, what, at_the_desk):
    instead(world.council.home / "staged" / names_of(transfer)[0], what, world)
    with attended(world) if at_the_desk else nullcontext():
        spoken = opens()
    assert (spoken.code, "cannot be read" in spoken.err) == (74, True)
    assert "opened" not in world.ladder(transfer)


def test_an_older_parcel_of_the_same_handoff_is_not_opened(world, staging, type_in, tmp_path):
    """It was made again since its time had passed; deliver, taken over, stages the one before."""
    world.approved(route=CENSUS)
    world.run("prepare")
    (transfer,) = world.transfers(CENSUS)
    box = world.council.configuration.workspace.to_deliver / transfer
    older = {name: (box / name).read_bytes() for name in names_of(transfer)}
    world.clock.turn(hours=6)
    world.run()
    world.run()
    assert world.ladder(transfer)[-3:] == ["revoked", "sealed", "delivered"]
    for name, content in older.items():
        (staging / name).write_bytes(content)
    spoken = type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine")
    assert spoken.code == 65
    nothing_was_opened(world, transfer, tmp_path / "mine")


def recalled(world, transfer, type_in):
    with world.opened() as gateway:
        facts = Facts(reason="wrong-file", uid=0)
        gateway.log.append(Receipt(kind="recalled", transfer=transfer, route=CENSUS, at=world.clock(), facts=facts))


def held(world, transfer, type_in):
    world.hold({"upn": world.people.fit_for_a_return()[0].fields["upn"]})


def taken_out(world, transfer, type_in):
    assert type_in("resolve", transfer, "absent", "--reason", "not-needed").code == 0


@pytest.mark.parametrize("meanwhile", [recalled, held, taken_out])
def test_what_happens_while_she_types_her_passphrase_keeps_it_shut(world, transfer, type_in, meanwhile):
    with world.opened() as gateway:
        gate = gates_of(gateway, world.council.configuration, world.clock())[CENSUS]
        staged_parcel(gate, transfer)
        meanwhile(world, transfer, type_in)
        with pytest.raises(UsageError):
            record_opened(gate, transfer, uid=0)
    assert "opened" not in world.ladder(transfer)


@pytest.mark.parametrize(
    "ask",
    [
        lambda desk: desk.keep_parcel(),
        lambda desk: desk._want({"want": "open"}),
        lambda desk: desk._want({"want": "sealed", "which": 0}, b"x"),
        lambda desk: (desk._want({"want": "parcel"}, STAGED.encode()), desk.keep_parcel()),
        lambda desk: [desk._want({"want": "parcel"}, STAGED.encode()) for _ in range(2)],
        lambda desk: (desk._want({"want": "parcel"}, STAGED.encode()), desk._want({"want": "sealed", "which": 3}, b"x")),
        lambda desk: desk._want({"want": "parcel"}, b"{}\n"),
        lambda desk: desk._want({"want": "parcel"}, STAGED.encode().replace(b"0" * 26, b"../../../../../../tmp/xxxx")),
        lambda desk: desk.bring("file", 100),
    ],
    ids=["keep", "open", "sealed", "kept unopened", "two parcels", "a fourth file", "about nothing", "a path", "a file"],
)  # fmt: skip
def test_a_desk_that_asks_out_of_turn_is_given_nothing(world, opens, tmp_path, ask):
    with attended(world, answer=asking(ask)):
        assert opens().code == 65
    assert not (tmp_path / "mine").exists()


def test_no_other_verb_takes_a_parcel(world, type_in):
    with attended(world, answer=asking(lambda desk: desk._want({"want": "parcel"}, STAGED.encode()))):
        spoken = type_in("todo")
    assert (spoken.code, "does not belong to this verb" in spoken.err) == (65, True)


@pytest.mark.parametrize("page", [b"{}\n", STAGED.encode()[:-2] + b"\n", STAGED.encode().replace(b'"k"', b"1"), b""])
def test_what_is_said_of_a_parcel_is_said_in_one_way(page):
    with pytest.raises(FormatInvalid):
        Staged.parse(page)
    assert Staged.parse(STAGED.encode()) == STAGED
