"""Write requirements.lock: every package of every extra, pinned, with the hash of every file that may be installed.

    .venv/bin/python packaging/lock.py           renew to the newest releases that pyproject.toml allows
    .venv/bin/python packaging/lock.py --keep    keep the versions that are pinned now; only complete the hashes

Resolving is pip's: nothing is installed, `pip install --dry-run --report` tells what it would take. It is
asked once for the versions, then once for each Python and processor that we promise, for the hashes.
A requirement that holds only on another Python (`; python_version < "3.13"`) is looked for by hand, since
pip judges such markers by the Python it runs on. No index address is written: whose mirror is used is the
machine's business, and the hashes make it harmless.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).resolve().parent.parent
LOCK = TOP / "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROCESSORS = ("x86_64", "aarch64")
GLIBC = ("manylinux_2_17", "manylinux2014", "manylinux_2_24", "manylinux_2_26", "manylinux_2_27", "manylinux_2_28",
         "manylinux_2_31", "manylinux_2_34")  # fmt: skip
"""What RHEL 9 and Debian 12, the oldest that ship a Python for us, can load; the most widely usable wheel first."""
EDITABLE = "editables>=0.5"
"""What hatchling asks for beside itself when a checkout is installed in place, as the Makefile does."""
HEADER = """\
# Every package that Handoff Gateway runs on or is checked with, all extras, and the build backend: pinned,
# with the SHA-256 of each file that may be installed (CPython 3.11 to 3.14, Linux, x86_64 and aarch64).
# Made by packaging/lock.py. To install: pip install --require-hashes -r requirements.lock
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One Python on one processor."""

    python: str
    processor: str

    def arguments(self) -> list[str]:
        tags = [f"--platform={glibc}_{self.processor}" for glibc in GLIBC]
        return [f"--python-version={self.python}", "--implementation=cp", f"--abi=cp{self.python.replace('.', '')}",
                "--abi=abi3", "--abi=none", *tags]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """What markers are judged by."""
        there = {"python_version": self.python, "python_full_version": f"{self.python}.0"}
        here = {name: str(value) for name, value in default_environment().items()}
        return {**here, **there, "platform_machine": self.processor, "sys_platform": "linux"}


TARGETS = tuple(Target(python=python, processor=processor) for python in PYTHONS for processor in PROCESSORS)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Write requirements.lock.")
    arguments.add_argument("--keep", action="store_true", help="keep the versions that are pinned now")
    keep = arguments.parse_args().keep
    pins = pinned() if keep else resolved()
    hashes: dict[str, set[str]] = {name: set() for name in pins}
    for target in TARGETS:
        say(f"files for CPython {target.python} on {target.processor}")
        for package in report([f"{name}=={version}" for name, version in pins.items()], "--no-deps", target=target):
            name, _ = named(package)
            hashes[name].add(package["download_info"]["archive_info"]["hashes"]["sha256"])
    LOCK.write_text(HEADER + "".join(spell(name, pins[name], hashes[name]) for name in sorted(pins)), "utf-8")
    say(f"written: {len(pins)} packages, {sum(map(len, hashes.values()))} files")


def roots() -> list[str]:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    return [*project["project"]["dependencies"], *(line for extra in extras for line in extra),
            *project["build-system"]["requires"], EDITABLE]  # fmt: skip


def pinned() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK.read_text("utf-8"), re.MULTILINE))


def resolved() -> dict[str, str]:
    """By canonical name the version to pin, such that every target finds all it asks for."""
    asked = roots()
    while True:
        say(f"resolving {len(asked)} requirements")
        packages = report(asked)
        pins = dict(named(package) for package in packages)
        missing = sorted({line for target in TARGETS for line in unmet(packages, pins, target)})
        if not missing:
            return pins
        asked = [*asked, *missing]


def unmet(packages: Iterable[dict[str, Any]], pins: dict[str, str], target: Target) -> Iterator[str]:
    """Requirements that hold on the target and name a package that is not pinned, without their markers."""
    for package in packages:
        extras = ("", *package.get("requested_extras", ()))
        for line in package["metadata"].get("requires_dist", ()):
            requirement = Requirement(line)
            environments = [{**target.environment(), "extra": extra} for extra in extras]
            wanted = requirement.marker is None or any(map(requirement.marker.evaluate, environments))
            if wanted and canonicalize_name(requirement.name) not in pins:
                yield f"{requirement.name}{requirement.specifier}"


def report(requirements: list[str], *options: str, target: Target | None = None) -> list[dict[str, Any]]:
    """What pip would install, package by package, for this machine or for the target."""
    with tempfile.TemporaryDirectory() as nowhere:
        there = [*target.arguments(), f"--target={nowhere}"] if target else []
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
                   "--only-binary=:all:", "--report=-", *options, *there, *requirements]  # fmt: skip
        answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    packages: list[dict[str, Any]] = json.loads(answer.stdout)["install"]
    return packages


def named(package: dict[str, Any]) -> tuple[str, str]:
    return canonicalize_name(package["metadata"]["name"]), package["metadata"]["version"]


def spell(name: str, version: str, hashes: set[str]) -> str:
    return f"{name}=={version} \\\n" + " \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(hashes)) + "\n"


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    main()
