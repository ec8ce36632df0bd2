"""Which subject of the register somebody at a desk means: by UPN, or without one by name with date of birth."""

from collections.abc import Mapping

from gateway.minimise.identifiers import pseudonyms, subject
from gateway.minimise.pupil_numbers import is_upn
from gateway.vocabulary.errors import RegisterInvalid

NAME = ("forename", "surname", "date_of_birth")


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


def _upn(child: Mapping[str, str]) -> str:
    return "".join(child.get("upn", "").split()).upper()
