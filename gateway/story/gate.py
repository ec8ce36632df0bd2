"""Everything the prepare half needs, wired once and frozen: the gateway itself, and a gate for each route."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from gateway.approval.rules import ROLES, Expected
from gateway.contract.route import Route
from gateway.crypto.age import recipient_fingerprint
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.footing.keyring import Keyring
from gateway.footing.ledger import Ledger
from gateway.footing.signers_files import read_signers
from gateway.footing.telemetry import Telemetry
from gateway.footing.workspace import Workspace
from gateway.minimise.engine import Workers
from gateway.receipts.log import ReceiptLog
from gateway.vocabulary.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times and sizes from `config/gateway.toml`."""

    settle: timedelta = timedelta(seconds=10)
    statement: timedelta = timedelta(days=7)
    arrival: timedelta = timedelta(days=7)
    evidence: timedelta = timedelta(days=6 * 366)
    worker_memory_mb: int = 300
    worker_threads: int = 2
    pin_roles: frozenset[str] = frozenset()
    """Roles in which only a security key counts, unlocked with its PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The prepare half. It alone opens the ledger and holds the keys."""

    domain: str
    sender: str
    workspace: Workspace
    keys: Keyring
    ledger: Ledger
    log: ReceiptLog
    signing: SigningKey
    observer: PublicKey
    """Deliver's observation key, public half."""
    telemetry: Telemetry
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    limits: Limits = Limits()
    workers: Workers = field(default_factory=Workers)
    anchor: Path | None = None
    """Where each checkpoint is written down once more, out of reach of whoever restores this machine."""

    def keyed(self, digest: Digest) -> str:
        """An extract's digest as receipts hold it: a plain one of personal data could be guessed."""
        return hmac.new(self.keys.secret("digest"), digest.raw, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One route, wired."""

    gateway: Gateway
    route: Route
    signers: Mapping[str, Signers]
    """By role: who may prepare, who may approve."""

    @property
    def name(self) -> str:
        return self.route.name

    def expected(self) -> Expected:
        """What a statement must say to be about this route as it is now."""
        return Expected(
            gateway=self.gateway.domain,
            route=self.route.name,
            partner=self.route.partner.partner,
            partner_key=recipient_fingerprint(self.route.partner.recipient),
            route_digest=self.route.digest(),
            longest=self.gateway.limits.statement,
        )


def load_signers(workspace: Workspace, pin_roles: frozenset[str] = frozenset()) -> dict[str, Signers]:
    """SignersInvalid if a file is missing, malformed, or two people share a key across roles."""
    signers = {role: read_signers(workspace, role, pin=role in pin_roles) for role in ROLES}
    signers["prepare"].refuse_shared(signers["approve"])
    return signers
