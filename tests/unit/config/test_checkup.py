import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config.checkup.check import Surroundings, exit_code, fail, ok, warn
from gateway.config.checkup.clock import kernel_clock
from gateway.config.checkup.examination import examine
from gateway.config.checkup.file_systems import leases_work
from gateway.config.load import load
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.mounts import kind_of, kind_under
from tests.unit.config.sound import AROUND, AT, DOMAIN, LOCAL, OFFICER, found, line, only, sign_routes, signers


def test_where_nothing_is_missing_nothing_is_found(ready):
    checks = tuple(examine(ready.home, {}, AROUND))
    assert [check for check in checks if check.outcome != "ok"] == []
    assert exit_code(checks) == 0


def test_looking_changes_nothing(ready):
    """Times of two folders apart: a lease is tried in the outbox, and SQLite keeps its log beside the ledger."""
    busy = (ready.workspace.outbox, ready.workspace.ledger.parent)

    def everything():
        return sorted((str(p), p not in busy and p.stat().st_mtime_ns) for p in ready.home.rglob("*"))

    before = everything()
    tuple(examine(ready.home, {}, AROUND))
    assert everything() == before


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ([ok("a", "")], 0),
        ([warn("a", "", "")], 0),
        ([warn("a", "", ""), fail("b", "", "")], 3),
        ([fail("configuration", "", ""), fail("b", "", "")], 78),
    ],
)
def test_the_exit_code_tells_a_person_is_needed_or_the_configuration_cannot_be_used(checks, code):
    assert exit_code(checks) == code


def test_settings_that_cannot_be_read_are_all_that_is_said(ready, home):
    home.spoil("gateway", "sender", "sendr")
    checks = tuple(examine(home.path, {}, AROUND))
    assert {check.name for check in checks} == {"configuration"}
    assert exit_code(checks) == 78


def test_the_examples_domain_must_be_replaced(ready, home):
    home.spoil("gateway", DOMAIN, "handoff.council.example")
    assert ("fail", "settings", "the domain is still the example's") in found(ready)


def test_a_demonstration_is_never_silent(ready, home):
    home.spoil("gateway", "sender", "demo = true\nsender")
    assert only(ready) == ("warn", "settings", "demo is on: unsigned routes run")


def test_a_route_out_of_service_is_told_with_every_fault(ready, home):
    home.spoil("policies/first", "version = 1", "version = 0")
    assert only(ready)[:2] == ("fail", "route first")


def test_without_any_route_the_configuration_cannot_be_used(ready, home):
    for name in ("first", "second"):
        home.spoil(f"policies/{name}", "version = 1", "version = 0")
    assert exit_code(examine(home.path, {}, AROUND)) == 78


@pytest.mark.parametrize(
    ("review", "problems"),
    [("2026-11-23", ["fail"]), ("2026-11-24", ["warn"]), ("2026-12-24", ["warn"]), ("2026-12-25", [])],
)
def test_an_agreement_is_announced_a_month_ahead_and_suspends_on_the_day_after(ready, home, review, problems):
    home.spoil("policies/first", "2027-03-31", review)
    sign_routes(ready)
    assert [outcome for outcome, _, _ in found(ready)] == problems


@pytest.mark.parametrize(
    ("half", "role"),
    [("prepare", "signing"), ("prepare", "log"), ("prepare", "register"), ("prepare", "digest"),
     ("prepare", "reference-first"), ("deliver", "observation"), ("deliver", "sftp-second")],
)  # fmt: skip
class TestKeys:
    def path(self, ready, half, role):
        return getattr(ready, f"{half}_keys").folder / f"{role}.key"

    def test_a_missing_key_is_named(self, ready, half, role):
        self.path(ready, half, role).unlink()
        assert only(ready) == ("fail", f"keys of {half}", f"{role}.key is missing")

    def test_a_key_that_others_may_read_is_named(self, ready, half, role):
        self.path(ready, half, role).chmod(0o640)
        assert only(ready) == ("fail", f"keys of {half}", f"others may read {role}.key")

    def test_a_link_in_place_of_a_key_is_named(self, ready, half, role, tmp_path):
        self.path(ready, half, role).rename(tmp_path / "moved")
        self.path(ready, half, role).symlink_to(tmp_path / "moved")
        assert only(ready) == ("fail", f"keys of {half}", f"{role}.key is not a regular file")

    def test_a_spoilt_key_is_found(self, ready, half, role):
        self.path(ready, half, role).write_text("spoilt")
        assert only(ready)[:2] == ("fail", f"keys of {half}")


