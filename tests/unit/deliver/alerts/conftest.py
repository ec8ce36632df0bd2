"""One authority for all tests of a session; alerts to send."""

import pytest

from tests.simulators.authority import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def localhost(authority):
    """What the true server shows."""
    return authority.server("localhost")
