"""What a run over a folder of footage keeps: one result per clip and the report of all. Pydantic: both are files."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.truth import TruthFileError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CaseRow(_Part):
    """One case or one truth row; outcome is found, missed, false, not_counted, or unchecked without truth."""

    outcome: str
    kind: str
    vehicle_class: str | None
    """As the case says it; what the truth says where there is no case."""
    truth_id: int | None
    truth_s: float | None
    cross_s: float | None
    truth_plate: str | None
    plate: str | None
    plate_confidence: float | None
    plate_height_px: float | None
    vehicle_height_px: float | None = None
    """Of its box as it crosses, in the main stream: how far away it is, as far as a picture tells."""
    true_class: str | None = None
    why: str | None = None
    pictures: tuple[str, ...] = ()
    """Data URIs; report.json holds none."""


class SignalRow(_Part):
    signal: str
    colour: str
    from_s: float
    to_s: float


class StageTime(_Part):
    stage: str
    calls: int
    seconds: float


class ClipResult(_Part):
    """One clip. `problem` is the one line why it could not be run; then all else is empty."""

    name: str
    key: str
    problem: str | None = None
    has_truth: bool = False
    light: str = "unknown"
    footage_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Processor seconds of the run, over all cores: on a busy machine they say more than the wall clock."""
    frames_analysed: int = 0
    unproved: int = 0
    peak_memory_mib: float = 0.0
    rows: tuple[CaseRow, ...] = ()
    signal_seen: tuple[SignalRow, ...] = ()
    signal_true: tuple[SignalRow, ...] = ()
    stages: tuple[StageTime, ...] = ()
    not_judged: dict[str, int] = {}


class FootageReport(_Part):
    """report.json: what `ngatu bench compare` reads."""

    software_version: str
    machine: str
    workers: int
    wall_s: float
    """What this call took; clips whose result was kept from an earlier call took nothing."""
    clips: tuple[ClipResult, ...]

    def without_pictures(self) -> "FootageReport":
        """The same for report.json."""
        clips = tuple(
            clip.model_copy(
                update={"rows": tuple(row.model_copy(update={"pictures": ()}) for row in clip.rows)}
            )
            for clip in self.clips
        )
        return self.model_copy(update={"clips": clips})


def load_report(path: Path) -> FootageReport:
    """Read a report.json. Raises TruthFileError with one line."""
    try:
        return FootageReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise TruthFileError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TruthFileError(
            f"{path}: {where}: {first['msg']}; give a report.json that this version's bench footage wrote"
        ) from None
