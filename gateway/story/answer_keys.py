"""With which key a partner answers: the SSH key on its page; or, where there is none, the certificate that parcels go to.

A partner that has gpg alone cannot cosign our log: it is no witness.
"""

from gateway.contract.partner import Partner
from gateway.crypto.ssh_keys import PublicKey
from gateway.seal.acknowledgement import Acknowledgement, UnverifiedAcknowledgement
from gateway.seal.openpgp import answering
from gateway.seal.openpgp.certificates import read_certificate
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import AcknowledgementInvalid, KeyUnavailable


def verify_answer(gateway: Gateway, partner: Partner, body: bytes, signature: bytes) -> tuple[Acknowledgement, str]:
    """The partner's word, and the fingerprint of the key that gave it.

    Raises:
        AcknowledgementInvalid: not signed by a key that counts, or no acknowledgement.
    """
    if partner.acknowledgement_key is not None:
        key = PublicKey.parse(partner.acknowledgement_key)
        return UnverifiedAcknowledgement.parse(body, signature).verify(key, domain=gateway.domain), key.fingerprint
    if partner.format != "openpgp":
        raise AcknowledgementInvalid("an answer came from a partner that signs none")
    return _by_certificate(gateway, partner, body, signature)


def _by_certificate(gateway: Gateway, partner: Partner, body: bytes, signature: bytes) -> tuple[Acknowledgement, str]:
    """Of the certificate in use, or of the one that is to follow."""
    refused = AcknowledgementInvalid("an acknowledgement is signed by no certificate of the partner's")
    for fingerprint in partner.recipients:
        try:
            certificate = read_certificate(gateway.workspace.certificates, fingerprint)
            return answering.verify_answer(body, signature, certificate, gateway.clock()), certificate.fingerprint
        except AcknowledgementInvalid as error:
            refused = error
        except KeyUnavailable as error:
            refused = AcknowledgementInvalid(error.message, remedy=error.remedy)
    raise refused
