"""What two versions of a calibration say beside their shapes, and in what they differ. Drawings in, lines out."""

from dataclasses import dataclass
from typing import Any

DIRECTION_VALUES = {"length_m": "Length on the road (m)", "least_kmh": "Pushed below (km/h)"}
ZONE_VALUES = {"most_s": "May stand at most (s)", "signal": "Whose queue may stand here"}
Values = dict[tuple[str, str, str], Any]
"""By part, owner and the value's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedValue:
    """One value that differs; None where a version does not have it."""

    part: str
    owner: str
    name: str
    before: Any
    after: Any


def changed_values(before: dict[str, Any], after: dict[str, Any]) -> list[ChangedValue]:
    """In the order of the newer version, what only the older one says at the end."""
    old, new = _values_of(before), _values_of(after)
    return [
        ChangedValue(part=part, owner=owner, name=name, before=old.get(key), after=new.get(key))
        for key in dict.fromkeys([*new, *old])
        if old.get(key) != new.get(key)
        for part, owner, name in (key,)
    ]


def _values_of(drawing: dict[str, Any]) -> Values:
    values: Values = {}
    for lane in drawing.get("lanes", []):
        values["lane", lane["id"], "Its signal"] = lane.get("signal")
        for key, name in DIRECTION_VALUES.items():
            if lane.get("direction"):
                values["direction", lane["id"], name] = lane["direction"].get(key)
    for zone in drawing.get("no_stop_zones", []):
        for key, name in ZONE_VALUES.items():
            values["no_stop_zone", zone["id"], name] = zone.get(key)
    for key, value in drawing.get("judging", {}).items():
        values["judging", "", key] = value
    return values
