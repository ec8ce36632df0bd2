"""Everything the prepare half needs, wired once and frozen: the gateway itself, and a gate for each route."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from gateway.approval.rules import ROLES, Expected
from gateway.contract.route import Route
from gateway.crypto import nesting
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.footing.keyring import Keyring
from gateway.footing.ledger import Ledger, Transaction, key_checks
from gateway.footing.signers_files import read_signers
from gateway.footing.telemetry import Telemetry
from gateway.footing.workspace import Workspace
from gateway.minimise.judging import Judging
from gateway.minimise.references import RESTORE
from gateway.receipts import generations
from gateway.receipts.log import ReceiptLog
from gateway.seal.recipients import sealed_to
from gateway.story import known_keys
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import KeyUnavailable, LogBroken, StorageError

REGISTER = "register"


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
    judging: Judging = field(default_factory=Judging)
    stopping: Callable[[], bool] = bool
    """Whether the service was told to stop: asked between two steps. Whoever is no service never is."""
    check_turn: Callable[[], object] = bool
    """StorageError once another machine may be at this half's work. On one machine it never is."""
    anchor: Path | None = None
    """Where each checkpoint is written down once more, out of reach of whoever restores this machine."""

    def keyed(self, digest: Digest) -> str:
        """An extract's digest as receipts hold it: a plain one of personal data could be guessed."""
        return self.keyed_by_each(digest)[-1]

    def keyed_by_each(self, digest: Digest) -> tuple[str, ...]:
        """As any receipt may hold it, whenever it was written."""
        keys = self.generations("digest")
        return tuple(hmac.new(key, digest.raw, hashlib.sha256).hexdigest() for key in keys)

    def generations(self, role: str) -> tuple[bytes, ...]:
        """Of a secret, those that are in force or were; KeyUnavailable if the key's file has fewer, or others."""
        with self.ledger.reading() as tx:
            return self._in_force(tx, role)

    @property
    def register_key(self) -> bytes:
        """By which children are known: every generation in force, one after the other."""
        return b"".join(self.generations(REGISTER))

    def reference_key(self, partner: str) -> bytes:
        """Under which children who are new to a partner get their references."""
        return self.generations(f"reference-{partner}")[-1]

    def check_register_key(self, tx: Transaction, key: bytes) -> None:
        """StorageError if it was rotated since `key` was read: what was made with it would be found by nobody.

        What is recorded in this transaction is made with it, so no other one counts from then on.
        """
        generations.check(tx, REGISTER, nesting.generations(key))
        known_keys.keep(tx, REGISTER, nesting.parts(key))

    def keep_checks(self, tx: Transaction, partner: str) -> None:
        """What a parcel to this partner is made with: from this commit on no other secrets count."""
        for role in sorted({REGISTER, "digest", f"reference-{partner}"} - key_checks.roles(tx)):
            known_keys.keep(tx, role, self._in_force(tx, role))

    def _in_force(self, tx: Transaction, role: str) -> tuple[bytes, ...]:
        count, known = generations.in_force(tx, role), self.keys.generations(role)
        if len(known) < count:
            raise KeyUnavailable(
                f"the key {role} has been rotated since this copy of it was made",
                remedy=f"restore the newest {role}.key from its backup",
            )
        known_keys.refuse_another(tx, role, known[:count])
        return known[:count]

    def kept_references(self, partner: str) -> Path | None:
        """The file of those from before a rotation; LogBroken if it is not the one that was receipted."""
        with self.ledger.reading() as tx:
            digest = generations.kept_references(tx, partner)
        if digest is None:
            return None
        path = self.workspace.disclosures(f"references-{partner}-{digest[:16]}.parquet")
        try:
            with path.open("rb") as stream:
                is_kept = str(Digest.of_stream(stream)) == digest
        except OSError as error:
            raise StorageError("the references that a partner keeps cannot be read", remedy=RESTORE) from error
        if not is_kept:
            raise LogBroken("the references that a partner keeps are not those that were receipted", remedy=RESTORE)
        return path


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
            partner_key=sealed_to(self.route.partner)[0],
            route_digest=self.route.digest(),
            longest=self.gateway.limits.statement,
        )


def load_signers(workspace: Workspace, pin_roles: frozenset[str] = frozenset()) -> dict[str, Signers]:
    """SignersInvalid if a file is missing, malformed, or two people share a key across roles."""
    signers = {role: read_signers(workspace, role, pin=role in pin_roles) for role in ROLES}
    signers["prepare"].refuse_shared(signers["approve"])
    return signers
