import json
import os
import subprocess
import sys
from types import ModuleType

import pytest
import typer

from gateway import __version__
from gateway.cli import verbs
from gateway.vocabulary.errors import LogBroken
from tests.somebody_else import may_not_look, open_to_all

CANARY = "Zebedee Quillfeather"


@pytest.fixture
def verb(monkeypatch):
    """A verb `probe` that does what the test says."""

    def install(action):
        app = verbs.new_app()

        @app.command()
        def probe(context: typer.Context, count: int = 0, as_json: bool = typer.Option(False, "--json")) -> int | None:
            return action(context)

        module = ModuleType("probe_verb")
        module.app = app
        monkeypatch.setitem(sys.modules, "probe_verb", module)
        monkeypatch.setitem(verbs.VERBS, "probe", ("probe_verb", "a verb for this test"))

    return install


def raising(error):
    def action(_context):
        raise error

    return action


def test_the_version_is_said(gateway):
    spoken = gateway("--version")
    assert (spoken.code, spoken.out) == (0, f"handoff-gateway {__version__}\n")


@pytest.mark.parametrize("argv", [["--help"], ["init", "--help"], ["doctor", "--help"]])
def test_help_goes_to_the_given_stream(gateway, argv, capfd):
    spoken = gateway(*argv)
    assert spoken.code == 0
    assert "Usage: gateway" in spoken.out
    assert capfd.readouterr() == ("", "")


def test_the_help_lists_every_verb_with_its_line(gateway):
    spoken = gateway("--help")
    assert all(name in spoken.out for name in verbs.VERBS)


@pytest.mark.parametrize("group", ["consent", "hold", "keys", "partner", "receipts", "route"])
def test_the_help_of_a_verb_with_verbs_below_it_cuts_none_of_their_lines_off(gateway, group):
    spoken = gateway(group, "--help")
    assert spoken.code == 0
    assert "..." not in spoken.out.partition("Commands:")[2]


def test_the_help_of_receiving_shows_what_is_typed(gateway):
    assert gateway("receive", "--help").out.startswith("Usage: gateway receive [OPTIONS] [DIR]\n")
    assert "'gateway receive --help'" in gateway("receive", "--such").err
    assert gateway("receive", "purge", "--help").out.startswith("Usage: gateway receive purge [OPTIONS] [DIR]\n")


def test_alone_it_explains_itself_and_says_that_nothing_was_asked(gateway):
    spoken = gateway()
    assert (spoken.code, spoken.out.splitlines()[0][:14]) == (2, "Usage: gateway")


@pytest.mark.parametrize(
    ("argv", "message", "remedy"),
    [
        (["docter"], "there is no such verb", "did you mean 'gateway doctor'?"),
        ([CANARY], "there is no such verb", "'gateway --help' lists the verbs"),
        (["--" + CANARY], "an option was given that is not known here", "'gateway --help'"),
        (["init"], "DIR is missing", "'gateway init --help'"),
        (["init", "a", CANARY], "the command has too few or too many words", "'gateway init --help'"),
        (["doctor", "--home", "x"], "an option was given that is not known here", "'gateway doctor --help'"),
        (["--home"], "", "'gateway --help'"),
        (["probe", "--count", CANARY], "the value of --count does not fit", "'gateway probe --help'"),
    ],
)
def test_a_slip_of_typing_is_explained_without_repeating_what_was_typed(gateway, verb, argv, message, remedy):
    verb(lambda _context: None)
    spoken = gateway(*argv)
    assert spoken.code == 2
    assert message in spoken.err
    assert remedy in spoken.err
    assert CANARY not in spoken.err + spoken.out


def test_a_verb_that_returns_nothing_has_done_its_work(gateway, verb):
    verb(lambda _context: None)
    assert gateway("probe") == gateway("probe")
    assert gateway("probe").code == 0


def test_a_verb_may_say_its_own_code(gateway, verb):
    verb(lambda _context: 3)
    assert gateway("probe").code == 3


def test_an_error_leaves_with_its_classs_code_message_and_remedy(gateway, verb):
    verb(raising(LogBroken("leaf 7 was changed", remedy="restore the ledger")))
    spoken = gateway("probe")
    assert (spoken.code, spoken.out) == (70, "")
    assert spoken.err == "gateway: leaf 7 was changed\n  what to do: restore the ledger\n"


