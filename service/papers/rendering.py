"""From the content of a paper to the bytes of its PDF. WeasyPrint is loaded when the first paper is printed."""

import base64
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO

from jinja2 import Environment

from service.console.texts import environment
from service.errors import ServiceError
from service.law.tariff import VIETNAM
from service.papers import wording
from service.papers.content import PaperContent

LANGUAGE = "vi"
PICTURE_DPI = 200
PICTURE_QUALITY = 85


class NotPrinted(ServiceError):
    """The paper cannot be printed on this machine; its number is kept, and it can be printed later."""

    status = 503


def render_pdf(content: PaperContent, pictures: Mapping[str, bytes]) -> bytes:
    """The PDF of a paper. Raises NotPrinted when Pango is missing."""
    try:
        from weasyprint import HTML  # noqa: PLC0415 - takes longer to load than the service to start
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise NotPrinted(f"Pango cannot be loaded ({error}); run tools/install_system.sh") from None
    only_inside = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = HTML(string=html_of(content, pictures), url_fetcher=only_inside)
    pdf: bytes = document.write_pdf(optimize_images=True, jpeg_quality=PICTURE_QUALITY, dpi=PICTURE_DPI)
    return pdf


def html_of(content: PaperContent, pictures: Mapping[str, bytes]) -> str:
    """The page before it is set: everything that it shows is inside of it."""
    template = _environment().get_template(f"papers/{content.kind}.html")
    inlined = {name: _as_data(data) for name, data in pictures.items()}
    return template.render(paper=content, pictures=inlined, qr=_qr(content), issued_on=_issued_on(content))


def join_pdfs(papers: list[bytes]) -> bytes:
    """Many papers as one file, each starting on an odd page, so that it can be printed on both sides."""
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - only batches need it

    writer = PdfWriter()
    for pdf in papers:
        writer.append(PdfReader(BytesIO(pdf)), import_outline=False)
        if len(writer.pages) % 2:
            writer.add_blank_page()
    sink = BytesIO()
    writer.write(sink)
    return sink.getvalue()


def _qr(content: PaperContent) -> str | None:
    if content.notice is None:
        return None
    import segno  # noqa: PLC0415 - only notices need it

    address = f"{content.notice.lookup_url}?ma={content.notice.lookup_code}"
    svg: str = segno.make(address, error="m", micro=False).svg_data_uri(border=0, scale=4)
    return svg


def _issued_on(content: PaperContent) -> str:
    return wording.day_in_full(content.issued_at.astimezone(VIETNAM).date())


def _as_data(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


@lru_cache
def _environment() -> Environment:
    """The console's Vietnamese, and what only papers need."""
    made = environment(LANGUAGE).overlay()
    made.filters = {
        **made.filters,
        "in_words": wording.amount_in_words,
        "in_full": wording.moment_in_full,
        "day_in_full": wording.day_in_full,
        "marked": wording.marked_plate,
        "grouped": wording.code_in_groups,
        "dong": wording.dong,
        "unbroken": wording.unbroken,
        "legal_place": wording.legal_place,
        "points_place": wording.points_place,
    }
    return made