@pytest.mark.parametrize("role", ["signing", "log", "observation", "sftp-first"])
def test_a_public_half_that_was_swapped_is_found(ready, role):
    (ready.workspace.public_keys / f"{role}.pub").write_text(SigningKey.generate_ed25519().public_line())
    assert only(ready)[2] == f"keys/public/{role}.pub does not belong to its private half"


def test_a_missing_public_half_is_found(ready):
    (ready.workspace.public_keys / "log.pub").unlink()
    assert only(ready)[2] == "keys/public/log.pub cannot be read"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_than_its_folders_is_found(ready):
    os.chown(ready.prepare_keys.folder / "log.key", 4321, 4321)
    assert only(ready)[2] == "log.key and its folder belong to different users"


def test_keys_that_this_user_may_not_look_at_are_a_warning(ready, without_licence):
    ready.deliver_keys.folder.chmod(0)
    try:
        assert without_licence(lambda: only(ready))[:2] == ("warn", "keys of deliver")
    finally:
        ready.deliver_keys.folder.chmod(0o700)


def test_keys_may_come_as_credentials(ready, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (ready.prepare_keys.folder / "log.key").rename(credentials / "log.key")
    checks = tuple(examine(ready.home, {"CREDENTIALS_DIRECTORY": str(credentials)}, AROUND))
    assert [check for check in checks if check.outcome != "ok"] == []


@pytest.mark.parametrize("role", ["prepare", "approve"])
def test_a_role_in_which_nobody_can_sign_is_named_for_each_route(ready, role):
    signers(ready, role).write_text(line(f"new-{role}", role, routes=("first",)))
    assert only(ready)[1:] == ("signers of second", f"nobody can sign in the role '{role}' today")


def test_a_route_without_an_officer_is_suspended_whoever_signed_it(ready):
    signers(ready, "route").write_text(line("lee", "route", routes=("first",), key=OFFICER.public_line()))
    assert [(name, sentence.partition(":")[0]) for _, name, sentence in found(ready)] == [
        ("route second", "the route second is suspended"),
        ("signers of second", "nobody can sign in the role 'route' today"),
    ]


def test_a_ledger_that_is_not_there_is_found(ready):
    ready.workspace.ledger.unlink()
    assert only(ready)[:2] == ("fail", "ledger")


@pytest.mark.parametrize("options", [',valid-before="20261124Z"', ',valid-after="20261125Z"'])
def test_a_signer_whose_time_has_not_come_or_has_passed_does_not_count(ready, options):
    signers(ready, "approve").write_text(line("kim", "approve", options=options))
    assert [name for _, name, _ in found(ready)] == ["signers of first", "signers of second"]


def test_one_person_alone_in_both_roles_is_not_two(ready):
    key = SigningKey.generate_ed25519().public_line()
    signers(ready, "prepare").write_text(line("jo", "prepare", key=key))
    signers(ready, "approve").write_text(line("jo", "approve", key=key))
    assert {sentence for _, _, sentence in found(ready)} == {
        "one person alone may prepare and approve, and two must sign"
    }


def test_two_people_who_share_a_key_are_found(ready):
    key = SigningKey.generate_ed25519().public_line()
    signers(ready, "prepare").write_text(line("jo", "prepare", key=key))
    signers(ready, "approve").write_text(line("kim", "approve", key=key))
    assert "kim@x has the key of jo@x" in only(ready)[2]


@pytest.mark.parametrize("text", ["jo@x ssh-ed25519 AAAA\n", 'jo@x namespaces="*" ssh-ed25519 AAAA\n', "\xff"])
def test_a_list_of_signers_that_cannot_be_used_is_named_by_file_and_line(ready, text):
    signers(ready, "prepare").write_bytes(text.encode("latin-1"))
    assert only(ready)[2].startswith("keys/signers/prepare")


def test_a_missing_list_of_signers_is_named(ready):
    signers(ready, "approve").unlink()
    assert only(ready)[2] == "keys/signers/approve cannot be read"


def test_a_namespace_of_no_route_of_ours_is_a_warning(ready):
    signers(ready, "prepare").write_text(line("jo", "prepare") + line("max", "prepare", routes=("frist",)))
    assert only(ready)[0] == "warn"


def test_a_demonstration_needs_no_officer(ready, home):
    home.spoil("gateway", "sender", "demo = true\nsender")
    signers(ready, "route").write_text("")
    assert [name for outcome, name, _ in found(ready) if outcome == "fail"] == []


@pytest.mark.parametrize(
    "place", ["config", "config/gateway.toml", "config/routes", "keys/signers", "keys/signers/approve"]
)
def test_a_page_that_others_can_write_is_found(ready, place):
    path = ready.home / place
    path.chmod(path.stat().st_mode | 0o020)
    assert only(ready)[2] == f"others than its owner can write to {place}"


@pytest.mark.parametrize(
    ("place", "mode", "sentence"),
    [
        ("state", 0o750, "others can look into it"),
        ("state/prepare", 0o750, "others can look into prepare"),
        ("state/deliver", 0o701, "others can look into deliver"),
        ("state/mailbox", 0o711, "others can look into the mailbox"),
        ("outbox/first", 0o777, "anyone can write to the drop folder of first"),
    ],
)
def test_a_folder_that_is_too_open_is_found(ready, place, mode, sentence):
    (ready.home / place).chmod(mode)
    assert only(ready)[2] == sentence


def test_folders_of_two_users_are_as_safe(ready):
    (ready.home / "state").chmod(0o711)
    (ready.home / "state" / "mailbox").chmod(0o710)
    assert [one for one in found(ready) if one[0] != "ok"] == []


def test_folders_that_are_not_there_are_found(home):
    names = {name: outcome for outcome, name, _ in found(load(home.path, {}))}
    assert names["state folder"] == names["outbox"] == names["pages"] == names["signers"] == "fail"


def test_a_folder_of_keys_that_is_gone_is_found(ready):
    ready.deliver_keys.folder.rename(ready.home / "moved")
    assert only(ready)[1:] == ("keys of deliver", "their folder is not there")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "fuse", "9p"])
