"""The certificates that files are signed with: our own, the team's, and how they are replaced."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured

from dashboard.provenance import certificates, reading, signing
from dashboard.provenance.reading import Verdict
from tests.provenance.kinds import make


@pytest.fixture(autouse=True)
def _own_secrets(settings, tmp_path):
    settings.SECRETS_DIR = tmp_path / "secrets"
    settings.C2PA_CERTIFICATE_FILE = settings.C2PA_PRIVATE_KEY_FILE = ""


@pytest.fixture
def team(settings, tmp_path) -> Path:
    """A certificate of an authority that is not ours, with its key."""
    folder = tmp_path / "team"
    issue(settings, folder)
    return folder


def issue(settings, folder: Path) -> None:
    """As another installation makes them."""
    ours, settings.SECRETS_DIR = settings.SECRETS_DIR, folder / "authority"
    signer = certificates.get_signer()
    settings.SECRETS_DIR = ours
    (folder / "certificate.pem").write_text(signer.certificates)
    (folder / "key.pem").write_text(signer.private_key)


def use(settings, folder: Path) -> None:
    settings.C2PA_CERTIFICATE_FILE = str(folder / "certificate.pem")
    settings.C2PA_PRIVATE_KEY_FILE = str(folder / "key.pem")


def sign(path: Path) -> Path:
    assert signing.sign([signing.FileToSign(path, "A", "Made.")])
    return path


def verdict(path: Path) -> Verdict:
    return reading.read(path, max_bytes=10**8).verdict


def test_the_first_call_makes_an_authority_and_a_signer_that_only_their_owner_can_read(settings):
    signer = certificates.get_signer()
    chain = x509.load_pem_x509_certificates(signer.certificates.encode())
    leaf, authority = chain
    leaf.verify_directly_issued_by(authority)
    assert leaf.subject != leaf.issuer
    assert leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    for path in Path(settings.SECRETS_DIR).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    assert certificates.get_signer() == signer


def test_processes_that_start_at_the_same_time_agree():
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: certificates.get_signer().certificates, range(6)))
    assert len(set(found)) == 1


def test_a_signer_is_replaced_long_before_it_expires_and_its_files_are_still_known(
    settings, tmp_path, monkeypatch
):
    old = sign(make(tmp_path, "png"))
    first = certificates.get_signer()
    folder = next(Path(settings.SECRETS_DIR).glob("*/signer-own-*"))
    folder.rename(folder.with_name("signer-own-2020-01-01"))
    certificates._load_own_signer.cache_clear()
    monkeypatch.setattr(certificates, "REPLACED_AFTER", timedelta(0))
    second = certificates.get_signer()
    assert second.certificate.serial_number != first.certificate.serial_number
    assert second.certificate.issuer == first.certificate.issuer
    monkeypatch.undo()
    assert verdict(old) == Verdict.MADE_HERE


def test_the_teams_certificate_takes_the_place_of_our_own(settings, tmp_path, team):
    before = sign(make(tmp_path, "png"))
    use(settings, team)
    signer = certificates.get_signer()
    assert not signer.is_own
    after = sign(make(tmp_path, "jpg"))
    assert [verdict(before), verdict(after)] == [Verdict.MADE_HERE, Verdict.MADE_HERE]


def test_files_of_a_certificate_that_the_team_has_replaced_are_still_known(settings, tmp_path, team):
    use(settings, team)
    path = sign(make(tmp_path, "jpg"))
    settings.C2PA_CERTIFICATE_FILE = settings.C2PA_PRIVATE_KEY_FILE = ""
    assert verdict(path) == Verdict.MADE_HERE


def test_another_certificate_of_the_teams_authority_is_not_ours(settings, tmp_path, team, monkeypatch):
    use(settings, team)
    certificates.get_signer()
    # The same authority signs for somebody else.
    ours, settings.SECRETS_DIR = settings.SECRETS_DIR, team / "authority"
    settings.C2PA_CERTIFICATE_FILE = settings.C2PA_PRIVATE_KEY_FILE = ""
    certificates._load_own_signer.cache_clear()
    folder = next(Path(settings.SECRETS_DIR).glob("*/signer-own-*"))
    folder.rename(folder.with_name("signer-own-2020-01-01"))
    monkeypatch.setattr(certificates, "REPLACED_AFTER", timedelta(0))
    path = sign(make(tmp_path, "jpg"))
    settings.SECRETS_DIR = ours
    monkeypatch.undo()
    assert verdict(path) == Verdict.ELSEWHERE


def test_a_key_of_another_certificate_is_refused_with_a_sentence(settings, tmp_path, team):
    use(settings, team)
    key = ec.generate_private_key(ec.SECP256R1())
    (team / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(ImproperlyConfigured, match="does not belong"):
        certificates.check_settings()


def test_a_certificate_that_signed_itself_is_refused_with_a_sentence(settings, tmp_path, team):
    use(settings, team)
    authority = next(team.glob("authority/*/authority"))
    (team / "certificate.pem").write_text((authority / "certificate.pem").read_text())
    (team / "key.pem").write_text((authority / "private_key.pem").read_text())
    with pytest.raises(ImproperlyConfigured, match="signed itself"):
        certificates.check_settings()


@pytest.mark.parametrize("missing", ["certificate.pem", "key.pem"])
def test_a_file_that_is_missing_is_named(settings, tmp_path, team, missing):
    use(settings, team)
    (team / missing).unlink()
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        certificates.check_settings()


@pytest.mark.parametrize("name", ["C2PA_CERTIFICATE_FILE", "C2PA_PRIVATE_KEY_FILE"])
def test_one_of_the_two_settings_alone_is_refused(settings, team, name):
    setattr(settings, name, str(team / "certificate.pem"))
    with pytest.raises(ImproperlyConfigured, match="Set both"):
        certificates.check_settings()


def test_an_expired_certificate_of_the_team_is_not_used(settings, team, monkeypatch, caplog):
    use(settings, team)
    monkeypatch.setattr(certificates, "is_valid", lambda certificate: certificate != team_certificate(team))
    assert certificates.get_signer().is_own
    assert "not valid today" in caplog.text


def team_certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())


def test_names_of_folders_tell_certificates_of_teams_apart(settings, team):
    use(settings, team)
    certificates.get_signer()
    fingerprint = team_certificate(team).fingerprint(hashes.SHA256()).hex()[:16]
    assert list(Path(settings.SECRETS_DIR).glob(f"*/signer-team-{fingerprint}"))


def test_a_certificate_that_is_gone_since_the_start_stops_no_video(settings, team, caplog):
    use(settings, team)
    certificates.check_settings()
    (team / "certificate.pem").unlink()
    assert certificates.get_signer().is_own
    assert "cannot be read" in caplog.text
