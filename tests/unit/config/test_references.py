"""The two READMEs say everything about every key, and about nothing else."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from gateway.config.first_keys import DELIVER_SIGNING, PREPARE_SECRETS, PREPARE_SIGNING
from gateway.config.machine import Settings
from gateway.config.pages import NAME_KEYS, load_page, names
from gateway.contract.fields import NEVER, SPECIAL, FieldName
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import RoutePage
from gateway.contract.schema import Schema

ROOT = Path(__file__).resolve().parents[3]
PAGES = {
    "gateway.toml": Settings,
    "routes/NAME.toml": RoutePage,
    "partners/NAME.toml": Partner,
    "policies/NAME.toml": Policy,
    "schemas/NAME.toml": Schema,
}
README = (ROOT / "config" / "README.md").read_text("utf-8")


def keys_of(model: type[BaseModel], before: str = "") -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        inners = [*nested(field.annotation)]
        keys |= {key for inner, many in inners for key in keys_of(inner, f"{before}{name}{'[]' * many}.")}
        keys |= set() if inners else {before + name}
    return keys


def nested(annotation, many=False):
    """Every document within it; an endpoint is one of several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
        return
    for part in get_args(annotation):
        yield from nested(part, many or "tuple" in str(annotation))


def section(heading: str) -> str:
    return README.split(f"## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_explained_and_no_other(page):
    rows = [line.replace("\\|", "") for line in section(page).splitlines() if line.startswith("| `")]
    explained = [re.match(r"\| `([^`]+)`", row)[1] for row in rows]
    assert set(explained) == keys_of(PAGES[page])
    assert len(explained) == len(set(explained))
    assert all(row.count("|") == 5 and "||" not in row.replace(" ", "") for row in rows), "a cell is empty"


def test_defaults_are_the_models():
    for page, model in PAGES.items():
        for line in section(page).splitlines():
            row = re.match(r"\| `([a-z_]+)` \|.*\| (`([^`]*)`|\d+) \|[^|]*\|$", line)
            if row and (default := model.model_fields[row[1]].default) is not None and row[1] != "delimiter":
                said = row[3] if row[3] is not None else row[2]
                assert said in (str(default), str(default).lower()) or said.startswith("PT"), line


def test_every_standard_name_stands_in_the_list():
    listed = section("Standard names")
    plain, special = listed.split("Special categories")
    assert set(re.findall(r"`([a-z_0-9]+)`", listed)) == set(get_args(FieldName))
    assert not (SPECIAL | NEVER) & set(re.findall(r"`([a-z_0-9]+)`", plain))
    assert special


def test_every_role_of_the_keyring_is_explained():
    text = (ROOT / "keys" / "README.md").read_text("utf-8")
    roles = {*PREPARE_SIGNING, *PREPARE_SECRETS, *DELIVER_SIGNING, "reference-PARTNER", "openpgp-PARTNER", "sftp-ROUTE"}
    table = text.split("## The gateway's own")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)) == roles


@pytest.mark.parametrize("kind", [RoutePage, Policy, Schema])
def test_every_shipped_page_is_sound(kind):
    found = names(ROOT, kind)
    assert found, f"config/{NAME_KEYS[kind][0]} is empty"
    for name in found:
        load_page(ROOT, kind, name)
