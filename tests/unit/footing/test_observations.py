"""What deliver says it saw: signed, or not believed; parsed as if a stranger had written it."""

import base64
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import mailbox
from gateway.footing.mailbox import Observation
from gateway.footing.messages import LARGEST_OBSERVATION
from gateway.vocabulary import canonical
from gateway.vocabulary.errors import FormatInvalid, SignatureInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TRANSFER, OTHER = (TransferId.new(AT, lambda count, n=n: bytes([n]) * count) for n in (1, 2))
DOMAIN = "handoff.council.example"
KEY, STRANGER = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()
SEEN = Observation(transfer=TRANSFER, outcome="delivered", at=AT, facts=Facts(verified_by="size", already_there=False))
ANSWERED = replace(SEEN, outcome="answered", facts=Facts(), answer=(b"{}\n", b"signature\n"))


def page(observation=SEEN, **changes):
    words = json.loads(observation.encode())
    return canonical.encode({name: value for name, value in (words | changes).items() if value is not ...})


def reported(box, observation=SEEN, key=KEY, domain=DOMAIN):
    mailbox.report(box, observation, key=key, domain=domain)
    return mailbox.reports(box)[-1]


def read(path, key=KEY, domain=DOMAIN):
    return mailbox.read_report(path, key=key.public, domain=domain)


@pytest.mark.parametrize(
    "observation",
    [
        SEEN,
        ANSWERED,
        replace(ANSWERED, answer=(b"", b"")),
        replace(ANSWERED, answer=(os.urandom(64 * 1024), os.urandom(64 * 1024))),
        replace(SEEN, outcome="in-doubt", facts=Facts(code="outcome-unknown")),
        replace(SEEN, facts=Facts(fields={"phone": 3}, reasons=("a", "b"))),
    ],
)
def test_an_observation_reads_back(boxes, observation):
    assert read(reported(boxes[2], observation)) == observation


def test_observations_come_oldest_first_and_only_once_complete(boxes):
    times = [AT, AT + timedelta(microseconds=1), AT.astimezone(timezone(timedelta(hours=5))) + timedelta(seconds=1)]
    for at in reversed(times):
        mailbox.report(boxes[2], replace(SEEN, at=at), key=KEY, domain=DOMAIN)
    (boxes[2] / f"20000101T000000000000-{OTHER}-delivered.json.sig").write_bytes(b"")
    (boxes[2] / ".20000101.json").write_bytes(b"")
    names = [path.name[:21] for path in mailbox.reports(boxes[2])]
    assert names == [f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}"[:21] for at in times]


def test_a_discarded_observation_is_gone_with_its_signature(boxes):
    path = reported(boxes[2])
    for _ in range(2):
        mailbox.discard_report(path)
    assert list(boxes[2].iterdir()) == []


def test_an_observation_of_another_key_is_not_believed(boxes):
    with pytest.raises(SignatureInvalid, match="another key"):
        read(reported(boxes[2], key=STRANGER))


def test_an_observation_of_another_gateway_is_not_believed(boxes):
    with pytest.raises(SignatureInvalid, match="another namespace"):
        read(reported(boxes[2], domain="other.example"))


def test_a_signature_made_for_another_act_is_not_believed(boxes):
    path = reported(boxes[2])
    (boxes[2] / f"{path.name}.sig").write_text(KEY.sign(path.read_bytes(), f"envelope@{DOMAIN}"))
    with pytest.raises(SignatureInvalid):
        read(path)


