"""Which subject of the register somebody at a desk, or a row of a file, means: by UPN, or without one by name with date of birth."""

from collections.abc import Iterable, Mapping
from datetime import date

from gateway.minimise.identifiers import Name, names, pseudonyms, subject
from gateway.minimise.pupil_numbers import is_upn
from gateway.vocabulary.errors import RegisterInvalid

NAME = Name._fields


def subject_of(child: Mapping[str, str], *, key: bytes) -> bytes:
    """A UPN alone is enough, and whatever else was given is not asked then.

    Raises:
        RegisterInvalid: there is neither a UPN nor a whole name with date of birth, or one has a wrong shape.
    """
    if not is_by_name(child):
        upn = _upn(child)
        if not is_upn(upn):
            raise RegisterInvalid("upn does not have the shape of one", remedy="check it for typing errors")
        return subject(upn, key=key)
    known = {field: child[field] for field in NAME if child.get(field)}
    found = dict(pseudonyms(known, key=key)) if len(known) == len(NAME) else {}
    if "name_dob" not in found:
        raise RegisterInvalid(
            "the register knows children by UPN", remedy="for a child without one give forename, surname, date_of_birth"
        )
    return found["name_dob"]


def is_by_name(child: Mapping[str, str]) -> bool:
    """Whether no UPN was given; the child may have one."""
    return not _upn(child)


def known_by_name(rows: Iterable[Mapping[str, str]], *, key: bytes) -> dict[Name, bytes]:
    """The subjects of all rows that have no UPN and a whole name, in one go."""
    asked = sorted({name for row in rows if is_by_name(row) and (name := _name(row)) is not None})
    return {name: found for name, found in zip(asked, names(asked, key=key), strict=True) if found} if asked else {}


def subject_of_row(row: Mapping[str, str], by_name: Mapping[Name, bytes], *, key: bytes) -> bytes:
    """As `subject_of`, and strict: in a file a UPN stands as it is. `by_name`: of this row at least.

    Raises:
        RegisterInvalid: names the column, or says that nobody is named.
    """
    if row["upn"] or not row.keys() >= set(NAME):
        if not is_upn(row["upn"]):
            raise RegisterInvalid("upn is not one that is known here")
        return subject(row["upn"], key=key)
    name = _name(row)
    if name is None or name not in by_name:
        raise RegisterInvalid("upn is missing, and so is a part of forename, surname and date_of_birth")
    if not _is_date(name.date_of_birth):
        raise RegisterInvalid("date_of_birth is not a date")
    return by_name[name]


def _name(row: Mapping[str, str]) -> Name | None:
    """None unless all of it is there."""
    cells = [" ".join(row.get(field, "").split()) for field in NAME]
    return Name(*cells) if all(cells) else None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _upn(child: Mapping[str, str]) -> str:
    return "".join(child.get("upn", "").split()).upper()
