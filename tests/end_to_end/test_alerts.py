"""From a concern to somebody's inbox: by both halves, over TLS, with nothing of any child in it."""

import email
import json
import threading

import pytest

from gateway.footing import alert_box
from gateway.footing.ledger import alerts
from gateway.service.forever import run_forever
from gateway.service.upkeep import Watch, look_after, tell_of_fault
from gateway.service.wiring import prepare_half
from gateway.vocabulary.errors import LogBroken
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, typing_in
from tests.simulators.authority import Authority
from tests.simulators.mail_server import mail_server
from tests.simulators.web_server import web_server

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that ends with its test


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def localhost(authority):
    return authority.server("localhost")


def write_page(world, page):
    path = world.council.home / "config" / "gateway.toml"
    path.write_text(path.read_text() + page)


@pytest.fixture
def post_office(world, authority, localhost):
    """Alerts go to a mail server that wants a password."""
    with mail_server(localhost, password=PASSWORD) as server:
        write_page(
            world,
            f'\n[alerts.email]\nhost = "localhost"\nport = {server.port}\nsender = "handoff@council.example"\n'
            f'to = ["ops@council.example"]\nuser = "handoff"\nca = "{authority.path}"\n',
        )
        key = world.council.configuration.workspace.deliver_keys / "smtp.key"
        key.write_text(PASSWORD + "\n")
        key.chmod(0o600)
        yield server


def subjects(server):
    return [email.message_from_bytes(message)["Subject"].partition("] ")[2] for message in server.messages]


def overdue(world):
    """A delivery that nobody acknowledges in time."""
    world.approved()
    world.run()
    world.clock.turn(days=2)
    world.run()


def states(world):
    with world.opened() as gateway, gateway.ledger.reading() as tx:
        return [row.state for row in alerts.in_state(tx, *alerts.UNSENT, alerts.SENT)]


def test_an_alarm_reaches_an_inbox_and_so_does_its_end(world, post_office, type_in):
    overdue(world)
    assert subjects(post_office) == ["ALARM: overdue"]
    assert states(world) == ["sent"]
    world.partners[YSS].receive(world.clock())
    world.clock.turn(minutes=10)
    world.run()
    assert set(world.stages()) == {Stage.ACKNOWLEDGED}
    assert subjects(post_office) == ["ALARM: overdue", "over: overdue"]
    world.clock.turn(minutes=10)
    world.run()
    assert len(post_office.messages) == 2
    workspace = world.council.configuration.workspace
    assert alert_box.pending(workspace.to_deliver) == alert_box.reports(workspace.from_deliver) == []


def test_the_same_with_a_half_at_a_time_as_under_two_users(world, post_office):
    world.approved()
    for half in ("prepare", "deliver", "prepare"):
        world.run(half)
    world.clock.turn(days=2)
    world.run("prepare")
    assert (states(world), post_office.messages) == (["posted"], [])
    world.run("deliver")
    assert (states(world), len(post_office.messages)) == (["posted"], 1)
    world.run("prepare")
    assert states(world) == ["sent"]


def test_nothing_of_a_child_and_no_name_of_a_file_is_in_an_alert(world, post_office):
    overdue(world)
    with world.opened() as gateway, gateway.ledger.reading() as tx:
        bodies = [row.body for row in alerts.in_state(tx, alerts.SENT)]
    text = b"\n".join([*post_office.messages, *bodies]).decode("utf-8") + world.log.getvalue()
    assert "overdue" in text
    assert "pupils" not in text
    named = ("upn", "surname", "postcode", "date_of_birth", "mobile")
    values = {child.fields[field] for child in world.people.children for field in named if child.fields.get(field)}
    assert len(values) > 100
    assert [value for value in values if value in text] == []


def test_a_statement_that_waits_is_told_of_once_it_has_waited_for_a_while(world, post_office):
    world.drop()
    world.run()
    assert subjects(post_office) == []
    world.clock.turn(hours=4)
    world.run()
    assert subjects(post_office) == ["WARNING: waiting"]


def test_what_reaches_nobody_is_shown_where_people_look_and_in_the_exit_code(world, post_office, type_in):
    post_office.answers["AUTH"] = "535 no"
    world.approved()
    world.run()
    world.clock.turn(days=2)
    for _ in range(6):
        world.run()
        world.clock.turn(minutes=11)
    assert states(world) == ["failed"]
    spoken = type_in("todo", "--json")
    (found,) = [one for one in json.loads(spoken.out) if one["kind"] == "alerts"]
    assert found["level"] == "alarm"
    assert type_in("status").code == spoken.code == 3
    assert "1 alerts have not reached everybody" in type_in("status").out
    del post_office.answers["AUTH"]
    world.run()
    assert states(world) == ["sent"]
    assert "not reached everybody" not in type_in("todo").out


def test_an_address_that_the_server_refuses_is_shown_and_the_other_one_is_told_once(world, post_office, type_in):
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(
        page.read_text().replace('["ops@council.example"]', '["ops@council.example", "gone@council.example"]')
    )
    post_office.refused = frozenset({"gone@council.example"})
    overdue(world)
    for _ in range(6):
        world.clock.turn(minutes=11)
        world.run()
    assert states(world) == ["failed"]
    assert post_office.recipients == ["ops@council.example"]
    assert "1 alerts have not reached everybody" in type_in("todo").out
    spoken = type_in("alerts")
    assert (spoken.code, spoken.out) == (
        75,
        "email ops@council.example: taken\nemail gone@council.example: not taken\n",
    )
    post_office.refused = frozenset()
    world.clock.turn(hours=2)
    world.run()
    assert states(world) == ["sent"]
    assert post_office.recipients.count("gone@council.example") == 1


