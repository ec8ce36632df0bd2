"""Runs inside the booted machine, as root, with the installed program: one handoff by the two services, told as JSON.

It founds a council, hands it over as OPERATING.md says, starts both units, and plays staff and partner.
"""

import io
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from gateway.demo import tables
from gateway.demo.children import population
from gateway.demo.council import found
from gateway.demo.partners import partner_of
from gateway.footing.telemetry import Telemetry
from gateway.vocabulary.moment import london_day

HOME, STATE, OUTBOX = Path("/etc/handoff"), Path("/var/lib/handoff"), Path("/srv/handoff/outbox")
UNITS = ("handoff-prepare.service", "handoff-deliver.service")
PYTHON, INTERFACES = "/opt/handoff/bin/python3", "import socket; print(*(name for _, name in socket.if_nameindex()))"
PATIENCE_SECONDS = 60


def now():
    return datetime.now(UTC)


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


def until(condition):
    """Whether it came true; nothing depends on when."""
    pause = threading.Event()
    return any(condition() or pause.wait(0.1) for _ in range(PATIENCE_SECONDS * 10))


def stages():
    return run("setpriv", "--reuid=handoff-prepare", "--regid=handoff-prepare", "--init-groups",
               "gateway", "--home", str(HOME), "receipts", "list").stdout  # fmt: skip


def hand_over():
    run("chown", "-R", "handoff-prepare:", str(STATE / "prepare"))
    run("chown", "-R", "handoff-deliver:", str(STATE / "deliver"))
    run("chown", "-R", "handoff-prepare:handoff-staff", str(OUTBOX))
    run("systemd-tmpfiles", "--create", "handoff.conf")


def encrypt_a_key():
    """From here on deliver's own key is a credential of its unit, and nowhere else in the clear."""
    key, store = STATE / "deliver" / "private" / "observation.key", Path("/etc/credstore.encrypted")
    store.mkdir(mode=0o700, exist_ok=True)
    run(
        "systemd-creds",
        "encrypt",
        "--with-key=host",
        "--name=observation.key",
        str(key),
        str(store / "handoff.observation.key"),
    )
    key.unlink()


def inside(unit, *command):
    """What a process of this unit would see: its mounts, its network, its user."""
    pid = run("systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()
    user = unit.removesuffix(".service")
    return run("nsenter", "--target", pid, "--mount", "--net", "setpriv", f"--reuid={user}", f"--regid={user}",
               "--init-groups", *command)  # fmt: skip


def handoff(council, partner):
    told = {"started": run("systemctl", "start", *UNITS).returncode}
    children = population(Random(7), today=london_day(now()), rows=30).children
    path = council.drop("yss", "pupils.csv", tables.extract(children, council.schema("yss")))
    told["stated"] = until(path.with_name("pupils.csv.release").exists)
    if not told["stated"]:
        sys.exit(run("journalctl", "--unit=handoff-*", "--output=cat", "--no-pager").stdout)
    for role in council.people:
        council.sign("yss", "pupils.csv", role)
    told["delivered"] = until(lambda: len(list((partner.files / "inbox").iterdir())) == 3)
    partner.receive(now())
    told["acknowledged"] = until(lambda: "acknowledged" in stages())
    return told


def told_of_units():
    prepare, deliver = UNITS
    return {
        "status": [run("systemctl", "show", "--property=StatusText", "--value", unit).stdout.strip() for unit in UNITS],
        "network of prepare": inside(prepare, PYTHON, "-c", INTERFACES).stdout.split(),
        "deliver reads the ledger": inside(deliver, "cat", str(STATE / "prepare" / "ledger.sqlite")).returncode == 0,
        "deliver sees staff's folders": inside(deliver, "ls", str(OUTBOX)).returncode == 0,
        "run from state": [runs_from(unit, STATE / unit.split("-")[1].split(".")[0]) for unit in UNITS],
        "jobs": {job: run("systemctl", "start", f"handoff-job-{job}.service").returncode
                 for job in ("verify", "purge", "heartbeat")},
    }  # fmt: skip


def runs_from(unit, folder):
    program = folder / "program"
    inside(unit, "cp", "/bin/true", str(program))
    ran = inside(unit, str(program)).returncode == 0
    program.unlink()
    return ran


def told_of_a_hang():
    """Stopped in its tracks, deliver ends no round: with a short watchdog, since a test has no hour."""
    deliver = UNITS[1]
    drop_in = Path(f"/etc/systemd/system/{deliver}.d/watchdog.conf")
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nWatchdogSec=3s\nTimeoutAbortSec=1s\nRestartSec=0\n", "utf-8")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", deliver)
    run("kill", "-STOP", run("systemctl", "show", "--property=MainPID", "--value", deliver).stdout.strip())
    started_again = until(
        lambda: run("systemctl", "show", "--property=NRestarts", "--value", deliver).stdout.strip() > "0"
    )
    return {"hang": started_again and until(lambda: run("systemctl", "is-active", deliver).returncode == 0)}


def told_of_alarms():
    deliver = UNITS[1]
    run("systemctl", "stop", deliver)
    heartbeat = run("systemctl", "start", "handoff-job-heartbeat.service").returncode
    page = HOME / "config" / "gateway.toml"
    page.write_text(page.read_text("utf-8") + "\nsetting_of_nobody = 1\n", "utf-8")
    run("systemctl", "reload", UNITS[0])
    kept = until(lambda: "kept" in run("systemctl", "show", "--property=StatusText", "--value", UNITS[0]).stdout)
    alarmed = until(lambda: "heartbeat" in said_by("handoff-alert"))
    return {"heartbeat": heartbeat, "kept": kept, "alarmed": alarmed} | told_of_a_half_that_cannot_start()


def told_of_a_half_that_cannot_start():
    """With a page that cannot be used a reload keeps the old one; a restart has none to keep."""
    pager = HOME / "alert"
    pager.write_text('#!/bin/sh\nexec logger --tag pager "$1"\n', "utf-8")
    pager.chmod(0o755)
    prepare = UNITS[0]
    run("systemctl", "restart", prepare)
    return {
        "failed for good": until(lambda: run("systemctl", "is-failed", prepare).returncode == 0),
        "alarmed of it": until(lambda: f"{prepare} has failed" in said_by("handoff-alert")),
        "paged": until(lambda: prepare in said_by("pager")),
        "tried again": run("systemctl", "show", "--property=NRestarts", "--value", prepare).stdout.strip(),
    }


def said_by(tag):
    return run("journalctl", "-t", tag, "-o", "cat", "--no-pager").stdout


def main():
    os.umask(0o002)
    # staff's files are not prepare's own, so it may ask for no lease: only stillness tells that one is whole
    settings = {"state": str(STATE), "outbox": str(OUTBOX), "clock": "host", "scan_seconds": 1, "settle_seconds": 2}
    council = found(HOME, telemetry=Telemetry(io.StringIO(), now), clock=now, settings=settings)
    hand_over()
    encrypt_a_key()
    with partner_of(council, "yss", Path("/var/tmp/partner")) as partner:  # noqa: S108 - of a machine that ends with the test
        told = handoff(council, partner) | told_of_units() | told_of_a_hang() | told_of_alarms()
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
