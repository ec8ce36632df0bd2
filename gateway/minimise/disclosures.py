"""What one transfer released about each child in scope, and what it withheld and why.

A Parquet file a transfer: the subject's pseudonym and the verdict, sorted, with a bloom filter,
so that one child is found in hundreds of files within a moment. What a verdict means is in the
file itself and in the ledger, as it was when the file was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.contract.policy import Policy
from gateway.minimise.session import EngineFailed, Session
from gateway.minimise.verdicts import RELEASED, WITHHELD, tiers_of
from gateway.vocabulary import canonical
from gateway.vocabulary.errors import GatewayError, StorageError

TYPE = "handoff-disclosures/v1"
MEMORY_MB = 128
NOT_CONSENTED = "no-consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedFile:
    """`meta` as the ledger has it."""

    transfer: str
    path: Path
    meta: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What one row said: the fields that left, and of those that did not, why not."""

    transfer: str
    subject: bytes
    released: frozenset[str]
    withheld: Mapping[str, str]


def meaning(policy: Policy) -> str:
    """What each verdict of a run under this policy says about the fields of its output, as canonical JSON."""
    fields = [column.field for column in policy.output]
    verdicts = {str(verdict): _released(verdict, policy, fields) for verdict in RELEASED}
    verdicts |= {
        str(verdict): {"released": [], "withheld": dict.fromkeys(fields, why)} for verdict, why in WITHHELD.items()
    }
    return canonical.encode({"type": TYPE, "verdicts": verdicts}).decode("ascii").strip()


def disclosed(files: Sequence[DisclosedFile], subjects: frozenset[bytes]) -> list[Disclosed]:
    """All rows about these subjects, file by file.

    Raises:
        StorageError: a file cannot be read, or says something that the ledger does not explain.
    """
    return [row for file in files for row in _in_file(file, subjects)]


def _released(verdict: int, policy: Policy, fields: Sequence[str]) -> dict[str, Any]:
    open_tiers = tiers_of(verdict)
    tier_fields = {"consented": policy.consented_fields, "special": policy.special_fields}
    opened = {"reference", *policy.floor.fields}.union(*(tier_fields[tier] for tier in open_tiers))
    return {
        "released": [field for field in fields if field in opened],
        "withheld": {field: NOT_CONSENTED for field in fields if field not in opened},
    }


def _in_file(file: DisclosedFile, subjects: frozenset[bytes]) -> list[Disclosed]:
    try:
        verdicts = _verdicts(file.meta)
        return [
            Disclosed(
                transfer=file.transfer,
                subject=subject,
                released=frozenset(verdicts[str(verdict)]["released"]),
                withheld=verdicts[str(verdict)]["withheld"],
            )
            for subject, verdict in _rows(file.path, sorted(subjects))
        ]
    except (GatewayError, EngineFailed, OSError, KeyError, TypeError) as error:
        raise StorageError(
            f"the disclosures of {file.transfer} cannot be read", remedy="restore the file from the last backup"
        ) from error


def _verdicts(meta: str) -> dict[str, Any]:
    page = canonical.decode(f"{meta}\n".encode("ascii"), what="a file's meaning")
    if page["type"] != TYPE:
        raise KeyError("type")
    verdicts: dict[str, Any] = page["verdicts"]
    return verdicts


def _rows(path: Path, subjects: list[bytes]) -> list[tuple[bytes, int]]:
    with path.open("rb") as stream:
        name = f"/dev/fd/{stream.fileno()}"
        # a condition a subject, so that the engine asks bloom filters and skips row groups
        wanted = " OR ".join(f"subject = $subject_{number}" for number in range(len(subjects))) or "false"
        query = f"SELECT subject, verdict FROM read_parquet('{name}') WHERE {wanted} ORDER BY ALL"  # noqa: S608 - a descriptor
        with Session.opened(memory_mb=MEMORY_MB, threads=1, files=(name,)) as session:
            return session.rows(query, {f"subject_{number}": value for number, value in enumerate(subjects)})
