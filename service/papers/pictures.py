"""The pictures that a paper shows, read from the evidence and proven to be pictures before a number is given away."""

from hashlib import sha256
from io import BytesIO

from detector.contract.packet import PLATE_FILE, SCENE_FILES
from service.errors import Conflict, NotFound
from service.evidence.store import EvidenceStore
from service.papers.content import PaperContent
from service.tables import Case

MOST_PIXELS = 50_000_000


def read_pictures(store: EvidenceStore, case: Case) -> dict[str, bytes]:
    """The stills, and the plate where there is one. Raises NotFound, Conflict for what is no picture."""
    there = store.names_of(case.camera_id, case.violation_id)
    names = [*SCENE_FILES, *([PLATE_FILE] if PLATE_FILE in there else [])]
    found = {name: store.path_of(case.camera_id, case.violation_id, name).read_bytes() for name in names}
    for name, data in found.items():
        _check_picture(name, data)
    return found


def pictures_of(store: EvidenceStore, case: Case, content: PaperContent) -> dict[str, bytes]:
    """The pictures that a paper was issued with. Raises NotFound, Conflict when one is another one by now."""
    found = {}
    for picture in content.evidence.pictures:
        data = store.path_of(case.camera_id, case.violation_id, picture.name).read_bytes()
        if sha256(data).hexdigest() != picture.sha256:
            raise Conflict(
                f"evidence {picture.name}: is not what the paper was issued with; tell the auditor"
            )
        found[picture.name] = data
    if not found and content.receipt is None:
        raise NotFound("this paper was issued without pictures")
    return found


def _check_picture(name: str, data: bytes) -> None:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only papers need it: a quick start

    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as image:
            is_small = image.width * image.height <= MOST_PIXELS
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        is_small = False
    if not is_small:
        raise Conflict(f"evidence {name}: is no JPEG picture that can be printed; tell the camera's keeper")
