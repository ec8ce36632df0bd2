"""One large file sealed in OpenPGP, against gpg at the same bytes; and a parcel in age against gpg as it comes.

`gpg -se -z 0` does the same as ours without hashing what it writes, and without waiting for the
disk. Run as a module, it seals once:

    python -m tests.bench.openpgp FILE FOLDER CERTIFICATE
"""

import secrets
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.sealing import Addressee, Settled, seal
from tests.bench.measure import MB, Figures, Step, in_pairs, measured, median_of, seconds
from tests.bench.sealing import KEY, ME, PARCEL, draft_of, extract, keys, pieces, seal_by_age
from tests.bench.table import Row
from tests.simulators.gnupg import Gpg, gnupg

LONGEST, LONGEST_AGE, MOST_MEMORY = 1.0, 1 / 3, 96 * MB


def openpgp(size: int, pairs: int, kept: Path, tell: Callable[[str], None]) -> list[Row]:
    """Two rows: `pairs` measured pairs of each after one that only warms up."""
    plain = extract(kept, size)
    with gnupg() as gpg, tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        folder = Path(name)
        recipient = keys(folder)
        gpg.make(ME)
        (folder / "certificate").write_text(gpg.certificate(ME))
        same = in_pairs(
            pairs,
            lambda watched: (
                _seal(folder, plain, watched=watched),
                _gpg(gpg, folder, plain, "-z", "0", watched=watched),
            ),
        )
        as_it_comes = in_pairs(
            pairs,
            lambda watched: (
                seal_by_age(folder, plain, recipient, watched=watched),
                _gpg(gpg, folder, plain, watched=watched),
            ),
        )
    told = f"{size / 1e9:g} GB"
    tell(f"  {told}: in OpenPGP {seconds(same)}; in age {seconds(as_it_comes)}")
    return [
        _row(f"seal {told} in OpenPGP", same, "gpg -se -z 0", LONGEST),
        _row(f"seal {told}", as_it_comes, "gpg -se", LONGEST_AGE),
    ]


def _seal(folder: Path, plain: Path, *, watched: bool) -> Figures:
    shutil.rmtree(folder / PARCEL, ignore_errors=True)
    command = [sys.executable, "-m", "tests.bench.openpgp", str(plain), str(folder), str(folder / "certificate")]
    return measured([Step("ours", command)], folder, watched=watched)


def _gpg(gpg: Gpg, folder: Path, plain: Path, *words: str, watched: bool) -> Figures:
    out = folder / "by-gpg"
    out.unlink(missing_ok=True)
    command = ["gpg", "--homedir", str(gpg.home), "--batch", "--quiet", "--trust-model", "always", "--pinentry-mode",
               "loopback", "--passphrase", "", *words, "-r", f"={ME}", "-o", str(out), "-se", str(plain)]  # fmt: skip
    figures = measured([Step("gpg", command)], folder, watched=watched)
    out.unlink()
    return figures


def _row(what: str, pairs: list[tuple[Figures, Figures]], by: str, longest: float) -> Row:
    ours, gpg = median_of([a for a, _ in pairs]), median_of([b for _, b in pairs])
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    return Row(what=what, ours=ours, comparator=gpg, by=by, ratio=ratio, longest=longest, most_memory=MOST_MEMORY)


def main(words: list[str]) -> None:
    plain, folder, certificate = map(Path, words)
    into = folder / PARCEL
    into.mkdir(mode=0o700)
    draft = replace(
        draft_of(""), format="openpgp", recipients=(Addressee(id=ME, recipient=certificate.read_text()),)
    )  # fmt: skip
    key = SigningKey.load((folder / KEY).read_bytes())
    seal(
        draft, into, pieces(plain), lambda: Settled(rows=0), key=key, random=secrets.token_bytes,
        openpgp_key=SigningKey.generate_ed25519(),
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
