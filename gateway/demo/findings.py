"""What the play showed, as the data protection officer may see it: rule by rule, from the receipts."""

from collections.abc import Iterator, Mapping

from gateway.contract.route import Route
from gateway.demo.council import Council
from gateway.service.wiring import opened
from gateway.story.notes import WITHHELD_BECAUSE
from gateway.vocabulary.facts import Fact
from gateway.vocabulary.transfer import Stage, TransferId


def by_rule(council: Council) -> Iterator[str]:
    configuration = council.configuration
    with opened(configuration, clock=council.clock, telemetry=council.telemetry) as gateway:
        for route in configuration.routes:
            for transfer in gateway.log.in_stage(Stage.ACKNOWLEDGED, route=route.name):
                entry = gateway.log.last(transfer, Stage.SEALED)
                if entry is not None:
                    yield from _one(route, transfer, dict(entry.receipt.facts))
                    yield ""


def _one(route: Route, transfer: TransferId, facts: Mapping[str, Fact]) -> Iterator[str]:
    yield f"{route.name} to {route.partner.name}, transfer {transfer}"
    yield _line("rows in the extract", facts["rows"])
    yield _line("released", facts["released"])
    for tier, count in _counts(facts, "tiers").items():
        yield _line(f"  with the tier '{tier}'", count)
    for field, count in _counts(facts, "fields").items():
        yield _line(f"  {field.replace('_', ' ')}", count)
    for reason, count in _counts(facts, "withheld").items():
        yield _line(f"withheld: {WITHHELD_BECAUSE.get(reason, reason)}", count)
    for reason, count in _counts(facts, "rejected").items():
        yield _line(f"rejected: {reason.replace('-', ' ')}", count)


def _counts(facts: Mapping[str, Fact], name: str) -> Mapping[str, int]:
    found = facts.get(name)
    return dict(sorted(found.items())) if isinstance(found, Mapping) else {}


def _line(words: str, count: Fact) -> str:
    return f"  {words:<62}{count:>8,}" if isinstance(count, int) else f"  {words}"
