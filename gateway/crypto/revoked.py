"""Keys that count no longer, wherever they stand: a list beside the signers files.

    # lost on the bus                       comments and empty lines are passed over
    SHA256:43 characters                    as ssh-keygen -l prints it
    ssh-ed25519 AAAA… jo@old-laptop         or a line of a .pub file, which `ssh-keygen -Y verify -r` reads as well

A line that cannot be understood refuses the whole list: it was meant to stop somebody.
"""

import re

from gateway.crypto.ssh_public import PublicKey
from gateway.vocabulary.errors import FormatInvalid, SignersInvalid

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def parse_revoked(text: str, *, source: str) -> frozenset[str]:
    """The fingerprints; SignersInvalid names the source and the line."""
    found = set()
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r").strip(" \t")
        if line and not line.startswith("#"):
            found.add(_fingerprint(line, f"{source}, line {number}"))
    return frozenset(found)


def _fingerprint(line: str, where: str) -> str:
    if _FINGERPRINT.fullmatch(line):
        return line
    try:
        return PublicKey.parse(line).fingerprint
    except FormatInvalid as error:
        raise SignersInvalid(
            f"{where}: neither a fingerprint nor a public key", remedy="write SHA256:… or paste the .pub file's line"
        ) from error
