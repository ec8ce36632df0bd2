"""A clean environment for every test, and stock tools by name."""

import os
import shutil
from datetime import UTC, datetime

import pytest

from tests.licence import call_without_licence
from tests.one_worker import FilesThatShare
from tests.required import missing

LONGEST_ID = 30


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """Nothing of the machine's own settings reaches a test."""
    for name in [n for n in os.environ if n.startswith(("HANDOFF_", "GATEWAY_")) and n != "HANDOFF_VECTORS"]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def stock_tool():
    """The path of a stock tool; a skip in one line where it is missing, a failure where all are required."""

    def find(name: str) -> str:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if path is None:
            missing(f"{name} is not installed")
        return path

    return find


@pytest.fixture
def without_licence():
    """Call a function as somebody to whom modes of files mean something, even if root runs the tests."""
    return call_without_licence


@pytest.fixture
def moment() -> datetime:
    return datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def pytest_make_parametrize_id(val, argname):
    """A long text is named by its argument: keys are made anew in each process, and several run the suite together."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_ID else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return FilesThatShare(config, log)
