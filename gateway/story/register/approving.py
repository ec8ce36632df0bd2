"""What may leave of children on hold in a return after all, field by field, approved by name.

A route that answers holds by field waits with every file for the hold officer, whether or not
anybody in it is on hold: so that it waits tells nothing. The officer sees the counts in
`gateway preview --rules`, and answers with the fields that may leave of children on hold too:
all others of the policy's [holds] stay here. The answer is about one transfer, and so about
one statement and the extract that it names.

Where it lets fields out it is about the holds of that moment as well: once a hold has been
added or lifted it counts no longer, since nobody has approved it of that child.
"""

from collections.abc import Mapping
from typing import Final

from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.minimising import holds_in_force
from gateway.story.register.agreeing import Signing, proven
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

RELEASE: Final = "hold.release"
KIND: Final = "held-approved"


def approve_held(
    gateway: Gateway,
    gates: Mapping[str, Gate],
    transfer: TransferId,
    fields: frozenset[str],
    *,
    sign: Signing,
    uid: int,
) -> None:
    """`fields`: those of the policy's [holds] that leave of children on hold too. Said again, the last answer counts.

    Raises:
        UsageError: there is no such transfer, its route does not wait for this, it waits no longer, or a field is none of those kept back.
        SignerRejected: the key is not a hold officer's.
    """
    known = gateway.log.transfer(transfer)
    gate = gates.get(known.route)
    if gate is None or not gate.route.policy.by_field:
        raise UsageError(
            f"the route {known.route} does not wait for a hold officer, or is out of service",
            remedy="'gateway route show' says how a route answers holds",
        )
    if known.stage is not Stage.WAITING:
        raise UsageError(
            f"transfer {transfer} does not wait any more: it is {known.stage}",
            remedy="'gateway todo' names those that do",
        )
    if strangers := fields - set(gate.route.policy.holds.fields):
        raise UsageError(
            f"{min(strangers)} is none of the fields that are kept back on this route",
            remedy="name one of these: " + ", ".join(gate.route.policy.holds.fields),
        )
    officer = proven(gateway, RELEASE, sign)
    facts = Facts(
        uid=uid, signer=officer.fingerprint, columns=tuple(sorted(fields)), holds=str(holds_in_force(gateway))
    )  # fmt: skip
    receipt = Receipt(kind=KIND, transfer=transfer, route=gate.name, at=gateway.clock(), facts=facts)
    gateway.log.append(receipt)


def approved(gate: Gate, transfer: TransferId, holds: Digest) -> frozenset[str] | None:
    """The fields that may leave of children on hold; None as long as nobody has said so, or no longer of these holds."""
    entries = gate.gateway.log.of_transfer(transfer)
    facts = next((entry.receipt.facts for entry in reversed(entries) if entry.receipt.kind == KIND), None)
    if facts is None:
        return None
    columns = facts["columns"]
    fields = frozenset(map(str, columns)) if isinstance(columns, tuple | list) else frozenset()
    return fields if not fields or facts["holds"] == str(holds) else None


def lacks_approval(gate: Gate, transfer: TransferId) -> bool:
    return gate.route.policy.by_field and approved(gate, transfer, holds_in_force(gate.gateway)) is None
