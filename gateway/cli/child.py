"""Who is meant: asked for on a terminal, read from standard input otherwise, never an argument.

What stands on a command line stands in histories, in process lists and in audit logs.
"""

from collections.abc import Mapping

from gateway.cli.session import Session
from gateway.vocabulary.errors import UsageError

ASKED: Mapping[str, str] = {
    "upn": "UPN",
    "former_upn": "Former UPN",
    "uln": "ULN",
    "local_id": "Local identifier",
    "forename": "Forename",
    "surname": "Surname",
    "date_of_birth": "Date of birth (2010-05-31)",
    "address_line_1": "First line of the address",
    "postcode": "Postcode",
}
OF_THE_REGISTER: Mapping[str, str] = {
    field: ASKED[field] for field in ("upn", "forename", "surname", "date_of_birth")
}  # fmt: skip
KNOWN_BY = ("upn", "former_upn", "forename", "surname", "date_of_birth")
ASKED_SUBJECT: Mapping[str, str] = {field: ASKED[field] for field in KNOWN_BY}
"""What registers and disclosures know children by: a UPN, or a name with date of birth where there was none."""
LONGEST = 4096


def asked_for(session: Session, asked: Mapping[str, str] = ASKED) -> dict[str, str]:
    """What is known of the child, by standard names of fields; UsageError if it is nothing."""
    child = _from_terminal(session, asked) if session.stdin.isatty() else _from_lines(session, asked)
    if not child:
        raise UsageError(
            "nothing identifies a child",
            remedy="type it when asked, or send lines such as 'upn: …' to standard input: " + ", ".join(asked),
        )
    return child


def _from_terminal(session: Session, asked: Mapping[str, str]) -> dict[str, str]:
    session.voice.tell("say what is known; leave the rest empty")
    found = {}
    for field, words in asked.items():
        session.voice.ask(f"  {words}: ")
        if answer := session.stdin.readline(LONGEST).strip():
            found[field] = answer
    return found


def _from_lines(session: Session, asked: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for number, line in enumerate(session.stdin.read(LONGEST * len(asked)).splitlines(), start=1):
        name, separator, value = line.partition(":")
        if not line.strip():
            continue
        if not separator or name.strip() not in asked:
            raise UsageError(f"line {number} of standard input does not begin with a name that is known here",
                             remedy="name one of these: " + ", ".join(asked))  # fmt: skip
        if value.strip():
            found[name.strip()] = value.strip()
    return found
