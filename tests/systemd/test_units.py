"""The units as systemd itself reads them: no warning, no more exposure than was decided, each power with its reason."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.cli.verbs import VERBS
from tests.required import missing

TOP = Path(__file__).resolve().parent.parent.parent
UNITS = TOP / "systemd"
PROGRAM = "/opt/handoff/bin/gateway"
HALVES = {"handoff-prepare.service": 3, "handoff-deliver.service": 10}
DESK = {"handoff-desk.service": 4}
JOBS = {path.name: 3 for path in sorted(UNITS.glob("handoff-job-*.service"))}
"""Exposure at most, in tenths."""
WELL_KNOWN = re.compile(
    r"Type|NotifyAccess|Exec\w+|Restart\w*|Timeout\w+|WatchdogSec|KillMode|User|Group|Supplementary\w+|UMask|"
    r"StateDirectory\w*|LoadCredentialEncrypted"
)
"""How it runs, and as whom: the rest of [Service] is hardening and limits."""


@pytest.fixture(scope="module")
def analyze():
    program = shutil.which("systemd-analyze")
    if program is None:
        missing("systemd-analyze is not installed")

    def run(*arguments):
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.fixture
def units(tmp_path):
    """The units with a program that is there."""
    folder = tmp_path / "system"
    shutil.copytree(UNITS, folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text("utf-8").replace(PROGRAM, "/bin/true"))
    return folder


def exposure(analyze, units, name, threshold):
    """Whether systemd counts at most that many tenths; the unit and its drop-ins come from a root of their own."""
    root = units.parent / "root"
    shutil.copytree(units, root / "usr" / "lib" / "systemd" / "system", dirs_exist_ok=True)
    answer = analyze("security", "--offline=true", f"--root={root}", f"--threshold={threshold}", name)
    assert "exposure level" in answer.stdout, answer.stderr
    return answer.returncode == 0


def service_lines(text):
    return [line for line in text.split("[Service]")[1].split("[Install]")[0].splitlines() if line]


def test_systemd_has_nothing_to_say_about_any_unit(analyze, units):
    answer = analyze("verify", "--man=no", *map(str, [*units.glob("*.service"), *units.glob("*.timer")]))
    ours = [line for line in answer.stderr.splitlines() if "handoff" in line]
    assert ours == []


def test_a_misspelt_line_would_be_found(analyze, units):
    path = units / "handoff-deliver.service"
    path.write_text(path.read_text().replace("NoNewPrivileges", "NoNewPriviledges"))
    assert "NoNewPriviledges" in analyze("verify", "--man=no", str(path)).stderr


@pytest.mark.parametrize(("name", "tenths"), [*HALVES.items(), *DESK.items(), *JOBS.items()])
def test_a_unit_is_exposed_no_more_than_was_decided(analyze, units, name, tenths):
    assert exposure(analyze, units, name, tenths)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("handoff-prepare.service", "PrivateNetwork=yes"),
        ("handoff-prepare.service", "RestrictAddressFamilies=AF_UNIX"),
        ("handoff-prepare.service", "CapabilityBoundingSet="),
        ("handoff-deliver.service", "ProtectSystem=strict"),
        ("handoff-deliver.service", "IPAddressDeny=any"),
        ("handoff-job-.service.d/sandbox.conf", "PrivateNetwork=yes"),
    ],
)
def test_a_line_taken_out_is_noticed(analyze, units, name, line):
    path = units / name
    before = path.read_text()
    path.write_text(before.replace(f"\n{line}\n", "\n"))
    assert path.read_text() != before
    unit = name if name in HALVES else "handoff-job-purge.service"
    assert not exposure(analyze, units, unit, (HALVES | JOBS)[unit])


@pytest.mark.parametrize("name", [*HALVES, *DESK, "handoff-job-.service.d/sandbox.conf"])
def test_every_line_of_hardening_has_its_reason_above_it(name):
    lines = service_lines((UNITS / name).read_text("utf-8"))
    hardening = lines[next(index for index, line in enumerate(lines) if line.startswith("# --- network")) :]
    assert len(hardening) > 40
    explained = False
    bare = []
    for line in hardening:
        if line.startswith("# ---"):
            explained = False
        elif line.startswith("#"):
            explained = True
        elif not explained:
            bare.append(line)
    assert bare == []


def test_the_jobs_have_exactly_the_sandbox_of_prepare():
    def sandbox(name):
        text = (UNITS / name).read_text("utf-8")
        return [line for line in service_lines(text[text.index("[Service]") :]) if not WELL_KNOWN.match(line)]

    def settings(name):
        return {line for line in sandbox(name) if not line.startswith("#")}

    assert settings("handoff-job-.service.d/sandbox.conf") - settings("handoff-prepare.service") == {"Nice=10"}
    assert settings("handoff-prepare.service") - settings("handoff-job-.service.d/sandbox.conf") == set()


def test_deliver_is_kept_from_all_that_prepare_writes_and_given_no_group_of_staff():
    text = (UNITS / "handoff-deliver.service").read_text("utf-8")
    assert "InaccessiblePaths=-/var/lib/handoff/prepare -/srv/handoff\n" in text
    assert "SupplementaryGroups=handoff-mailbox\n" in text


def test_no_key_is_given_to_the_half_that_does_not_need_it():
    def credentials(name):
        return set(re.findall(r"^LoadCredentialEncrypted=(\S+?):", (UNITS / name).read_text("utf-8"), re.MULTILINE))

    assert credentials("handoff-prepare.service") == {"signing.key", "log.key", "register.key", "digest.key"}
    assert credentials("handoff-deliver.service") == {"observation.key", "smtp.key", "webhook.key"}


def test_the_desk_is_kept_from_all_that_the_halves_have_and_sees_who_others_are():
    text = (UNITS / "handoff-desk.service").read_text("utf-8")
    assert "InaccessiblePaths=-/var/lib/handoff/prepare -/var/lib/handoff/deliver" in text
    assert "\nPrivateNetwork=yes\n" in text
    assert "PrivateUsers=" not in text
    assert "LoadCredential" not in text
    assert "SupplementaryGroups" not in text


def test_no_unit_calls_a_verb_that_there_is_not():
    called = {
        name: re.findall(rf"{PROGRAM} --home /etc/handoff ([a-z]+)", (UNITS / name).read_text("utf-8"))
        for name in [*HALVES, *DESK, *JOBS]
    }
    assert all(called.values())
    assert {verb for verbs in called.values() for verb in verbs} - set(VERBS) == set()


def test_whatever_fails_tells_somebody():
    for name in [*HALVES, *DESK, "handoff-job-.service.d/sandbox.conf"]:
        assert "\nOnFailure=handoff-alert@%n.service\n" in (UNITS / name).read_text("utf-8"), name


def test_every_job_has_its_timer_and_every_timer_its_job():
    assert {path.stem for path in UNITS.glob("*.timer")} == {name.removesuffix(".service") for name in JOBS}
