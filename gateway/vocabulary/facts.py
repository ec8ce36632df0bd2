"""The allow-list: all that may ever be written into a log line, a receipt or a metric.

Every fact has a kind, and every kind a shape that no name, address, date of birth, UPN
or file name fits: identifiers of ours, digests, fingerprints, counts, times, and slugs
from closed vocabularies (routes, stages, rules, reasons, fields' standard names).
A fact that is not listed, or has another shape, is a defect and raises: it is never
written and never cut to fit.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

Scalar = int | str | bool
Fact = Scalar | tuple[Scalar, ...] | Mapping[str, int]

_NO_CHILD = r"(?!\d{4}-\d\d-\d\d\Z)(?![A-Za-z]\d{11}[0-9A-Za-z]\Z)(?!\d{10}\Z)"
"""Neither a date, nor a UPN, nor a ULN, whatever the kind would allow."""
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*")
_PATTERNS: Final = {
    "slug": re.compile(r"(?=.{1,64}\Z)" + _SLUG.pattern),
    "hex": re.compile(r"[0-9a-f]{8,128}"),
    "fingerprint": re.compile(r"(?:SHA256:[A-Za-z0-9+/]{43}|[a-z0-9./-]{1,253}\+[0-9a-f]{8})"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z"),
    "id": re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}"),
    "version": re.compile(_NO_CHILD + r"[A-Za-z0-9][A-Za-z0-9._@:/+-]{0,79}"),
    "verifier_key": re.compile(r"[a-z0-9./-]{1,253}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}"),
    "signature": re.compile(r"[A-Za-z0-9+/]{91}="),
    "reference": re.compile(_NO_CHILD + r"[A-Z0-9][A-Z0-9./-]{0,39}"),
}

KINDS: Final[dict[str, str]] = {
    # what and where
    "transfer": "id", "supersedes": "id", "route": "slug", "partner": "slug", "stage": "slug",
    "scope": "slug", "sequence": "count", "attempt": "count", "purpose": "slug",
    # evidence
    "extract": "hex", "statement": "hex", "manifest": "hex", "envelope": "hex", "ciphertext": "hex",
    "disclosures": "hex", "references": "hex", "route_hash": "hex", "policy_hash": "hex", "rules": "hex", "register": "hex", "holds": "hex",
    "acknowledgement": "hex", "checkpoint": "hex", "subject": "hex", "build": "hex", "origin": "version",
    # people and keys, by fingerprint only
    "signer": "fingerprint", "signers": "fingerprints", "sender_key": "fingerprint",
    "recipient_key": "fingerprint", "host_key": "fingerprint", "partner_key": "fingerprint",
    "log_key": "fingerprint", "key": "fingerprint", "old_key": "fingerprint", "role": "slug", "uid": "count",
    "verifier_keys": "verifier_keys", "signatures": "signatures", "generation": "count",
    # counts
    "rows": "count", "size": "count", "released": "count", "not_released": "count",
    "withheld": "counts", "rejected": "counts", "fields": "counts", "tiers": "counts", "tree_size": "count",
    "decisions": "counts", "matches": "count", "index": "count", "missing": "count", "count": "count",
    # words from closed vocabularies
    "reasons": "slugs", "reason": "slug", "rule": "slug", "event": "slug", "error": "slug", "level": "slug",
    "disposition": "slug", "code": "slug", "verdict": "slug", "column": "slug", "columns": "slugs", "half": "slug",
    "kind": "slug", "agreement": "reference", "direction": "reference", "reference": "reference", "signature_roles": "slugs",
    # transport
    "kex": "version", "cipher": "version", "mac": "version", "host_key_type": "version",
    "server": "version", "strict_kex": "flag", "post_quantum": "flag", "verified_by": "slug",
    "already_there": "flag",
    # times and versions
    "created": "time", "release_by": "time", "expires": "time", "observed": "time", "answered": "time",
    "seconds": "count", "milliseconds": "count", "version": "version", "at": "time", "where": "version",
}  # fmt: skip


class Facts(Mapping[str, Fact]):
    """A frozen mapping of allow-listed facts. ValueError for anything else."""

    __slots__ = ("_facts",)

    def __init__(self, **facts: Fact) -> None:
        for name, value in facts.items():
            _admit(name, value)
        self._facts = dict(facts)

    def __getitem__(self, name: str) -> Fact:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __or__(self, other: "Facts") -> "Facts":
        return Facts(**{**self._facts, **other._facts})

    def plain(self) -> dict[str, object]:
        """As JSON values, for canonical encoding."""
        return {name: _plain(value) for name, value in self._facts.items()}


def _admit(name: str, value: Fact) -> None:
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"the fact {name!r} is not on the allow-list")
    if not _fits(kind, value):
        raise ValueError(f"the fact {name!r} does not have the shape of a {kind}")


def _fits(kind: str, value: Fact) -> bool:
    if kind == "count":
        return type(value) is int and value >= 0
    if kind == "flag":
        return type(value) is bool
    if kind == "counts":
        return isinstance(value, Mapping) and all(
            _fits("slug", key) and _fits("count", count) for key, count in value.items()
        )
    if kind in ("slugs", "fingerprints", "verifier_keys", "signatures"):
        return isinstance(value, tuple) and all(_fits(kind[:-1], item) for item in value)
    return isinstance(value, str) and _PATTERNS[kind].fullmatch(value) is not None


def _plain(value: Fact) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
