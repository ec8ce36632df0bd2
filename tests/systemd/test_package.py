"""The Debian package that `make deb` built: unpacked anywhere it runs, and it knows no other place."""

import gzip
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from gateway import __version__
from gateway.cli.exit_codes import MEANINGS
from gateway.cli.verbs import VERBS
from tests.required import missing

TOP = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def package():
    if shutil.which("dpkg-deb") is None:
        missing("dpkg-deb is not installed")
    built = sorted((TOP / "dist").glob(f"handoff-gateway_{__version__}_*.deb"))
    if not built:
        missing("there is no package yet: make deb")
    return built[-1]


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    """Unpacked, and moved once more: where it is unpacked is not where it was built, or would be installed."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "--extract", package, folder / "first"], check=True)
    return (folder / "first").rename(folder / "second")


def gateway(root, *arguments):
    return subprocess.run(
        [root / "opt" / "handoff" / "bin" / "gateway", *arguments],
        check=False, capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin:/bin"}, timeout=120,
    )  # fmt: skip


def field(package, name):
    return subprocess.run(
        ["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True
    ).stdout.strip()  # fmt: skip


def test_the_command_runs_from_wherever_it_was_unpacked(root):
    helped = gateway(root, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert {"demo", "run", "doctor"} < {line.split()[0] for line in helped.stdout.splitlines() if line.strip()}
    assert set(VERBS) >= {"demo", "run", "doctor"}


def test_the_manual_page_has_every_verb_and_every_exit_code(root):
    manual = gzip.decompress((root / "usr/share/man/man1/gateway.1.gz").read_bytes()).decode("ascii")
    entries = set(re.findall(r"^\.TP\n\.B (\S+)$", manual, re.MULTILINE))
    assert entries == {*VERBS, *map(str, MEANINGS)}


def test_a_starter_set_is_written_and_examined_by_what_is_in_the_package_alone(root, tmp_path):
    assert gateway(root, "init", str(tmp_path / "home"), "--domain", "handoff.council.gov.example").returncode == 0
    examined = gateway(root, "--home", str(tmp_path / "home"), "doctor")
    assert (examined.returncode, examined.stderr) == (78, ""), "partners' pages are still empty"
    assert "each readable by its owner alone" in examined.stdout


def test_nothing_in_it_knows_where_it_was_built(root):
    knows = [
        path.relative_to(root)
        for path in (root / "opt").rglob("*")
        if path.is_file() and not path.is_symlink() and str(TOP).encode() in path.read_bytes()
    ]
    assert knows == []


def test_nothing_for_development_and_no_installer_is_in_it(root):
    packages = {path.name for path in (root / "opt" / "handoff").glob("lib/python3*/site-packages/*")}
    assert {"paramiko", "cryptography", "gateway"} < packages
    assert not packages & {"pytest", "mypy", "ruff", "hypothesis", "asyncssh", "hatchling", "pip", "setuptools"}


def test_all_of_it_can_be_read_and_nothing_written_but_by_root(root):
    modes = {
        stat.S_IMODE(path.lstat().st_mode) for path in root.rglob("*") if not path.is_symlink()
    }  # fmt: skip
    assert modes == {0o755, 0o644}


def test_every_link_in_it_leads_somewhere(root):
    """To the package's own files, or to the system's Python."""

    def leads(path):
        target = path.readlink()
        return (root / target.relative_to("/") if target.is_relative_to("/opt") else path).exists()

    links = [path for path in root.rglob("*") if path.is_symlink()]
    assert root / "usr" / "bin" / "gateway" in links
    assert [path for path in links if not leads(path)] == []


def test_the_units_users_and_folders_are_where_systemd_looks(root):
    lib = root / "usr" / "lib"
    assert {path.name for path in (TOP / "systemd").glob("*.service")} == {
        path.name for path in (lib / "systemd" / "system").glob("*.service")
    }
    assert (lib / "systemd" / "system" / "handoff-job-.service.d" / "sandbox.conf").exists()
    assert (lib / "sysusers.d" / "handoff.conf").exists()
    assert (lib / "tmpfiles.d" / "handoff.conf").exists()


def test_it_depends_on_the_very_python_it_was_built_for(package, root):
    built_for = next((root / "opt" / "handoff" / "lib").glob("python3.*")).name.removeprefix("python")
    major, minor = built_for.split(".")
    depends = field(package, "Depends")
    assert f"python3 (>= {built_for}), python3 (<< {major}.{int(minor) + 1})" in depends


def test_it_starts_nothing_and_removes_no_evidence(package, tmp_path):
    subprocess.run(["dpkg-deb", "--control", package, tmp_path / "control"], check=True)
    scripts = {name: (tmp_path / "control" / name).read_text() for name in ("postinst", "prerm", "postrm")}
    assert not re.search(r"systemctl (--\S+ )*(enable|start|restart)\b", "".join(scripts.values()))
    assert not re.search(r"\b(rm|rmdir|userdel|deluser)\b", "".join(scripts.values()))
    for name, script in scripts.items():
        checked = subprocess.run(["sh", "-n", tmp_path / "control" / name], check=False)
        assert checked.returncode == 0, name
        assert script.startswith("#!/bin/sh\n")
