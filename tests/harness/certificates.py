"""Certificates of an own authority, as PEM for clients in C and Python and as PKCS12 for Java."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = ("localhost", "127.0.0.1")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """A certification authority, whose files lie in one folder."""

    def __init__(self, folder: Path, name: str = "tests") -> None:
        self._folder = folder
        self._name = _named(f"CA of {name}")
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_KEY_USAGE_OF_A_CA, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._certificate = own
        self.file = folder / f"{name}-ca.pem"
        self.file.write_bytes(own.public_bytes(Encoding.PEM))

    def issue(
        self,
        name: str,
        *,
        hosts: Sequence[str] = LOOPBACK,
        expired: bool = False,
        pass_phrase: str | None = None,
    ) -> Issued:
        """A certificate for a server at these hosts, or for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        issued = (
            _builder(_named(name), self._name, key.public_key(), expired=expired)
            .add_extension(x509.SubjectAlternativeName(list(map(_host, hosts))), critical=False)
            .add_extension(x509.ExtendedKeyUsage(_BOTH_SIDES), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = Issued(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        files.certificate.write_bytes(issued.public_bytes(Encoding.PEM))
        locked = BestAvailableEncryption(pass_phrase.encode()) if pass_phrase else NoEncryption()
        files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        return files

    def issue_keystore(self, name: str, password: str) -> Path:
        """A PKCS12 keystore with a certificate, its key and the authority's own certificate."""
        files = self.issue(name)
        bundle = pkcs12.serialize_key_and_certificates(
            name.encode(),
            _loaded_key(files.key),
            x509.load_pem_x509_certificate(files.certificate.read_bytes()),
            [self._certificate],
            BestAvailableEncryption(password.encode()),
        )
        file = self._folder / f"{name}.p12"
        file.write_bytes(bundle)
        return file


_BOTH_SIDES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
_KEY_USAGE_OF_A_CA = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, expired: bool = False
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    end = now - _DAY if expired else now + _DAY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _DAY)
        .not_valid_after(end)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _loaded_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
