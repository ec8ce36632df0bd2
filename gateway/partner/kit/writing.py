"""Writes a partner's kit into a new folder. Everything in it may be seen by anybody.

START-HERE.md        the one page
council.signers      our signing key, and for what it counts
council.asc          our OpenPGP key for this partner, if it takes OpenPGP
receiver.toml        for `gateway receive`
successions.jsonl    how the keys of our log followed each other, if there was more than one
sftp-ROUTE.pub       the key that logs in at the partner's server
rehearsal/           a parcel of invented children; identity.txt, if the partner has told no key of its own yet
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.crypto.age import generate_identity
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.partner.kit.page import Council, Rehearsed, page, receiver_page, signers_line
from gateway.seal.sealing import Addressee, Draft, SealedParcel, Settled, Witness, seal
from gateway.vocabulary.transfer import TransferId

PAGE, REHEARSAL, IDENTITY = "START-HERE.md", "rehearsal", "identity.txt"
PUBLIC_MODE, SALT = 0o644, 32
LASTS: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is sealed for it: invented data, our log as it stands, and to whom; None for a key made for the kit.

    With `openpgp_key`, our key for the partner, it is sealed in OpenPGP.
    """

    data: bytes
    rows: int
    witness: Witness
    recipient: str | None
    openpgp_key: SigningKey | None = None
    version: int = 1


def write_kit(
    folder: Path,
    council: Council,
    partner: str,
    rehearsal: Rehearsal,
    *,
    key: SigningKey,
    at: datetime,
    random: Callable[[int], bytes],
) -> SealedParcel:
    """The kit in `folder`, which must not be there; the rehearsal's parcel, for the receipt.

    Raises:
        StorageError: a file is there already, or the disk failed.
    """
    durable.private_folder(folder)
    files = {
        "council.signers": signers_line(council).encode("ascii"),
        "receiver.toml": receiver_page(council, partner).encode("ascii"),
    }
    if council.openpgp:
        files["council.asc"] = council.openpgp.encode("ascii")
    if council.successions:
        files["successions.jsonl"] = council.successions
    for route, login in council.sftp.items():
        files[f"sftp-{route}.pub"] = f"{login.line(f'{route}@{council.domain}')}\n".encode("ascii")
    for name, data in files.items():
        durable.write_new(folder / name, data, PUBLIC_MODE)
    parcel = _seal(folder / REHEARSAL, council, partner, rehearsal, key=key, at=at, random=random)
    told = Rehearsed(transfer=parcel.parcel.transfer, rows=rehearsal.rows, own_key=rehearsal.recipient is None)
    durable.write_new(folder / PAGE, page(council, partner, told, files).encode("utf-8"), PUBLIC_MODE)
    return parcel


def _seal(
    folder: Path,
    council: Council,
    partner: str,
    rehearsal: Rehearsal,
    *,
    key: SigningKey,
    at: datetime,
    random: Callable[[int], bytes],
) -> SealedParcel:
    durable.private_folder(folder)
    recipient = rehearsal.recipient or _own_key(folder, random)
    draft = _draft(council, Addressee(id=partner, recipient=recipient), rehearsal.witness, at, random)
    draft = replace(draft, format="openpgp" if rehearsal.openpgp_key else "age", version=rehearsal.version)
    settled = Settled(rows=rehearsal.rows)
    return seal(
        draft, folder, [rehearsal.data], lambda: settled, key=key, random=random, openpgp_key=rehearsal.openpgp_key
    )


def _own_key(folder: Path, random: Callable[[int], bytes]) -> str:
    """For a partner that has not told its key: who has this one can read invented children, and nothing else."""
    identity = generate_identity(random)
    durable.write_new(folder / IDENTITY, f"{identity.spelled()}\n".encode("ascii"))
    return identity.recipient().spelled()


def _draft(
    council: Council, partner: Addressee, witness: Witness, at: datetime, random: Callable[[int], bytes]
) -> Draft:
    """On a route of its own, so that it uses up no number of a real one."""
    created = at.replace(microsecond=0)
    ends = created + LASTS
    return Draft(
        transfer=TransferId.new(created, random),
        route=f"rehearsal-{created:%Y%m%d%H%M%S}",
        scope="full",
        sequence=1,
        sender=council.sender,
        recipients=(partner,),
        created=created,
        release_by=created,
        expires=ends,
        salt=random(SALT),
        file_name="rehearsal.csv",
        agreement="REHEARSAL",
        basis=("a rehearsal: every child in it is invented",),
        retention=f"Delete it after the rehearsal. [keep until {ends:%Y-%m-%d}]",
        domain=council.domain,
        witness=witness,
    )
