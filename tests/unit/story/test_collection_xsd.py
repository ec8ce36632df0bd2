"""The XSD of a return is the file that was signed for, or the route stands still."""

from pathlib import Path

import pytest

from gateway.contract.schema import Schema
from gateway.footing.workspace import Workspace
from gateway.story.collection_xsd import collection_xsd
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ConfigError
from tests.unit.formats.test_returns import XSD


def schema(content: str | None) -> Schema:
    named = {} if content is None else {"xsd": "cin.xsd", "xsd_sha256": str(Digest.of(content.encode()))}
    return Schema.model_validate(
        {
            "schema_name": "any", "version": 1, "format": "xml", "xml": {"records": ["A/B"]} | named,
            "columns": [{"header": "UPN", "field": "upn", "shape": "upn"}],
        }
    )  # fmt: skip


def workspace(folder: Path, content: str | None) -> Workspace:
    made = Workspace(home=folder, outbox=folder / "outbox", state=folder / "state", keys=folder / "keys")
    if content is not None:
        made.xsd("cin.xsd").parent.mkdir(parents=True)
        made.xsd("cin.xsd").write_text(content)
    return made


def test_a_route_without_one_needs_none(tmp_path):
    assert collection_xsd(workspace(tmp_path, None), schema(None)) is None


def test_the_file_that_was_signed_for_is_used(tmp_path):
    assert collection_xsd(workspace(tmp_path, XSD), schema(XSD)) == XSD.encode()


@pytest.mark.parametrize(
    ("there", "signed", "said"),
    [
        (None, XSD, "cannot be read"),
        (XSD + " ", XSD, "is not the file that the route was signed with"),
        ("<a/>", "<a/>", "cannot be used"),
    ],
)
def test_a_file_that_is_missing_changed_or_useless_stops_the_route(tmp_path, there, signed, said):
    with pytest.raises(ConfigError, match=said) as stopped:
        collection_xsd(workspace(tmp_path, there), schema(signed))
    assert stopped.value.remedy
