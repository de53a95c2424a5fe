"""The words that the scripts of the calibration pages say: their codes, put into the reader's language."""

from functools import lru_cache

from service.cameras.bulk import LINE_FAULTS
from service.cameras.drawings import PARTS, PROBLEMS
from service.console.texts import translations

FAILURES = (
    "refused", "unreachable", "stalled", "no_pictures", "codec", "size_changed", "no_device", "broke", "stopped",
    "worker_lost", "nobody_took", "service_away",
)  # fmt: skip
SHORT_PARTS = (
    "approach", "stop_line", "junction", "free_on_red", "red", "yellow", "green", "head", "direction", "solid_line",
    "no_stop_zone",
)  # fmt: skip
LAMP_COLOURS = ("red", "yellow", "green", "off", "unknown")
TOOLS = ("select", *SHORT_PARTS)
PLAIN = (
    "no_worker", "look_waiting", "look_still", "look_dry_run", "look_watch_along", "look_probe", "look_discover",
    "look_profiles", "save_first", "saved_version", "conflict", "clash", "merged", "seen_now", "not_saved", "is_saved",
    "nothing_saved", "hint_selected", "no_devices", "no_profiles", "use_streams", "main_stream", "sub_stream",
    "imported", "nothing_imported", "no_queue", "queue_of",
)  # fmt: skip
WORDS = (
    *PLAIN,
    *(f"failed_{code}" for code in FAILURES),
    *(f"problem_{code}" for code in PROBLEMS),
    *(f"part_{part}" for part in PARTS),
    *(f"short_{part}" for part in SHORT_PARTS),
    *(f"hint_{tool}" for tool in TOOLS),
    *(f"line_{code}" for code in LINE_FAULTS),
)


@lru_cache
def page_words(language: str) -> dict[str, str]:
    """Every word in one language, by its code."""
    translate = translations(language).gettext
    lamps = {f"lamp_{colour}": translate(f"lamp_{colour}") for colour in LAMP_COLOURS}
    return lamps | {word: translate(f"calibration_{word}") for word in WORDS}
