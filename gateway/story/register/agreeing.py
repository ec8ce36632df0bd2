"""Who may sign for the register, and what they must sign for: `keys/signers/register`, one line a person.

register.import@GATEWAY    an import that opens anything: two different people
register.record@GATEWAY    one decision that opens: the person who records it
hold.lift@GATEWAY          the end of a hold: two different people
hold.list@GATEWAY          the hold reviewer, who alone sees why, and sees it under receipt
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.approval.register_desk import Wanted
from gateway.approval.register_statement import About, RegisterStatement
from gateway.crypto.signers import Signed, Signers
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing.signers_files import read_signers
from gateway.footing.workspace import Workspace
from gateway.story.gate import Gateway
from gateway.vocabulary.namespaces import of_act

ROLE: Final = "register"
RECORD, LIST = "register.record", "hold.list"
SALT = 32
Signing = Callable[[bytes, str], str]
"""A person's own key: an armored signature over these bytes in this namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`count`: decisions, or the number of a hold. `revoked`: parcels that were taken back."""

    count: int
    revoked: int
    known: int = 0
    """Decisions that were on record already."""
    removals: int = 0
    """Partners that are told to remove what was closed."""
    withdrawn: int = 0
    """Consents that a snapshot no longer had."""
    kept_back: tuple[str, ...] = ()
    """Routes that stand still: their partners are told once they go on."""


def register_signers(workspace: Workspace) -> Signers:
    """SignersInvalid if there is no such file, or it is malformed. Revoked keys count no more."""
    return read_signers(workspace, ROLE)


def wanted(gateway: Gateway, act: str, about: About) -> Wanted:
    return Wanted(gateway=gateway.domain, act=act, about=about, longest=gateway.limits.statement)


def fresh_statement(gateway: Gateway, wanting: Wanted) -> RegisterStatement:
    return RegisterStatement(
        gateway=wanting.gateway,
        act=wanting.act,
        about=wanting.about,
        salt=gateway.random(SALT),
        expires=gateway.clock() + wanting.longest,
    )


def proven(gateway: Gateway, act: str, sign: Signing) -> Signed:
    """Somebody who may do this act holds their key in hand, now: they sign something that nobody signed before.

    Raises:
        SignerRejected: the key is not of somebody who may.
    """
    namespace, challenge = of_act(act, gateway.domain), gateway.random(SALT)
    signature = UnverifiedSignature.parse(sign(challenge, namespace).encode("ascii"))
    return register_signers(gateway.workspace).verify(signature, challenge, namespace, gateway.clock())