def test_no_changed_byte_of_an_observation_is_believed(boxes):
    path = reported(boxes[2])
    body = path.read_bytes()
    for place in range(len(body)):
        path.write_bytes(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
        with pytest.raises(SignatureInvalid):
            read(path)


def test_the_signature_of_one_observation_does_not_serve_another(boxes):
    first = reported(boxes[2])
    second = reported(boxes[2], replace(SEEN, at=AT + timedelta(seconds=1), outcome="failed", facts=Facts()))
    (boxes[2] / f"{second.name}.sig").write_bytes((boxes[2] / f"{first.name}.sig").read_bytes())
    with pytest.raises(SignatureInvalid):
        read(second)


@pytest.mark.parametrize("data", [None, b"", b"x" * 70_000, b"-----BEGIN SSH SIGNATURE-----\n"])
def test_an_observation_without_a_signature_is_not_read(boxes, data):
    path = reported(boxes[2])
    signature = boxes[2] / f"{path.name}.sig"
    signature.unlink()
    if data is not None:
        signature.write_bytes(data)
    with pytest.raises(FormatInvalid):
        read(path)


def link(path, copy):
    path.symlink_to(copy)


def fifo(path, copy):
    os.mkfifo(path)


def directory(path, copy):
    path.mkdir()


def endless(path, copy):
    path.symlink_to("/dev/zero")


def huge(path, copy):
    with path.open("wb") as stream:
        stream.truncate(1 << 40)


@pytest.mark.parametrize("trap", [link, fifo, directory, endless, huge])
@pytest.mark.parametrize("ending", ["", ".sig"])
def test_what_is_no_plain_file_is_not_read(boxes, trap, ending):
    path = reported(boxes[2])
    victim = boxes[2] / f"{path.name}{ending}"
    victim.rename(boxes[0] / "copy")
    trap(victim, boxes[0] / "copy")
    with pytest.raises(FormatInvalid):
        read(path)


def signed(boxes, body):
    path = boxes[2] / f"20261124T093000000000-{TRANSFER}-x.json"
    path.write_bytes(body)
    (boxes[2] / f"{path.name}.sig").write_text(KEY.sign(body, f"observation@{DOMAIN}"))
    return path


@pytest.mark.parametrize(
    "body",
    [
        page(type="handoff-observation/v2"),
        page(transfer="x"),
        page(transfer=None),
        page(outcome="sent"),
        page(outcome=["delivered"]),
        page(at="yesterday"),
        page(at="2026-13-01T00:00:00Z"),
        page(at=7),
        page(facts=[]),
        page(facts="x"),
        page(facts=None),
        page(facts={"name": "Canary"}),
        page(facts={"route": "Canary Example"}),
        page(facts={"self": 1}),
        page(facts={"rows": {"a": []}}),
        page(answer=[]),
        page(answer=False),
        page(answer=""),
        page(ANSWERED, answer=None),
        page(ANSWERED, outcome="delivered"),
        page(ANSWERED, answer=["AAAA"]),
        page(ANSWERED, answer=["AAAA", "AAAA", "AAAA"]),
        page(ANSWERED, answer=["AAAA", "AA"]),
        page(ANSWERED, answer=["AAAA", "AA AA"]),
        page(ANSWERED, answer=["AAAA", 7]),
        page(ANSWERED, answer="ab"),
        page(ANSWERED, answer={"a": "b"}),
        page(remark="x"),
        page(facts=...),
        b"",
        b"null\n",
        b"[" * 100_000,
        SEEN.encode() + b" ",
        canonical.encode({"type": "handoff-observation/v1", "x": "y" * LARGEST_OBSERVATION}),
    ],
)
def test_what_deliver_signed_and_is_no_observation_is_refused_without_its_words(boxes, body):
    with pytest.raises(FormatInvalid) as caught:
        read(signed(boxes, body))
    assert "Canary" not in caught.value.message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    )
)
def test_whatever_stands_in_a_member_only_the_format_is_wrong(value):
    for name in ("transfer", "outcome", "at", "facts", "answer"):
        try:
            Observation.parse(page(**{name: value}))
        except FormatInvalid:
            continue
        assert name in {"facts", "answer"}


def test_an_answer_is_base64_of_what_the_partner_wrote():
    words = json.loads(ANSWERED.encode())
    assert [base64.b64decode(part) for part in words["answer"]] == [b"{}\n", b"signature\n"]


def names(box):
    return {path.name for path in box.iterdir()}


def left_by_a_crash(box, transfer=TRANSFER):
    """A signature without its report, and half a report."""
    name = f"20261124T092900000000-{transfer}-delivered.json"
    for left in (f"{name}.sig", f".{name}.0123abcd.tmp", f".{name}.sig.0123abcd.tmp"):
        (box / left).write_bytes(b"half")


def test_a_report_takes_away_what_a_crash_left_of_an_earlier_one_about_the_same_transfer(boxes):
    left_by_a_crash(boxes[2])
    left_by_a_crash(boxes[2], OTHER)
    path = reported(boxes[2])
    assert {name for name in names(boxes[2]) if TRANSFER in name} == {path.name, f"{path.name}.sig"}
    assert len([name for name in names(boxes[2]) if OTHER in name]) == 3, "somebody else may be writing that one"


def test_complete_reports_survive_the_next_one(boxes):
    first = reported(boxes[2])
    reported(boxes[2], replace(ANSWERED, at=AT + timedelta(seconds=1)))
    assert read(first) == SEEN


def test_deliver_sweeps_what_is_left_about_orders_that_are_closed_and_nothing_else(boxes):
    _, orders, box = boxes
    (orders / OTHER).mkdir()
    (orders / OTHER / mailbox.ORDER).write_bytes(b"{}")
    path = reported(box)
    left_by_a_crash(box)
    left_by_a_crash(box, OTHER)
    (box / "strange.sig").write_bytes(b"")
    mailbox.sweep_reports(box, orders)
    assert {name for name in names(box) if OTHER not in name} == {path.name, f"{path.name}.sig", "strange.sig"}
    assert len([name for name in names(box) if OTHER in name]) == 3


def test_a_report_is_discarded_with_the_second_name_that_a_crash_left_it(boxes):
    path = reported(boxes[2])
    os.link(path, path.with_name(f".{path.name}.0123abcd.tmp"))
    mailbox.discard_report(path)
    assert not names(boxes[2])
