"""The certificates that Content Credentials are signed with: the installation's own, or the team's.

The installation is its own certificate authority, made at the first start, because verifiers refuse a certificate that
signed itself. Everything is in the folder of the generated secrets: one folder for the authority, one for each signer.
A signature has no time stamp, so it is only good while its certificate is: a signer is valid for ten years and replaced
after five, so every file has at least five. Old signers are kept, to recognize the files that they signed.
"""

import contextlib
import logging
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

log = logging.getLogger(__name__)

ORGANIZATION = "Talking avatars"
AUTHORITY_LIFETIME = timedelta(days=40 * 365)
SIGNER_LIFETIME = timedelta(days=10 * 365)
REPLACED_AFTER = SIGNER_LIFETIME / 2
CLOCK_ERROR = timedelta(days=1)  # other machines' clocks may be behind
CERTIFICATE, PRIVATE_KEY = "certificate.pem", "private_key.pem"
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Signer:
    """A certificate with those that vouch for it, and its private key, both as PEM."""

    certificates: str
    private_key: str
    algorithm: str  # in the words of COSE: "es256"
    is_own: bool  # made here, so nobody else knows its issuer

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificates.encode())  # the first of them


def get_signer() -> Signer:
    """The signer of new files: the team's while it can be used, otherwise the installation's own."""
    if settings.C2PA_CERTIFICATE_FILE:
        try:
            signer = load_team_signer()
        except ImproperlyConfigured as error:  # it was there at the start: see check_settings
            log.error("Files are signed with our own certificate. %s", error)
            return _get_own_signer()
        if is_valid(signer.certificate):
            return signer
        log.error("Files are signed with our own certificate. The team's is not valid today.")
    return _get_own_signer()


def check_settings() -> None:
    """At the start: make what is missing, and read the team's files. Raises ImproperlyConfigured."""
    if settings.C2PA_CERTIFICATE_FILE or settings.C2PA_PRIVATE_KEY_FILE:
        load_team_signer()
    get_signer()


def load_team_signer() -> Signer:
    """The signer that the settings name. Raises ImproperlyConfigured, with one sentence."""
    certificates = _read("C2PA_CERTIFICATE_FILE", settings.C2PA_CERTIFICATE_FILE)
    private_key = _read("C2PA_PRIVATE_KEY_FILE", settings.C2PA_PRIVATE_KEY_FILE)
    try:
        certificate = x509.load_pem_x509_certificates(certificates.encode())[0]
        key = serialization.load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError, IndexError):
        raise ImproperlyConfigured(
            "C2PA_CERTIFICATE_FILE and C2PA_PRIVATE_KEY_FILE must be PEM files, the key without a password."
        ) from None
    if certificate.public_key() != key.public_key():
        raise ImproperlyConfigured("C2PA_PRIVATE_KEY_FILE does not belong to C2PA_CERTIFICATE_FILE.")
    if certificate.issuer == certificate.subject:
        raise ImproperlyConfigured(
            "The certificate in C2PA_CERTIFICATE_FILE signed itself; Content Credentials need one of an authority."
        )
    signer = Signer(certificates, private_key, _find_algorithm(key), is_own=False)
    _remember(signer)
    return signer


def list_known() -> list[str]:
    """The chains of all certificates that files of this installation were ever signed with, each as PEM."""
    get_signer()
    return [path.read_text() for path in sorted(_folder().glob(f"signer-*/{CERTIFICATE}"))]


def find_serial_numbers(chains: list[str]) -> set[int]:
    """Those of the certificates that sign; each is the first of its chain."""
    return {x509.load_pem_x509_certificate(chain.encode()).serial_number for chain in chains}


def is_valid(certificate: x509.Certificate) -> bool:
    """Whether it may be used today."""
    return certificate.not_valid_before_utc <= datetime.now(UTC) < certificate.not_valid_after_utc


def _folder() -> Path:
    return Path(settings.SECRETS_DIR) / "content_credentials"


def _read(name: str, path: str) -> str:
    if not path:
        raise ImproperlyConfigured("Set both C2PA_CERTIFICATE_FILE and C2PA_PRIVATE_KEY_FILE, or none.")
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"The file of {name} cannot be read: {error}.") from None


def _find_algorithm(key: PrivateKeyTypes) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size in (256, 384, 521):
        return {256: "es256", 384: "es384", 521: "es512"}[key.key_size]
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise ImproperlyConfigured(
        "C2PA_PRIVATE_KEY_FILE has a kind of key that Content Credentials do not allow: use P-256, P-384, P-521, "
        "Ed25519 or RSA with at least 2048 bits."
    )


# ---------------------------------------------------------------- the installation's own


def _get_own_signer() -> Signer:
    """The newest signer of our own, made if there is none that is young enough."""
    oldest = datetime.now(UTC) - REPLACED_AFTER
    for folder in sorted(_folder().glob("signer-own-*"), reverse=True):
        signer = _load_own_signer(folder)
        certificate = signer.certificate
        if is_valid(certificate) and certificate.not_valid_before_utc > oldest:
            return signer
    return _load_own_signer(_create_signer())


@lru_cache(maxsize=4)
def _load_own_signer(folder: Path) -> Signer:
    return Signer(
        (folder / CERTIFICATE).read_text(), (folder / PRIVATE_KEY).read_text(), "es256", is_own=True
    )


def _create_signer() -> Path:
    authority, authority_key = _get_or_create_authority()
    key = ec.generate_private_key(ec.SECP256R1())
    fingerprint = authority.fingerprint(hashes.SHA256()).hex()[:8]
    builder = _build(f"Installation {fingerprint}", authority.subject, key, authority_key, SIGNER_LIFETIME)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    chain = certificate.public_bytes(PEM) + authority.public_bytes(PEM)
    # The day is first: names sort by age. Two processes that start at the same time make one of that day.
    return _store(_folder() / f"signer-own-{datetime.now(UTC):%Y-%m-%d}", chain, key)


def _get_or_create_authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    folder = _folder() / "authority"
    if not folder.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Authority {secrets.token_hex(4)}")
        certificate = (
            _build(name, name, key, key, AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _store(folder, certificate.public_bytes(PEM), key)
    stored = serialization.load_pem_private_key((folder / PRIVATE_KEY).read_bytes(), None)
    if not isinstance(stored, ec.EllipticCurvePrivateKey):
        raise ImproperlyConfigured(f"The key in {folder} is not the one that was made here.")
    return x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes()), stored


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _build(
    subject: x509.Name | str,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject) if isinstance(subject, str) else subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_ERROR)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# ---------------------------------------------------------------- files


def _store(folder: Path, certificates: bytes, key: ec.EllipticCurvePrivateKey) -> Path:
    """Store both in `folder`, whole or not at all. If another process was first, its files stay."""
    private_key = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _store_folder(folder, {CERTIFICATE: certificates, PRIVATE_KEY: private_key})


def _remember(signer: Signer) -> None:
    """Keep a certificate of the team, to recognize its files after it was replaced."""
    fingerprint = signer.certificate.fingerprint(hashes.SHA256()).hex()[:16]
    folder = _folder() / f"signer-team-{fingerprint}"
    if not folder.exists():
        _store_folder(folder, {CERTIFICATE: signer.certificates.encode()})


def _store_folder(folder: Path, files: dict[str, bytes]) -> Path:
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        for name, content in files.items():
            with os.fdopen(os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # it is there already, and not empty
            draft.rename(folder)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder cannot be used: {error.strerror} ({error.filename})."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
