"""`gateway receipts verify|prove|export`: what an auditor asks for. Needs the log's public key, and no private one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import configured
from gateway.cli.usage import typed_transfer
from gateway.cli.voice import Voice
from gateway.config.stores import ledger_url
from gateway.crypto.checkpoint import log_key
from gateway.crypto.note import Vkey
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing.ledger import Ledger, leaves
from gateway.receipts.entry import Entry
from gateway.receipts.evidence import CHECKER, write_checker, write_proofs
from gateway.receipts.proof import prove as proved
from gateway.receipts.succession import notes_in
from gateway.receipts.tiles import export as exported
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import KeyUnavailable, UsageError

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of lines.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    voice: Voice
    ledger: Ledger
    key: Vkey


def verify(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--every", help="Every checkpoint and its signature, however many.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verify the whole log: every receipt, every hash, every rung, and what was signed. Needs no private key."""
    with _kept(context) as kept:
        verified = verify_log(kept.ledger, kept.key, every=every)
    if as_json:
        kept.voice.say_json({"size": verified.size, "root": verified.root.hex(), "checkpoints": verified.checkpoints})
        return
    kept.voice.say(f"the log is whole: {verified.size} receipts, {verified.checkpoints} signed checkpoints")
    kept.voice.say(f"root {verified.root.hex()}")


def prove(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="A new folder; proof-TRANSFER if left out.")
    ] = None,
) -> None:
    """Write the receipts of one transfer with their proofs, and the script that checks them anywhere.

    For an auditor or the data protection officer: receipts hold counts rule by rule.
    """
    wanted = typed_transfer(transfer)
    folder = out or Path(f"proof-{wanted}")
    _refuse_present(folder)
    with _kept(context) as kept:
        with kept.ledger.reading() as tx:
            proofs = [proved(tx, Entry.read(row), kept.key) for row in leaves.of_transfer(tx, wanted)]
            successions = notes_in(tx)
        if not proofs:
            raise UsageError(f"there is no transfer {wanted}", remedy="'gateway receipts list' shows those there are")
        write_proofs(folder, proofs, kept.key, successions)
    kept.voice.say(f"{len(proofs)} receipts with their proofs are in {folder}")
    _say_how(kept, "*.tlog-proof")


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the whole log.")],
) -> None:
    """Write the whole log as C2SP tiles that other tools read, with the script that checks them anywhere."""
    _refuse_present(folder)
    with _kept(context) as kept:
        with kept.ledger.reading() as tx:
            size = exported(tx, kept.key, folder)
        write_checker(folder, kept.key)
    kept.voice.say(f"the log of {size} receipts is in {folder}")
    _say_how(kept, ".")


def _say_how(kept: _Kept, what: str) -> None:
    kept.voice.say(f"to check it there, offline:  python3 {CHECKER} --log '{kept.key.spelled}' {what}")


def _refuse_present(folder: Path) -> None:
    if folder.exists():
        raise UsageError("the folder is there already", remedy="name a new one: evidence is not mixed with other files")


@contextmanager
def _kept(context: typer.Context) -> Iterator[_Kept]:
    session, configuration = configured(context)
    path = configuration.workspace.public_keys / "log.pub"
    try:
        public = PublicKey.parse(path.read_text("utf-8"))
    except OSError as error:
        raise KeyUnavailable("keys/public/log.pub cannot be read", remedy="restore it: partners have it too") from error
    ledger = Ledger.open(ledger_url(configuration))
    try:
        yield _Kept(
            voice=session.voice,
            ledger=ledger,
            key=log_key(configuration.settings.log_origin, public.raw_ed25519()),
        )
    finally:
        ledger.close()
