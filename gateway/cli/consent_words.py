"""One child's consent in words: what was said, in order, and what it comes to."""

from collections.abc import Sequence
from typing import Any

from gateway.cli.voice import Voice, counted
from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.consent import NOTHING, Opened, Standing
from gateway.story.register.showing import Shown
from gateway.vocabulary import moment


def say_child(voice: Voice, shown: Shown) -> None:
    voice.say(f"purpose {shown.purpose}, as it stands on {shown.day}")
    voice.say_table([_line(said) for said in shown.said])
    now = shown.standing
    if now.objected:
        voice.say("  at any age   withheld: an objection stands")
    voice.say(f"  under 16     {_opened(now.minor)}")
    voice.say(f"  from 16      {_own(now)}")
    voice.say()


def revoked_in_words(revoked: int) -> str:
    was = "was taken back and is" if revoked == 1 else "were taken back and are"
    return f"{counted(revoked, 'undelivered parcel')} {was} judged again"


def kept_back_in_words(routes: Sequence[str]) -> str:
    stand = "stands still: what is to be taken back there is taken back once it goes on"
    if len(routes) > 1:
        stand = "stand still: what is to be taken back there is taken back once they go on"
    return f"{', '.join(routes)} {stand}"


def plain(shown: Shown) -> dict[str, Any]:
    now = shown.standing
    return {
        "purpose": shown.purpose, "day": shown.day.isoformat(), "objected": now.objected,
        "under_16": sorted(now.minor.tiers), "under_16_fields": sorted(now.minor.fields),
        "from_16": sorted(now.own.tiers), "from_16_fields": sorted(now.own.fields),
        "from_16_given": now.own_given.isoformat() if now.own_given else None,
        "decisions": [_plain(said) for said in shown.said],
    }  # fmt: skip


def _line(said: DecisionRow) -> list[str]:
    until = f" until {said.expires}" if said.expires else ""
    evidence = f"evidence {said.evidence}" if said.evidence else ""
    return [f"  {said.given}", said.decided_by, f"{said.decision}{until}", _named(said), evidence]


def _named(said: DecisionRow) -> str:
    return ", ".join((*sorted(said.tiers), *sorted(said.fields)))


def _opened(opened: Opened) -> str:
    kinds = {"tiers": opened.tiers, "fields": opened.fields}
    named = [f"the {kind} {', '.join(sorted(those))}" for kind, those in kinds.items() if those]
    return f"the statutory floor, and {' and '.join(named)}" if named else "the statutory floor only"


def _own(now: Standing) -> str:
    if not now.own_given:
        return _opened(NOTHING)
    return f"{_opened(now.own)}, if {now.own_given} was the 16th birthday or later; else the floor only"


def _plain(said: DecisionRow) -> dict[str, Any]:
    return {
        "given": said.given.isoformat(), "decided_by": said.decided_by, "decision": said.decision,
        "tiers": sorted(said.tiers), "fields": sorted(said.fields),
        "expires": said.expires.isoformat() if said.expires else None, "notice": said.notice, "evidence": said.evidence,
        "recorded": moment.spell(said.recorded),
    }  # fmt: skip
