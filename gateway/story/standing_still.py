"""Routes that may not be used now, and whose partners were given something: what is recorded reaches them later.

Up to where each route's partner was told stands in the ledger, so nothing has to be noted for them (`removals_due`):
the first quiet round in which such a route goes on makes up for all that it has missed.
"""

from collections.abc import Mapping

from gateway.footing.ledger import transfers
from gateway.story.gate import Gate, Gateway


def standing_still(gateway: Gateway, gates: Mapping[str, Gate]) -> tuple[str, ...]:
    """By name. One whose pages were taken away for good is among them for ever."""
    with gateway.ledger.reading() as tx:
        return tuple(sorted(transfers.routes_with_parcels(tx) - gates.keys()))
