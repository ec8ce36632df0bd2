"""The signers files under `keys/signers`, read with what revokes their keys.

keys/signers/prepare, approve, route    who may sign in a role
keys/signers/revoked                    keys that count no longer; without the file, none is revoked
"""

from functools import lru_cache
from pathlib import Path

from gateway.crypto.revoked import parse_revoked
from gateway.crypto.signers import Signers
from gateway.footing.workspace import Workspace
from gateway.vocabulary.errors import SignersInvalid

MOST_KEPT = 16


def read_signers(workspace: Workspace, role: str, *, pin: bool = False) -> Signers:
    """SignersInvalid if a file is missing or malformed. `pin`: only a security key counts, unlocked with its PIN."""
    source = f"keys/signers/{role}"
    text = _text(workspace.signers(role), source)
    return _signers(text, source, read_revoked(workspace), pin)


@lru_cache(maxsize=MOST_KEPT)
def _signers(text: str, source: str, revoked: frozenset[str], pin: bool) -> Signers:
    """Read at every round and for every route: the same words are the same people."""
    return Signers.parse(text, source=source, revoked=revoked, pin=pin)


def read_revoked(workspace: Workspace) -> frozenset[str]:
    source, path = "keys/signers/revoked", workspace.signers("revoked")
    return parse_revoked(_text(path, source), source=source) if path.is_symlink() or path.exists() else frozenset()


def _text(path: Path, source: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SignersInvalid(
            f"{source} cannot be read", remedy="write one line a person, as UTF-8, or run 'gateway doctor'"
        ) from error
