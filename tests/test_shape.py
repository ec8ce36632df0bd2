"""The project looks as DESIGN §11 says: sizes, directions, names, and what each room may do.

Each rule reads all the files it is about, and is then shown a small source that breaks it.
"""

import shutil
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import shape

TOP = Path(__file__).resolve().parent.parent
PRODUCT = sorted((TOP / "gateway").rglob("*.py"))
TESTS = sorted((TOP / "tests").rglob("*.py"))
WRITE_NAMES_THEMSELVES = {
    "gateway/footing/durable.py": "the one that may",
    "gateway/partner/standin/confined.py": "is a server: what clients ask of it, durable never sees",
    "gateway/cli/demo.py": "takes away the folder of a demonstration that failed, in which nothing is evidence",
}
PROGRAMS = {
    "gateway/__main__.py": "the command",
    "gateway/receipts/stand_alone/check_receipts.py": "is handed to auditors, and runs where we are not",
    "gateway/minimise/fork_server.py": "a process of its own, which speaks through a socket and ends itself",
    "gateway/minimise/worker.py": "its copies, which speak through pipes and end themselves",
    "gateway/seal/openpgp/worker.py": "a process of its own, in which Sequoia runs",
}
HIDE_CAUSES = {
    "gateway/minimise/session.py": "the engine's messages quote rows, and statements with their literals",
    "gateway/minimise/worker.py": "what it caught may quote a row",
}
READS_THE_CLOCK = {"gateway/cli/session.py"}


def named(path):
    return path.relative_to(TOP).as_posix()


def faults(paths, rule, *, but=(), with_path=False):
    return [
        f"{named(path)}: {fault}"
        for path in paths
        if named(path) not in but
        for fault in (rule(named(path), path.read_text("utf-8")) if with_path else rule(path.read_text("utf-8")))
    ]


def none_of(found, beside=""):
    found = list(found)
    assert not found, "\n".join(["", *found, beside])


def edges():
    return {named(path) for path in PRODUCT if named(path).startswith("gateway/cli/")} | set(PROGRAMS)


