"""`gateway partner probe`: connect, find out what the server can do, and compare it with the last time."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli.opening import configured
from gateway.deliver.profile import CLOCKS_DIFFER, Profile, downgrades
from gateway.service.probing import probe as probe_partner
from gateway.vocabulary.errors import NeedsPerson

_RENAME = {
    "refuses": "refused, as it should be",
    "overwrites": "replaces what has the name: names are looked at first, and that is all the fence there is",
    "forbidden": "all renaming is forbidden: nothing can be delivered",
}


def probe(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name, as its page has it.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> int:
    """Connect to a partner's server and find out what it can do; two small files are made and removed.

    What was found is kept, and compared with what was found before: whatever is worse is
    told, and it leaves with 3. A partner that was not contacted any more, because it had
    refused us or shown another host key, is contacted again once a probe went well.
    """
    session, configuration = configured(context)
    probed = probe_partner(configuration, name, session.clock())
    worse = [*downgrades(probed.before, probed.now)] if probed.before else []
    if as_json:
        session.voice.say_json({"partner": name, "route": probed.route, "worse": worse} | asdict(probed.now))
    else:
        session.voice.say_table([*_lines(probed.now)])
        for sentence in worse:
            session.voice.tell(f"worse than before: {sentence}")
    return NeedsPerson.exit_code if worse or probed.now.rename == "forbidden" else 0


def _lines(now: Profile) -> Iterator[tuple[str, str]]:
    yield "server", now.server
    yield "host key", now.host_key
    yield "key exchange", f"{now.kex}, {'post-quantum' if now.post_quantum else 'not post-quantum'}"
    yield "cipher", now.cipher
    yield "a name that is taken", _RENAME[now.rename]
    yield "verified by", _verified(now)
    yield "made durable", _yes(now.durable)
    yield "goes on after a break", _yes(now.resume)
    yield "we may delete", _yes(now.removes)
    yield "bytes a request", f"{now.write_size:,}"
    yield "its clock", _clock(now.clock_ahead)


def _verified(now: Profile) -> str:
    if now.server_hash:
        return "the server's own SHA-256"
    return "reading back, and size where a file is large" if now.reads else "size alone"


def _clock(ahead: int | None) -> str:
    if ahead is None:
        return "not told"
    return "as ours" if abs(ahead) <= CLOCKS_DIFFER else f"{abs(ahead)} seconds {'ahead' if ahead > 0 else 'behind'}"


def _yes(so: bool) -> str:
    return "yes" if so else "no"
