"""Several workers share the suite, and what a file makes once for all of its tests is made once: by one of them."""

from functools import lru_cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

TOP = Path(__file__).resolve().parent.parent
SHARED = 'scope="module"'


class FilesThatShare(LoadScopeScheduling):
    """A file with a fixture of its own goes to one worker, all others test by test.

    The marks that pytest-xdist has for this do nothing with the releases of pytest that name tests by an object.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if _shares(file) else nodeid


@lru_cache(None)
def _shares(file: str) -> bool:
    return SHARED in (TOP / file).read_text("utf-8")
