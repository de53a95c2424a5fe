"""One form for a plate, however it was typed."""

import re


def canonical_plate(text: str) -> str:
    """Capitals and digits only; Đ is written D, as the plate reader does."""
    return re.sub(r"[^0-9A-Z]", "", text.upper().replace("Đ", "D"))
