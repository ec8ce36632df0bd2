"""Extracts judged one after the other, and the next small one beside the one whose turn it is.

A worker of a few children needs one processor for less time than a parcel takes to be sealed,
receipted and posted. So it may begin before its turn; what it says counts only if its turn asks the very
same of it: the register, the holds, the links and the moment stand in a job. Else it is thrown away. With what
it is compared, the last parcel, may be known only then.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.minimise.engine import Run, minimising
from gateway.minimise.order import Job
from gateway.minimise.workers import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    job: Job
    run: Run
    until: ExitStack


class Judging:
    """For one thread; `stop` may be called from another."""

    def __init__(self) -> None:
        self._workers = Workers()
        self._begun: dict[Path, _Begun] = {}
        """By their extracts: the one whose turn it is, and the next."""

    def warm(self) -> None:
        """Have ready what all workers need."""
        self._workers.warm()

    def begin(self, job: Job) -> None:
        """Before its turn. Raises as `minimising` does."""
        self._drop(job.extract)
        with ExitStack() as until:
            run = until.enter_context(minimising(job, self._workers, before_its_turn=True))
            self._begun[job.extract] = _Begun(job=job, run=run, until=until.pop_all())

    @contextmanager
    def run(self, job: Job) -> Iterator[Run]:
        """As `minimising`: the run that was begun with this very job, or a new one."""
        begun = self._begun.get(job.extract)
        if begun is None or _asked(begun.job) != _asked(job):
            self._drop(job.extract)
            with minimising(job, self._workers) as run:
                yield run
            return
        del self._begun[job.extract]
        with begun.until:
            if job.previous:
                begun.run.compare(job.previous)
            yield begun.run

    def drop(self) -> None:
        """Nothing is begun any more, and no worker of it is left."""
        for extract in list(self._begun):
            self._drop(extract)

    def _drop(self, extract: Path) -> None:
        begun = self._begun.pop(extract, None)
        if begun is not None:
            begun.until.close()

    def stop(self) -> None:
        """Whoever is at work is ended at once, and nobody begins any more."""
        self._workers.stop()

    def close(self) -> None:
        self.drop()
        self._workers.close()


def _asked(job: Job) -> tuple[Job, bool]:
    """All that is told a worker before its turn."""
    return replace(job, previous=None), job.previous is None
