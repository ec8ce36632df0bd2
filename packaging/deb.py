"""Build the Debian package: dist/handoff-gateway_VERSION_ARCH.deb, with stock tools (venv, pip, dpkg-deb).

    .venv/bin/python packaging/deb.py

In the package: an environment of its own under /opt/handoff, with exactly what requirements.lock pins for
running (no tests, no linters), the units, users and folders of systemd/, and the handbooks. It stands on the
system's Python, whose minor version it therefore depends on; nothing in it knows the folder it was built in,
or the one it is moved to.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import manual
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).resolve().parent.parent
BUILD, DIST = TOP / "build" / "deb", TOP / "dist"
ROOT = BUILD / "root"
OPT = ROOT / "opt" / "handoff"
PARTS = TOP / "packaging" / "debian"
NAME, EXTRAS = "handoff-gateway", ("postgres", "openpgp")
SYSTEM_PYTHON = Path("/usr/bin/python3")
UNITS = ("*.service", "*.timer")
HANDBOOKS = ("README.md", "CHANGELOG.md", "keys/README.md", "config/README.md", "systemd/README.md",
             *(f"docs/{page.name}" for page in sorted((TOP / "docs").glob("*.md"))))  # fmt: skip
MAINTAINER = "Handoff Gateway maintainers <maintainers@handoff.example>"
DESCRIPTION = """\
hands children's data from a council to those who must have it
 Two people approve what is about to leave, every child and every field is
 released by rule at that moment, and what left can be proved: sealed,
 delivered by SFTP, receipted in a signed log.
 .
 Nothing is started by installing it: OPERATING.md says what to do first."""


def main() -> None:
    if not SYSTEM_PYTHON.exists():
        sys.exit(f"{SYSTEM_PYTHON} is not installed: the package stands on it")
    shutil.rmtree(BUILD, ignore_errors=True)
    environment()
    units()
    handbooks()
    manual_page()
    sys.stdout.write(f"{package()}\n")


def run(*command: str | Path, **settings: object) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, **settings).stdout  # type: ignore[call-overload]


def environment() -> None:
    """A venv is relocatable but for its scripts: they are taken out, and one of our own is put in."""
    run(SYSTEM_PYTHON, "-m", "venv", "--without-pip", OPT)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
    wheels = BUILD / "wheel"
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, TOP)
    pinned = BUILD / "requirements.lock"
    pinned.write_text("".join(pins(set(needed(NAME)))), "utf-8")
    into = (*pip, "--python", OPT / "bin" / "python", "install", "--no-compile")
    run(*into, "--require-hashes", "--only-binary=:all:", "--requirement", pinned)
    run(*into, "--no-deps", next(wheels.glob("*.whl")))
    for origin in OPT.rglob("direct_url.json"):  # says where it was built
        origin.unlink()
    for script in (OPT / "bin").iterdir():
        if not re.fullmatch(r"python[0-9.]*", script.name):
            script.unlink()
    shutil.copy(PARTS / "gateway", OPT / "bin" / "gateway")
    (OPT / "bin" / "gateway").chmod(0o755)
    version = python_version()
    (OPT / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n")
    # the code is compiled here, once: nobody may write below /opt later. No time of a file counts, so builds agree.
    run(OPT / "bin" / "python", "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", "-s", ROOT, OPT / "lib")


def needed(name: str, extras: tuple[str, ...] = EXTRAS, seen: dict[str, set[str]] | None = None) -> Iterator[str]:
    """What `name` needs for running, by way of however many, as it is installed beside us."""
    seen = {} if seen is None else seen
    if seen.setdefault(name, set()).issuperset(extras or {""}):
        return
    seen[name] |= set(extras or {""})
    for line in metadata.requires(name) or ():
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            other = canonicalize_name(wanted.name)
            yield other
            yield from needed(other, tuple(sorted(wanted.extras)), seen)


def pins(names: set[str]) -> Iterator[str]:
    """Their entries in the lock, hashes and all; a name that is not pinned stops the build."""
    entries = re.findall(r"^(([\w.-]+)==(?:.*\\\n)*.*\n)", (TOP / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    pinned = {canonicalize_name(name): entry for entry, name in entries}
    if missing := names - pinned.keys():
        sys.exit(f"not in requirements.lock: {', '.join(sorted(missing))}")
    yield from (pinned[name] for name in sorted(names))


def units() -> None:
    target = ROOT / "usr" / "lib" / "systemd" / "system"
    target.mkdir(parents=True)
    for pattern in UNITS:
        for unit in sorted((TOP / "systemd").glob(pattern)):
            shutil.copy(unit, target)
    shutil.copytree(TOP / "systemd" / "handoff-job-.service.d", target / "handoff-job-.service.d")
    for kind in ("sysusers", "tmpfiles"):
        place = ROOT / "usr" / "lib" / f"{kind}.d"
        place.mkdir()
        shutil.copy(TOP / "systemd" / f"handoff.{kind}", place / "handoff.conf")
    (ROOT / "usr" / "bin").mkdir()
    (ROOT / "usr" / "bin" / "gateway").symlink_to("/opt/handoff/bin/gateway")


def handbooks() -> None:
    documents = ROOT / "usr" / "share" / "doc" / NAME
    for page in HANDBOOKS:
        (documents / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / page, documents / page)
    (documents / "OPERATING.md").symlink_to("docs/OPERATING.md")
    shutil.copy(TOP / "LICENSE", documents / "copyright")
    log = f"{NAME} ({version()}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- {MAINTAINER}  {built_at()}\n"
    (documents / "changelog.gz").write_bytes(gzip.compress(log.encode(), mtime=0))


def manual_page() -> None:
    folder = ROOT / "usr" / "share" / "man" / "man1"
    folder.mkdir(parents=True)
    day = run("date", "--utc", "--iso-8601", f"--date=@{epoch()}").strip()
    (folder / "gateway.1.gz").write_bytes(gzip.compress(manual.page(version(), day).encode("ascii"), mtime=0))


def package() -> Path:
    control = ROOT / "DEBIAN"
    control.mkdir()
    for script in ("postinst", "prerm", "postrm"):
        shutil.copy(PARTS / script, control / script)
    for path in ROOT.rglob("*"):
        if not path.is_symlink():
            runs = path.is_dir() or path.parent == control or path.parent == OPT / "bin"
            path.chmod(0o755 if runs else 0o644)
    files = [path for path in sorted(ROOT.rglob("*")) if path.is_file() and not path.is_symlink() and path.parent != control]  # fmt: skip
    sums = (f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(ROOT)}\n" for path in files)  # fmt: skip
    (control / "md5sums").write_text("".join(sums))
    (control / "control").write_text(fields(sum(path.stat().st_size for path in files) // 1024))
    DIST.mkdir(exist_ok=True)
    target = DIST / f"{NAME}_{version()}_{architecture()}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", ROOT, target, env={**os.environ, "SOURCE_DATE_EPOCH": epoch()})  # fmt: skip
    return target


def fields(kibibytes: int) -> str:
    major, minor, *_ = python_version().split(".")
    depends = f"python3 (>= {major}.{minor}), python3 (<< {major}.{int(minor) + 1}), libc6 (>= 2.34), systemd (>= 252)"
    return (
        f"Package: {NAME}\nVersion: {version()}\nArchitecture: {architecture()}\nMaintainer: {MAINTAINER}\n"
        f"Installed-Size: {kibibytes}\nDepends: {depends}\nRecommends: openssh-client\nSuggests: samba\n"
        f"Section: net\nPriority: optional\nDescription: {DESCRIPTION}\n"
    )


def python_version() -> str:
    return run(SYSTEM_PYTHON, "-c", "import platform; print(platform.python_version())").strip()


def version() -> str:
    return metadata.version(NAME)


def architecture() -> str:
    return run("dpkg", "--print-architecture").strip()


def epoch() -> str:
    """The last commit's time, so that one commit makes one package; without git, the changelog's."""
    git = shutil.which("git")
    log = (git, "-C", TOP, "log", "-1", "--format=%ct") if git else ("false",)
    asked = subprocess.run(log, check=False, capture_output=True, text=True)
    return asked.stdout.strip() or str(int((TOP / "CHANGELOG.md").stat().st_mtime))


def built_at() -> str:
    return run("date", "--utc", "--rfc-email", f"--date=@{epoch()}").strip()


if __name__ == "__main__":
    main()
