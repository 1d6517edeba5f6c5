"""Throw-away keys for the tests of the Coinbase module: of a login, and of a server with TLS."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Identity:
    """A private key of a login, as Coinbase gives it, and the public one."""

    secret: str
    public: Any


@cache
def identity() -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return Identity(secret=pem.decode(), public=key.public_key())


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of our own and a server that it vouches for."""

    ca_file: str
    server_file: str


@cache
def certificates() -> Certificates:
    folder = Path(mkdtemp(prefix="coinbase-stub-"))
    key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("stub CA", key.public_key(), "stub CA", key, is_ca=True)
    own = ec.generate_private_key(ec.SECP256R1())
    server = _certificate("localhost", own.public_key(), "stub CA", key, is_ca=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    plain = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(server.public_bytes(pem) + plain)
    return Certificates(ca_file=str(folder / "ca.pem"), server_file=str(folder / "server.pem"))


def _certificate(subject: str, public: Any, issuer: str, key: Any, *, is_ca: bool) -> Any:
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )


def server_tls() -> ssl.SSLContext:
    """What a server of ours speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates().server_file)
    return context
