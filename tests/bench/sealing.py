"""One large file sealed into a parcel, and a parcel opened, against stock age at the same bytes.

Ours does more for it: age neither deflates, nor hashes, nor signs, nor waits for the disk, and
when it opens it verifies no sender. Run as a module, it does the one or the other, once:

    python -m tests.bench.sealing seal FILE FOLDER RECIPIENT
    python -m tests.bench.sealing open FOLDER
"""

import random
import secrets
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.crypto.age import generate_identity, recipient_fingerprint
from gateway.crypto.age.identity_file import read_identities
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.opening import Answered, Reader, Sender, UnverifiedParcel
from gateway.seal.sealing import Addressee, Draft, Settled, Witness, seal
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.bench.measure import MB, Figures, Step, in_pairs, measured, median_of, seconds
from tests.bench.table import Row

LONGEST_SEALING, LONGEST_OPENING, MOST_MEMORY = 1.0, 1.25, 64 * MB
DOMAIN, SENDER, ME = "handoff.bench.example", "bench", "youth-support"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PARCEL, KEY, IDENTITY = "parcel", "sender-key", "identity"
PIECE = 1 << 20


def sealing(size: int, pairs: int, kept: Path, tell: Callable[[str], None]) -> list[Row]:
    """Two rows: `pairs` measured pairs of each after one that only warms up."""
    plain = extract(kept, size)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        folder = Path(name)
        recipient = keys(folder)
        sealed = in_pairs(
            pairs,
            lambda watched: (
                seal_by_age(folder, plain, recipient, watched=watched),
                _age(folder, "-r", recipient, plain, watched=watched),
            ),
        )
        opened = in_pairs(
            pairs,
            lambda watched: (
                _open(folder, watched=watched),
                _age(folder, "-d", "-i", folder / IDENTITY, _ciphertext(folder), watched=watched),
            ),
        )
    told = f"{size / 1e9:g} GB"
    tell(f"  {told}: sealed in {seconds(sealed)}; opened in {seconds(opened)}")
    return [
        _row(f"seal {told}", sealed, "age -r", LONGEST_SEALING),
        _row(f"open {told}", opened, "age -d", LONGEST_OPENING),
    ]


def extract(kept: Path, size: int) -> Path:
    """A file of invented rows as a handoff has them; made once."""
    path = kept / f"sealing-{size}.csv"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            rows = _rows()
            while file.tell() < size:
                file.write(rows[: size - file.tell()])
        unfinished.rename(path)
    return path


def _rows() -> bytes:
    chance = random.Random(7)
    first = ("Wilf", "Ottoline", "Noor", "Zofia", "Marlowe", "Thea", "Jamal", "Ines")
    last = ("Tarn", "Birch-Hale", "Okafor", "Quill", "Ferreira", "Nowak", "Lindqvist", "Ashby")
    return "".join(
        f"{chance.getrandbits(64):016x},{chance.choice(first)},{chance.choice(last)}{chance.choice(last).lower()},"
        f"{chance.randrange(1, 240)} {chance.choice(last)} Road,NM{chance.randrange(1, 9)} {chance.randrange(1, 9)}AB,"
        f"20{chance.randrange(7, 14):02}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}\r\n"
        for _ in range(200_000)
    ).encode()


def keys(folder: Path) -> str:
    identity = generate_identity()
    (folder / IDENTITY).write_text(identity.spelled() + "\n")
    (folder / KEY).write_bytes(SigningKey.generate_ed25519().openssh_private())
    return identity.recipient().spelled()


def seal_by_age(folder: Path, plain: Path, recipient: str, *, watched: bool) -> Figures:
    shutil.rmtree(folder / PARCEL, ignore_errors=True)
    return measured([_ours("seal", plain, folder, recipient)], folder, watched=watched)


def _open(folder: Path, *, watched: bool) -> Figures:
    """Ours and age's both find it in memory, as a parcel is that a server has just written: sealing leaves it on the disk."""
    with _ciphertext(folder).open("rb") as stream:
        Digest.of_stream(stream)
    return measured([_ours("open", folder)], folder, watched=watched)


def _age(folder: Path, *words: str | Path, watched: bool) -> Figures:
    out = folder / "by-age"
    out.unlink(missing_ok=True)
    *options, source = map(str, words)
    figures = measured([Step("age", ["age", *options, "-o", str(out), source])], folder, watched=watched)
    out.unlink()
    return figures


def _ours(*words: str | Path) -> Step:
    return Step("ours", [sys.executable, "-m", "tests.bench.sealing", *map(str, words)])


def _ciphertext(folder: Path) -> Path:
    return next((folder / PARCEL).glob("*.age"))


def _row(what: str, pairs: list[tuple[Figures, Figures]], by: str, longest: float) -> Row:
    ours, age = median_of([a for a, _ in pairs]), median_of([b for _, b in pairs])
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    return Row(
        what=what, ours=ours, comparator=age, by=by, ratio=ratio, longest=longest, most_memory=MOST_MEMORY
    )  # fmt: skip


def seal_once(plain: Path, folder: Path, recipient: str) -> None:
    into = folder / PARCEL
    into.mkdir(mode=0o700)
    key = SigningKey.load((folder / KEY).read_bytes())
    seal(draft_of(recipient), into, pieces(plain), lambda: Settled(rows=0), key=key, random=secrets.token_bytes)


def draft_of(recipient: str) -> Draft:
    return Draft(
        transfer=TransferId.new(AT, secrets.token_bytes), route="yss", scope="full", sequence=1, sender=SENDER,
        recipients=(Addressee(id=ME, recipient=recipient),), created=AT, release_by=AT + timedelta(hours=4),
        expires=AT + timedelta(days=30), salt=secrets.token_bytes(32), file_name="yss.bin", agreement="DSA-7",
        basis=("Education and Skills Act 2008, section 72",), retention="Destroy after twelve months", domain=DOMAIN,
        witness=Witness(note="a bench\n", since=0, proof=()),
    )  # fmt: skip


def open_once(folder: Path) -> None:
    key = SigningKey.load((folder / KEY).read_bytes())
    acts = ",".join(of_act(act, DOMAIN) for act in ("content", "envelope"))
    signers = Signers.parse(f'{SENDER} namespaces="{acts}" {key.public_line()}', source="the bench")
    identities = read_identities((folder / IDENTITY).read_bytes())
    keys = frozenset(recipient_fingerprint(identity.recipient().spelled()) for identity in identities)
    transfer = TransferId.parse(_ciphertext(folder).stem)
    ciphertext, signature, envelope = (folder / PARCEL / name for name in names_of(transfer))
    found = UnverifiedParcel(transfer=transfer, envelope=envelope.read_bytes(), signature=signature.read_bytes())
    parcel = found.verify(Sender(id=SENDER, domain=DOMAIN, signers=signers), AT)
    answered = Answered(expected=lambda route: 1, seen=lambda transfer: False)
    with tempfile.TemporaryDirectory(dir=folder) as private, ciphertext.open("rb") as stream:
        reader = Reader(id=ME, identities=identities, keys=keys)
        parcel.open([stream], Path(private), reader, answered, AT)


def pieces(plain: Path) -> Iterator[bytes]:
    with plain.open("rb", buffering=0) as stream:
        while piece := stream.read(PIECE):
            yield piece


def main(words: list[str]) -> None:
    if words[0] == "seal":
        seal_once(Path(words[1]), Path(words[2]), words[3])
    else:
        open_once(Path(words[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
