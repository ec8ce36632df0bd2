"""One TOML page, read and validated against its contract.

A page is small, UTF-8, and its name in the folder is the name it gives itself: a copied
page that still calls itself by its old name is refused.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from gateway.config.faults import Fault, PageError
from gateway.config.findings import faults_of
from gateway.contract.document import Document
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import RoutePage
from gateway.contract.schema import Schema

CONFIG = "config"
LARGEST_PAGE = 1 << 20
MOST_KEPT = 128
NO_HOME = "restore it; or name the folder that holds config/ with --home DIR, or make one with 'gateway init DIR'"
NO_PAGE = "write it, or correct the name by which another page asks for it"
_PLACE = re.compile(r"at line (\d+), column (\d+)")

NAME_KEYS: dict[type[Document], tuple[str, str]] = {
    RoutePage: ("routes", "route"),
    Partner: ("partners", "partner"),
    Policy: ("policies", "policy_name"),
    Schema: ("schemas", "schema_name"),
}
"""Of each kind of page: its folder under config/, and the key by which it names itself."""
PageT = TypeVar("PageT", bound=Document)


def names(home: Path, kind: type[Document]) -> list[str]:
    """The pages of a kind that are there, by name."""
    return sorted(path.stem for path in (home / CONFIG / NAME_KEYS[kind][0]).glob("*.toml"))


def shown(kind: type[Document], name: str) -> str:
    """As messages name the page: below the home folder, with forward slashes."""
    return f"{CONFIG}/{NAME_KEYS[kind][0]}/{name}.toml"


def load_page(home: Path, kind: type[PageT], name: str) -> PageT:
    """PageError if the page cannot be read, is not TOML, or breaks its contract."""
    page = shown(kind, name)
    return cast(PageT, _document(kind, name, _read(home / page, page)))


@lru_cache(maxsize=MOST_KEPT)
def _document(kind: type[Document], name: str, data: bytes) -> Document:
    """A service reads its pages at every round; the same bytes are the same page, and are judged once."""
    page = shown(kind, name)
    content = _parsed(data, page)
    try:
        document = kind.model_validate(content)
    except ValidationError as error:
        raise PageError(faults_of(error, page=page, model=kind)) from error
    key = NAME_KEYS[kind][1]
    if getattr(document, key) != name:
        raise PageError([Fault(page=page, key=key, sentence="is not the name of the file", remedy="make them equal")])
    return document


def read_toml(path: Path, page: str) -> dict[str, Any]:
    return _parsed(_read(path, page), page)


def _read(path: Path, page: str) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_PAGE + 1)
    except FileNotFoundError as error:
        raise _unreadable(page, "is not there", NO_HOME if path.name == "gateway.toml" else NO_PAGE) from error
    except OSError as error:
        raise _unreadable(page, "cannot be read", "check that it is there and that this user may read it") from error
    if len(data) > LARGEST_PAGE:
        raise _unreadable(page, f"is larger than {LARGEST_PAGE} bytes", "a page of configuration is a few lines long")
    return data


def _parsed(data: bytes, page: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unreadable(page, "is not UTF-8", "save it as UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        where = f"at line {place[1]}, column {place[2]}" if place else "at its end"
        raise _unreadable(
            page, f"is not TOML {where}", "texts stand in quotes, lists in brackets, and a key stands once"
        ) from error


def _unreadable(page: str, sentence: str, remedy: str) -> PageError:
    return PageError([Fault(page=page, key="", sentence=sentence, remedy=remedy)])
