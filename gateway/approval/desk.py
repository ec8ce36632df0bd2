"""Finds, beside an extract, what people have signed, and verifies it.

    NAME.release            the statement
    NAME.release.sig        one signature
    NAME.release.<who>.sig  the others
    NAME.handoff.toml       remarks, bound by the statement's hash

A signature says by its namespace in which role it was made. It is verified against that
role's signers file, so a preparer's signature can never pass for an approver's, nor one
route's for another's.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from gateway.approval.rules import ROLES, Evidence, Reason, RoleSignature
from gateway.approval.statement import LARGEST, Statement
from gateway.crypto.signers import Signers
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing.drop_folder import DropFolder
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import GatewayError, SignatureInvalid, SignatureMalformed
from gateway.vocabulary.namespaces import of_route

LARGEST_SIGNATURE = 32 * 1024
MOST_SIGNATURES = 16


def statement_name(name: str) -> str:
    return f"{name}.release"


def remarks_name(name: str) -> str:
    return f"{name}.handoff.toml"


def signature_names(name: str, present: list[str]) -> list[str]:
    prefix = statement_name(name) + "."
    return [n for n in present if n.startswith(prefix) and n.endswith(".sig")][:MOST_SIGNATURES]


def evidence_beside(
    folder: DropFolder, name: str, *, route: str, domain: str, signers: Mapping[str, Signers], at: datetime
) -> Evidence | None:
    """None if there is no statement yet; StatementInvalid if there is one that is not ours."""
    present = folder.names()
    if statement_name(name) not in present:
        return None
    text = folder.read_small(statement_name(name), LARGEST)
    statement = Statement.parse(text)
    signatures, faults = [], []
    for signature_name in signature_names(name, present):
        try:
            data = folder.read_small(signature_name, LARGEST_SIGNATURE)
            signatures += list(_verify(data, text, route, domain, signers, at))
        except (SignatureInvalid, SignatureMalformed) as error:
            faults.append(Reason(_slug(error), error.message))
    remarks = Digest.of(folder.read_small(remarks_name(name), LARGEST)) if remarks_name(name) in present else None
    return Evidence(statement=statement, signatures=tuple(signatures), faults=tuple(faults), remarks=remarks)


def _verify(
    data: bytes, text: bytes, route: str, domain: str, signers: Mapping[str, Signers], at: datetime
) -> Iterator[RoleSignature]:
    signature = UnverifiedSignature.parse(data)
    for role in ROLES:
        namespace = of_route(role, route, domain)
        if signature.namespace == namespace:
            signed = signers[role].verify(signature, text, namespace, at)
            yield RoleSignature(role=role, principal=signed.principal, fingerprint=signed.fingerprint)
            return
    raise SignatureInvalid(
        "a signature was made for another act or another route",
        remedy=f"sign with -n {of_route('prepare', route, domain)} or -n {of_route('approve', route, domain)}",
    )


def _slug(error: GatewayError) -> str:
    if isinstance(error, SignatureMalformed):
        return "signature-malformed"
    return str(getattr(error, "code", "signature-invalid"))
