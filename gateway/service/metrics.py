"""What monitoring reads beside `gateway status`: how many stand where, what is late, how long the log is, when we looked."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gateway.contract.route import Route
from gateway.footing import textfile
from gateway.footing.textfile import Metric
from gateway.story.concerns import Concern
from gateway.story.gate import Gateway
from gateway.story.standing import open_transfers
from gateway.vocabulary.alert import Level

Labels = tuple[tuple[str, str], ...]


def write_metrics(gateway: Gateway, routes: Iterable[Route], at: datetime, concerns: Sequence[Concern]) -> None:
    """StorageError if the file cannot be written; LogBroken if the ledger cannot be believed."""
    textfile.write(gateway.workspace.metrics, _metrics(gateway, routes, at, concerns))


def _metrics(gateway: Gateway, routes: Iterable[Route], at: datetime, concerns: Sequence[Concern]) -> Iterator[Metric]:
    open_ones: Counter[Labels] = Counter(
        (("route", one.route), ("stage", str(one.stage))) for one in open_transfers(gateway, routes)
    )
    yield Metric(name="handoff_transfers_open", meaning="Handoffs that have not ended.", values=open_ones)
    told: Counter[Labels] = Counter({(("level", str(level)),): 0 for level in Level})
    told.update((("level", str(one.level)),) for one in concerns)
    yield Metric(name="handoff_concerns", meaning="What needs a person: gateway todo.", values=told)
    size = gateway.log.latest().checkpoint.size
    yield Metric(name="handoff_log_receipts", meaning="Receipts in the log.", values={(): size})
    yield Metric(
        name="handoff_looked_timestamp_seconds", meaning="When prepare last ended a round well.",
        values={(): int(at.timestamp())},
    )  # fmt: skip