def test_an_outbox_on_a_share_is_scanned_and_a_ledger_on_one_is_refused(ready, kind):
    mounts = LOCAL + f"30 22 0:40 / {ready.workspace.outbox} rw - {kind} //server/x rw\n"
    problems = found(ready, Surroundings(at=AT, mounts=mounts, clock="synchronised"))
    assert sorted(problem[:2] for problem in problems) == [("warn", "outbox events"), ("warn", "outbox leases")]
    mounts = LOCAL + f"30 22 0:40 / {ready.workspace.state} rw - {kind} //server/x rw\n"
    assert only(ready, Surroundings(at=AT, mounts=mounts, clock="synchronised"))[0] == "fail"


@pytest.mark.parametrize(
    ("mounts", "place", "kind"),
    [
        ("", "/srv/x", ""),
        (LOCAL, "/srv/x", "ext4"),
        (LOCAL + "1 2 0:4 / /srv rw shared:1 - nfs4 h:/ rw\n", "/srv/x", "nfs4"),
        (LOCAL + "1 2 0:4 / /srv rw - nfs4 h:/ rw\n", "/srvx", "ext4"),
        (LOCAL + "1 2 0:4 / /srv rw - nfs4 h:/ rw\n1 2 0:5 / /srv rw - xfs /dev/b rw\n", "/srv/x", "xfs"),
        ("1 2 0:4 / /srv/x rw - nfs4 h:/ rw\n" + LOCAL, "/srv/x/y", "nfs4"),
        (LOCAL + "1 2 0:4 / /srv/the\\040share rw - cifs //h/s rw\n", "/srv/the share/x", "cifs"),
        ("not a line of mountinfo\n - \n1 2\n", "/srv/x", ""),
    ],
)
def test_the_file_system_under_a_place_is_the_nearest_mount(mounts, place, kind):
    assert kind_under(Path(place), mounts) == kind


