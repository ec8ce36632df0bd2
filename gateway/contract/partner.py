"""The receiving body: endpoint, pinned host keys, encryption key, acknowledgement key (`config/partners/`)."""

import re
from datetime import date, timedelta
from ipaddress import IPv6Address
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from gateway.contract.document import Document
from gateway.contract.fields import Slug
from gateway.vocabulary.parcel import ParcelFormat

LONGEST_ROTATION = timedelta(days=90)
HOST: Final = r"^[\w.:%-]+$"
USERNAME: Final = r"^\S+$"
Window = Annotated[
    str,
    Field(
        pattern=r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))? "
        r"(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$"
    ),
]
Folder = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*$")]


def _is_host(host: str) -> str:
    if ":" in host:
        try:
            IPv6Address(host)
        except ValueError as error:
            raise ValueError("is the server's name or address alone: its port stands in 'port'") from error
    return host


Host = Annotated[str, Field(pattern=HOST, max_length=253), AfterValidator(_is_host)]


class Rotation(Document):
    """The server's next host key. From `begins` it is taken beside the old ones, after `ends` alone; days are London's."""

    host_key: Annotated[str, Field(min_length=1)]
    begins: date
    ends: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.begins <= self.ends <= self.begins + LONGEST_ROTATION:
            raise ValueError("must end on or after the day it begins, and within 90 days")
        return self


class Endpoint(Document):
    """Where parcels are put and answers are found: SFTP to a pinned host."""

    kind: Literal["sftp"] = "sftp"
    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    username: Annotated[str, Field(pattern=USERNAME, max_length=64)]
    host_keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)]
    """OpenSSH public keys; the server must show one of them. None pinned: the route does not start."""
    rotation: Rotation | None = None
    inbox: Folder = "inbox"
    acknowledgements: Folder = "acknowledgements"
    require_post_quantum: bool = False
    windows: tuple[Window, ...] = ()
    """When parcels are put and answers fetched, London time: `Mon-Fri 07:00-19:00`. None: always."""
    kilobytes_per_second: Annotated[int, Field(ge=16, le=10_000_000)] | None = None
    connections: Annotated[int, Field(ge=1, le=16)] = 4
    """So many at a time, of all routes to this server together."""

    def pinned(self, day: date) -> tuple[str, ...]:
        """The host keys that are taken on this London day."""
        if self.rotation is None or day < self.rotation.begins:
            return self.host_keys
        old = self.host_keys if day <= self.rotation.ends else ()
        return (*old, self.rotation.host_key)


OPENPGP_FINGERPRINT: Final = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
Recipient = Annotated[
    str, Field(pattern=r"^(?:age1[0-9a-z]{58,2000}|ssh-ed25519 [A-Za-z0-9+/]{68}|[0-9A-F]{40}|[0-9A-F]{64})$")
]


class UploadEndpoint(Document):
    """A folder of the council's own: a person opens what lies there, and uploads it to a portal by hand."""

    kind: Literal["upload"]
    folder: Annotated[str, Field(pattern=r"^/?[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*$", max_length=1000)]
    """Relative to the home folder, or absolute; it is there, and its owner may delete in it."""


def _kind(value: Any) -> str:
    """Without a kind it is SFTP."""
    return str(value.get("kind", "sftp") if isinstance(value, dict) else getattr(value, "kind", "sftp"))


AnyEndpoint = Annotated[
    Annotated[Endpoint, Tag("sftp")] | Annotated[UploadEndpoint, Tag("upload")], Discriminator(_kind)
]


class Partner(Document):
    partner: Annotated[str, Field(pattern=Slug)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    endpoint: AnyEndpoint
    format: Annotated[ParcelFormat, Field(exclude_if=lambda form: form == "age")] = "age"
    """Left out of what is signed where it is age: pages without it keep their signatures."""
    recipient: Recipient
    """What parcels are sealed to: an age recipient, or an Ed25519 SSH key without its comment; in OpenPGP the
    certificate's fingerprint, and the certificate itself lies in keys/openpgp."""
    next_recipient: Recipient | None = None
    """Parcels are sealed to this as well, while the partner changes its key."""
    acknowledgement: Literal["signed", "manual", "none"] = "signed"
    acknowledgement_key: Annotated[str, Field(min_length=1)] | None = None
    """OpenSSH Ed25519 public key: signs answers, cosigns the log's checkpoints. A partner with gpg alone has none,
    and signs answers with its certificate."""
    ack_within: timedelta = timedelta(hours=24)
    parcel_version: Literal[1, 2] = 1
    """What is written for it: version 2 also says the format, and what a manifest of its own weighs."""

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        """ValueError unless its keys are of the kind that its format seals to, and a person needs no gpg here."""
        if any(bool(OPENPGP_FINGERPRINT.fullmatch(key)) != (self.format == "openpgp") for key in self.recipients):
            raise ValueError(
                "a recipient is an age recipient; with format openpgp, and only then, a certificate's fingerprint"
            )
        if self.format == "openpgp" and isinstance(self.endpoint, UploadEndpoint):
            raise ValueError('what a person of ours opens is sealed with age: format = "openpgp" is for a server')
        return self

    @property
    def recipients(self) -> tuple[str, ...]:
        """The key in use, then the one that is to follow."""
        return (self.recipient, self.next_recipient) if self.next_recipient else (self.recipient,)
