"""The deliver half on a machine of its own: real mailbox, real store, simulated partners, power cuts on demand."""

import io
import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.attempts import Attempts
from gateway.footing import mailbox
from gateway.footing.mailbox import Order
from gateway.footing.orders import Orders
from gateway.footing.telemetry import Telemetry
from gateway.footing.workspace import Workspace
from gateway.story.dispatch import Dispatcher, dispatch
from gateway.story.lanes import Lanes
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.parcel import Parcel, SealedFile, acknowledgement_names, names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.partner import PartnerSimulator

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
RELEASE_BY = AT + timedelta(hours=4)
DOMAIN = "handoff.council.example"
KEY = SigningKey.generate_ed25519()


class PowerCut(BaseException):
    """The machine stops here."""


@dataclass
class Refusing(PartnerSimulator):
    """A partner whose server says no, or does what nobody foresaw, before anything is sent."""

    error: Exception | None = None
    contacts: int = 0

    def put(self, parcel, attempt):
        self.contacts += 1
        if self.error:
            raise self.error
        return super().put(parcel, attempt)

    def collect(self, wanted, names=acknowledgement_names):
        self.contacts += 1
        if self.error:
            raise self.error
        return super().collect(wanted, names)


class EndsEarly(Attempts):
    """A store whose machine stops just after, or just before, something was written."""

    def __init__(self, path, *, before=(), after=()):
        super().__init__(path)
        self.before, self.after = before, after

    def record_intent(self, transfer, number):
        self._cut("record_intent", super().record_intent, transfer, number)

    def never_left(self, transfer):
        self._cut("never_left", super().never_left, transfer)

    def settled(self, transfer):
        self._cut("settled", super().settled, transfer)

    def doubt(self, transfer):
        self._cut("doubt", super().doubt, transfer)

    def block(self, transfer):
        self._cut("block", super().block, transfer)

    def told(self, transfer, *parts):
        self._cut("told", super().told, transfer, *parts)

    def _cut(self, name, act, *arguments):
        if name in self.before:
            raise PowerCut
        act(*arguments)
        if name in self.after:
            raise PowerCut


@dataclass
class DeliverHalf:
    """One machine with its mailbox and partners; `round` is one round of dispatch, told in short."""

    workspace: Workspace
    partners: dict[str, PartnerSimulator]
    at: datetime = AT
    log: io.StringIO = field(default_factory=io.StringIO)
    attempts: Attempts | None = None
    chance: int = 0
    closed: set[str] = field(default_factory=set)
    """Routes whose partners take nothing now."""
    lanes: Callable[[], Lanes] = Lanes
    orders: Orders = field(default_factory=Orders)
    unasked: set[str] = field(default_factory=set)
    """Routes whose partners it is not time to ask for answers."""
    silent: set[str] = field(default_factory=set)
    """Routes whose partners sign nothing."""

    def __post_init__(self):
        self.workspace.make_folders(tuple(self.partners))
        self.restart()

    def restart(self, **ends):
        if self.attempts:
            self.attempts.close()
        self.attempts, self.orders = EndsEarly(self.workspace.attempts, **ends), Orders()

    def post(self, route="yss", transfer=None, release_by=RELEASE_BY, size=100, after=None):
        """`size`: of the ciphertext."""
        self.chance += 1
        transfer = transfer or TransferId.new(AT, self.chance.to_bytes)
        draft = self.workspace.sealing(transfer)
        draft.mkdir()
        files = []
        for name in names_of(transfer):
            content = os.urandom(100 if files else size)
            (draft / name).write_bytes(content)
            files.append(SealedFile(name=name, path=draft / name, size=len(content), digest=Digest.of(content)))
        parcel = Parcel(transfer=transfer, release_by=release_by, files=tuple(files))
        order = Order(route=route, partner=route, parcel=parcel, after=after)
        mailbox.post_order(draft, self.workspace.to_deliver, order)
        return transfer

    def round(self, patience=None):
        """The observations that this round made, as (outcome, transfer, code)."""
        before = set(mailbox.reports(self.workspace.from_deliver))
        made = dispatch(self.wired(), patience)
        self.wait(microseconds=1)  # no two reports have one name
        fresh = [path for path in mailbox.reports(self.workspace.from_deliver) if path not in before]
        assert made == len(fresh)
        seen = [mailbox.read_report(path, key=KEY.public, domain=DOMAIN) for path in fresh]
        return [(s.outcome, s.transfer, s.facts.get("code")) for s in seen]

    def cut(self):
        with pytest.raises(PowerCut):
            dispatch(self.wired())
        self.wait(microseconds=1)

    def wired(self):
        return Dispatcher(
            domain=DOMAIN,
            workspace=self.workspace,
            key=KEY,
            attempts=self.attempts,
            reach=lambda route: nullcontext(self.partners[route]),
            is_open=lambda route: route not in self.closed,
            leads_to=lambda route: route,  # as an order names its partner
            awaits_answers=lambda route: route not in self.silent,
            telemetry=Telemetry(self.log, lambda: self.at),
            clock=lambda: self.at,
            random=lambda: 0.5,
            lanes=self.lanes(),
            orders=self.orders,
            is_time_for_answers=lambda route: route not in self.unasked,
        )

    def retry(self, transfer):
        """What `gateway retry` leaves here; the next round finds it."""
        mailbox.try_again(self.workspace.to_deliver, transfer)

    def wait(self, **time):
        self.at += timedelta(**time)

    def lines(self):
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def last(self):
        path = mailbox.reports(self.workspace.from_deliver)[-1]
        return mailbox.read_report(path, key=KEY.public, domain=DOMAIN)

    @property
    def yss(self):
        return self.partners["yss"]


def answer(partner, transfer, body=b"{}\n", signature=b"signature\n"):
    partner.acknowledgements |= dict(zip(acknowledgement_names(transfer), (signature, body), strict=True))
