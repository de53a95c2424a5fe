"""`ngatu record`: the recorder of the plain feeds."""

from pathlib import Path
from typing import Annotated

import typer

from commands.printing import DEFAULT_STATE, State, say

commands = typer.Typer()


@commands.command()
def record(
    cameras: Annotated[
        list[Path] | None, typer.Option("--cameras", help="Camera files; else all registered plain cameras.")
    ] = None,
    state: State = DEFAULT_STATE,
    recordings: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the recordings; STATE/recordings by default.", envvar="NGATU_RECORDINGS"
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How many days recordings stay.")] = 30,
    free_share: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of the disk that stays free; the oldest go first.")
    ] = 0.1,
    segment_seconds: Annotated[float, typer.Option(min=4, max=60, help="Length of a recorded file.")] = 30.0,
    service: Annotated[
        str, typer.Option(help="Where packets of marked violations go.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Record plain feeds without decoding; make packets of what officers mark in them."""
    from detector.contract.camera import load_camera
    from detector.recording.retention import Retention
    from detector.recording.running import ListedCameras, RecordingOrder, record_cameras
    from service.running import PlainCameras

    named = tuple(load_camera(path) for path in cameras or ())
    registered = PlainCameras(state=state) if not named else None

    def listed() -> ListedCameras:
        if registered is None:
            return ListedCameras(recorded=named, known=named)
        return ListedCameras(
            recorded=registered.cameras(recorded=True), known=registered.cameras(recorded=False)
        )

    order = RecordingOrder(
        cameras=listed(),
        register=listed if registered is not None else None,
        state=state,
        root=recordings or state / "recordings",
        retention=Retention(days=days, free_share=free_share),
        segment_s=segment_seconds,
        service_url=service,
    )
    record_cameras(order, say=say)
