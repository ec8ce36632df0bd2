"""The receiving body: endpoint, pinned host keys, encryption key, acknowledgement key (`config/partners/`)."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.document import Document
from gateway.contract.fields import Slug

Folder = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*$")]


class Endpoint(Document):
    """Where parcels are put and answers are found: SFTP to a pinned host."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    username: Annotated[str, Field(min_length=1, max_length=64)]
    host_keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)]
    """OpenSSH public keys; the server must show one of them. None pinned: the route does not start."""
    inbox: Folder = "inbox"
    acknowledgements: Folder = "acknowledgements"
    require_post_quantum: bool = False


class Partner(Document):
    partner: Annotated[str, Field(pattern=Slug)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    endpoint: Endpoint
    recipient: Annotated[str, Field(pattern=r"^age1[0-9a-z]{58,2000}$")]
    """The age recipient that parcels are sealed to."""
    acknowledgement: Literal["signed", "manual", "none"] = "signed"
    acknowledgement_key: Annotated[str, Field(min_length=1)] | None = None
    """OpenSSH Ed25519 public key: signs answers, cosigns the log's checkpoints."""
    ack_within: timedelta = timedelta(hours=24)
    parcel_version: Literal[1] = 1
