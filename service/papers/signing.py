"""PAdES: puts the unit's signature into a PDF. pyHanko is loaded when the first paper is signed."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from service.errors import ServiceError
from service.settings import Settings

FIELD = "ChuKySo"


class NotSigned(ServiceError):
    """The certificate that the settings name cannot be used; the paper keeps its number and has no file yet."""

    status = 503


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedPdf:
    """The bytes to keep; `signer` is the subject of the certificate, None for an unsigned paper."""

    pdf: bytes
    signer: str | None


def sign_when_configured(pdf: bytes, settings: Settings) -> SignedPdf:
    """Sign with the unit's PKCS #12 file, when there is one. Raises NotSigned."""
    if settings.signing_pkcs12 is None:
        return SignedPdf(pdf=pdf, signer=None)
    signer = _load(settings.signing_pkcs12, settings.signing_password.get_secret_value())
    return SignedPdf(pdf=_sign(pdf, signer, settings), signer=str(signer.subject_name)[:200])


def _load(path: Path, password: str) -> Any:
    from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415 - only signing needs it: a quick start

    if not path.is_file():
        raise NotSigned(f"{path.name}: there is no such file; check NGATU_SIGNING_PKCS12")
    passphrase = password.encode() if password else None
    signer = SimpleSigner.load_pkcs12(path, passphrase=passphrase)  # type: ignore[no-untyped-call]
    if signer is None:
        raise NotSigned(f"{path.name}: no key can be read from it; check NGATU_SIGNING_PASSWORD")
    return signer


def _sign(pdf: bytes, signer: Any, settings: Settings) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign.fields import SigSeedSubFilter  # noqa: PLC0415
    from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf  # noqa: PLC0415

    wanted = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=f"{settings.unit_name}, {settings.unit_parent}",
        location=settings.unit_place,
    )
    signed = sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), wanted, signer=signer)
    return bytes(signed.getvalue())
