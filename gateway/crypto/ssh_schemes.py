"""How SSH keys sign: one function a scheme, each verifying what one kind of key signed.

Each takes the key and the signature, both read up to their type, and the signed bytes; it
returns if the signature is right and raises if it is not: `InvalidSignature` and ValueError
come from the library, FormatInvalid from the reading. References: RFC 8709 §6 (Ed25519),
RFC 8332 §3 (RSA), RFC 5656 §3.1.2 (ECDSA).
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gateway.crypto.ssh_wire import Reader

CURVES: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}


def verify_ed25519(key: Reader, signature: Reader, signed: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(key.string()).verify(signature.string(), signed)


def verify_rsa_sha256(key: Reader, signature: Reader, signed: bytes) -> None:
    _verify_rsa(key, signature, signed, hashes.SHA256())


def verify_rsa_sha512(key: Reader, signature: Reader, signed: bytes) -> None:
    _verify_rsa(key, signature, signed, hashes.SHA512())


def verify_ecdsa(key: Reader, signature: Reader, signed: bytes) -> None:
    curve, algorithm = CURVES[key.string()]
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, key.string())
    public.verify(ecdsa_der(signature.string()), signed, ec.ECDSA(algorithm))


def ecdsa_der(data: bytes) -> bytes:
    """From SSH's two integers to the library's spelling of them."""
    reader = Reader(data, "an ECDSA signature")
    r, s = reader.mpint(), reader.mpint()
    reader.end()
    return encode_dss_signature(r, s)


def _verify_rsa(key: Reader, signature: Reader, signed: bytes, algorithm: hashes.HashAlgorithm) -> None:
    exponent, modulus = key.mpint(), key.mpint()
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    public.verify(signature.string(), signed, padding.PKCS1v15(), algorithm)
