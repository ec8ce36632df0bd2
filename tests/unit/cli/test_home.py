from pathlib import Path

import pytest

from gateway.cli import home
from gateway.cli.home import find_home
from gateway.vocabulary.errors import ConfigError


@pytest.fixture(autouse=True)
def no_system_home(tmp_path, monkeypatch):
    monkeypatch.setattr(home, "SYSTEM_HOME", tmp_path / "system")


def make(folder: Path) -> Path:
    (folder / "config").mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    (folder / "config" / "gateway.toml").write_text("")
    return folder


def test_what_was_typed_wins_over_the_variable_and_that_over_the_current_folder(tmp_path):
    current = make(tmp_path / "current")
    environ = {"HANDOFF_HOME": str(tmp_path / "variable")}
    assert find_home(tmp_path / "typed", environ, current) == tmp_path / "typed"
    assert find_home(None, environ, current) == tmp_path / "variable"
    assert find_home(None, {}, current) == current


def test_the_system_folder_is_the_last_resort(tmp_path):
    make(tmp_path / "system")
    assert find_home(None, {}, tmp_path) == tmp_path / "system"


def test_without_any_the_remedy_is_told(tmp_path):
    with pytest.raises(ConfigError) as caught:
        find_home(None, {"HANDOFF_HOME": ""}, tmp_path)
    assert "--home" in caught.value.remedy


@pytest.mark.parametrize("place", [".", "config", "config/gateway.toml"])
def test_a_current_folder_that_anyone_can_write_to_does_not_count(tmp_path, place):
    current = make(tmp_path / "outbox")
    (current / place).chmod(0o777)
    with pytest.raises(ConfigError):
        find_home(None, {}, current)


def test_a_home_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_home(Path("x"), {}, tmp_path) == tmp_path / "x"
    assert find_home(None, {"HANDOFF_HOME": "x"}, tmp_path) == tmp_path / "x"
