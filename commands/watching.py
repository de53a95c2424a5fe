"""Commands that see: watch, replay, verify, check, rejudge."""

from pathlib import Path
from typing import Annotated

import typer

from commands.printing import DEFAULT_STATE, AsJson, CameraFile, State, say, say_json

commands = typer.Typer()


@commands.command()
def watch(
    cameras: Annotated[
        list[Path] | None, typer.Option("--cameras", help="Camera files; else all registered smart cameras.")
    ] = None,
    state: State = DEFAULT_STATE,
    service: Annotated[str, typer.Option(help="Where packets go.")] = "http://127.0.0.1:8000",
    groups: Annotated[int, typer.Option(min=0, help="Processes that watch; 0: one for each core.")] = 0,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", min=1, max=65535, help="Serve Prometheus metrics here.")
    ] = None,
    metrics_host: Annotated[
        str, typer.Option("--metrics-host", help="To whom metrics are served; 0.0.0.0: other machines too.")
    ] = "127.0.0.1",
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster on which the groups run, HOST:PORT.")
    ] = None,
) -> None:
    """Watch live cameras and send their packets to the service."""
    from detector.contract.camera import load_camera
    from detector.watching.live_watch import WatchSettings, watch_cameras
    from detector.watching.register import CameraRegister, FixedCameras
    from service.running import SmartCameras

    register: CameraRegister
    if cameras:
        named = [(path.parent, load_camera(path)) for path in cameras]
        drawn_on = {
            c.camera_id: folder / c.calibration_picture for folder, c in named if c.calibration_picture
        }
        register = FixedCameras([camera for _, camera in named], drawn_on)
    else:
        register = SmartCameras(state=state)
    settings = WatchSettings(
        state=state,
        service_url=service,
        groups=groups,
        metrics_port=metrics_port,
        metrics_host=metrics_host,
        cluster=cluster,
    )
    watch_cameras(register, settings=settings, say=say)


@commands.command()
def replay(
    clip: Path,
    camera_file: CameraFile,
    out: Annotated[Path, typer.Option("--out", help="Folder for the packets.")],
    state: State = DEFAULT_STATE,
    as_json: AsJson = False,
) -> None:
    """Recorded footage through the same pipeline as a live camera."""
    from detector.watching.opening import replay_clip
    from detector.watching.reporting import case_table, progress_bar

    with progress_bar(clip, quiet=as_json) as progress:
        result = replay_clip(
            clip,
            camera_file=camera_file,
            out=out,
            state=state,
            progress=progress,
            say=(lambda _line: None) if as_json else say,
        )
    if as_json:
        say_json(result.to_json())
    else:
        case_table(result)


@commands.command()
def verify(
    packets: list[Path],
    public_key: Annotated[Path | None, typer.Option("--public-key", help="PEM of the worker's key.")] = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Check packets offline: every byte, the signature, the order. Exit 0 or 1."""
    from detector.evidence.verifying import verify_command

    raise typer.Exit(verify_command(packets, public_key=public_key or state / "keys" / "worker.pub", say=say))


@commands.command()
def check(
    camera_file: Path,
    seconds: Annotated[float, typer.Option(min=5, max=900, help="How long to look.")] = 60.0,
    keep_picture: Annotated[
        Path | None, typer.Option("--keep-picture", help="Keep the empty scene here, as calibration picture.")
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Draw here what is judged, and where it lies now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Probe a camera and say whether it is fit, and what to change. Exit 0 or 1."""
    from detector.fitness.checking import check_camera, fitness_json, say_fitness

    fitness = check_camera(
        camera_file, seconds=seconds, quiet=as_json, keep_picture=keep_picture, overlay_to=overlay
    )
    if as_json:
        say_json(fitness_json(fitness))
    else:
        say_fitness(fitness)
    raise typer.Exit(0 if fitness.is_fit else 1)


@commands.command()
def rejudge(
    packets: list[Path],
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Folder of another version's rules; its code is run.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Another setting, as grace_s=1.0; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Stored cases through the rules again: which would be decided otherwise. Exit 2 when a packet cannot be read."""
    from detector.rejudging.rejudge import rejudge as judge_again
    from detector.rejudging.rejudge import rejudged_json, say_rejudged
    from detector.rejudging.rule_version import rules_from

    cases = judge_again(packets, rules=rules_from(rules), changes=changes or ())
    say_rejudged(cases, say=say)
    if as_json:
        say_json(rejudged_json(cases))
    if not all(case.violation_id for case in cases):
        raise typer.Exit(2)