def test_with_json_a_failure_is_json(gateway, verb):
    verb(raising(LogBroken("leaf 7 was changed", remedy="restore the ledger")))
    failure = json.loads(gateway("probe", "--json").err)["error"]
    assert failure == {
        "kind": "log-broken", "message": "leaf 7 was changed", "remedy": "restore the ledger", "exit_code": 70,
    }  # fmt: skip


@pytest.mark.parametrize("argv", [["probe"], ["probe", "--json"]])
@pytest.mark.parametrize("error", [ValueError(CANARY), KeyError(CANARY), ExceptionGroup(CANARY, [OSError(CANARY)])])
def test_of_a_defect_only_type_and_place_are_told(gateway, verb, argv, error):
    def action(_context):
        name = CANARY  # a local, which must not be shown either
        raise error from RuntimeError(name)

    verb(action)
    spoken = gateway(*argv)
    assert spoken.code == 1
    assert CANARY not in spoken.err + spoken.out
    assert "test_main.py:" in spoken.err
    assert type(error).__name__ in spoken.err
    assert "Traceback" not in spoken.err


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (typer.Abort(), 130), (BrokenPipeError(), 141)]
)
def test_being_interrupted_or_no_longer_read_is_quiet(gateway, verb, error, code):
    verb(raising(error))
    spoken = gateway("probe")
    assert (spoken.code, spoken.err) == (code, "")


def test_a_reader_that_goes_away_leaves_no_noise():
    command = subprocess.Popen(
        [sys.executable, "-m", "gateway", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    command.stdout.close()
    assert (command.stderr.read(), command.wait(timeout=60)) == (b"", 141)
    command.stderr.close()


def test_every_verb_in_the_table_has_its_module_and_a_docstring():
    for name, (module, line) in verbs.VERBS.items():
        command = typer.main.get_command(__import__(module, fromlist=["app"]).app)
        assert command.help, name
        assert line[0].islower(), name
        assert not line.endswith("."), name


def test_what_registers_itself_with_pydantic_is_not_loaded(tmp_path):
    (tmp_path / "uninvited-1.0.dist-info").mkdir()
    (tmp_path / "uninvited-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: uninvited\nVersion: 1.0\n"
    )
    (tmp_path / "uninvited-1.0.dist-info" / "entry_points.txt").write_text("[pydantic]\nuninvited = uninvited:plugin\n")
    (tmp_path / "uninvited.py").write_text(
        "from pathlib import Path\nPath(__file__).with_name('was-here').touch()\nplugin = None\n"
    )
    words = ["gateway", "init", str(tmp_path / "home"), "--domain", "handoff.example"]
    code = f"import sys; sys.argv = {words!r}; from gateway.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "was-here").exists()


def test_help_and_version_load_nothing_heavy():
    code = (
        "import io, sys; from gateway.cli.main import run; "
        "assert run(['--help'], {}, io.StringIO(), io.StringIO()) == 0; "
        "assert run(['--version'], {}, io.StringIO(), io.StringIO()) == 0; "
        "heavy = {'duckdb', 'sqlalchemy', 'paramiko', 'cryptography', 'pydantic_settings', 'watchdog', 'lxml'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_who_may_not_look_is_told_so_and_not_of_a_defect(gateway, verb):
    verb(raising(PermissionError(13, "Permission denied", f"/{CANARY}")))
    spoken = gateway("probe")
    assert spoken.code == 74
    assert "this user may not look" in spoken.err
    assert "handoff-prepare" in spoken.err
    assert CANARY not in spoken.err


def test_a_file_that_this_user_may_not_read_is_said_to_be_one(gateway):
    gateway("approve", "--help")  # loads what nobody might not
    with open_to_all() as folder:
        key = folder / "key"
        key.write_bytes(b"")
        key.chmod(0o600)
        with may_not_look(key):
            spoken = gateway("approve", "x.csv", "--route", "yss", "--key", key)
    assert (spoken.code, "what --key names cannot be read" in spoken.err) == (2, True)


def test_doctor_warns_of_what_this_user_may_not_look_at_and_examines_the_rest(gateway):
    with open_to_all() as folder:
        gateway("init", folder / "home", "--domain", "handoff.northmere.test")
        gateway("--home", folder / "home", "doctor")
        with may_not_look(folder / "home" / "state"):
            spoken = gateway("--home", folder / "home", "doctor")
    assert "warn  ledger is there: this user may not look" in spoken.out
    assert "alerts: " in spoken.out
    assert "defect" not in spoken.err
