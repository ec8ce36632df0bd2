"""Containers built by hand, member by member, and what reads and refuses them."""

import io
import zipfile
import zlib
from dataclasses import replace

import pytest

from gateway.seal import layout
from gateway.seal.unpacking import read_container
from gateway.vocabulary.errors import ParcelInvalid
from tests.simulators.council import CSV, build

MANIFEST, SIGNATURE = b'{"type":"handoff-manifest/v1"}\n', b"-----BEGIN SSH SIGNATURE-----\n"
WHOLE = build(CSV, MANIFEST, SIGNATURE)


def read(container: bytes, limit: int = 1 << 30) -> bytes:
    found = read_container(io.BytesIO(container))
    assert (found.manifest, found.signature, found.name) == (MANIFEST, SIGNATURE, "yss.csv")
    return b"".join(found.data(limit))


def refused(container: bytes, limit: int = 1 << 30) -> None:
    with pytest.raises(ParcelInvalid) as refusal:
        read(container, limit)
    assert refusal.value.code == "container"


def stock(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


FOUR = (("yss.csv", CSV), ("padding", bytes(64)), ("manifest.json", MANIFEST), ("manifest.json.sig", SIGNATURE))


def rebuilt(members, bodies, directory_members=None):
    """A container by hand: each member's header from `members`, the directory from `directory_members`."""
    out, placed = b"", []
    for member, body in zip(members, bodies, strict=True):
        at = replace(member, offset=len(out))
        before, behind = layout.around(at)
        out += before + body + behind
        placed.append(at)
    told = [replace(d, offset=p.offset) for d, p in zip(directory_members or placed, placed, strict=True)]
    return out + layout.directory(told, len(out))


def parts(data=CSV, name="yss.csv", padding=bytes(64)):
    raw = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = raw.compress(data) + raw.flush()
    members = [layout.Member(
        name=name, method=layout.DEFLATED, crc=zlib.crc32(data), packed=len(packed), size=len(data), offset=0
    )]  # fmt: skip
    stored = (("padding", padding), ("manifest.json", MANIFEST), ("manifest.json.sig", SIGNATURE))
    for its_name, body in stored:
        crc, size = zlib.crc32(body), len(body)
        members.append(layout.Member(name=its_name, method=layout.STORED, crc=crc, packed=size, size=size, offset=0))
    return members, [packed, *(body for _, body in stored)]