@pytest.mark.parametrize(
    ("device", "kind"), [(os.makedev(0, 4), "nfs4"), (os.makedev(8, 1), "ext4"), (os.makedev(0, 44), "")]
)
def test_a_file_system_is_found_by_its_number(device, kind):
    mounts = "1 2 8:1 / / rw - ext4 /dev/a rw\n1 2 0:4 / /srv rw shared:7 - nfs4 h:/ rw\nnot a line\n"
    assert kind_of(device, mounts) == kind


def test_a_lease_on_a_mounted_share_is_not_believed(ready):
    share = f"{LOCAL}1 2 0:4 / {ready.workspace.outbox} rw - fuse.sshfs h:/ rw\n"
    (local,), (mounted,) = (
        leases_work(ready, Surroundings(at=AT, mounts=mounts, clock="unknown")) for mounts in (LOCAL, share)
    )
    assert (local.outcome, mounted.outcome) == ("ok", "warn")
    assert mounted.remedy == "raise settle_seconds"


def test_a_clock_that_nobody_keeps_fails_and_an_unknown_one_warns(ready, home):
    def with_clock(clock):
        return Surroundings(at=AT, mounts=LOCAL, clock=clock)

    assert only(ready, with_clock("unsynchronised"))[:2] == ("fail", "clock")
    assert only(ready, with_clock("unknown"))[:2] == ("warn", "clock")
    home.spoil("gateway", "sender", "demo = true\nsender")
    assert {outcome for outcome, _, _ in found(ready, with_clock("unsynchronised"))} == {"warn"}


def test_the_kernel_says_something_about_its_clock():
    assert kernel_clock() in {"synchronised", "unsynchronised", "unknown"}


def test_days_are_londons(ready, home):
    home.spoil("policies/first", "2027-03-31", "2026-07-01")
    sign_routes(ready)
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    around = Surroundings(at=late - timedelta(hours=1), mounts=LOCAL, clock="synchronised")
    assert [outcome for outcome, name, _ in found(ready, around) if name == "route first"] == ["warn"]
    around = Surroundings(at=late, mounts=LOCAL, clock="synchronised")
    assert [outcome for outcome, name, _ in found(ready, around) if name == "route first"] == ["fail"]


def test_that_nobody_would_be_told_is_a_warning(ready, home):
    home.spoil("gateway", "alerts.webhook.url", "alerts.level = 'alarm'\n# ")
    assert only(ready) == ("warn", "alerts", "nobody is told when something needs a person")


def test_a_webhooks_key_that_is_not_there_is_named(ready):
    (ready.workspace.deliver_keys / "webhook.key").unlink()
    assert only(ready) == ("fail", "alerts", "webhook.key of deliver is missing")


def test_a_mail_servers_password_that_is_not_there_is_named(ready, home):
    mail = "{ host = 'mail.test', user = 'handoff', sender = 'a@mail.test', to = ['b@mail.test'] }"
    home.spoil("gateway", "alerts.webhook.url", f"alerts.email = {mail}\nalerts.webhook.url")
    assert only(ready) == ("fail", "alerts", "smtp.key of deliver is missing")
    (ready.workspace.deliver_keys / "smtp.key").touch(0o600)
    assert found(ready) == []


def test_authorities_for_alerts_that_are_not_there_are_found(ready, home):
    home.spoil("gateway", "alerts.webhook.url", "alerts.webhook.ca = 'ca.pem'\nalerts.webhook.url")
    assert only(ready) == ("fail", "alerts", "a file of certificate authorities is not there")
    (home.path / "ca.pem").touch()
    assert found(ready) == []
