"""What a probe says of a camera, in the reader's language: English lines of the detector in, the catalogue's out.

Numbers are taken out before a line is looked up and put back in the language's form. A line that is not known
stays as it is: an integrator then reads English, never nothing.
"""

import re

from service.console.texts import translations

NUMBER = re.compile(r"(?<![A-Za-z\d.])[+-]?\d+(?:\.\d+)?")
LAMPS_OF = "lamps of "
LINES = (
    "main picture",
    "main frames",
    "watched frames",
    "key frames",
    "bit rate",
    "clock",
    "gaps",
    "lamps of %(n1)s",
    "plates at the line",
    "tilt",
    "sub against main",
    "view",
    "%(n1)s a second",
    "fewer than two came",
    "every %(n1)s s",
    "%(n1)s Mb/s",
    "nothing came",
    "none",
    "from %(n1)s",
    "%(n1)s ms against this machine",
    "%(n1)s in %(n2)s s",
    "never read",
    "red %(n1)s %%",
    "yellow %(n1)s %%",
    "green %(n1)s %%",
    "off %(n1)s %%",
    "unknown %(n1)s %%",
    "a full cycle",
    "part of a cycle",
    "%(n1)s plates found on %(n2)s vehicles at the line",
    "characters %(n1)s px tall (median of %(n2)s plates)",
    "not told by the traffic",
    "horizon %(n1)s picture heights above the upper edge",
    "horizon %(n1)s picture heights below the upper edge",
    "not told",
    "moved by %(n1)s %% of the picture's width since calibration",
    "set the main stream to %(n1)s×%(n2)s or more",
    "raise the frame rate to %(n1)s a second or more",
    "probe longer with --seconds; set a key-frame interval of %(n1)s to %(n2)s s",
    "set the key-frame interval to %(n1)s to %(n2)s s: a proof decodes from the last one",
    "raise it to %(n1)s Mb/s: plates drown in blocks",
    "no case can be fined without a moment: state started_at, or use a live camera",
    "let the camera send RTCP sender reports and set its NTP server",
    "set the camera's NTP server to the one of this machine",
    "look at the network: no case is made near a gap",
    "draw the lamp boxes anew, aim the camera so that the lamps are in view, lower their exposure",
    "red and green were not both seen: probe a full cycle with --seconds",
    "draw the lamp boxes tighter; something may hide the lamps",
    "probe longer with --seconds while traffic flows; if plates stay unseen, zoom in",
    "zoom in %(n1)s times, or use a main stream with more pixels",
    "too few motorbikes at different distances: probe longer with --seconds",
    "tilt the camera down or mount it higher: vehicles hide one another",
    "nothing moved enough to compare: probe longer with --seconds",
    "boxes of the sub stream would miss in the main stream: see its clock",
    "too little is alike in both pictures: look at the camera, or keep a new calibration picture",
    "the camera was moved: aim it back, or calibrate it again",
)


def fitness_said(language: str, text: str) -> str:
    """One line of a fitness report in a language."""
    whole = _said(language, text)
    if whole is not None:
        return whole
    pieces = re.split(r"(, |; )", text)
    return "".join(_said(language, piece) or piece for piece in pieces)


def _said(language: str, text: str) -> str | None:
    if text.startswith(LAMPS_OF):
        known, values = "lamps of %(n1)s", [text.removeprefix(LAMPS_OF)]
    elif text in {"from container", "from stated", "from machine", "from rtcp"}:
        known, values = "from %(n1)s", [translations(language).gettext(f"clock_{text.split()[1]}")]
    else:
        values = [_number(language, found) for found in NUMBER.findall(text)]
        count = iter(range(1, len(values) + 1))
        known = NUMBER.sub(lambda _: f"%(n{next(count)})s", text.replace("%", "%%"))
    if known not in LINES:
        return None
    return translations(language).gettext(known) % {f"n{i}": value for i, value in enumerate(values, 1)}


def _number(language: str, text: str) -> str:
    return text.replace(".", ",") if language == "vi" else text
