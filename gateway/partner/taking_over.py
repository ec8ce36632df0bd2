"""Shows what was opened: manifest, its signature, and then the data.

    received/TRANSFER.manifest.json, .manifest.json.sig     evidence, which stays; of a parcel in OpenPGP `gpg --verify` takes it
    received/TRANSFER.csv                                   a `full` or `changes` parcel's data
    received/TRANSFER-removal.csv                           what is to be taken away, for whoever loads files by hand

Running it again changes nothing.
"""

import hashlib
from pathlib import Path

from gateway.footing import durable
from gateway.seal.manifest import Manifest
from gateway.seal.opening import OpenedParcel
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId


def take_over(folder: Path, opened: OpenedParcel) -> None:
    """Into `folder`, on the file system where the parcel was opened. The data's name appears last, and completes it.

    Raises:
        StorageError: the disk failed, or another content has one of these names.
    """
    keep_evidence(folder, opened)
    file, target = opened.manifest.file, data_path(folder, opened.manifest)
    if not target.exists():
        durable.publish(opened.data, target)
    elif _digest_of(target) != file.digest:
        raise StorageError(
            f"{target.name} is there already, with another content", remedy="move it away and find out whose it is"
        )


def keep_evidence(folder: Path, opened: OpenedParcel) -> None:
    """The manifest and its signature: what was sent, by whom, on which terms; nothing of any child."""
    transfer = opened.manifest.heading.transfer
    _write_once(manifest_path(folder, transfer), opened.manifest_page)
    _write_once(folder / f"{transfer}.manifest.json.sig", opened.manifest_signature)


def manifest_path(folder: Path, transfer: TransferId) -> Path:
    return folder / f"{transfer}.manifest.json"


def data_path(folder: Path, manifest: Manifest) -> Path:
    what = "-removal" if manifest.scope == "removal" else ""
    return folder / f"{manifest.heading.transfer}{what}{Path(manifest.file.name).suffix}"


def _write_once(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        durable.write_new(path, data)


def _digest_of(path: Path) -> Digest:
    with path.open("rb") as stream:
        return Digest(hashlib.file_digest(stream, "sha256").digest())