def tracked():
    """Every text file that is in the project, or would be with the next commit."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={TOP}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP, check=True, capture_output=True,
    ).stdout  # fmt: skip
    paths = {TOP / name for name in listed.decode("utf-8").split("\0") if name}
    return sorted(path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:1000])


def test_every_file_fits_in_350_lines():
    lengths = [path.read_text("utf-8").count("\n") for path in PRODUCT]
    none_of(faults([*PRODUCT, *TESTS], shape.long_files), f"median in gateway/: {statistics.median(lengths)}")
    assert list(shape.long_files("x = 1\n" * 351))


def test_every_function_fits_in_50_lines():
    lengths = [length for path in PRODUCT for _, length in shape.functions(path.read_text("utf-8"))]
    none_of(faults([*PRODUCT, *TESTS], shape.long_functions), f"median in gateway/: {statistics.median(lengths)}")
    assert list(shape.long_functions("class A:\n    def f(self):\n" + "        x = 1\n" * 50))


def test_half_of_all_files_have_under_120_lines_and_half_of_all_functions_under_10():
    sources = [path.read_text("utf-8") for path in PRODUCT]
    assert statistics.median(source.count("\n") for source in sources if source) < 120
    assert statistics.median(length for source in sources for _, length in shape.functions(source)) < 10


def test_every_module_says_what_it_is_for():
    none_of(faults(PRODUCT, shape.undocumented))
    assert list(shape.undocumented("import os\n"))


def graph(files):
    """Module by module what it imports, from {path: source}."""
    names = {path: path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files}
    return {
        names[path]: shape.imports(names[path], source, names.values(), package=path.endswith("__init__.py"))
        for path, source in files.items()
    }


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "import b", "b.py": "import a"},
        {"a.py": "def f():\n    import b", "b.py": "from a import f"},
        {"p/__init__.py": "", "p/a.py": "from p import b", "p/b.py": "from . import a"},
        {"p/__init__.py": "from .a import x", "p/a.py": "from p.b import x", "p/b.py": "import p"},
    ],
)
def test_a_cycle_is_found_however_it_is_written(files):
    assert len(list(shape.cycles(graph(files)))) == 1


def test_no_modules_import_each_other():
    files = {named(path): path.read_text("utf-8") for path in PRODUCT}
    assert sum(map(len, graph(files).values())) > len(files)
    none_of(shape.cycles(graph(files)))


def test_no_import_is_shown_to_type_checkers_alone():
    none_of(faults(PRODUCT, shape.hidden_imports))
    assert list(shape.hidden_imports("from typing import TYPE_CHECKING\n"))
    assert list(shape.hidden_imports("import typing\nif typing.TYPE_CHECKING:\n    import os\n"))


def layers():
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return [name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")]


def lint_imports(folder):
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_imports_go_downward_only():
    answer = lint_imports(TOP)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("vocabulary", "import gateway.crypto"),
        ("pickup", "import gateway.seal"),
        ("story", "def f():\n    import gateway.config\n"),
        ("minimise", "import paramiko"),
        ("receipts", "from cryptography.hazmat.primitives import hashes"),
    ],
)
def test_an_import_that_goes_another_way_is_refused(tmp_path, module, source):
    allowed = {
        "crypto": "import cryptography\n",
        "deliver/sftp": "import paramiko\n",
        "partner/standin": "import paramiko\n",
    }
    for name in ("", *(layer.removeprefix("gateway.") for layer in layers()), "deliver/sftp", "partner/standin"):
        folder = tmp_path / "gateway" / name
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text("")
        (folder / "room.py").write_text(allowed.get(name, ""))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / "gateway" / module / "room.py").write_text(source)
    assert lint_imports(tmp_path).returncode == 1


def test_every_room_stands_in_a_layer():
    rooms = {f"gateway.{path.parent.name}" for path in (TOP / "gateway").glob("*/__init__.py")}
    assert rooms - set(layers()) == set()


def test_nothing_depends_on_assert():
    none_of(faults(PRODUCT, shape.asserts))
    assert list(shape.asserts("def f(x):\n    assert x\n"))


@pytest.mark.parametrize(
    ("sound", "source"),
    [
        (False, "try:\n    f()\nexcept OSError:\n    raise ValueError('x')\n"),
        (False, "try:\n    f()\nexcept OSError as error:\n    if x:\n        raise ValueError('x')\n"),
        (True, "try:\n    f()\nexcept OSError as error:\n    raise ValueError('x') from error\n"),
        (True, "try:\n    f()\nexcept OSError as error:\n    raise\n"),
        (True, "try:\n    f()\nexcept OSError as error:\n    raise error\n"),
    ],
)
def test_what_hides_the_cause_of_an_error_is_told_from_what_does_not(sound, source):
    assert (list(shape.causeless(source)) == []) is sound


def test_every_error_raised_over_another_names_its_cause():
    none_of(faults(PRODUCT, shape.causeless))


def test_a_cause_is_hidden_only_where_it_would_quote_a_child():
    none_of(faults(PRODUCT, shape.hidden_causes, but=HIDE_CAUSES))
    assert list(shape.hidden_causes("try:\n    f()\nexcept OSError:\n    raise ValueError('x') from None\n"))


def test_every_exception_from_a_rule_is_still_needed():
    for exceptions, rule in (
        (WRITE_NAMES_THEMSELVES, shape.touches_the_disk),
        (HIDE_CAUSES, shape.hidden_causes),
        (READS_THE_CLOCK, shape.clocks),
    ):
        assert [path for path in exceptions if not list(rule((TOP / path).read_text("utf-8")))] == []


def test_only_the_command_line_prints_exits_and_reads_the_environment():
    none_of(faults(PRODUCT, shape.business_of_edges, but=edges()))


@pytest.mark.parametrize(
    "source", ["print(1)", "import sys\nsys.exit(1)", "import os\nos.environ['X']", "from os import environ", "input()"]
)
def test_what_belongs_to_the_command_line_is_found_elsewhere(source):
    assert list(shape.business_of_edges(source))


def test_only_the_edge_reads_the_clock():
    none_of(faults(PRODUCT, shape.clocks, but=READS_THE_CLOCK))


@pytest.mark.parametrize("source", ["datetime.now(UTC)", "datetime.datetime.now()", "date.today()", "time.time()"])
def test_a_clock_is_found_wherever_it_is_read(source):
    assert list(shape.clocks(source))


def test_only_durable_renames_removes_and_forces_to_disk():
    none_of(faults(PRODUCT, shape.touches_the_disk, but=WRITE_NAMES_THEMSELVES))


@pytest.mark.parametrize(
    ("touches", "source"),
    [
        (True, "os.fsync(1)"), (True, "os.rename(a, b)"), (True, "shutil.rmtree(a)"), (True, "path.unlink()"),
        (True, "path.unlink(missing_ok=True)"), (True, "path.rename(other)"), (True, "path.replace(other)"),
        (True, "(folder / 'x').rmdir()"), (False, "text.replace('a', 'b')"), (False, "at.replace(microsecond=0)"),
        (False, "durable.replace(path, data)"), (False, "inbox.rename(old, new)"), (False, "names.remove(name)"),
    ],
)  # fmt: skip
def test_what_touches_the_disk_is_told_from_what_only_sounds_like_it(touches, source):
    assert bool(list(shape.touches_the_disk(source))) is touches


def test_no_file_or_class_is_named_for_a_bucket():
    none_of(faults([*PRODUCT, *TESTS], shape.bucket_names, with_path=True))
    assert list(shape.bucket_names("gateway/seal/utils.py", ""))
    assert list(shape.bucket_names("gateway/models/parcel.py", ""))
    assert list(shape.bucket_names("gateway/seal/parcel.py", "class ParcelManager:\n    pass\n"))


def test_nothing_of_ours_is_mocked():
    none_of(faults(TESTS, shape.mocks, but={named(Path(__file__))}))


@pytest.mark.parametrize(
    ("mocked", "source"),
    [
        (True, "from unittest import mock"), (True, "import unittest.mock"), (True, "from unittest.mock import patch"),
        (True, "import pytest_mock"), (True, "monkeypatch.setattr('gateway.seal.sealing.seal', fake)"),
        (True, "monkeypatch.setattr(sealing, 'seal', fake)"), (False, "monkeypatch.setattr('gateway.a.LIMIT', 10)"),
        (False, "monkeypatch.setattr(home, 'SYSTEM_HOME', path)"),
    ],
)  # fmt: skip
def test_a_mock_is_found_in_whatever_way_it_comes(mocked, source):
    assert bool(list(shape.mocks(source))) is mocked


def test_the_names_of_tests_are_sentences():
    none_of(faults(TESTS, shape.nameless_tests))
    assert list(shape.nameless_tests("def test_seal():\n    pass\n"))


def test_no_private_key_is_in_the_project():
    none_of(faults(tracked(), shape.private_keys))
    assert list(shape.private_keys("-----BEGIN OPENSSH PRIVATE " + "KEY-----\n" + "b3BlbnNzaC1rZXktdjEA" * 3))
    assert list(shape.private_keys("AGE-SECRET-" + "KEY-1" + "Q" * 58))


def test_nothing_of_one_machine_is_in_the_project():
    assert len(tracked()) > len(PRODUCT)
    none_of(faults(tracked(), shape.machines_own))


@pytest.mark.parametrize(
    "text", ["/work" + "/main", "see /ro" + "ot/.ssh", "https://py" + "pi.org/", "--hash\n/ho" + "me/jo/x"]
)
def test_what_is_one_machines_own_is_found(text):
    assert list(shape.machines_own(text))
