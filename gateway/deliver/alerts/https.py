"""One request over HTTPS to an address that an operator wrote down: no redirect, no proxy, no cookie."""

import ssl
from collections.abc import Mapping
from http.client import HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from gateway.deliver.alerts.secured import connected
from gateway.vocabulary.errors import AlertUndelivered

PORT: Final = 443
MOST_HEARD: Final = 64 * 1024


def request(
    method: str, url: str, trusted: ssl.SSLContext, *, body: bytes | None = None, headers: Mapping[str, str]
) -> None:
    """AlertUndelivered unless the answer is of the 200s; what stands in it is not looked at."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORT
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with connected(host, port) as plain:
        client = HTTPSConnection(host, port, context=trusted)
        client.sock = trusted.wrap_socket(plain, server_hostname=host)
        try:
            client.request(method, target, body=body, headers={"User-Agent": "handoff-gateway", **headers})
            answer = client.getresponse()
            answer.read(MOST_HEARD)
        finally:
            client.close()
    if not 200 <= answer.status < 300:
        raise AlertUndelivered(f"answer-{answer.status}", f"{host} answers {answer.status}")
