"""One half of the gateway as a process of its own, on a clock that began when and where the test says.

python -m tests.crash.halves HOME HALF SECONDS     SECONDS behind the machine's clock
"""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import IO

from gateway.cli.main import run
from gateway.cli.session import utc_now

ROOT = Path(__file__).resolve().parents[2]
ENDING = 60
TICKS = os.sysconf("SC_CLK_TCK")


class Half:
    """`prepare` or `deliver`, started again as often as it is killed."""

    def __init__(self, home: Path, name: str, behind: timedelta, log: IO[bytes]) -> None:
        self._command = [sys.executable, "-m", "tests.crash.halves", str(home), name, str(behind.total_seconds())]
        self.name, self.kills, self._log = name, 0, log
        self._process = self._start()

    def _start(self) -> subprocess.Popen:
        return subprocess.Popen(self._command, cwd=ROOT, stdout=self._log, stderr=self._log)

    def worked(self) -> float:
        """Seconds of the processor that it has had since it was started: however busy the machine is."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(ENDING)
        self.kills += 1
        self._process = self._start()

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(ENDING)

    def end(self) -> None:
        self._process.kill()
        self._process.wait(ENDING)


def main(home: str, half: str, behind: str) -> None:
    late = timedelta(seconds=float(behind))
    words = ["--home", home, "run", "--only", half]
    code = run(words, {}, sys.stdout, sys.stderr, clock=lambda: utc_now() - late)
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
