"""Extracts judged one after the other, and the next small one beside the one whose turn it is.

A worker of a few children needs one processor for less time than a parcel takes to be sealed,
receipted and posted. So it may begin before its turn; what it says counts only if its turn asks the very
same of it: the register, the holds, the links and the moment stand in a job. Else it is thrown away.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from gateway.minimise.engine import Run, minimising
from gateway.minimise.order import Job
from gateway.minimise.process import Workers

SMALL = 1 << 20
"""Bytes of an extract: a larger one keeps all processors busy by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    job: Job
    run: Run
    until: ExitStack


class Judging:
    """For one thread; `stop` may be called from another."""

    def __init__(self) -> None:
        self._workers = Workers()
        self._begun: _Begun | None = None

    def warm(self) -> None:
        """Have ready what all workers need."""
        self._workers.warm()

    def begin(self, job: Job) -> None:
        """Before its turn; whatever was begun and not run is thrown away. Raises as `minimising` does."""
        self.drop()
        with ExitStack() as until:
            run = until.enter_context(minimising(job, self._workers))
            self._begun = _Begun(job=job, run=run, until=until.pop_all())

    @contextmanager
    def run(self, job: Job) -> Iterator[Run]:
        """As `minimising`: the run that was begun with this very job, or a new one."""
        begun, self._begun = self._begun, None
        if begun is not None and begun.job != job:
            begun.until.close()
            begun = None
        if begun is None:
            with minimising(job, self._workers) as run:
                yield run
        else:
            with begun.until:
                yield begun.run

    def drop(self) -> None:
        """Nothing is begun any more, and no worker of it is left."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.until.close()

    def stop(self) -> None:
        """Whoever is at work is ended at once, and nobody begins any more."""
        self._workers.stop()

    def close(self) -> None:
        self.drop()
        self._workers.close()
