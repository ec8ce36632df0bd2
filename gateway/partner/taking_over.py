"""Shows what was opened: manifest, its signature, and then the data. Running it again changes nothing."""

import hashlib
from pathlib import Path

from gateway.footing import durable
from gateway.seal.opening import OpenedParcel
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError


def take_over(folder: Path, opened: OpenedParcel) -> None:
    """Into `folder`, on the file system where the parcel was opened. The data's name appears last, and completes it.

    Raises:
        StorageError: the disk failed, or another content has one of these names.
    """
    transfer, file = opened.manifest.heading.transfer, opened.manifest.file
    _write_once(folder / f"{transfer}.manifest.json", opened.manifest_page)
    _write_once(folder / f"{transfer}.manifest.json.sig", opened.manifest_signature)
    target = folder / f"{transfer}{Path(file.name).suffix}"
    if not target.exists():
        durable.publish(opened.data, target)
    elif _digest_of(target) != file.digest:
        raise StorageError(
            f"{target.name} is there already, with another content", remedy="move it away and find out whose it is"
        )


def _write_once(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        durable.write_new(path, data)


def _digest_of(path: Path) -> Digest:
    with path.open("rb") as stream:
        return Digest(hashlib.file_digest(stream, "sha256").digest())
