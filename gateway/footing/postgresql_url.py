"""Where a PostgreSQL is: its URL, judged before any driver sees it. What is refused is never shown.

    postgresql+psycopg://USER@/DATABASE?host=/run/postgresql                     a Unix socket, USER by peer
    postgresql+psycopg://USER@HOST:5432/DATABASE?sslmode=verify-full&sslrootcert=…&passfile=…

No password: URLs stand in pages, in environments and in lists of processes. Over a network only
with a certificate that is verified to the name, since what passes there signs and releases.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

SCHEMES: Final = ("postgresql", "postgresql+psycopg")
_KEYS: Final = frozenset({"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile"})
_SECRETS: Final = frozenset({"password", "sslpassword"})
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
_EXAMPLE: Final = "such as postgresql+psycopg:///ledger?host=/run/postgresql"


def why_unfit(url: str) -> str | None:
    """The reason why this URL cannot be used, with what to do; None if it can."""
    try:
        parts = urlsplit(url)
        settings = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        secret, host = parts.password is not None, parts.hostname
        _ = parts.port
    except ValueError:
        return f"cannot be read as a URL: write one {_EXAMPLE}"
    if parts.scheme not in SCHEMES:
        return f"must be the URL of a PostgreSQL database, {_EXAMPLE}"
    if secret or any(key in _SECRETS for key, _ in settings):
        return "holds a password: take it out, and use peer on a Unix socket, or a file that passfile= names"
    if parts.fragment or not _NAME.fullmatch(parts.path.removeprefix("/")):
        return f"names no database of plain letters, {_EXAMPLE}"
    return _why_settings_are_unfit(host, settings)


def _why_settings_are_unfit(host: str | None, settings: list[tuple[str, str]]) -> str | None:
    known = dict(settings)
    if len(known) != len(settings) or not known.keys() <= _KEYS or not all(known.values()):
        return "has a setting twice, empty or not known here: " + ", ".join(sorted(_KEYS)) + " are"
    place = known.get("host", host)
    if place is None or (host and "host" in known) or "," in place:
        return f"must name one host: a Unix socket's folder, {_EXAMPLE}, or a server's name"
    if not place.startswith("/") and known.get("sslmode") != "verify-full":
        return "goes over a network without sslmode=verify-full, and anybody there could be the ledger"
    return None
