"""`ngatu camera …`: the register of cameras. `ngatu assist`: a worker that looks at feeds for people."""

from pathlib import Path
from typing import Annotated

import typer

from commands.printing import DEFAULT_STATE, State, say

commands = typer.Typer()
camera = typer.Typer(no_args_is_help=True, help="Registered cameras.")
Why = Annotated[
    str | None,
    typer.Option(help="The reason, for the audit trail; enabling asks for one where no probe found it fit."),
]


@camera.command("add")
def camera_add(camera_file: Path, state: State = DEFAULT_STATE) -> None:
    """Register a camera, so that the service accepts its packets."""
    from detector.contract.camera import load_camera
    from service.running import add_camera

    loaded = load_camera(camera_file)
    add_camera(state=state, camera=loaded, say=say)
    say(f"{loaded.camera_id} ({loaded.name}) is registered.")


@camera.command("disable")
def camera_disable(camera_id: str, why: Why = None, state: State = DEFAULT_STATE) -> None:
    """Let nobody judge or record a camera any more; what was taken stays."""
    from service.running import disable_camera

    disable_camera(state=state, camera_id=camera_id, why=why)
    say(f"{camera_id} is disabled.")


@camera.command("enable")
def camera_enable(camera_id: str, why: Why = None, state: State = DEFAULT_STATE) -> None:
    """Let a camera be judged or recorded again that was disabled."""
    from service.running import enable_camera

    enable_camera(state=state, camera_id=camera_id, why=why)
    say(f"{camera_id} is enabled.")


@commands.command()
def assist(
    state: State = DEFAULT_STATE,
    service: Annotated[
        str, typer.Option(help="The service that people ask for looks.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Look at feeds for integrators who calibrate on the console: stills, probes, dry runs, ONVIF."""
    from detector.calibrating.assisting import assist as assist_people
    from detector.errors import redact
    from detector.watching.live_watch import stopped_by_signals, worker_token

    token = worker_token(state)
    with stopped_by_signals() as stop:
        say(f"Looking at feeds for {redact(service)}. Ctrl-C stops.")
        done = assist_people(service, token, stop)
    say(f"Stopped: {done} looks done.")
