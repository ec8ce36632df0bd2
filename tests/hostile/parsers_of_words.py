"""What the halves, the desk, people at a drop folder, and servers say, and what is sound of each kind."""

import json
import socket
from contextlib import closing
from pathlib import Path

from gateway.approval.register_statement import LIFT, RegisterStatement, about_hold
from gateway.approval.statement import Ceilings, Statement
from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.log_succession import LogKeys, hand_over, verify_succession
from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.sftp import wire
from gateway.footing import alert_box
from gateway.footing.alert_box import AlertReport
from gateway.footing.messages import Observation, Order
from gateway.footing.postgresql_url import why_unfit
from gateway.partner.retention import due_on
from gateway.receipts.receipt import Receipt
from gateway.service.desk import handing
from gateway.service.desk.frames import Line
from gateway.service.desk.request import TYPE, Request
from gateway.vocabulary import moment
from gateway.vocabulary.alert import Alert, Level, News
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, SealedFile, names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, GrowingLog

TRANSFER = TransferId("01m87vazweqh4969thnrsw6pwf")
FOLDER = Path("/mailbox") / TRANSFER
OLD, NEW = GrowingLog(), SigningKey.generate_ed25519()


def _order(form: str) -> bytes:
    files = tuple(
        SealedFile(name=name, path=FOLDER / name, size=7, digest=Digest.of(b"x")) for name in names_of(TRANSFER, form)
    )
    parcel = Parcel(transfer=TRANSFER, release_by=AT, files=files)
    return Order(route="yss", partner="youth-support", parcel=parcel, after=TRANSFER).encode()


def _observations() -> list[bytes]:
    delivered = Observation(
        transfer=TRANSFER, outcome="delivered", at=AT, facts=Facts(verified_by="read-back", attempt=1)
    )
    answered = Observation(transfer=TRANSFER, outcome="answered", at=AT, facts=Facts(), answer=(b"{}", b"sig"))
    return [delivered.encode(), answered.encode()]


def _alert() -> bytes:
    return alert_box.encode(
        Alert(
            id=TRANSFER, news=News.APPEARED, level=Level.ALARM, kind="overdue", since=AT, command="gateway status",
            route="yss", transfer=TRANSFER,
        )
    )  # fmt: skip


def _alert_report() -> bytes:
    from gateway.vocabulary import canonical

    said = AlertReport(alert=TRANSFER, outcome="alert-failed", at=AT, code="answer-500")
    return canonical.encode(
        {
            "type": "handoff-alert-report/v1", "alert": said.alert, "outcome": said.outcome,
            "at": moment.spell(said.at), "code": said.code,
        }
    )  # fmt: skip


def _statement() -> bytes:
    return Statement(
        gateway="council.example", route="yss", partner="youth-support-service", partner_key="SHA256:" + "A" * 43,
        extract=Digest.of(b"extract"), remarks=None, salt=bytes(32), route_digest=Digest.of(b"route"),
        ceilings=Ceilings(rows=1200, children=900, fields={"phone": 310, "email": 300}),
        since_last="rows +12, children -3", expires=AT,
    ).encode()  # fmt: skip


def _register_statement() -> bytes:
    return RegisterStatement(
        gateway="council.example", act=LIFT, about=about_hold(7, AT), salt=bytes(32), expires=AT
    ).encode()


def _receipt() -> bytes:
    facts = Facts(rows=3, verified_by="read-back")
    return Receipt(kind="delivered", at=AT, facts=facts, transfer=TRANSFER, route="yss").encode()


def _succession() -> bytes:
    if not OLD.size:
        OLD.append(b"a leaf", b"another")
    at = Checkpoint.parse(OLD.note().split("\n\n")[0] + "\n")
    return hand_over(at, OLD.key, NEW).encode()


def _frames(data: bytes) -> None:
    """Whole, as the desk reads it: a frame after another until the other end has ended."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        line = Line(ours)
        while (frame := line.receive(5)) is not None:
            Request.parse(frame)


def _request() -> bytes:
    words = {"type": TYPE, "words": ["status", "--json"], "terminals": ["in", "out"]}
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"


def _handed() -> bytes:
    return json.dumps({"type": handing.TYPE, "uid": 1000, "roles": ["dpo", "analyst"]}).encode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _reply(*readers):
    """A packet with its length, as it comes from a server, read as each kind of answer in turn."""

    def parse(data: bytes) -> None:
        for reply in wire.take_replies(bytearray(data)):
            for read in readers:
                read(reply)

    return parse


def _packet(kind: int, body: bytes, number: int = 7) -> bytes:
    content = bytes([kind]) + number.to_bytes(4, "big") + body
    return len(content).to_bytes(4, "big") + content


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _version(data: bytes) -> None:
    for reply in wire.take_replies(bytearray(data)):
        wire.version_of(reply)


def _version_packet() -> bytes:
    content = bytes([2]) + (3).to_bytes(4, "big") + _string(b"fsync@openssh.com") + _string(b"1")
    return len(content).to_bytes(4, "big") + content


URLS = [
    b"postgresql+psycopg:///ledger?host=/run/postgresql",
    b"postgresql+psycopg://user@db.example:5432/ledger?sslmode=verify-full&sslrootcert=/ca.pem",
]
PARSERS = {
    "order": (lambda data: Order.parse(data, FOLDER), lambda: [_order("age"), _order("openpgp")]),
    "observation": (Observation.parse, _observations),
    "alert": (alert_box.parse, lambda: [_alert()]),
    "alert report": (alert_box._report, lambda: [_alert_report()]),
    "statement": (Statement.parse, lambda: [_statement()]),
    "register statement": (RegisterStatement.parse, lambda: [_register_statement()]),
    "receipt": (Receipt.parse, lambda: [_receipt()]),
    "succession": (verify_succession, lambda: [_succession()]),
    "successions": (lambda data: LogKeys.of(OLD.public, [data]), lambda: [_succession()]),
    "desk's frames": (_frames, lambda: [_request()]),
    "handed over": (handing._parsed, lambda: [_handed()]),
    "database url": (lambda data: why_unfit(_text(data)), lambda: URLS),
    "retention": (
        lambda data: due_on(_text(data), AT),
        lambda: [b"Destroy it. [keep P12M]", b"[keep until 2027-08-31].", b"x [keep P999Y]"],
    ),
    "moment": (lambda data: moment.parse(_text(data)), lambda: [b"2026-11-24T09:30:00Z"]),
    "digest": (lambda data: Digest.parse(_text(data)), lambda: [b"0123456789abcdef" * 4]),
    "transfer": (lambda data: TransferId.parse(_text(data)), lambda: [TRANSFER.encode()]),
    "sftp version": (_version, lambda: [_version_packet()]),
    "sftp status": (_reply(wire.status_of), lambda: [_packet(101, (4).to_bytes(4, "big") + _string(b"no") + _string(b""))]),
    "sftp handle": (_reply(wire.handle_of), lambda: [_packet(102, _string(b"h"))]),
    "sftp data": (_reply(wire.data_of), lambda: [_packet(103, _string(b"some data"))]),
    "sftp attributes": (_reply(wire.attributes_of), lambda: [_packet(105, (15).to_bytes(4, "big") + bytes(28))]),
    "sftp hash": (_reply(wire.sha256_in), lambda: [_packet(201, _string(b"check-file") + _string(b"sha256") + bytes(32))]),
    "sftp limits": (_reply(lambda reply: wire.limits_of(reply, at_most=1 << 18)), lambda: [_packet(201, bytes(32))]),
}  # fmt: skip
