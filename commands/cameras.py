"""`ngatu camera …`: the register of cameras."""

from pathlib import Path

import typer

from commands.printing import DEFAULT_STATE, State, say

camera = typer.Typer(no_args_is_help=True, help="Registered cameras.")


@camera.command("add")
def camera_add(camera_file: Path, state: State = DEFAULT_STATE) -> None:
    """Register a camera, so that the service accepts its packets."""
    from detector.contract.camera import load_camera
    from service.running import add_camera

    loaded = load_camera(camera_file)
    add_camera(state=state, camera=loaded)
    say(f"{loaded.camera_id} ({loaded.name}) is registered.")
