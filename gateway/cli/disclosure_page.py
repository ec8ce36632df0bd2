"""The page that a data protection officer hands to a parent or a young person: HTML, to be printed.

Nothing in it names the child: the name is written on by hand, once the page lies before whoever
knows that it is theirs. No script, no picture, nothing fetched from anywhere. Holds are left out
unless the reviewer asked, and then the page says that it is not for handing out.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from gateway.cli.disclosure_words import (
    RELEASED,
    Told,
    acknowledged,
    basis_in_words,
    released_by_basis,
    spelled,
    withheld_by_reason,
)
from gateway.story.disclosed import Reach
from gateway.story.notes import when

STYLE = (
    "body{font:11pt/1.4 sans-serif;max-width:45em;margin:2em auto;color:#000;background:#fff}"
    "h1{font-size:16pt}h2{font-size:12pt;margin:2em 0 .3em;break-after:avoid}"
    "table{border-collapse:collapse;width:100%}tr{break-inside:avoid}"
    "th,td{text-align:left;vertical-align:top;padding:.25em .6em .25em 0;border-bottom:1px solid #999}"
    "th{width:9em;font-weight:normal;color:#333}.line{border-bottom:1px solid #000;display:inline-block;width:24em}"
    "td.small{font-size:8pt;overflow-wrap:anywhere}@page{margin:2cm}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(told: Sequence[Told], *, council: str, at: datetime, reviewer: bool) -> str:
    body = "\n".join(
        [*_head(council, at, reviewer=reviewer), *(line for one in told for line in _handoff(one)), *_foot(told)]
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>What was shared</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _head(council: str, at: datetime, *, reviewer: bool) -> Iterator[str]:
    yield "<h1>What was shared, and with whom</h1>"
    if reviewer:
        yield "<p><strong>For the holds' reviewer. It tells of holds, and is not for handing out.</strong></p>"
    yield '<p>About: <span class="line">&nbsp;</span></p>'
    yield f"<p>Drawn up by {escape(council)}, {escape(when(at))}, out of its record of handoffs.</p>"
    yield (
        "<p>The record says which pieces of information were handed over, to whom, when and on which legal ground. "
        "It does not keep the information itself: what stood in each piece is held by whoever received it, and by "
        "the system that it came from. Ask there, or ask us to ask.</p>"
    )


def _handoff(one: Told) -> Iterator[str]:
    yield f"<h2>{escape(when(one.shared.sealed))}: {escape(one.partner_name)}</h2>"
    yield "<table>"
    for name, text, small in _rows(one):
        yield f"<tr><th>{escape(name)}</th><td{' class=small' if small else ''}>{escape(text)}</td></tr>"
    yield "</table>"


def _rows(one: Told) -> Iterator[tuple[str, str, bool]]:
    shared = one.shared
    yield "What for", f"{shared.purpose.replace('-', ' ')}, by the agreement {shared.agreement}", False
    if not shared.released:
        yield "Released", "nothing", False
    for basis, fields in released_by_basis(shared):
        yield RELEASED[shared.reach].capitalize(), spelled(fields), False
        yield "Legal ground", basis_in_words(basis), False
    for why, fields in withheld_by_reason(shared):
        yield "Kept back", f"{spelled(fields)}: {why}", False
    yield "Received", acknowledged(shared) if shared.reach is not Reach.NOT else "no: it was never delivered", False
    yield (
        "Evidence",
        f"transfer {shared.transfer}, judged by policy {shared.policy} (SHA-256 {shared.policy_hash})",
        True,
    )
    for proof in shared.proofs:
        receipt = proof.entry.receipt
        proved = f"leaf {proof.entry.index}, hash {proof.entry.hash.hex()}, in our signed log of {proof.size} receipts"
        yield f"… {receipt.kind.replace('-', ' ')}", f"{when(receipt.at)}: {proved}", True


def _foot(told: Sequence[Told]) -> Iterator[str]:
    if not told:
        yield "<p><strong>Nothing was handed over: no handoff had this child in its scope.</strong></p>"
    yield (
        "<p>Every line under Evidence stands in a log that cannot be changed unnoticed; partners hold signed copies of "
        "its state. On request we hand out the proofs, which anybody can check without us.</p>"
    )
