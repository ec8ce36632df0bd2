"""What has been decided about the children of the story, signed for by two people like any other import."""

from collections.abc import Mapping
from pathlib import Path

from gateway.approval.register_desk import Agreed, agreement, statement_name
from gateway.demo.council import Council
from gateway.footing.drop_folder import DropFolder
from gateway.story.gate import Gate, Gateway
from gateway.story.register.agreeing import Recorded, fresh_statement, register_signers
from gateway.story.register.importing import read_import, take_import, wanted_for
from gateway.vocabulary.errors import GatewayError


def record(council: Council, gateway: Gateway, gates: Mapping[str, Gate], path: Path) -> int:
    """A file of decisions, taken into the register; how many they are."""
    purposes = frozenset(gate.route.policy.purpose for gate in gates.values())
    imported = read_import(gateway, path, way="changes", purposes=purposes)
    wanted = wanted_for(gateway, imported)
    with DropFolder(path.parent) as folder:
        text = fresh_statement(gateway, wanted).encode()
        folder.write(statement_name(path.name), text)
        for role, key in council.people.items():
            signature = key.sign(text, wanted.namespace).encode("ascii")
            folder.write(f"{statement_name(path.name)}.{role}.sig", signature)
        agreed = agreement(folder, path.name, wanted, register_signers(gateway.workspace), gateway.clock())
    taken = take_import(gateway, gates, imported, agreed=agreed if isinstance(agreed, Agreed) else None, uid=0)
    if not isinstance(taken, Recorded):
        raise GatewayError("the two people's signatures did not count for the register")
    return taken.count
