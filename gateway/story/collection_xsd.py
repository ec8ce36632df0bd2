"""The XSD that a return must fit, if its route names one: the operator's file, and no other than was signed."""

from gateway.story.gate import Gate
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ConfigError

LARGEST = 16 << 20


def collection_xsd(gate: Gate) -> bytes | None:
    """ConfigError if it is not there, or is another than the one whose hash stands in the signed page."""
    layout = gate.route.schema.xml
    if layout is None or not layout.xsd:
        return None
    shown = f"config/xsd/{layout.xsd}"
    try:
        with gate.gateway.workspace.xsd(layout.xsd).open("rb") as stream:
            content = stream.read(LARGEST)
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read", remedy="put the collection's XSD there") from error
    if Digest.of(content) != Digest.parse(layout.xsd_sha256):
        raise ConfigError(
            f"{shown} is not the file that the route was signed with",
            remedy="put the right one there, or its hash into the schema page and have the route signed",
        )
    return content
