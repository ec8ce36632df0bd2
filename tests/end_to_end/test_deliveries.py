"""What people do about deliveries: resend, probe, open and upload. Real servers, real verbs."""

import json
import re

import pytest

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS

# resend


def test_the_same_file_goes_again_only_once_a_person_has_said_so(world, type_in):
    world.approved()
    world.run()
    (first,) = world.transfers()
    world.drop(name="again.csv")
    world.run("prepare")
    assert handed_over_before(world) == 1, "the same bytes are refused"
    assert "drop it into outbox/yss again" in type_in("resend", first).out
    world.drop(name="once-more.csv")
    world.run("prepare")
    world.sign_both(name="once-more.csv")
    world.run()
    assert sorted(world.stages()) == [Stage.DELIVERED, Stage.DELIVERED, Stage.REFUSED]
    assert "resent" in world.ladder(first)
    world.drop(name="and-again.csv")
    world.run("prepare")
    assert handed_over_before(world) == 2, "once, and not for ever"


def handed_over_before(world):
    return sum("handed-over-before" in note for note in world.refused().values())


def test_what_was_absent_lies_in_the_drop_folder_again_and_must_be_signed_anew(world, type_in):
    transfer = world.in_doubt()
    assert type_in("resend", transfer).code == 2, "its parcel may have arrived"
    assert type_in("resolve", transfer, "absent", "--reason", "asked-by-telephone").code == 0
    assert f"again-{transfer}.csv lies in outbox/yss" in type_in("resend", transfer).out
    world.run("prepare")
    assert sorted(world.stages()) == [Stage.RESOLVED, Stage.WAITING]
    world.sign_both(name=f"again-{transfer}.csv")
    world.run()
    assert sorted(world.stages()) == [Stage.DELIVERED, Stage.RESOLVED]


@pytest.mark.parametrize("words", [("resend", "0" * 26), ("resend", "Robin Smith"), ("resend",)])
def test_there_is_nothing_to_resend_of_what_is_no_transfer(untouched, words):
    from tests.end_to_end.conftest import typing_in

    assert typing_in(untouched)(*words).code == 2


def test_what_failed_is_retried_and_not_resent(world, type_in):
    world.approved()
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run()
    (transfer,) = world.transfers()
    spoken = type_in("resend", transfer)
    assert spoken.code == 2
    assert "gateway retry" in spoken.err


# probe


def test_a_probe_says_what_the_server_can_do_and_leaves_nothing_there(world, type_in):
    spoken = type_in("partner", "probe", "youth-support")
    assert spoken.code == 0
    assert "refused, as it should be" in spoken.out
    assert world.inbox() == []
    found = json.loads(type_in("partner", "probe", "youth-support", "--json").out)
    assert (found["worse"], found["strict_kex"], found["rename"]) == ([], True, "refuses")


def now_denies(world, requests):
    """The partner's own sshd, which reads its configuration for every connection."""
    config = world.partners[YSS].files.parent / "config"
    config.write_text(
        re.sub(r"^ForceCommand internal-sftp ", rf"\g<0>-P {requests} ", config.read_text(), flags=re.MULTILINE)
    )


def test_a_server_that_has_got_worse_is_told_of_once_and_then_known_as_it_is(world, type_in):
    assert type_in("partner", "probe", "youth-support").code == 0
    now_denies(world, "remove,read")
    spoken = type_in("partner", "probe", "youth-support")
    assert spoken.code == 3
    assert spoken.err.count("worse than before: ") == 2
    assert "verified by size" in spoken.err
    assert "may end in doubt" in spoken.err
    again = type_in("partner", "probe", "youth-support", "--json")
    found = json.loads(again.out)
    assert (again.code, found["worse"], found["reads"], found["removes"]) == (0, [], False, False)


def test_what_is_worse_is_told_in_json_as_well_and_is_an_answer_and_no_error(world, type_in):
    assert type_in("partner", "probe", "youth-support", "--json").code == 0
    now_denies(world, "rename")
    spoken = type_in("partner", "probe", "youth-support", "--json")
    found = json.loads(spoken.out)
    assert (spoken.code, spoken.err, found["rename"]) == (3, "", "forbidden")
    assert found["worse"] == ["a rename to a name that is taken is not refused any more: it is forbidden"]


def test_a_host_key_that_changed_stops_everything_until_a_person_has_looked(world, type_in):
    page = world.council.home / "config" / "partners" / "youth-support.toml"
    sound = page.read_text()
    other = world.council.public_keys["log"]
    page.write_text(re.sub(r"^host_keys = .*$", f'host_keys = ["{other}"]', sound, flags=re.MULTILINE))
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    assert world.stages() == [Stage.FAILED]
    assert world.inbox() == []
    assert type_in("partner", "probe", "youth-support").code == 76
    page.write_text(sound)
    assert type_in("partner", "probe", "youth-support").code == 0
    assert type_in("retry", transfer).code == 0
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_only_a_partner_that_there_is_can_be_probed(untouched):
    from tests.end_to_end.conftest import typing_in

    spoken = typing_in(untouched)("partner", "probe", "nobody")
    assert spoken.code == 2
    assert "name one of these: returns-officer, youth-support" in spoken.err


# upload


@pytest.fixture
def staging(world):
    """The census goes to a folder, for the returns officer to upload."""
    folder = world.council.home / "staged"
    folder.mkdir()
    page = world.council.home / "config" / "partners" / "returns-officer.toml"
    pages = page.read_text().split("[endpoint]")[0].replace('acknowledgement = "signed"', 'acknowledgement = "manual"')
    page.write_text(pages + '[endpoint]\nkind = "upload"\nfolder = "staged"\n')
    return folder


