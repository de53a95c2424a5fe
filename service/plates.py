"""One form for a plate, however it was typed; and the forms that plates of Vietnam have."""

import re

_PROVINCE = r"(?:1[124-9]|2\d|3\d|4[013789]|5\d|6\d|7\d|8[0-689]|9[02-57-9])"
_SERIES = "[A-HK-NPS-VXYZ]"
FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_PROVINCE}{_SERIES}\d{{3,5}}",  # cars, also of the state and of before 2023
        rf"{_PROVINCE}{_SERIES}[A-HK-NPR-VXYZ]\d{{5}}",  # motorcycles
        rf"{_PROVINCE}{_SERIES}[1-9]\d{{4,5}}",  # motorcycles of before 2023-08-15, and of the state
        rf"{_PROVINCE}(?:CD|RM|HC|KT)\d{{5}}",  # special machines, trailers, restricted areas, army enterprises
        rf"{_PROVINCE}(?:MK|TD|LD|DA|MD[1-9]?|CT|LB|R|T)\d{{3,5}}",  # special series of before
        rf"T{_PROVINCE}\d{{5}}",  # temporary
        rf"{_PROVINCE}\d{{3}}(?:NG|QT|CV|NN)\d{{2,3}}",  # diplomats, organisations, other foreigners
        r"[A-Z]{2}\d{3,5}",  # military; the number of digits is from memory
    )
)
"""Circular 79/2024/TT-BCA art. 37, 39, app. 04; Law 36/2024 art. 36.2.b; as the plate reader has them."""


def canonical_plate(text: str) -> str:
    """Capitals and digits only; Đ is written D, as the plate reader does."""
    return re.sub(r"[^0-9A-Z]", "", text.upper().replace("Đ", "D"))


def is_of_known_form(plate: str) -> bool:
    """Whether a canonical plate has one of the forms of a Vietnamese plate; foreign ones have others."""
    return any(form.fullmatch(plate) for form in FORMS)
