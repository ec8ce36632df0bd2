"""Alerts on their way through the mailbox: prepare has no network, and deliver no ledger.

    to-deliver/alert-<id>.json                      prepare's; it stays until deliver says that it was sent
    from-deliver/alert-<at>-<id>-<outcome>.json     and .json.sig, signed with deliver's observation key
    to-deliver/heartbeat.json                       when prepare last found everything as it should be

Members are closed lists, canonical, parsed by each half as if a stranger had written them. A report
is complete when its .json is there, since the signature is written first.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.crypto.sshsig_format import LARGEST as LARGEST_SIGNATURE
from gateway.footing import durable
from gateway.footing.plain_file import read_plain
from gateway.footing.workspace import is_shared
from gateway.vocabulary import canonical, moment
from gateway.vocabulary.alert import Alert, Level, News
from gateway.vocabulary.errors import FormatInvalid, SignatureInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import TransferId

Sent = Literal["alert-sent", "alert-failed"]
LARGEST: Final = 4096
HEARTBEAT: Final = "heartbeat.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReport:
    """What deliver says became of one alert; `code` says why it could not be sent, as a slug."""

    alert: TransferId
    outcome: Sent
    at: datetime
    code: str = "none"


def post(mailbox: Path, alert: Alert) -> bool:
    """False for one that is there already: it was posted before, perhaps before a crash."""
    path = mailbox / f"alert-{alert.id}.json"
    if path.exists():
        return False
    durable.write_new(path, encode(alert), _mode(mailbox))
    return True


def pending(mailbox: Path) -> list[Path]:
    """Oldest first."""
    return sorted(mailbox.glob("alert-*.json"))


def withdraw(mailbox: Path, alert: TransferId) -> None:
    durable.remove(mailbox / f"alert-{alert}.json")


def read_alert(path: Path) -> Alert:
    """FormatInvalid if it is not one, or gone."""
    alert = parse(read_plain(path, LARGEST, what="an alert"))
    if path.name != f"alert-{alert.id}.json":
        raise FormatInvalid("an alert is not the one that its file is named after")
    return alert


def report(mailbox: Path, said: AlertReport, *, key: SigningKey, domain: str) -> None:
    body = canonical.encode(
        {
            "type": "handoff-alert-report/v1", "alert": said.alert, "outcome": said.outcome,
            "at": moment.spell(said.at), "code": said.code,
        }
    )  # fmt: skip
    name = f"alert-{said.at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{said.alert}-{said.outcome}.json"
    signature = key.sign(body, of_act("observation", domain)).encode("ascii")
    durable.write_new(mailbox / f"{name}.sig", signature, _mode(mailbox))
    durable.write_new(mailbox / name, body, _mode(mailbox))


def reports(mailbox: Path) -> list[Path]:
    """Complete ones, oldest first."""
    return sorted(mailbox.glob("alert-[0-9]*.json"))


def read_report(path: Path, *, key: PublicKey, domain: str) -> AlertReport:
    """One report, verified.

    Raises:
        SignatureInvalid: deliver's own key did not sign it.
        FormatInvalid: it is not a report, or its signature is missing or not one.
        StorageError: it could not be read now.
    """
    body = read_plain(path, LARGEST, what="a report about an alert")
    data = read_plain(Path(f"{path}.sig"), LARGEST_SIGNATURE, what="the signature of a report about an alert")
    verified = UnverifiedSignature.parse(data).verify(body, of_act("observation", domain))
    if verified.fingerprint != key.fingerprint:
        raise SignatureInvalid("a report about an alert is signed by another key than deliver's")
    return _report(body)


def discard_report(path: Path) -> None:
    durable.remove(path)
    durable.remove(Path(f"{path}.sig"))


def sweep_reports(mailbox: Path) -> None:
    """For deliver, at its start: half a report, and a signature whose report was made anew or is worked through."""
    for half in mailbox.glob(".alert-*.tmp"):
        durable.remove(half)
    for signature in mailbox.glob("alert-*.json.sig"):
        if not signature.with_suffix("").exists():
            durable.remove(signature)


def beat(mailbox: Path, at: datetime) -> None:
    """Prepare says that everything was as it should be, at this moment."""
    body = canonical.encode({"type": "handoff-heartbeat/v1", "at": moment.spell(at)})
    durable.replace(mailbox / HEARTBEAT, body, _mode(mailbox))


def last_beat(mailbox: Path) -> datetime | None:
    """None before the first; FormatInvalid if the file is not one of ours."""
    if not (mailbox / HEARTBEAT).exists():
        return None
    page = _page(read_plain(mailbox / HEARTBEAT, LARGEST, what="a heartbeat"), "handoff-heartbeat/v1", {"at"})
    return moment.parse(str(page["at"]))


def encode(alert: Alert) -> bytes:
    return canonical.encode(
        {
            "type": "handoff-alert/v1", "id": alert.id, "news": alert.news, "level": alert.level, "kind": alert.kind,
            "since": moment.spell(alert.since), "command": alert.command, "route": alert.route,
            "transfer": alert.transfer,
        }
    )  # fmt: skip


def parse(data: bytes) -> Alert:
    """FormatInvalid unless it is one, in its one spelling."""
    page = _page(
        data, "handoff-alert/v1", {"id", "news", "level", "kind", "since", "command", "route", "transfer"}
    )  # fmt: skip
    try:
        return Alert(
            id=TransferId.parse(page["id"]),
            news=News(page["news"]),
            level=Level(page["level"]),
            kind=page["kind"],
            since=moment.parse(page["since"]),
            command=page["command"],
            route=page["route"],
            transfer=None if page["transfer"] is None else TransferId.parse(page["transfer"]),
        )
    except (ValueError, TypeError) as error:
        raise FormatInvalid("an alert has a member of another kind") from error


def _report(body: bytes) -> AlertReport:
    page = _page(body, "handoff-alert-report/v1", {"alert", "outcome", "at", "code"})
    try:
        if page["outcome"] not in get_args(Sent):
            raise FormatInvalid("a report about an alert has an outcome that is not known here")
        Facts(code=page["code"])
        return AlertReport(
            alert=TransferId.parse(page["alert"]), outcome=page["outcome"], at=moment.parse(page["at"]),
            code=page["code"],
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        raise FormatInvalid("a report about an alert has a member of another kind") from error


def _page(data: bytes, kind: str, members: set[str]) -> dict[str, Any]:
    page = canonical.decode(data, what=f"a message of type {kind}", limit=LARGEST)
    if page.pop("type", None) != kind or page.keys() != members:
        raise FormatInvalid(f"a message is no {kind}, or lacks a member, or has one too many")
    return page


def _mode(mailbox: Path) -> int:
    """Where each half has a user of its own, the mailbox's group reads it."""
    return durable.GROUP_READS if is_shared(mailbox) else durable.PRIVATE
