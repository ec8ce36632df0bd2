"""What staff read beside their files: waiting.txt and outcomes/. Pure text; `refusal_note` has what they read in refused/.

Plain words, the exact line to type, and no value of any cell. Small numbers are not told (DESIGN §3.7).
"""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from gateway.approval.rules import SECOND_APPROVER
from gateway.vocabulary.namespaces import of_route

_LONDON = ZoneInfo("Europe/London")
FEW = 5
SPELLED_OUT = 200
"""So many extracts are told of one by one: nobody reads about fifty thousand."""
HOLD_OFFICER = "hold-officer"
WHO = {
    "prepare": "The preparer",
    "approve": "The approver",
    SECOND_APPROVER: "It is unlike the last handoff (beyond-limits says in what): a second approver, with a key of their own,",
}
WITHHELD_BECAUSE = {
    "age": "outside the ages of this route: only counted",
    "hold": "on hold, or living with somebody on hold",
    "too-few-identifiers": "too few identifiers to be tested against the holds",
    "objection": "objected, review pending",
    "duplicate": "the same child twice",
}
"""The rules that withhold a child, as the data protection officer reads them; staff are told none of it."""
NOT_YET = "Many files came at once, and a few are read at a time: its turn comes by itself."
STILL_WRITTEN = "It is still being written, or has just arrived: it is read once it has lain still."


def told(count: int) -> str:
    """Counts under five are not told."""
    return f"{count:,}" if count >= FEW or count == 0 else "fewer than 5"


def told_released(rows: int, released: int) -> str:
    """A small remainder is not told, so neither may be the number from which it follows."""
    return told(released) if rows - released == 0 or rows - released >= FEW else "all but fewer than 5"


def when(at: datetime) -> str:
    return at.astimezone(_LONDON).strftime("%A %-d %B %Y, %H:%M")


def waiting_note(route: str, domain: str, extracts: Mapping[str, Sequence[str] | str], left: int, at: datetime) -> str:
    """`extracts`: for each name the roles that have yet to sign, or a sentence on what it waits for."""
    lines = [f"Route {route}: what is in this folder and what it waits for ({when(at)}).", ""]
    for name, missing in islice(extracts.items(), SPELLED_OUT):
        lines += _one_extract(route, domain, name, missing)
    if len(extracts) > SPELLED_OUT:
        lines += [f"And {len(extracts) - SPELLED_OUT:,} more, which are told of here once some of these have gone.", ""]
    if not extracts:
        lines += ["Nothing waits here.", ""]
    if left:
        lines += [
            f"Not picked up: {left} other file(s). Only .csv, .tsv, .txt and .xml files are read here; save workbooks as CSV UTF-8.",
            "",
        ]
    return "\n".join(lines)


def _one_extract(route: str, domain: str, name: str, missing: Sequence[str] | str) -> list[str]:
    if isinstance(missing, str):
        return [f"- {name}", f"  {missing}", ""]
    lines = [f"- {name}", f"  Read {name}.release: it says what is about to leave. If it is right, sign it."]
    for role in missing:
        officer, _, transfer = role.partition(" ")
        lines += _how_to_approve(transfer) if officer == HOLD_OFFICER else _how_to_sign(role, route, domain, name)
    return [*lines, ""]


def _how_to_approve(transfer: str) -> list[str]:
    """Every file of such a route waits for it: so it tells of nobody."""
    return [
        "  The hold officer looks at every file of this route, and types:",
        f"    gateway hold release {transfer} --key KEY",
    ]


def _how_to_sign(role: str, route: str, domain: str, name: str) -> list[str]:
    """The second signature is made over a copy, since ssh-keygen would overwrite the first's file."""
    statement = f"{name}.release"
    copy = f"{name}.release.{role}"
    signed_as = "approve" if role == SECOND_APPROVER else role
    namespace = of_route(signed_as, route, domain)
    sh, ps = shlex.quote, _powershell
    return [
        f"  {WHO[role]} types, in this folder:",
        f"    sh          cp {sh(statement)} {sh(copy)} && ssh-keygen -Y sign -n {namespace} -f KEY {sh(copy)}",
        f"    PowerShell  Copy-Item {ps(statement)} {ps(copy)}; ssh-keygen -Y sign -n {namespace} -f KEY {ps(copy)}",
        f"    or          gateway approve {sh(name)} --route {route} --role {signed_as} --key KEY",
    ]


def _powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def outcome_note(
    *, transfer: str, route: str, partner: str, rows: int, released: int, lines: Sequence[str], at: datetime
) -> str:
    """Released and not released in one total each: nothing here tells who or how many are on hold."""
    totals = f"Rows read: {told(rows)}. Released: {told_released(rows, released)}."
    return "\n".join(
        [
            f"Transfer {transfer} on route {route} to {partner}, {when(at)}.",
            "",
            f"{totals} Not released: {told(rows - released)}.",
            *lines,
            "",
        ]
    )
