"""What partners have answered, passed on to prepare as it lay there: only prepare verifies.

A partner answers twice: when it has a parcel or will not have it, and months later, once nothing
is left of it. The first answer is looked for at every round while the order lasts. From then on
the second is awaited, in deliver's own store, and looked for a few times a day (`disposals`).
"""

from collections.abc import Iterator

from gateway.deliver.destination import Answer, Naming
from gateway.deliver.disposals import Disposals
from gateway.story.pushing import Dispatcher, admits, counted, report
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import acknowledgement_names, disposal_names
from gateway.vocabulary.transfer import TransferId


def collect(half: Dispatcher, route: str, partner: str, wanted: frozenset[TransferId]) -> Iterator[int]:
    """The answers to these orders, each passed on; for each, whether it was news.

    Nothing while the partner is not to be contacted: what lies there is there at the next round too.
    """
    if admits(half, route, partner):
        for answer in _found(half, route, partner, wanted, acknowledgement_names):
            Disposals(half.attempts.store).expect(answer.transfer, route, partner, half.clock())
            yield _pass_on(half, answer)
            half.attempts.answered(answer.transfer)


def collect_disposals(half: Dispatcher, route: str, partner: str, wanted: frozenset[TransferId]) -> Iterator[int]:
    """That nothing is left of these, as `collect`; what cannot be had now is not asked for at every round.

    And the first answer to what has none yet: a person may have settled it meanwhile, with which its order has ended.
    """
    if admits(half, route, partner):
        Disposals(half.attempts.store).asked(wanted, half.clock())
        unanswered = frozenset(transfer for transfer in wanted if half.attempts.is_unanswered(transfer))
        for asked, naming in ((wanted, disposal_names), (unanswered, acknowledgement_names)):
            for answer in _found(half, route, partner, asked, naming) if asked else ():
                yield _pass_on(half, answer)
                if naming is acknowledgement_names:
                    half.attempts.answered(answer.transfer)


def _found(
    half: Dispatcher, route: str, partner: str, wanted: frozenset[TransferId], names: Naming
) -> Iterator[Answer]:
    with counted(half, partner), half.reach(route) as destination:
        yield from destination.collect(wanted, names)


def _pass_on(half: Dispatcher, answer: Answer) -> int:
    """Once for each content: what was passed on is not passed on again, though the partner leaves it there."""
    parts = (answer.body, answer.signature)
    if not half.attempts.is_news(answer.transfer, b"answered", *parts):
        return 0
    made = report(half, answer.transfer, "answered", Facts(), answer=parts)
    half.attempts.told(answer.transfer, b"answered", *parts)
    return made
