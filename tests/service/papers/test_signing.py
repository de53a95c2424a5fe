"""PAdES: a paper signed with a self-made certificate checks out, and one altered byte does not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from service.papers.signing import NotSigned, SignedPdf, sign_when_configured
from service.settings import Settings
from tests.service.conftest import Service
from tests.service.papers.cases import case_with_owner

PASSWORD = "mật khẩu của chứng thư"


def self_made(folder: Path) -> Path:
    """A key and a certificate for signing, in one PKCS #12 file; the certificate also as PEM beside it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Phòng Cảnh sát giao thông (thử)")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "unit.p12"
    path.write_bytes(
        serialize_key_and_certificates(
            b"unit", key, certificate, None, BestAvailableEncryption(PASSWORD.encode())
        )
    )
    (folder / "unit.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def signed_paper(service: Service, folder: Path) -> tuple[bytes, str]:
    """The notice of a case, signed, and who signed it."""
    changed = {"signing_pkcs12": self_made(folder), "signing_password": SecretStr(PASSWORD)}
    settings = service.record.settings
    for name, value in changed.items():
        setattr(settings, name, value)
    client = service.client("reviewer")
    case_id = case_with_owner(service, folder)
    paper = client.post(f"/api/v1/cases/{case_id}/notice", json={}).json()
    return client.get(f"/api/v1/papers/{paper['id']}/pdf").content, paper["signer"]


def validated(signature: Any, trusted: Any) -> Any:
    """In a thread of its own: pyHanko starts an event loop, and browser tests may have left one in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(validate_pdf_signature, signature, trusted).result()


def test_a_signed_notice_checks_out_and_an_altered_one_does_not(service: Service, tmp_path: Path) -> None:
    pdf, signer = signed_paper(service, tmp_path)
    assert "Phòng Cảnh sát giao thông (thử)" in signer
    trusted = ValidationContext(trust_roots=[load_cert_from_pemder(tmp_path / "unit.pem")])
    signature = PdfFileReader(BytesIO(pdf)).embedded_signatures[0]
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    status = validated(signature, trusted)
    assert (status.intact, status.valid, status.trusted, status.bottom_line) == (True, True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"
    place = pdf.index(b"/MediaBox")
    altered = pdf.replace(b"/MediaBox", b"/MediaBoy", 1) if place else b""
    broken = validated(PdfFileReader(BytesIO(altered)).embedded_signatures[0], trusted)
    assert not broken.intact


@pytest.mark.parametrize("name", ["missing.p12", "unit.p12"])
def test_a_certificate_that_cannot_be_used_is_a_clear_refusal(name: str, tmp_path: Path) -> None:
    self_made(tmp_path)
    settings = Settings(signing_pkcs12=tmp_path / name, signing_password=SecretStr("wrong"))
    with pytest.raises(NotSigned, match=name):
        sign_when_configured(b"%PDF-1.7", settings)


def test_without_a_certificate_the_bytes_stay_as_they_are() -> None:
    assert sign_when_configured(b"%PDF-1.7", Settings()) == SignedPdf(pdf=b"%PDF-1.7", signer=None)
