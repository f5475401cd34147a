"""A certificate authority of this machine's own, and the certificate it signs for the local cluster's Ingress."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from daira.local.content import write_private
from daira.local.machine import Machine

CA_DAYS = 3650
LEAF_DAYS = 365
RENEW_DAYS = 30


@dataclass(frozen=True)
class Certificate:
    """PEM files: the chain to serve, its private key, and the authority to trust."""

    chain: Path
    key: Path
    authority: Path


def issue(machine: Machine, names: list[str]) -> Certificate:
    """A certificate for these DNS names and IP addresses, kept until it runs out or the names change.

    Keys are ECDSA P-256 and readable by their owner only (RFC 5280 certificates).
    """
    folder = machine.cache / "authority"
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = _authority(folder)
    chain, key = folder / "tls.crt", folder / "tls.key"
    if not _good(chain, key, names, authority):
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = _sign(names[0], leaf_key.public_key(), names, authority, authority_key)
        write_private(key, _pem(leaf_key), 0o600)
        write_private(chain, leaf.public_bytes(serialization.Encoding.PEM), 0o644)
    public = machine.state / "ca.crt"
    write_private(public, authority.public_bytes(serialization.Encoding.PEM), 0o644)
    return Certificate(chain, key, public)


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    cert_file, key_file = folder / "ca.crt", folder / "ca.key"
    if cert_file.is_file() and key_file.is_file():
        cert = x509.load_pem_x509_certificate(cert_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        lasts = cert.not_valid_after_utc > _now() + dt.timedelta(days=LEAF_DAYS)
        # an interruption between the two writes leaves a pair that does not belong together
        if isinstance(key, ec.EllipticCurvePrivateKey) and lasts and key.public_key() == cert.public_key():
            return cert, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DAIRA local authority")])
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - dt.timedelta(hours=1))
        .not_valid_after(_now() + dt.timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(key_file, _pem(key), 0o600)
    write_private(cert_file, cert.public_bytes(serialization.Encoding.PEM), 0o644)
    return cert, key


def _sign(
    common_name: str,
    public_key: ec.EllipticCurvePublicKey,
    names: list[str],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    key_id = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(authority.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - dt.timedelta(hours=1))
        .not_valid_after(_now() + dt.timedelta(days=LEAF_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _good(chain: Path, key: Path, names: list[str], authority: x509.Certificate) -> bool:
    """Whether a certificate is there, of this authority, for exactly these names, and not about to run out."""
    if not chain.is_file() or not key.is_file():
        return False
    leaf = x509.load_pem_x509_certificate(chain.read_bytes())
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    key_id = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    ours = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    lasts = leaf.not_valid_after_utc > _now() + dt.timedelta(days=RENEW_DAYS)
    return lasts and key_id == ours and list(found) == [_general(name) for name in names]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign,
        key_cert_sign=sign,
        crl_sign=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