def staged(world):
    world.approved(route=CENSUS)
    world.run()
    (transfer,) = world.transfers(CENSUS)
    assert world.stages(CENSUS) == [Stage.DELIVERED]
    return transfer


def outcome(world):
    (note,) = (world.council.drop_folder(CENSUS) / "outcomes").iterdir()
    return note.read_text("utf-8")


def identity(world):
    return world.partners[CENSUS].home / "keys" / "identity.key"


def test_a_return_is_staged_opened_uploaded_and_closed(world, staging, type_in, tmp_path):
    transfer = staged(world)
    assert len(list(staging.iterdir())) == 3
    assert "It is not uploaded yet" in outcome(world)
    opened = type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine")
    assert opened.code == 0
    (data,) = (tmp_path / "mine").iterdir()
    assert data.stat().st_mode & 0o077 == 0
    assert len(data.read_text("utf-8").splitlines()) > 1
    assert f"gateway uploaded {transfer}" in opened.out
    assert type_in("uploaded", transfer, "--reference", "COLLECT-2026/17").code == 0
    assert list(staging.iterdir()) == []
    assert "a person says that it was uploaded" in outcome(world)
    assert world.ladder(transfer)[-2:] == ["opened", "resolved"]
    facts = world.facts(transfer, Stage.RESOLVED)
    assert (facts["verdict"], facts["reference"]) == ("uploaded", "COLLECT-2026/17")
    assert not (world.council.configuration.workspace.to_deliver / transfer).exists()
    assert type_in("uploaded", transfer, "--reference", "COLLECT-2026/17").code == 2, "once"


def test_a_hold_that_comes_while_a_return_lies_staged_keeps_it_shut_and_it_is_judged_by_that_when_it_goes_again(
    world, staging, type_in, tmp_path
):
    transfer = staged(world)
    held = world.people.fit_for_a_return()[0].fields["upn"]
    assert type_in("hold", "add", "--reason", "refuge", stdin=f"upn: {held}\n").code == 0
    spoken = type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine")
    assert (spoken.code, held in spoken.err, (tmp_path / "mine").exists()) == (2, False, False)
    assert f"gateway resolve {transfer} absent" in spoken.err
    assert type_in("resolve", transfer, "absent", "--reason", "overtaken").code == 0
    assert list(staging.iterdir()) == []
    assert "uploaded" not in outcome(world).split("It is not uploaded yet.")[-1]
    assert type_in("resend", transfer).code == 0
    world.drop(route=CENSUS, name="again.csv")
    world.run()
    assert sorted(world.stages(CENSUS)) == [Stage.REFUSED, Stage.RESOLVED], "a return is never thinned"


def test_a_hold_from_before_keeps_no_return_shut(world, staging, type_in, tmp_path):
    assert type_in("hold", "add", "--reason", "refuge", stdin="uln: 1000000043\n").code == 0
    transfer = staged(world)
    assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == 0


def test_nobody_else_can_open_what_is_staged(world, staging, type_in, tmp_path):
    transfer = staged(world)
    other = world.partners[YSS].home / "keys" / "identity.key"
    assert type_in("open", transfer, "--identity", other, "--into", tmp_path / "mine").code == 65
    assert "opened" not in world.ladder(transfer)
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_staged_parcel_that_somebody_changed_is_not_opened(world, staging, type_in, tmp_path):
    transfer = staged(world)
    ciphertext = staging / f"{transfer}.age"
    ciphertext.write_bytes(ciphertext.read_bytes()[:-1] + b"x")
    assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == 65
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(world, staging, type_in, tmp_path):
    transfer = staged(world)
    for code in (0, 2):
        assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == code


def test_a_folder_of_the_officers_own_is_left_alone(world, staging, type_in, tmp_path):
    transfer = staged(world)
    theirs = tmp_path / "mine" / "opening"
    theirs.mkdir(parents=True)
    (theirs / "minutes.txt").write_bytes(b"precious")
    assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == 0
    assert (theirs / "minutes.txt").read_bytes() == b"precious"
    assert len(list((tmp_path / "mine").iterdir())) == 2


def test_what_an_opening_left_that_was_killed_goes_with_the_next(world, staging, type_in, tmp_path):
    transfer = staged(world)
    left = tmp_path / "mine" / ".gateway-work-0123456789abcdef"
    left.mkdir(parents=True)
    for name in ("lock", "data"):
        (left / name).touch()
    assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == 0
    assert not left.exists()


def test_a_reference_is_no_place_for_a_child(world, staging, type_in):
    transfer = staged(world)
    for reference in ("", "a1", "Robin Smith", "2012-03-04", "A123456789012", "1234567890", "X" * 41):
        assert type_in("uploaded", transfer, "--reference", reference).code == 2
    assert world.stages(CENSUS) == [Stage.DELIVERED]


def test_what_goes_to_a_server_is_nobodys_to_open_or_upload(world, type_in, tmp_path):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == 2
    assert type_in("uploaded", transfer, "--reference", "COLLECT-1").code == 2


def test_the_folder_that_is_away_is_waited_for(world, staging):
    away = staging.rename(staging.with_name("away"))
    world.approved(route=CENSUS)
    world.run()
    assert world.stages(CENSUS) == [Stage.SEALED]
    away.rename(staging)
    world.clock.turn(minutes=1)
    world.run()
    assert world.stages(CENSUS) == [Stage.DELIVERED]
