"""A month as one HTML page: no script, no other file, black on white, made to be printed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from math import ceil
from statistics import median_low

from gateway.minimise.outcome import SINGLE_FIELDS
from gateway.story.month import ALONE, TOLD, Month, RouteMonth, in_words, total_in_words
from gateway.story.notes import FEW
from gateway.vocabulary.transfer import Stage

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
STYLE = """
@page { size: A4; margin: 18mm }
body { font: 11pt/1.45 Georgia, serif; color: #111; max-width: 44em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.7em; margin: 0 } h2 { font-size: 1.2em; border-bottom: 1px solid #111; margin-top: 2em }
h3 { font-size: 1em; margin: 1.2em 0 .3em } p.small { font-size: .85em; color: #444 }
table { border-collapse: collapse; width: 100%; break-inside: avoid }
th, td { text-align: left; padding: .25em .6em .25em 0; border-bottom: 1px solid #ccc; font-weight: normal }
td { text-align: right; font-variant-numeric: tabular-nums; width: 10em }
svg { width: 100%; height: auto; break-inside: avoid } section { break-inside: avoid-page }
svg text { font: 9px sans-serif; fill: #111 } .bar { fill: #345 } .few { fill: none; stroke: #345; stroke-dasharray: 3 2 }
"""
WIDTH, HEIGHT, LEFT = 640, 120, 170


def page(month: Month, *, council: str, origin: str, size: int, root: str) -> str:
    """`size` and `root`: of the log it was read from, so that it can be held against a checkpoint later."""
    title = f"Handoffs of {month.first:%B %Y}"
    body = "\n".join(_body(month))
    return f"""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head><body>
<h1>{escape(title)}</h1>
<p>{escape(council)}: for the information governance board.</p>
{body}
<h2>Where this comes from</h2>
<p class="small">Counted from the signed receipts of the log {escape(origin)} at {size:,} receipts, root {escape(root)}.
Counts of children under {FEW} are shown as “fewer than {FEW}”; where one of a group is, the group’s total is rounded.
Days are London’s. Anybody with the log’s public key can verify it: <code>gateway receipts verify</code>.</p>
</body></html>
"""


def _body(month: Month) -> Iterator[str]:
    if not month.routes:
        yield "<p>Nothing was handed over, refused or late in this month.</p>"
        return
    yield "<h2>Deliveries by day</h2>"
    yield by_day(month.first, month.end, month.delivered_by_day)
    for name, route in sorted(month.routes.items()):
        yield f"<section><h2>Route {escape(name)}</h2>{''.join(_route(route))}</section>"
    yield f"<p>Look-ups of what was shared about one child: {month.looked_up}.</p>"


def _route(route: RouteMonth) -> Iterator[str]:
    yield "<h3>Handoffs, by what became of them</h3>"
    yield _table([(stage.replace("-", " "), f"{route.stages[stage]:,}") for stage in TOLD if route.stages[stage]])
    if route.answered_after:
        yield f"<p>Half of all acknowledgements came within {span(median_low(route.answered_after))} of delivery.</p>"
    if route.stages[Stage.SEALED]:
        yield "<h3>Children released</h3>"
        names = {"": "at least the statutory fields", SINGLE_FIELDS: "with single fields by their names"}
        yield _table(
            [(names.get(tier, f"with the tier “{tier}”"), words) for tier, words in in_words(route.released).items()]
        )
    if route.withheld:
        yield "<h3>Children not released</h3>"
        yield bars(route.withheld)
        yield f"<p>All together: {total_in_words(route.withheld)}.</p>"
    if route.refusals:
        yield "<h3>Files refused, by reason</h3>"
        yield _table([(reason.replace("-", " "), f"{count:,}") for reason, count in route.refusals.most_common()])


def span(time: timedelta) -> str:
    """In the largest unit of which it holds two, rounded up."""
    name, unit = next((pair for pair in _UNITS if time >= 2 * pair[1]), _UNITS[-1])
    count = max(1, ceil(time / unit))
    return f"{count:,} {name}s" if count > 1 else f"a {name}"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def by_day(first: date, end: date, counts: Mapping[date, int]) -> str:
    """A bar a day; handoffs are no children, so that each is told."""
    days = (end - first).days
    most, step = max(counts.values(), default=0) or 1, WIDTH / days
    parts = []
    for place in range(days):
        day = first + timedelta(days=place)
        height = HEIGHT * counts.get(day, 0) / most
        if height:
            label = f"<title>{day}: {counts[day]}</title>"
            parts.append(_rect("bar", place * step + 1, HEIGHT - height + 12, step - 2, height, label))
        if place % 7 == 0:
            parts.append(f'<text x="{place * step:.1f}" y="{HEIGHT + 24}">{day.day}</text>')
    top = f'<text x="0" y="9">{most}</text>'
    line = f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT + 12}" y2="{HEIGHT + 12}" stroke="#111"/>'
    return _svg(HEIGHT + 28, top + line + "".join(parts))


_RULES = {ALONE: "outside the route's ages"}


def bars(counts: Mapping[str, int]) -> str:
    """A bar a rule; all that are small look alike."""
    most = max(max(counts.values(), default=0), FEW)
    parts = []
    for place, (name, count) in enumerate(sorted(counts.items())):
        is_few = 0 < count < FEW
        width = (WIDTH - LEFT - 90) * (FEW if is_few else count) / most
        parts.append(f'<text x="0" y="{place * 20 + 13}">{escape(_RULES.get(name, name))}</text>')
        parts.append(_rect("few" if is_few else "bar", LEFT, place * 20 + 3, width, 13))
        parts.append(f'<text x="{LEFT + width + 6:.1f}" y="{place * 20 + 13}">{in_words({"": count})[""]}</text>')
    return _svg(20 * len(counts) + 4, "".join(parts))


def _rect(kind: str, left: float, top: float, width: float, height: float, inside: str = "") -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {place}>{inside}</rect>'


def _svg(height: int, inside: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{inside}</svg>'
