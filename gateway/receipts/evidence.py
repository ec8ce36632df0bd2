"""Evidence as files for an auditor: proofs beside their receipts, and the script that checks them without us.

Everything is 0600: a receipt as it stands in the log has its counts rule by rule, which are for
auditors and the data protection officer (DESIGN §3.7). The log's key lies beside it to be
compared with the one that the auditor has from elsewhere.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from gateway.crypto.note import Vkey
from gateway.footing import durable
from gateway.receipts import succession
from gateway.receipts.proof import Proof

CHECKER, KEY = "check_receipts.py", "log.vkey"


def write_proofs(folder: Path, proofs: Sequence[Proof], key: Vkey, successions: Sequence[bytes] = ()) -> None:
    """NAME.json and NAME.tlog-proof for each, into a new folder. StorageError if it is there already.

    `successions` lead from any key that the log had to any other, for whoever has one of them.
    """
    durable.new_private_folder(folder)
    for proof in proofs:
        name = f"receipt-{proof.entry.index}"
        durable.write_new(folder / f"{name}.json", proof.entry.body)
        durable.write_new(folder / f"{name}.tlog-proof", proof.spelled().encode())
    succession.write(folder, successions)
    write_checker(folder, key)


def write_checker(folder: Path, key: Vkey) -> None:
    durable.write_new(folder / KEY, f"{key.spelled}\n".encode())
    durable.write_new(folder / CHECKER, (files("gateway.receipts") / "stand_alone" / CHECKER).read_bytes())
