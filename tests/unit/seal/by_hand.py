"""Containers built by hand, member by member, and what reads and refuses them."""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import replace

import pytest

from gateway.seal import layout
from gateway.seal.unpacking import Container, ContainerReader
from gateway.vocabulary.errors import ParcelInvalid
from tests.simulators.council import CSV, build

MANIFEST, SIGNATURE = b'{"type":"handoff-manifest/v1"}\n', b"-----BEGIN SSH SIGNATURE-----\n"
WHOLE = build(CSV, MANIFEST, SIGNATURE)


def unpacked(pieces: Iterable[bytes], limit: int = 1 << 30) -> tuple[Container, bytes]:
    reader = ContainerReader(pieces)
    data = b"".join(reader.data(limit))
    return reader.finish(), data


def read(container: bytes, limit: int = 1 << 30, *, size: int = 1 << 20) -> bytes:
    """As it comes in pieces of `size`."""
    found, data = unpacked((container[at : at + size] for at in range(0, len(container), size)), limit)
    assert (found.manifest, found.signature, found.name, found.size) == (MANIFEST, SIGNATURE, "yss.csv", len(data))
    return data


def refused(container: bytes, *, size: int = 1 << 20) -> None:
    with pytest.raises(ParcelInvalid) as refusal:
        read(container, size=size)
    assert refusal.value.code == "container"


def stock(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


FOUR = (("yss.csv", CSV), ("padding", bytes(64)), ("manifest.json", MANIFEST), ("manifest.json.sig", SIGNATURE))


def around(member):
    """What stands before and behind a member's bytes."""
    if member.method == layout.DEFLATED:
        return layout.streamed_header(member.name), layout.descriptor(member)
    return layout.local_header(member.name, crc=member.crc, size=member.size), b""


def placed(members, bodies):
    """Where each member begins, and where the directory does."""
    found, end = [], 0
    for member, body in zip(members, bodies, strict=True):
        before, behind = around(member)
        found.append(replace(member, offset=end))
        end += len(before) + len(body) + len(behind)
    return found, end


def rebuilt(members, bodies, directory_members=None):
    """A container by hand: each member's header from `members`, the directory from `directory_members`."""
    out, at_their_places = b"", []
    for member, body in zip(members, bodies, strict=True):
        at = replace(member, offset=len(out))
        before, behind = around(at)
        out += before + body + behind
        at_their_places.append(at)
    given = directory_members or at_their_places
    told = [replace(d, offset=p.offset) for d, p in zip(given, at_their_places, strict=True)]
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
