"""The worker as a process: what it is given, what it cannot reach, and what is left when it or we are killed."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.minimise.engine import minimising
from gateway.minimise.session import EngineFailed, Session
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import (
    AT,
    MANY,
    REFERENCE_KEY,
    REGISTER_KEY,
    a_child,
    a_job,
    as_csv,
    carried_out,
    says,
)
from tests.unit.minimise.processes import running, servers, workers


def test_a_worker_that_is_killed_midway_is_an_error_and_leaves_nothing(tmp_path):
    with minimising(a_job(tmp_path, MANY)) as run:
        chunks = run.chunks()
        next(chunks)
        (worker,) = workers()
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(StorageError):
            list(chunks)
    assert not (tmp_path / "disclosures.parquet").exists()
    assert workers() == []


def test_leaving_the_block_early_ends_the_worker(tmp_path):
    with minimising(a_job(tmp_path, MANY)) as run:
        next(run.chunks())
        assert len(workers()) == 1
    assert (workers(), servers()) == ([], [])
    assert not (tmp_path / "disclosures.parquet").exists()


def test_an_exception_in_the_block_ends_the_worker_and_keeps_nothing(tmp_path):
    def broken():
        with minimising(a_job(tmp_path, as_csv([a_child()]))) as run:
            list(run.chunks())
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert workers() == []
    assert not (tmp_path / "disclosures.parquet").exists()


def test_a_worker_ends_when_its_starter_is_killed(tmp_path):
    """It waits for an extract that never comes, writes nothing and so cannot learn it from a broken pipe."""
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    held_open = os.open(endless, os.O_RDWR)
    program = (
        "import sys; from dataclasses import replace; from pathlib import Path\n"
        "from tests.unit.minimise.ground import a_job\n"
        "from gateway.minimise.engine import minimising\n"
        "with minimising(replace(a_job(Path(sys.argv[1]), b''), extract=Path(sys.argv[2]))) as run:\n"
        "    print(*Path(f'/proc/self/fdinfo/{run._process._process._pidfd}').read_text().split(), flush=True); sys.stdin.read()\n"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path, endless], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        words = starter.stdout.readline().split()
        worker = int(words[words.index(b"Pid:") + 1])
        assert running(worker)
        starter.kill()
    ended = any(not running(worker) or time.sleep(0.05) for _ in range(600))
    if not ended:
        os.kill(worker, signal.SIGKILL)
    os.close(held_open)
    assert ended, "the worker lives on without its starter"


def test_keys_and_names_stand_neither_in_arguments_nor_in_the_environment(tmp_path):
    folder = tmp_path / "Canaryname"
    folder.mkdir()
    with minimising(a_job(folder, MANY)) as run:
        next(run.chunks())
        (worker,) = workers()
        seen = b"".join(Path(f"/proc/{worker}/{page}").read_bytes() for page in ("cmdline", "environ"))
    for secret in (REGISTER_KEY, REFERENCE_KEY):
        assert secret not in seen
        assert secret.hex().encode() not in seen
    assert b"Canaryname" not in seen


def test_a_worker_has_an_empty_environment_no_core_and_only_its_own_files(tmp_path):
    with minimising(a_job(tmp_path, MANY)) as run:
        next(run.chunks())
        (worker,) = workers()
        environ = Path(f"/proc/{worker}/environ").read_bytes()
        limits = Path(f"/proc/{worker}/limits").read_text()
        files = {str(link.readlink()) for link in Path(f"/proc/{worker}/fd").iterdir()}
    assert environ == b""
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    named = {name for name in files if name.startswith("/") and not name.startswith(("/memfd:", "/dev/"))}
    assert {Path(name).name for name in named if "(deleted)" not in name and "#" not in name} <= {
        "extract",
        "register.parquet",
    }


def test_a_register_of_another_day_is_not_used(tmp_path):
    child = a_child()
    job = a_job(tmp_path, as_csv([child]), decisions=[says(child, "parent", "consent", "consented")])
    with pytest.raises(StorageError, match="another day"):
        carried_out(replace(job, at=AT + timedelta(days=1)))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all" * 100])
def test_a_broken_register_is_an_error(tmp_path, content):
    job = a_job(tmp_path, as_csv([a_child()]))
    job.register.write_bytes(content)
    with pytest.raises(StorageError):
        carried_out(job)


def test_too_little_memory_is_a_refusal_with_what_to_do(tmp_path):
    outcome = carried_out(a_job(tmp_path, MANY, memory_mb=8)).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["out-of-memory"]
    assert "worker_memory_mb" in outcome.refusals[0].sentence
    assert not (tmp_path / "disclosures.parquet").exists()


def test_many_slices_say_the_same_as_one_and_one_thread_as_two(tmp_path):
    whole = carried_out(a_job(tmp_path, MANY))
    for ways in ({"slice_bytes": 1}, {"threads": 1}):
        other = carried_out(a_job(tmp_path, MANY, **ways))
        # the file of disclosures spells the same rows differently when they come from several slices
        assert replace(other.outcome, disclosures=None) == replace(whole.outcome, disclosures=None)
        assert sorted(other.output.splitlines()) == sorted(whole.output.splitlines())
    assert carried_out(a_job(tmp_path, MANY, threads=1)).outcome.disclosures == whole.outcome.disclosures
    assert whole.outcome.rows_out == 60_000


def test_places_and_duplicates_are_found_across_slices(tmp_path):
    lines = MANY.splitlines(keepends=True)
    lines[10], lines[50_001] = lines[10].replace(b"Testmann", b""), lines[50_001].replace(b"Testmann", b"")
    lines[59_000] = lines[20]
    job = a_job(tmp_path, b"".join(lines), slice_bytes=1)
    first = carried_out(job)
    again = carried_out(replace(job, exclude=first.outcome.duplicates))
    assert len(first.outcome.duplicates) == 2
    assert again.outcome.places == (
        'row 11: "SURNAME" is empty', "row 21: this child stands in the file twice",
        'row 50002: "SURNAME" is empty', "row 59001: this child stands in the file twice",
    )  # fmt: skip
    assert (again.outcome.rows_in, again.outcome.rows_out) == (60_000, 59_996)


def test_a_fault_in_a_late_slice_still_refuses_the_whole_file(tmp_path):
    for damage, sentence in (
        (b"x,y\n", "row 60002 has 2 cells"),
        (b"\n", "row 60002 is blank"),
        (b'"x', "row 60002 opens a quote"),
    ):
        outcome = carried_out(a_job(tmp_path, MANY + damage, slice_bytes=1)).outcome
        assert [refusal.reason for refusal in outcome.refusals] == ["structure"]
        assert outcome.refusals[0].sentence.startswith(sentence)
        assert not (tmp_path / "disclosures.parquet").exists()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET temp_directory = '/tmp'",
        "SET memory_limit = '10GB'",
    ],
)
def test_a_shut_in_session_reaches_nothing_and_repeats_nothing(query):
    with Session.opened(memory_mb=64, threads=1, files=()) as session, pytest.raises(EngineFailed) as failed:
        session.rows(query)
    assert failed.value.__cause__ is None
    assert str(failed.value) in ("engine", "structure", "out-of-memory")


def test_the_worker_loads_none_of_the_libraries_that_read_configuration():
    """Each costs as long as judging twenty thousand rows, at every start."""
    loaded = "import sys, gateway.minimise.fork_server; print({'pydantic', 'sqlalchemy', 'lxml', 'paramiko'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-I", "-c", loaded], capture_output=True, text=True, check=True).stdout
        == "set()\n"
    )
