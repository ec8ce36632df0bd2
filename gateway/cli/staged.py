"""The route of a staged parcel, for the verbs of the person who uploads it."""

from gateway.cli.opening import Opened
from gateway.story.gate import Gate
from gateway.vocabulary.errors import ConfigError
from gateway.vocabulary.transfer import TransferId


def gate_of(side: Opened, transfer: TransferId) -> Gate:
    """UsageError if there is no such transfer, ConfigError while its route may not be used."""
    route = side.gateway.log.transfer(transfer).route
    if route not in side.gates:
        raise ConfigError(f"the route {route} is suspended or out of service", remedy="'gateway doctor' says why")
    return side.gates[route]
