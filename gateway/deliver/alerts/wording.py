"""How a batch reads: a subject, and a few lines an alert. Words from closed lists alone."""

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.vocabulary import moment
from gateway.vocabulary.alert import Alert, Level, News

WORDS: Final = {
    News.APPEARED: "needs a person",
    News.WORSE: "was a warning, and is an alarm now",
    News.STILL: "still needs a person",
    News.CLEARED: "is over",
}

FEW: Final = 4


def subject(alerts: Sequence[Alert], domain: str) -> str:
    """The worst of it first: what a telephone shows."""
    open_ones = [alert for alert in alerts if alert.news is not News.CLEARED]
    if not open_ones:
        return f"[{domain}] over: {_kinds(alerts)}"
    level = Level.ALARM if any(alert.level is Level.ALARM for alert in open_ones) else Level.WARNING
    return f"[{domain}] {level.upper()}: {_kinds(open_ones)}"


def body(alerts: Sequence[Alert]) -> str:
    lines = [line for alert in alerts for line in _lines(alert)]
    return "\n".join([*lines, "What it is about is told on the machine itself: gateway todo", ""])


def _kinds(alerts: Sequence[Alert]) -> str:
    kinds = sorted({alert.kind for alert in alerts})
    return ", ".join(kinds) if len(kinds) <= FEW else f"{len(alerts)} things"


def _lines(alert: Alert) -> Iterator[str]:
    about = " ".join(word for word in (alert.route, alert.transfer) if word)
    yield f"{alert.level.upper()} {alert.kind} {WORDS[alert.news]}" + (f" ({about})" if about else "")
    yield f"  since {moment.spell(alert.since)}"
    if alert.news is not News.CLEARED:
        yield f"  type:  {alert.command}"
    yield ""
