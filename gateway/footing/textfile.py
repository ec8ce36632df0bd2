"""Prometheus' text format, written whole for a textfile collector: no port is opened.

Numbers under names of ours with labels from closed vocabularies; a label that is no slug is a defect.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.footing import durable

READABLE = 0o644
"""By whoever collects it: it holds numbers alone."""
_NAME = re.compile(r"handoff_[a-z_]{1,60}")
_LABEL = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One gauge: a number for each set of labels."""

    name: str
    meaning: str
    values: Mapping[tuple[tuple[str, str], ...], float]


def spell(metrics: Iterable[Metric]) -> str:
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def write(path: Path, metrics: Iterable[Metric]) -> None:
    """The old numbers or the new, never a mixture."""
    durable.replace(path, spell(metrics).encode("ascii"), READABLE)


def _lines(metric: Metric) -> Iterator[str]:
    if not _NAME.fullmatch(metric.name):
        raise ValueError(f"{metric.name!r} is not the name of a metric of ours")
    yield f"# HELP {metric.name} {metric.meaning}"
    yield f"# TYPE {metric.name} gauge"
    for labels, value in sorted(metric.values.items()):
        spelled = ",".join(f'{name}="{_label(text)}"' for name, text in labels)
        yield f"{metric.name}{{{spelled}}} {value:g}" if spelled else f"{metric.name} {value:.15g}"


def _label(text: str) -> str:
    if not _LABEL.fullmatch(text):
        raise ValueError("a label of a metric is no slug")
    return text
