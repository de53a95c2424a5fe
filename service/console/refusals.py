"""Refusals in the reader's language: the service's English line in, the same line in Vietnamese out.

A line that no catalogue knows is kept as it is: an officer then reads English, never nothing.
"""

import re

from service.console.texts import translations

_FORMS = (
    (r"case (?P<case>\d+): there is none", "case %(case)s: there is none"),
    (
        r"the role (?P<role>\w+) may not do this; it needs: (?P<roles>.+)",
        "the role %(role)s may not do this; it needs: %(roles)s",
    ),
    (
        r"amount (?P<amount>-?\d+) VND: (?P<decree>\S+) art\. (?P<article>.+)"
        r" allows (?P<least>\d+) to (?P<most>\d+) VND",
        "amount %(amount)s VND: %(decree)s art. %(article)s allows %(least)s to %(most)s VND",
    ),
    (
        r"amount (?P<amount>\d+) VND: with these circumstances the law allows (?P<least>\d+) to (?P<most>\d+) VND",
        "amount %(amount)s VND: with these circumstances the law allows %(least)s to %(most)s VND",
    ),
    (
        r"amount (?P<amount>\d+) VND: more than the (?P<owed>-?\d+) VND that are owed",
        "amount %(amount)s VND: more than the %(owed)s VND that are owed",
    ),
    (
        r"amount (?P<amount>\d+) VND: more than the (?P<owed>\d+) VND to give back",
        "amount %(amount)s VND: more than the %(owed)s VND to give back",
    ),
    (
        r"reference (?P<reference>.+): was entered for this case already",
        "reference %(reference)s: was entered for this case already",
    ),
    (
        r"the case is (?P<state>\w+): only an issued fine that is still open can be paid",
        "the case is %(state)s: only an issued fine that is still open can be paid",
    ),
    (
        r"the case is (?P<state>\w+): claim it first, from \w+",
        "the case is %(state)s: it can no longer be decided; load it again",
    ),
    (
        r"the case is (?P<state>\w+): \w+ is possible only from .+",
        "the case is %(state)s: this is no longer possible; load it again",
    ),
    (
        r"the evidence of this case was erased on (?P<day>\S+), as the law asks:"
        r" nobody can be accused of it any more",
        "the evidence of this case was erased on %(day)s, as the law asks: nobody can be accused of it any more",
    ),
    (
        r"this act could be fined until (?P<day>\S+), its limitation: nobody can be fined for it any more",
        "this act could be fined until %(day)s, its limitation: nobody can be fined for it any more",
    ),
    (
        r"case (?P<case>\d+): its evidence was erased on (?P<day>\S+)",
        "case %(case)s: its evidence was erased on %(day)s",
    ),
    (
        r"(?P<number>\d+) cameras are watched live already; close one of them",
        "%(number)s cameras are watched live already; close one of them",
    ),
    (r"camera (?P<camera>\S+): there is none", "camera %(camera)s: there is none"),
    (
        r"sources\.(?P<stream>main|sub): must begin with rtsp:// or rtsps://",
        "sources.%(stream)s: must begin with rtsp:// or rtsps://",
    ),
    (r"patrol (?P<patrol>\d+): there is none", "patrol %(patrol)s: there is none"),
    (r"camera (?P<camera>\S+): is not in this patrol", "camera %(camera)s: is not in this patrol"),
    (
        r"nothing is recorded at (?P<moment>\S+); it was not received, or is no longer kept",
        "nothing is recorded at %(moment)s; it was not received, or is no longer kept",
    ),
    (
        r"the recorder's clock was set back, two files show (?P<moment>\S+); mark what only one of them shows",
        "the recorder's clock was set back, two files show %(moment)s; mark what only one of them shows",
    ),
    (
        r"no picture is recorded at (?P<moment>\S+); choose another moment",
        "no picture is recorded at %(moment)s; choose another moment",
    ),
    (
        r"the recording is interrupted between the marked moments \(at (?P<what>\w+)\);"
        r" mark an act that is recorded without a hole",
        "the recording is interrupted between the marked moments (at %(what)s);"
        " mark an act that is recorded without a hole",
    ),
    (
        r"camera (?P<camera>\S+): the recorder does not know it yet; submit again in ten seconds,"
        r" and if that does not help, ask your integrator whether ngatu record uses this register",
        "camera %(camera)s: the recorder does not know it yet; submit again in ten seconds,"
        " and if that does not help, ask your integrator whether ngatu record uses this register",
    ),
    (
        r"camera (?P<camera>\S+): is judged; put one of its calibrations in force instead",
        "camera %(camera)s: is judged; put one of its calibrations in force instead",
    ),
    (
        r"camera (?P<camera>\S+): was changed since you looked at it; load it again",
        "camera %(camera)s: was changed since you looked at it; load it again",
    ),
    (
        r"camera (?P<camera>\S+): nothing was recorded in the last minutes",
        "camera %(camera)s: nothing was recorded in the last minutes",
    ),
    (r"camera (?P<camera>\S+): is recorded already", "camera %(camera)s: is recorded already"),
    (
        r"camera (?P<camera>\S+): is not enabled",
        "camera %(camera)s: is not enabled",
    ),
    (
        r"(?P<file>\S+): the recording cannot be read any more; choose another moment",
        "%(file)s: the recording cannot be read any more; choose another moment",
    ),
    (
        r"the footage is damaged at (?P<second>\S+) s, near a crossing; no case is made\."
        r" Check the camera's network, or take the recording from its source again",
        "the footage is damaged at %(second)s s, near a crossing; no case is made."
        " Check the camera's network, or take the recording from its source again",
    ),
)
FORMS = tuple((re.compile(pattern), msgid) for pattern, msgid in _FORMS)


def said_in(language: str, detail: str) -> str:
    """A refusal's line for people, in their language; codes inside it (states, roles) are put into words."""
    translate = translations(language).gettext
    for form, msgid in FORMS:
        if match := form.fullmatch(detail):
            return translate(msgid) % {
                name: _worded(language, name, text) for name, text in match.groupdict().items()
            }
    return translate(detail)


def _worded(language: str, name: str, text: str) -> str:
    translate = translations(language).gettext
    if name == "state":
        return translate(f"state_{text}")
    if name in {"role", "roles"}:
        return ", ".join(translate(role) for role in text.split(", "))
    if name not in {"amount", "least", "most", "owed"}:
        return text
    grouped = f"{int(text):,}"
    return grouped.replace(",", ".") if language == "vi" else grouped
