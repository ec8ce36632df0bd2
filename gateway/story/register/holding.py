"""Children who must not be disclosed: a hold is added by one person at once, and lifted by two.

Who is held and why is in no receipt: the ledger has the pseudonyms and the reason, and only the
hold's reviewer is shown the reason. A receipt tells that somebody has looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.approval.register_desk import Agreed, Wanted
from gateway.approval.register_statement import LIFT, about_hold
from gateway.footing.ledger import holds
from gateway.footing.ledger.holds import HoldRow
from gateway.minimise.identifiers import pseudonyms
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.register.agreeing import LIST, Recorded, Signing, proven, wanted
from gateway.story.removals_due import prepare_due
from gateway.story.revoking import revoke_overtaken
from gateway.story.standing_still import standing_still
from gateway.vocabulary.errors import RegisterInvalid, StorageError, UsageError
from gateway.vocabulary.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold as its reviewer sees it: by what the child is recognised, never who it is."""

    hold: HoldRow
    kinds: tuple[str, ...]


def add_hold(
    gateway: Gateway, gates: Mapping[str, Gate], child: Mapping[str, str], *, reason: str, uid: int
) -> Recorded:
    """From this moment nothing about the child leaves, whatever else is decided, and partners are told to remove it.

    `child` has standard names of fields as keys; any identifier that is given counts.

    Raises:
        RegisterInvalid: none of the identifiers is enough to recognise the child by.
    """
    _refuse_half_an_address(child)
    key = gateway.register_key
    identifiers = pseudonyms(child, key=key)
    with gateway.ledger.writing() as tx:
        gateway.check_register_key(tx, key)
        at = gateway.clock()
        number = holds.add(tx, identifiers, at=at, reviewer=f"uid-{uid}", reason=reason)
        # the receipt tells that there is one more hold, not of which kind: the ledger and its reviewer know
        gateway.log.append_in(tx, Receipt(kind="hold-added", at=at, facts=Facts(index=number, uid=uid)))
    revoked = revoke_overtaken(gateway, gates, gateway.clock())
    removals = prepare_due(gates.values(), uid=uid)
    kept_back = standing_still(gateway, gates)
    return Recorded(count=number, revoked=revoked, removals=len(removals), kept_back=kept_back)


def wanted_to_lift(gateway: Gateway, number: int) -> Wanted:
    """UsageError if there is no such hold in force."""
    with gateway.ledger.reading() as tx:
        found = next((row for row in holds.listed(tx, live_only=True) if row.id == number), None)
    if found is None:
        raise UsageError(f"there is no hold {number} in force", remedy="'gateway hold list' shows those that are")
    return wanted(gateway, LIFT, about_hold(found.id, found.added))


def lift_hold(gateway: Gateway, gates: Mapping[str, Gate], number: int, *, agreed: Agreed, uid: int) -> Recorded:
    """The child is judged like any other from now on; what other holds know is held still.

    Raises:
        StorageError: there is no such hold in force, or the statement is about another one.
    """
    wanting = wanted_to_lift(gateway, number)
    if (agreed.statement.act, agreed.statement.about) != (wanting.act, wanting.about):
        raise StorageError(f"the statement is not about hold {number}", remedy="have one written and signed for it")
    with gateway.ledger.writing() as tx:
        at = gateway.clock()
        holds.lift(tx, number, at=at)
        facts = Facts(index=number, uid=uid, statement=str(agreed.statement.digest), signers=agreed.fingerprints)
        gateway.log.append_in(tx, Receipt(kind="hold-lifted", at=at, facts=facts))
    return Recorded(count=number, revoked=revoke_overtaken(gateway, gates, gateway.clock()))


def list_holds(gateway: Gateway, *, sign: Signing, uid: int) -> list[Held]:
    """All that there are and were, oldest first; the look is receipted before anything is told.

    Raises:
        SignerRejected: the key is not a hold reviewer's.
    """
    reviewer = proven(gateway, LIST, sign)
    facts = Facts(event="holds-listed", uid=uid, signer=reviewer.fingerprint)
    gateway.log.append(Receipt(kind="look-up", at=gateway.clock(), facts=facts))
    with gateway.ledger.reading() as tx:
        kinds = holds.kinds(tx)
        return [Held(hold=row, kinds=kinds.get(row.id, ())) for row in holds.listed(tx)]


def _refuse_half_an_address(child: Mapping[str, str]) -> None:
    """Somebody who gives half of one believes that the address is held, and it would not be."""
    lines, postcode = (any(child.get(field) for field in fields) for fields in (_LINES, ("postcode",)))
    if lines != postcode:
        raise RegisterInvalid(
            "an address is held by its first line and its postcode together",
            remedy="give both, or neither if the address is not to be held",
        )


_LINES = tuple(f"address_line_{number}" for number in range(1, 6))
