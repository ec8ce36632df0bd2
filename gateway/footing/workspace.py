"""The only module that knows folder names.

    HOME/config/                  pages people read and sign
    HOME/keys/                    public halves: signers/{prepare,approve,route}, public/*.pub, openpgp/*.asc
    OUTBOX/<route>/               staff drop here; hostile ground
    STATE/prepare/                prepare alone: private keys, ledger, arrivals, disclosures, register
    STATE/deliver/                deliver alone: its private keys and its own store
    STATE/mailbox/                to-deliver/ and from-deliver/: all that passes between the halves
    STATE/metrics/                a text file for Prometheus' node exporter, and a heartbeat
    STATE/desk/, STATE/handed/    sockets: people ask prepare there (service/desk)

STATE lies outside every share. Names below it are ours alone: transfer identifiers and
fixed words, never a word that staff chose.

Where one user runs both halves, all of STATE is 0700. Where each has a user of its own, the
folders are made beforehand (systemd/handoff.tmpfiles) and left as they are: the mailbox has a
group of both users and the setgid bit, and so has `sealing`, whose parcels move into it.
"""

import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.footing.durable import private_folder, shared_folder, write_new
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId

REFUSED, OUTCOMES, WAITING = "refused", "outcomes", "waiting.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    home: Path
    outbox: Path
    state: Path
    keys: Path

    # what staff see
    def drop_folder(self, route: str) -> Path:
        return self.outbox / route

    def waiting_note(self, route: str) -> Path:
        return self.outbox / route / WAITING

    def refused_folder(self, route: str) -> Path:
        return self.outbox / route / REFUSED

    def outcomes_folder(self, route: str) -> Path:
        return self.outbox / route / OUTCOMES

    # the operator's own
    def xsd(self, name: str) -> Path:
        return self.home / "config" / "xsd" / name

    # keys
    def signers(self, role: str) -> Path:
        return self.keys / "signers" / role

    @property
    def certificates(self) -> Path:
        """Partners' OpenPGP certificates, FINGERPRINT.asc each."""
        return self.keys / "openpgp"

    @property
    def public_keys(self) -> Path:
        return self.keys / "public"

    @property
    def prepare_keys(self) -> Path:
        return self.state / "prepare" / "private"

    @property
    def deliver_keys(self) -> Path:
        return self.state / "deliver" / "private"

    # prepare's own
    @property
    def ledger(self) -> Path:
        return self.state / "prepare" / "ledger.sqlite"

    @property
    def prepare_lock(self) -> Path:
        return self.state / "prepare" / "lock"

    @property
    def arrivals(self) -> Path:
        return self.state / "prepare" / "arrivals"

    def arrival(self, transfer: TransferId) -> Path:
        return self.arrivals / transfer

    def stating(self, transfer: TransferId) -> Path:
        """A private copy of an extract, while it is counted for its statement."""
        return self.state / "prepare" / "stating" / transfer

    def sealing(self, transfer: TransferId) -> Path:
        return self.state / "prepare" / "sealing" / transfer

    def disclosures(self, name: str) -> Path:
        return self.state / "prepare" / "disclosures" / name

    def register_snapshot(self, name: str) -> Path:
        return self.state / "prepare" / "register" / name

    # between the halves
    @property
    def to_deliver(self) -> Path:
        return self.state / "mailbox" / "to-deliver"

    @property
    def from_deliver(self) -> Path:
        return self.state / "mailbox" / "from-deliver"

    # prepare's desk
    @property
    def desk(self) -> Path:
        """The socket at which people ask."""
        return self.state / "desk" / "desk.sock"

    @property
    def handed(self) -> Path:
        """The socket at which people are handed over to a prepare that cannot see who they are."""
        return self.state / "handed" / "prepare.sock"

    # deliver's own
    @property
    def attempts(self) -> Path:
        return self.state / "deliver" / "attempts.sqlite"

    def rehearsing(self, transfer: TransferId) -> Path:
        """A private copy of a rehearsal's parcel, while it is put at the partner."""
        return self.state / "deliver" / "rehearsing" / transfer

    @property
    def deliver_lock(self) -> Path:
        return self.state / "deliver" / "lock"

    @property
    def metrics(self) -> Path:
        return self.state / "metrics" / "handoff.prom"

    @property
    def heartbeat(self) -> Path:
        """Touched while all is as it should be; holds the moment."""
        return self.state / "metrics" / "heartbeat"

    def make_folders(self, routes: tuple[str, ...]) -> None:
        """Of both halves, where one user runs them."""
        self.make_prepare_folders(routes)
        self.make_deliver_folders()

    def make_prepare_folders(self, routes: tuple[str, ...]) -> None:
        """State is for the service alone; drop folders take their owner and group from whoever made OUTBOX.

        Raises:
            StorageError: the disk said no; or the mailbox is another user's too, and `sealing` has not its group.
        """
        prepare = self.state / "prepare"
        for folder in (
            self.prepare_keys, prepare / "arrivals", prepare / "stating", prepare / "sealing", prepare / "disclosures",
            prepare / "register", self.to_deliver, self.from_deliver, self.metrics.parent,
        ):  # fmt: skip
            private_folder(folder)
        _refuse_unread_orders(prepare / "sealing", self.to_deliver)
        for route in routes:
            self._make_drop_folder(route)

    def _make_drop_folder(self, route: str) -> None:
        """One that was there before and is gone is not made anew: an outbox that is not mounted would look empty.

        Then what waits for signatures in it would be taken for withdrawn. The route stands still instead.
        """
        seen = self.state / "prepare" / "outbox" / route
        if seen.exists() and not self.drop_folder(route).is_dir():
            return
        shared_folder(self.drop_folder(route))
        for folder in (self.refused_folder(route), self.outcomes_folder(route)):
            with suppress(StorageError):  # staff may write there: its look, or its purge, tells what is in the way
                shared_folder(folder)
        if not seen.exists():
            write_new(private_folder(seen.parent) / route, b"")

    def make_deliver_folders(self) -> None:
        for folder in (self.deliver_keys, self.to_deliver, self.from_deliver):
            private_folder(folder)


def is_shared(mailbox: Path) -> bool:
    """Two users read it: the folder hands its group down."""
    return bool(mailbox.stat().st_mode & stat.S_ISGID)


def _refuse_unread_orders(sealing: Path, mailbox: Path) -> None:
    """Before anything is sealed: a parcel born in another group could not be read by deliver, which would never say so."""
    if is_shared(mailbox) and sealing.stat().st_gid != mailbox.stat().st_gid:
        raise StorageError(
            "state/prepare/sealing does not belong to the mailbox's group, and deliver could read no order",
            remedy="systemd-tmpfiles --create handoff.conf",
        )
