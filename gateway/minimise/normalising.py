"""What a child is recognised by: normalised, keyed with SHA-256, cut to 12 bytes.

    kind         what is keyed                                     normalised
    upn          UPN, former UPN: one space, since a hold may know  as it is
                 as UPN what the file calls a former one
    uln, uprn    the number                                        digits, without leading zeros
    local_id     the number in the council's own system            upper case, no blanks around it
    name_dob     forename, surname (preferred ones too), birthday  letters and digits only: no accents, case,
                                                                   hyphens, apostrophes, spaces, no cut between
                                                                   forename and surname
    address      postcode, and a number of the address lines       the number alone: `Flat 3, 12 High St` is
                                                                   3 and 12, however the rest is spelled
    postcode     the postcode                                      only for a hold whose address has no number

A hold carries every number of its address, and none; a row is tested by its first and its
last number, or by none. So whoever lives at the number of a held house is withheld, in all its
flats, and so is an address without any number in a held postcode: where spellings leave a
doubt, too many are withheld and not too few. The rules stand here once, as SQL: rows of
extracts, holds and look-ups are normalised and keyed by the same text.
"""

from typing import Final

from gateway.minimise.shapes import quoted

REFERENCE_DIGITS: Final = 25
LINES: Final = ("address_line_1", "address_line_2", "address_line_3", "address_line_4", "address_line_5")
SPACES: Final = {"former_upn": "upn"}
"""Kinds of hold that are compared with another kind's."""
_STROKED, _PLAIN = "łøđðħıŧ", "lodohit"
"""A stroke or a missing dot is no accent to Unicode."""


def upn_text(field: str = "upn") -> str:
    return f"nullif({quoted(field)}, '')"


def upn_message(field: str = "upn") -> str:
    return f"'upn:' || {upn_text(field)}"


def number_message(field: str) -> str:
    return f"'{field}:' || nullif(ltrim(regexp_replace({quoted(field)}, '[^0-9]', '', 'g'), '0'), '')"


def local_id_message() -> str:
    return f"'local_id:' || nullif(upper(trim({quoted('local_id')})), '')"


def name_key(name: str, born: str) -> str:
    """Folded name and date of birth as one text; NULL if either is missing."""
    return f"nullif({folded(name)}, '') || {born}"


def whole_name(forename: str, surname: str) -> str:
    return f"({forename} || {surname})"


def folded(text: str) -> str:
    """Letters and digits alone, in lower case, without accents. Most names are plain: what they need not is not done."""
    plain = f"translate(lower(strip_accents({text})), '{_STROKED}', '{_PLAIN}')"
    return (
        f"CASE WHEN regexp_full_match({text}, '[A-Za-z]+') THEN lower({text})"
        f" WHEN strlen({text}) = length({text}) THEN regexp_replace(lower({text}), '[^a-z0-9]+', '', 'g')"
        f" ELSE regexp_replace({plain}, '[^\\p{{L}}\\p{{N}}]+', '', 'g') END"
    )


def postcode_key() -> str:
    return "nullif(regexp_replace(upper(postcode), '[^A-Z0-9]', '', 'g'), '')"


def lines(fields: frozenset[str]) -> str:
    """The address lines that there are, as one text."""
    return f"concat_ws(' ', {', '.join(quoted(line) for line in LINES if line in fields)})"


def first_number(text: str) -> str:
    return f"ltrim(regexp_extract({text}, '[0-9]+'), '0')"


def last_number(text: str) -> str:
    return f"ltrim(regexp_extract({text}, '([0-9]+)[^0-9]*$', 1), '0')"


def every_number(text: str) -> str:
    return f"list_transform(regexp_extract_all({text}, '[0-9]+'), lambda x: ltrim(x, '0'))"
