"""A umask for one test, and a limit on how large a file may grow: a full disk without a disk."""

import os
import resource
from contextlib import contextmanager

import pytest


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277])
def any_umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def full_after():
    """Within the block no file of this process grows beyond `size` bytes."""

    @contextmanager
    def limited(size: int):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture
def boxes(tmp_path):
    for name in ("draft", "to", "from"):
        (tmp_path / name).mkdir()
    return tmp_path / "draft", tmp_path / "to", tmp_path / "from"
