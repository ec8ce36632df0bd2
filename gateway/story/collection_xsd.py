"""The XSD that a return must fit, if its route names one: the operator's file, and no other than was signed."""

from gateway.contract.schema import Schema
from gateway.footing.workspace import Workspace
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ConfigError

LARGEST = 16 << 20


def collection_xsd(workspace: Workspace, schema: Schema) -> bytes | None:
    """ConfigError if it is not there, cannot be used, or is another than the one whose hash stands in the signed page."""
    layout = schema.xml
    if layout is None or not layout.xsd:
        return None
    shown = f"config/xsd/{layout.xsd}"
    try:
        with workspace.xsd(layout.xsd).open("rb") as stream:
            content = stream.read(LARGEST)
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read", remedy="put the collection's XSD there") from error
    if Digest.of(content) != Digest.parse(layout.xsd_sha256):
        raise ConfigError(
            f"{shown} is not the file that the route was signed with",
            remedy="put the right one there, or its hash into the schema page and have the route signed",
        )
    from gateway.formats.xml.validating import compiled  # noqa: PLC0415 - most routes need no XML

    compiled(content)
    return content
