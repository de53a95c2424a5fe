"""The command line of Ngã Tư: parses, calls the rooms, prints. Holds no logic of its own.
Exit codes: 0 good, 1 the thing asked about is not so, 2 bad input with one line saying what and where.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ngã Tư: red-light cases from junction cameras.",
)
bench = typer.Typer(no_args_is_help=True, help="Accuracy and speed, measured against truth.")
user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
camera = typer.Typer(no_args_is_help=True, help="Registered cameras.")
worker = typer.Typer(no_args_is_help=True, help="Machines that send packets.")
audit = typer.Typer(no_args_is_help=True, help="The append-only audit trail.")
payments = typer.Typer(no_args_is_help=True, help="Money that came in, and what late payment costs.")
for name, group in (
    ("bench", bench),
    ("user", user),
    ("camera", camera),
    ("worker", worker),
    ("audit", audit),
    ("payments", payments),
):
    app.add_typer(group, name=name)

DEFAULT_STATE = Path("var")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
State = Annotated[
    Path, typer.Option("--state", help="Folder with database, evidence, keys.", envvar="NGATU_STATE")
]
CameraFile = Annotated[Path, typer.Option("--camera", help="The camera file (JSON).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]


def say(line: str = "") -> None:
    """One line for people."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_json(value: dict[str, Any]) -> None:
    """One JSON object on one line, for scripts."""
    say(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


@app.command()
def demo(state: State = Path("var/demo")) -> None:
    """Watch a rendered junction, confirm a case, issue its fine: the whole way in three minutes."""
    from benchmarks.demo import run_demo

    run_demo(state=state, say=say)


@app.command()
def serve(
    state: State = DEFAULT_STATE, host: str = "127.0.0.1", port: Annotated[int, typer.Option(min=1)] = 8000
) -> None:
    """Service and console."""
    from service.running import serve as serve_record

    serve_record(state=state, host=host, port=port, say=say)


@app.command()
def watch(
    cameras: Annotated[
        list[Path] | None, typer.Option("--cameras", help="Camera files; else all registered smart cameras.")
    ] = None,
    state: State = DEFAULT_STATE,
    service: Annotated[str, typer.Option(help="Where packets go.")] = "http://127.0.0.1:8000",
) -> None:
    """Watch live cameras and send their packets to the service."""
    from detector.contract.camera import load_camera
    from detector.watching.live_watch import watch_cameras
    from service.running import smart_cameras

    named = tuple(load_camera(path) for path in cameras or ())
    watch_cameras(named or smart_cameras(state=state), state=state, service_url=service, say=say)


@app.command()
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
        result = replay_clip(clip, camera_file=camera_file, out=out, state=state, progress=progress)
    if as_json:
        say_json(result.to_json())
    else:
        case_table(result)


@app.command()
def verify(
    packets: list[Path],
    public_key: Annotated[Path | None, typer.Option("--public-key", help="PEM of the worker's key.")] = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Check packets offline: every byte, the signature, the order. Exit 0 or 1."""
    from detector.evidence.verifying import verify_command

    raise typer.Exit(verify_command(packets, public_key=public_key or state / "keys" / "worker.pub", say=say))


@app.command()
def check(
    camera_file: Path,
    seconds: Annotated[float, typer.Option(min=5, max=900, help="How long to look.")] = 60.0,
    keep_picture: Annotated[
        Path | None, typer.Option("--keep-picture", help="Keep the empty scene here, as calibration picture.")
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Draw here where the stop lines lie now.")
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


@app.command()
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
    """Stored cases through the rules again: which would be decided otherwise."""
    from detector.rejudging.rejudge import rejudge as judge_again
    from detector.rejudging.rejudge import rejudged_json, say_rejudged
    from detector.rejudging.rule_version import rules_from

    cases = judge_again(packets, rules=rules_from(rules), changes=changes or ())
    say_rejudged(cases, say=say)
    if as_json:
        say_json(rejudged_json(cases))


@bench.command("violations")
def bench_violations(
    clip: Annotated[Path, typer.Option()],
    truth: Annotated[Path, typer.Option()],
    as_json: AsJson = False,
) -> None:
    """Cases found in a clip beside its truth; the truth file names the camera."""
    from benchmarks.running import bench_clip, say_comparison

    comparison = bench_clip(clip, truth_file=truth)
    say_comparison(comparison, say=say)
    if as_json:
        say_json(comparison.to_json())


@bench.command("footage")
def bench_footage(
    folder: Path,
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html, report.json and kept results.")],
    as_json: AsJson = False,
) -> None:
    """Every clip of a folder on all cores, beside its truth: report.html and report.json."""
    from benchmarks.footage.figures import summary
    from benchmarks.footage.running import bench_footage as run_footage
    from benchmarks.footage.running import say_footage

    report = run_footage(folder, out=out, say=say, quiet=as_json)
    say_footage(report, out, say=say)
    if as_json:
        say_json(summary(report.clips))


@bench.command("compare")
def bench_compare(before: Path, after: Path, as_json: AsJson = False) -> None:
    """Two report.json of bench footage: what got better, what got worse, and whether it means anything."""
    from benchmarks.compare import compare_reports, say_difference
    from benchmarks.footage.results import load_report

    difference = compare_reports(load_report(before), load_report(after))
    say_difference(difference, say=say)
    if as_json:
        say_json(difference.to_json())


@bench.command("vehicles")
def bench_vehicles(
    images: Annotated[Path, typer.Option()], labels: Annotated[Path, typer.Option()], as_json: AsJson = False
) -> None:
    """AP50 of the vehicle detector on labelled pictures."""
    from benchmarks.vehicles import run

    _say_figures(run(images, labels), as_json=as_json)


@bench.command("plates")
def bench_plates(
    images: Annotated[Path, typer.Option()], truth: Annotated[Path, typer.Option()], as_json: AsJson = False
) -> None:
    """Plates read exactly, by source."""
    from benchmarks.plates import run

    _say_figures(run(images, truth), as_json=as_json)


@bench.command("lamps")
def bench_lamps(
    images: Annotated[Path, typer.Option()], truth: Annotated[Path, typer.Option()], as_json: AsJson = False
) -> None:
    """Lamp colours told right."""
    from benchmarks.lamps import run

    _say_figures(run(images, truth), as_json=as_json)


@bench.command("service")
def bench_service(
    cases: Annotated[int, typer.Option(min=1, help="How many cases the record holds.")] = 20_000,
    seconds: Annotated[float, typer.Option(min=5, help="How long 20 users ask.")] = 30.0,
    database: Annotated[str | None, typer.Option(help="URL of an empty PostgreSQL database.")] = None,
    as_json: AsJson = False,
) -> None:
    """Queue, case, figures, intake and export with a full record, over HTTP."""
    from benchmarks.service import run

    quiet = (lambda _: None) if as_json else say
    _say_figures(run(cases=cases, seconds=seconds, database=database, say=quiet), as_json=as_json)


@bench.command("speed")
def bench_speed(as_json: AsJson = False) -> None:
    """Speed and memory of the networks on this machine."""
    from benchmarks.speed import run

    _say_figures(run(), as_json=as_json)


def _say_figures(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(figures)
    else:
        say(json.dumps(figures, ensure_ascii=False, indent=2))


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="reviewer, supervisor, integrator, auditor or admin")],
    state: State = DEFAULT_STATE,
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    from service.running import add_person

    password = (
        typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    )
    add_person(state=state, name=name, role=role, password=password)
    say(f"{name} may sign in as {role}.")


@camera.command("add")
def camera_add(camera_file: Path, state: State = DEFAULT_STATE) -> None:
    """Register a camera, so that the service accepts its packets."""
    from detector.contract.camera import load_camera
    from service.running import add_camera

    loaded = load_camera(camera_file)
    add_camera(state=state, camera=loaded)
    say(f"{loaded.camera_id} ({loaded.name}) is registered.")


@worker.command("add")
def worker_add(
    name: Annotated[str, typer.Option(help="What people call this machine.")] = "worker",
    state: State = DEFAULT_STATE,
) -> None:
    """Let this machine send packets: makes its signing key and its token, both kept in STATE/keys."""
    from detector.evidence.signing import load_or_create_signer
    from service.running import add_worker

    signer = load_or_create_signer(state / "keys")
    add_worker(state=state, key_id=signer.key_id, public_pem=signer.public_pem(), name=name)
    say(f"{name} (key {signer.key_id}) may send packets; its token is in {state / 'keys'}.")


@audit.command("check")
def audit_check(state: State = DEFAULT_STATE) -> None:
    """Check that no entry of the audit trail was altered or removed. Exit 0 or 1."""
    from service.running import check_audit

    whole, line = check_audit(state=state)
    say(line)
    raise typer.Exit(0 if whole else 1)


@payments.command("import")
def payments_import(
    files: list[Path],
    state: State = DEFAULT_STATE,
    as_json: AsJson = False,
) -> None:
    """Import statements of the bank or the portal (CSV). The same file again changes nothing."""
    from service.office_commands import import_payments

    for file in files:
        result = import_payments(state=state, file=file)
        if as_json:
            say_json(result)
        else:
            say(result["line"])


@payments.command("late-run")
def payments_late_run(state: State = DEFAULT_STATE) -> None:
    """Charge every open fine what late payment costs through yesterday; run it once a day."""
    from service.office_commands import run_late

    say(run_late(state=state))


@app.command()
def seed(
    year: Annotated[int, typer.Argument(help="2024: the year that the city published figures of.")],
    state: State = DEFAULT_STATE,
) -> None:
    """Write a year of demo cases that add up to the published figures; every one is marked as rendered."""
    from service.office_commands import seed as seed_record

    seed_record(state=state, year=year, say=say)


def log_to_stderr() -> None:
    """Standard output belongs to results; what goes on is told by the commands that last, or on wish."""
    import structlog

    lasting = {"serve", "watch"} & set(sys.argv[1:2])
    level = os.environ.get("NGATU_LOG", "info" if lasting else "warning").lower()
    if level not in LOG_LEVELS:
        sys.stderr.write(f"ngatu: NGATU_LOG={level}: is none of {', '.join(LOG_LEVELS)}\n")
        sys.exit(2)
    # Plain tracebacks: those that show variables would show tokens and passwords.
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[*structlog.get_config()["processors"][:-1], renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main() -> None:
    """Run the command named on the command line; bad input ends with one line and exit code 2."""
    from benchmarks.truth import TruthFileError
    from detector.contract.camera import CameraFileError
    from detector.errors import DetectorError
    from models.errors import ModelError
    from service.errors import ServiceError

    log_to_stderr()
    try:
        app()
    except (CameraFileError, TruthFileError, DetectorError, ModelError, ServiceError) as error:
        sys.stderr.write(f"ngatu: {error}\n")
        sys.exit(2)
    except OSError as error:
        where = str(error.filename or "a file")[:200]
        sys.stderr.write(f"ngatu: {where}: {error.strerror or error}; check the path, its rights and space\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
