"""Fixtures that all contract suites share."""

import pytest

from tests.contracts.grounds import asyncssh_ground, proftpd_ground, sshd_ground, standin_ground
from tests.contracts.stories import sealed


@pytest.fixture
def parcel(tmp_path):
    return sealed(tmp_path, 1)


@pytest.fixture
def standin(tmp_path):
    folder = tmp_path / "partner"
    folder.mkdir()
    with standin_ground(folder) as ground:
        yield ground


@pytest.fixture(params=[sshd_ground, proftpd_ground, asyncssh_ground, standin_ground])
def ground(request, tmp_path):
    folder = tmp_path / "partner"
    folder.mkdir()
    with request.param(folder) as ground:
        yield ground
