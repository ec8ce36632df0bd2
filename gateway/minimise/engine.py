"""Runs a plan on one extract in a worker of its own; its output comes as a stream, its outcome after that.

    with minimising(job) as run:
        for chunk in run.chunks(): …      the output, never on a disk
        run.outcome()                     only now: what these bytes were, or why they must not leave

The worker ends with the block. If it ends before its work is done, `chunks` raises: a stream
that merely stops is not a file. The worker is given open files and never a name, keys through
its standard input and never through arguments or the environment, and the environment is empty.

Crash points. (M1) anywhere within the block: the worker reads the end of its input and ends;
nothing of ours was written. (M2) the block ends well: the disclosures are written under their
name; a transfer that is minimised again replaces them.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from gateway.footing import durable
from gateway.minimise.order import Job, spelled
from gateway.minimise.outcome import Outcome, Refusal, refused
from gateway.minimise.plan import Plan, compile_plan
from gateway.minimise.process import Worker, worker
from gateway.minimise.reckoning import outcome_of
from gateway.minimise.refusals import refusals_of
from gateway.minimise.workers import Workers
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import GatewayError, StorageError

__all__ = ["Job", "Outcome", "Refusal", "Run", "Workers", "minimising"]
COPIED_AT_ONCE = 1 << 20
_FAILURES = {
    "register-of-another-day": StorageError(
        "the register's snapshot is of another day", remedy="it is written anew for each day; run it again"
    ),
}


@contextmanager
def minimising(job: Job, workers: Workers | None = None, *, before_its_turn: bool = False) -> Iterator["Run"]:
    """The worker is at work when the block begins and gone when it has ended. `workers`: who has them made, for many runs.

    `before_its_turn`: what `job.previous` is will be told by `Run.compare`, and the outcome waits for that.

    Raises:
        ConfigError: the schema does not hold what a child is judged by.
        StorageError: the worker, its files or the register's snapshot cannot be used.
    """
    plan = compile_plan(
        job.schema,
        job.policy,
        job.at,
        kinds=job.kinds,
        known=job.known,
        excluding=bool(job.exclude),
        tagging=job.tagging,
        count_only=job.count_only or job.rewrites,
        kept_back=job.kept_back,
        ending=job.ending,
    )
    with ExitStack() as stack:
        disclosures = stack.enter_context(_nameless(job.disclosures)) if job.disclosures else None
        made_by = workers or stack.enter_context(closing(Workers()))
        compared_later = before_its_turn and job.previous is not None
        at_work = worker(made_by, job, spelled(job, plan), disclosures, compared_later=compared_later)
        run = Run(job, plan, stack.enter_context(at_work), disclosures)
        yield run
        if job.disclosures and disclosures and run.stands:
            _keep(disclosures, job.disclosures)  # (M2)


class Run:
    """One extract, judged once."""

    def __init__(self, job: Job, plan: Plan, process: Worker, disclosures: IO[bytes] | None) -> None:
        self._job, self._plan, self._process, self._disclosures = job, plan, process, disclosures
        self._outcome: Outcome | None = None

    def chunks(self) -> Iterator[bytes]:
        """The output; raises instead of ending if the worker did not finish.

        Raises:
            StorageError: the worker died, or could not do its work; what came so far is worth nothing.
        """
        yield from self._process.output()
        self._outcome = self._settled(self._process.report())

    def compare(self, previous: Path) -> None:
        """The disclosures of the last full parcel, to count who is gone. StorageError if they cannot be opened."""
        self._process.compare(previous)

    def outcome(self) -> Outcome:
        """GatewayError as long as there are chunks left."""
        if self._outcome is None:
            raise GatewayError("the outcome of a run was asked for before its output had ended")
        return self._outcome

    @property
    def stands(self) -> bool:
        """Whether it ended, and nothing speaks against what it put out."""
        return self._outcome is not None and not self._outcome.refusals and not self._outcome.duplicates

    def _settled(self, report: Mapping[str, Any]) -> Outcome:
        try:
            if report["status"] == "done":
                outcome = outcome_of(report, self._plan, self._job.schema, self._job.policy)
                return self._with_disclosures(outcome)
            if report["status"] == "refused":
                row, found = int(report.get("row", 0)), [int(place) for place in report.get("found", [])]
                return refused(*refusals_of(report["code"], row=row, found=found, schema=self._job.schema))
            code = str(report["code"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise StorageError("the worker's report is not one") from error
        raise _FAILURES.get(code) or StorageError("the worker could not do its work", remedy="run 'gateway doctor'")

    def _with_disclosures(self, outcome: Outcome) -> Outcome:
        if self._disclosures is None:
            return outcome
        meta = self._job.meaning
        return replace(outcome, disclosures=_digest(self._disclosures), disclosures_meta=meta)


def _nameless(path: Path) -> IO[bytes]:
    """0600, gone when it is closed, on the disk where it will be kept: pseudonyms and verdicts only."""
    return tempfile.TemporaryFile(dir=path.parent)


def _digest(stream: IO[bytes]) -> Digest:
    meter = Meter()
    for block in _blocks(stream):
        meter.feed(block)
    return meter.digest


def _keep(disclosures: IO[bytes], path: Path) -> None:
    durable.remove(path)
    with durable.created(path) as target:
        for block in _blocks(disclosures):
            target.write(block)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    while block := stream.read(COPIED_AT_ONCE):
        yield block