def test_a_deliver_half_that_stands_still_is_noticed_by_prepare(world, post_office, type_in):
    overdue_before = "not reached everybody" in type_in("todo").out
    world.approved()
    world.run()
    world.clock.turn(days=2)
    world.run("prepare")
    world.clock.turn(hours=2)
    assert not overdue_before
    assert "not reached everybody" in type_in("todo").out


def test_a_report_that_deliver_did_not_sign_marks_nothing(world, post_office):
    world.approved()
    world.run()
    world.clock.turn(days=2)
    world.run("prepare")
    workspace = world.council.configuration.workspace
    (path,) = alert_box.pending(workspace.to_deliver)
    said = alert_box.AlertReport(alert=alert_box.read_alert(path).id, outcome="alert-sent", at=world.clock())
    alert_box.report(workspace.from_deliver, said, key=world.council.people["prepare"], domain="x.example")
    world.run("prepare")
    assert states(world) == ["posted"]
    assert "report-rejected" in world.log.getvalue()
    assert alert_box.reports(workspace.from_deliver) == []


def test_who_wants_no_alerts_any_more_is_not_told_that_some_reached_nobody(world, post_office, type_in):
    world.approved()
    world.run()
    world.clock.turn(days=2)
    world.run("prepare")
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().rpartition("\n[alerts.email]")[0])
    with half_of(world) as half:
        look_after(half, Watch())
    world.clock.turn(hours=2)
    assert "not reached everybody" not in type_in("todo").out
    assert alert_box.pending(world.council.configuration.workspace.to_deliver) == []


def half_of(world):
    return prepare_half(world.council.configuration, clock=world.clock, telemetry=world.council.telemetry)


def test_a_round_that_fails_as_a_whole_is_told_at_once(world, post_office):
    with half_of(world) as half:
        tell_of_fault(half, LogBroken("the log is not what it was", remedy="stop"))
        tell_of_fault(half, LogBroken("the log is not what it was", remedy="stop"))
    world.run("deliver")
    assert subjects(post_office) == ["ALARM: log-broken"]


def test_a_heartbeat_is_made_while_all_is_well_and_goes_out(world, authority, localhost):
    with web_server(localhost) as server:
        write_page(
            world,
            f'\n[alerts.heartbeat]\nurl = "https://localhost:{server.port}/ping"\nca = "{authority.path}"\n',
        )
        with half_of(world) as half:
            look_after(half, Watch())
        world.run("deliver")
        world.run("deliver")
    assert [heard.target for heard in server.heard] == ["/ping"]
    assert world.council.configuration.workspace.heartbeat.read_text() == "2026-11-24T09:30:00Z\n"


def test_a_log_that_was_altered_is_an_alarm_and_there_is_no_heartbeat_of_it(world, post_office):
    world.drop()
    world.run("prepare")
    with half_of(world) as half:
        with half.gateway.ledger.writing() as tx:
            tx.exec_driver_sql("update leaf set body = cast('{}' as blob) where leaf_index = 0")
        watch = Watch()
        look_after(half, watch)
    assert watch.verified is None
    assert not world.council.configuration.workspace.heartbeat.exists()
    world.run("deliver")
    assert subjects(post_office) == ["ALARM: log-broken"]


def test_there_is_no_heartbeat_while_a_parcel_does_not_get_away(world):
    world.approved()
    world.run("prepare")
    world.clock.turn(days=2)
    with half_of(world) as half:
        look_after(half, Watch())
    assert not world.council.configuration.workspace.heartbeat.exists()
    assert '"reasons": ["stuck"]' in world.log.getvalue()


def test_a_trial_alert_is_sent_at_once_and_what_went_wrong_is_said_without_the_password(world, post_office, type_in):
    spoken = type_in("alerts")
    assert (spoken.code, spoken.out) == (0, "email ops@council.example: taken\n")
    assert subjects(post_office) == ["WARNING: trial"]
    post_office.answers["AUTH"] = "535 no"
    spoken = type_in("alerts")
    assert (spoken.code, spoken.out) == (75, "email ops@council.example: not taken\n")
    assert "refuses the user and password" in spoken.err
    assert PASSWORD not in spoken.err


def test_where_nobody_is_named_a_trial_is_a_fault_of_the_configuration(untouched):
    assert typing_in(untouched)("alerts").code == 78


def test_while_it_runs_a_mail_server_that_hangs_keeps_no_parcel_waiting(world, post_office):
    post_office.answers["greeting"] = None
    world.approved()
    stop = threading.Event()
    thread = threading.Thread(
        target=run_forever,
        args=(world.council.configuration,),
        kwargs={"clock": world.clock, "telemetry": world.council.telemetry, "stop": stop},
    )
    with half_of(world) as half:
        tell_of_fault(half, LogBroken("the log is not what it was"))
    thread.start()
    try:
        until(lambda: world.stages() == [Stage.DELIVERED])
        assert post_office.messages == []
    finally:
        post_office.drips.set()
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def test_while_it_runs_what_needs_a_person_is_mailed(world, post_office):
    world.approved()
    world.run()
    world.clock.turn(days=2)
    stop = threading.Event()
    thread = threading.Thread(
        target=run_forever,
        args=(world.council.configuration,),
        kwargs={"clock": world.clock, "telemetry": world.council.telemetry, "stop": stop},
    )
    thread.start()
    try:
        until(lambda: states(world) == ["sent"])
    finally:
        stop.set()
        thread.join(60)
    assert subjects(post_office) == ["ALARM: overdue"]


def until(condition):
    """Seconds pass only where something has gone wrong."""
    pause = threading.Event()
    for _ in range(60 * 20):
        if condition():
            return
        pause.wait(0.05)
    assert condition()
