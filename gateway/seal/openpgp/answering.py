"""An acknowledgement that a partner signed with gpg: `gpg --detach-sign` over the same canonical page.

OpenPGP knows no namespaces: what keeps a signature from serving for another act is the page's
own `type`, and that it names this transfer and this envelope, which `check` compares.
"""

from datetime import datetime

from gateway.seal.acknowledgement import LARGEST, Acknowledgement
from gateway.seal.openpgp.certificates import Certificate
from gateway.seal.openpgp.process import Declined, ask, spelled
from gateway.vocabulary.errors import AcknowledgementInvalid, FormatInvalid, KeyUnavailable

_REMEDY = "ask the partner what became of the parcel; the handoff stays unacknowledged until then"


def verify_answer(body: bytes, signature: bytes, certificate: Certificate, at: datetime) -> Acknowledgement:
    """The partner's word. Whether it is about the parcel in question is for `check` to say.

    Raises:
        AcknowledgementInvalid: too large, not signed by it, no acknowledgement, or the certificate has ended.
    """
    if max(len(body), len(signature)) > LARGEST:
        raise AcknowledgementInvalid("an acknowledgement is too large", remedy=_REMEDY)
    order = {
        "act": "verify", "certificate": spelled(certificate.data), "body": spelled(body), "signature": spelled(signature),
    }  # fmt: skip
    try:
        certificate.check(at)
        signer = ask(order)["fingerprint"].upper()
        answer = Acknowledgement.parse(body)
    except Declined as error:
        raise AcknowledgementInvalid(
            "an acknowledgement is not signed by the partner's certificate", remedy=_REMEDY
        ) from error
    except (FormatInvalid, KeyUnavailable) as error:
        raise AcknowledgementInvalid(f"an acknowledgement does not hold: {error.message}", remedy=_REMEDY) from error
    if signer != certificate.openpgp_fingerprint:
        raise AcknowledgementInvalid("an acknowledgement is signed by another certificate", remedy=_REMEDY)
    return answer
