"""Whether two pseudonyms are one child: learned from an extract, before anything of it leaves.

    a row's UPN and its former UPN                           are one child
    a row's UPN, and a name with birthday that was a         are one child, unless two children of
    subject of its own while the child had no UPN            that name and birthday stand in the file

The one that a partner has been given keeps its subject, and the other leads to it: so the
partner's reference stays as it was. If both were given, the earlier identifier's stays. A link
changes who is one child in the register too, and so counts as a change of the register.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from gateway.footing.ledger import subjects
from gateway.footing.ledger.subjects import Link
from gateway.minimise.disclosed import disclosed
from gateway.minimise.engine import Outcome
from gateway.receipts.receipt import Receipt
from gateway.story.disclosure_files import proved_files
from gateway.story.gate import Gate, Gateway
from gateway.story.minimising import count_once
from gateway.vocabulary.facts import Facts


def count_and_learn(gate: Gate, extract: Path, at: datetime) -> tuple[Outcome, frozenset[bytes]]:
    """As `count`; anew as long as the extract tells of pseudonyms that are one child, or of who stands twice in it."""
    key, twice = gate.gateway.register_key, frozenset[bytes]()
    while True:
        outcome = count_once(gate, extract, at, exclude=twice)
        linked = learn(gate.gateway, outcome.pairs, at, key=key)
        if not linked and outcome.duplicates <= twice:
            return outcome, twice
        twice |= outcome.duplicates  # a link changes nobody's tags


def learn(gateway: Gateway, pairs: Iterable[Link], at: datetime, *, key: bytes) -> int:
    """`pairs` are, under this key of the register, of a UPN, and of what else its child is known by. How many were linked; receipted, if any were."""
    wanted = _unambiguous(pairs)
    if not wanted:
        return 0
    given = _given(gateway, wanted)
    with gateway.ledger.writing() as tx:
        gateway.check_register_key(tx, key)
        made = _made(dict(subjects.links(tx)), given, wanted)
        for pseudonym, subject in made:
            subjects.add_link(tx, pseudonym, subject, at=at)
        if made:
            gateway.log.append_in(tx, Receipt(kind="subjects-linked", at=at, facts=Facts(count=len(made))))
    return len(made)


def foretold(gateway: Gateway, pairs: Iterable[Link], known: Iterable[Link]) -> tuple[Link, ...]:
    """The links as `learn` would leave them, and none of it written; empty if it would make none."""
    wanted, leads = _unambiguous(pairs), dict(known)
    made = _made(leads, _given(gateway, wanted), wanted) if wanted else []
    for pseudonym, subject in made:
        leads = {one: subject if lead == pseudonym else lead for one, lead in leads.items()} | {pseudonym: subject}
    return tuple(sorted(leads.items())) if made else ()


def _made(known: Mapping[bytes, bytes], given: frozenset[bytes], wanted: Iterable[Link]) -> list[Link]:
    """`known`: which subjects pseudonyms lead to already. `given`: those of whom something was ever released."""
    fresh = (_directed(known, given, key, other) for key, other in wanted if key not in known)
    return sorted({link for link in fresh if link is not None})


def _unambiguous(pairs: Iterable[Link]) -> list[Link]:
    """A former UPN or a name that two children of the file have is nobody's."""
    distinct = sorted(set(pairs))
    by_other, by_key = Counter(other for _, other in distinct), Counter(key for key, _ in distinct)
    return [(key, other) for key, other in distinct if by_other[other] == 1 and by_key[key] == 1]


def _given(gateway: Gateway, pairs: list[Link]) -> frozenset[bytes]:
    """Those of these subjects of whom something was ever released."""
    asked = frozenset(pseudonym for pair in pairs for pseudonym in pair)
    return frozenset(row.subject for row in disclosed(proved_files(gateway), asked) if row.released)


def _directed(known: Mapping[bytes, bytes], given: frozenset[bytes], key: bytes, other: bytes) -> Link | None:
    root = known.get(other, other)
    if root == key:
        return None
    return (root, key) if key in given and root not in given and other not in known else (key, root)
