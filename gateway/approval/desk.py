"""Finds, beside an extract, what people have signed, and verifies it.

    NAME.release            the statement
    NAME.release.sig        one signature
    NAME.release.<who>.sig  the others
    NAME.handoff.toml       remarks, bound by the statement's hash

A signature says by its namespace in which role it was made. It is verified against that
role's signers file, so a preparer's signature can never pass for an approver's, nor one
route's for another's.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.approval.rules import ROLES, Evidence, Reason, RoleSignature
from gateway.approval.statement import LARGEST, Statement
from gateway.crypto.signers import Signers
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing.drop_folder import DropFolder
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ExtractInvalid, GatewayError, SignatureMalformed, SignerRejected
from gateway.vocabulary.namespaces import of_route

LARGEST_SIGNATURE = 32 * 1024
MOST_SIGNATURES = 16


def statement_name(name: str) -> str:
    return f"{name}.release"


def remarks_name(name: str) -> str:
    return f"{name}.handoff.toml"


def is_there(name: str, present: Sequence[str]) -> bool:
    """`present` is sorted, as a folder's names are: it may have a hundred thousand."""
    place = bisect_left(present, name)
    return place < len(present) and present[place] == name


def signature_names(name: str, present: Sequence[str]) -> list[str]:
    """`present` as in `is_there`."""
    prefix, found = statement_name(name) + ".", []
    for place in range(bisect_left(present, prefix), len(present)):
        if not present[place].startswith(prefix):
            break
        if present[place].endswith(".sig"):
            found.append(present[place])
    return found


def evidence_beside(
    folder: DropFolder,
    name: str,
    present: Sequence[str] | None = None,
    *,
    route: str,
    domain: str,
    signers: Mapping[str, Signers],
    at: datetime,
) -> Evidence | None:
    """None if there is no statement yet; StatementInvalid if there is one that is not ours.

    `present`: the folder's names, for whoever has them; what came later is seen at the next look.
    """
    present = folder.names() if present is None else present
    if not is_there(statement_name(name), present):
        return None
    text = folder.read_small(statement_name(name), LARGEST)
    statement = Statement.parse(text)
    namespaces = {of_route(role, route, domain): role for role in ROLES}
    signatures, faults = [], []
    names = signature_names(name, present)
    for signature_name in names[:MOST_SIGNATURES]:
        try:
            if data := _signature(folder, signature_name):
                signatures.append(_verify(data, text, namespaces, signers, at))
        except (ExtractInvalid, SignatureMalformed, SignerRejected) as error:
            faults.append(Reason(_slug(error), error.message))
    if len(names) > MOST_SIGNATURES:
        faults.append(Reason("too-many-signatures", f"more than {MOST_SIGNATURES} signatures lie beside the file"))
    remarks = (
        Digest.of(folder.read_small(remarks_name(name), LARGEST)) if is_there(remarks_name(name), present) else None
    )
    return Evidence(statement=statement, signatures=tuple(signatures), faults=tuple(faults), remarks=remarks)


def refuse_useless(
    folder: DropFolder,
    name: str,
    signature: bytes,
    role: str,
    *,
    route: str,
    domain: str,
    signers: Mapping[str, Signers],
    at: datetime,
) -> None:
    """SignerRejected for a signature that would only refuse the file: not this role's, or by who signed as the other."""
    parsed, text = UnverifiedSignature.parse(signature), folder.read_small(statement_name(name), LARGEST)
    try:
        signed = signers[role].verify(parsed, text, of_route(role, route, domain), at)
    except SignerRejected as error:
        remedy = error.remedy
        if other := next((name for name in ROLES if name != role and signers[name].knows(parsed)), None):
            remedy = f"the key stands in keys/signers/{other}: sign with --role {other}"
        raise SignerRejected(error.code, error.message, remedy=remedy) from error
    beside = evidence_beside(folder, name, route=route, domain=domain, signers=signers, at=at)
    if beside and any(one.principal == signed.principal and one.role != role for one in beside.signatures):
        raise SignerRejected(
            "one-person-twice", f"{signed.principal} has signed in the other role already", remedy="somebody else signs"
        )


def _signature(folder: DropFolder, name: str) -> bytes:
    """Empty if it has gone since we looked, or if ssh-keygen has made the file and not yet written it."""
    if folder.identity(name) is None:
        return b""
    return folder.read_small(name, LARGEST_SIGNATURE)


def _verify(
    data: bytes, text: bytes, namespaces: Mapping[str, str], signers: Mapping[str, Signers], at: datetime
) -> RoleSignature:
    """`namespaces` says which role each of this route's namespaces stands for."""
    signature = UnverifiedSignature.parse(data)
    role = namespaces.get(signature.namespace)
    if role is None:
        raise SignerRejected(
            "wrong-namespace",
            "a signature was made for another act or another route",
            remedy="sign with " + " or ".join(f"-n {namespace}" for namespace in namespaces),
        )
    signed = signers[role].verify(signature, text, signature.namespace, at)
    return RoleSignature(role=role, principal=signed.principal, fingerprint=signed.fingerprint)


def _slug(error: GatewayError) -> str:
    if isinstance(error, SignerRejected):
        return error.code
    return "signature-malformed" if isinstance(error, SignatureMalformed) else "signature-unreadable"
