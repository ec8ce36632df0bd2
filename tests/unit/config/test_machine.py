import pytest

from gateway.config.faults import PageError
from gateway.config.machine import read_settings

CANARY = "Zebedee-Quillfeather"


def faults(home, environ=None):
    with pytest.raises(PageError) as caught:
        read_settings(home.path, environ or {})
    return caught.value.message


def test_defaults_stand_in_for_what_the_page_leaves_out(home):
    settings = read_settings(home.path, {})
    assert (settings.settle_seconds, settings.statement_days, settings.demo) == (10, 7, False)
    assert settings.log_origin == "handoff.northmere.test/handoff"


def test_the_environment_overrides_credentials_and_they_override_the_page(home, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "HANDOFF_SCAN_SECONDS").write_text("20\n")
    (credentials / "HANDOFF_SETTLE_SECONDS").write_text("20\n")
    (credentials / "signing.key").write_text("not a setting")
    home.spoil("gateway", "sender", "scan_seconds = 5\nsettle_seconds = 5\nworker_threads = 5\nsender")
    environ = {"CREDENTIALS_DIRECTORY": str(credentials), "HANDOFF_SETTLE_SECONDS": "30"}
    settings = read_settings(home.path, environ)
    assert (settings.settle_seconds, settings.scan_seconds, settings.worker_threads) == (30, 20, 5)


def test_the_real_environment_is_not_read(home, monkeypatch):
    monkeypatch.setenv("HANDOFF_WORKER_THREADS", "9")
    assert read_settings(home.path, {}).worker_threads == 2


def test_settings_cannot_be_changed(home):
    with pytest.raises(ValueError, match="frozen"):
        read_settings(home.path, {}).demo = True


def test_a_credentials_folder_that_is_gone_is_no_fault(home, tmp_path):
    assert read_settings(home.path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "none")}).worker_threads == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sender", "sendr", "config/gateway.toml: sendr: is not a key that is known here; did you mean 'sender'?"),
        ("sender = ", "# ", "config/gateway.toml: sender: is missing"),
        ('"northmere"', '"North Mere"', "sender: must be lower-case letters and digits, with single hyphens between"),
        ("handoff.", "Handoff.", "domain: must be a domain name of yours in lower case"),
        ("handoff.", "x" * 60, "domain: must be a domain name"),
        ("sender", "statement_days = 8\nsender", "statement_days: must be at most 7"),
        ("sender", "arrival_days = 0\nsender", "arrival_days: must be at least 1"),
        ("sender", "arrival_days = 1.5\nsender", "arrival_days: must be a whole number"),
        ("sender", "scan_seconds = 0\nsender", "scan_seconds: must be more than 0"),
        ("sender", "settle_seconds = nan\nsender", "settle_seconds: must be a number"),
        ("sender", 'settle_seconds = "soon"\nsender', "settle_seconds: must be a number"),
        ("sender", 'demo = "perhaps"\nsender', "demo: must be true or false"),
        ("sender", "outbox = 4\nsender", "outbox: must be a path in quotes"),
        ("sender", 'origin = "a b"\nsender', "origin: is not spelled as config/README.md says"),
        ("sender", 'outbox = "outbox "\nsender', "outbox: begins or ends with a blank: take it out"),
        ("sender", 'ledger = """\nx"""\nkeys = "k\\n"\nsender', "keys: has a character that nobody sees in place 2"),
    ],
)
def test_a_fault_names_page_key_and_remedy(home, old, new, message):
    home.spoil("gateway", old, new)
    assert message in faults(home)


def test_all_faults_are_told_at_once_a_line_each(home):
    home.spoil("gateway", "sender", "statement_days = 8\nworker_threads = 0\nsender")
    assert len(faults(home).splitlines()) == 2


def test_a_misspelt_variable_is_a_fault_and_not_a_silent_default(home):
    message = faults(home, {"HANDOFF_SETLE_SECONDS": "30"})
    assert message == ("environment: HANDOFF_SETLE_SECONDS: is not a setting; did you mean 'HANDOFF_SETTLE_SECONDS'?")


def test_a_fault_in_the_environment_names_the_variable(home):
    assert faults(home, {"HANDOFF_WORKER_THREADS": "many"}) == (
        "environment: HANDOFF_WORKER_THREADS: must be a whole number"
    )


def test_names_that_are_no_settings_are_left_alone(home):
    environ = {"HANDOFF_HOME": "/nowhere", "HANDOFF_REQUIRE_ALL": "1", "PATH": "/bin"}
    assert read_settings(home.path, environ).worker_threads == 2


@pytest.mark.parametrize("key", ["domain", "sender", "origin", "demo", "worker_threads", "settle_seconds"])
def test_a_value_is_never_shown(home, key):
    with pytest.raises(PageError) as caught:
        read_settings(home.path, {f"HANDOFF_{key.upper()}": CANARY + " *"})
    assert CANARY not in caught.value.message + caught.value.remedy


def test_without_its_page_the_gateway_says_which_is_missing(home):
    home.page("gateway").unlink()
    assert "config/gateway.toml: is not there" in faults(home)


ALERTS = (
    '[alerts.email]\nhost = "mail.northmere.test"\nsender = "handoff@northmere.test"\nto = ["ops@northmere.test"]\n'
)


def test_who_is_told_stands_in_tables_of_their_own_and_the_environment_overrides_it(home):
    page = home.path / "config" / "gateway.toml"
    page.write_text(page.read_text("utf-8") + ALERTS, "utf-8")
    assert read_settings(home.path, {}).alerts.email.port == 587
    told = read_settings(home.path, {"HANDOFF_ALERTS__LEVEL": "alarm"}).alerts
    assert told.level == "alarm"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("to = ", "too = ", "alerts.email.too: is not a key that is known here; did you mean 'to'?"),
        ('"ops@', '"ops', "alerts.email.to[1]: is not spelled as config/README.md says"),
        ("sender = ", f"password = '{CANARY}'\nsender = ", "alerts.email.password: is not a key that is known here"),
        ("sender = ", "tls = 'none'\nsender = ", "alerts.email.tls: must be 'starttls' or 'implicit'"),
    ],
)
def test_a_fault_in_it_is_named_and_a_secret_is_not_shown(home, old, new, message):
    page = home.path / "config" / "gateway.toml"
    page.write_text(page.read_text("utf-8") + ALERTS.replace(old, new), "utf-8")
    assert message in faults(home)
    assert CANARY not in faults(home)
