"""`ngatu bench …`: accuracy and speed, against truth and against what a user would pick instead."""

from pathlib import Path
from typing import Annotated

import typer

from commands.printing import AsJson, say, say_figures, say_json

commands = typer.Typer()
bench = typer.Typer(no_args_is_help=True, help="Accuracy and speed, measured against truth.")


CityFootage = Annotated[
    Path, typer.Option("--footage", help="Where the rendered junctions are kept between runs.")
]


@commands.command()
def truth(
    clip: Annotated[Path | None, typer.Argument(help="The clip to mark.")] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", help="Two truth files of one clip, by two people."),
    ] = None,
    camera_file: Annotated[
        Path | None, typer.Option("--camera", help="The camera file; else NAME.camera.json beside the clip.")
    ] = None,
    truth_file: Annotated[
        Path | None, typer.Option("--truth", help="The file to write; else NAME.truth.json beside the clip.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page on this machine; 0 takes a free one.")] = 8020,
    empty: Annotated[bool, typer.Option("--empty", help="Begin without what the detector proposes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Mark what happened in a clip, on a page of this machine; or compare two people's truths."""
    if compare is not None:
        from benchmarks.compare_truths import compare_truth_files, say_agreement

        agreement = compare_truth_files(*compare)
        say_agreement(agreement, say=say)
        if as_json:
            say_json(agreement.to_json())
        return
    if clip is None:
        raise typer.BadParameter("name a clip to mark, or two truth files with --compare A B")
    from benchmarks.truth_page.running import mark_truth

    mark_truth(clip, camera_file=camera_file, truth_file=truth_file, port=port, proposes=not empty, say=say)


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
    """Every clip of a folder on all cores, beside its truth: report.html and report.json. Exit 1 when none ran."""
    from benchmarks.footage.figures import summary
    from benchmarks.footage.running import bench_footage as run_footage
    from benchmarks.footage.running import say_footage

    report = run_footage(folder, out=out, say=say, quiet=as_json)
    say_footage(report, out, say=say)
    if as_json:
        say_json(summary(report.clips))
    if all(clip.problem for clip in report.clips):
        raise typer.Exit(1)


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

    say_figures(run(images, labels), as_json=as_json)


@bench.command("plates")
def bench_plates(
    images: Annotated[Path, typer.Option()], truth: Annotated[Path, typer.Option()], as_json: AsJson = False
) -> None:
    """Plates read exactly, by source."""
    from benchmarks.plates import run

    say_figures(run(images, truth), as_json=as_json)


@bench.command("lamps")
def bench_lamps(
    images: Annotated[Path, typer.Option()], truth: Annotated[Path, typer.Option()], as_json: AsJson = False
) -> None:
    """Lamp colours told right."""
    from benchmarks.lamps import run

    say_figures(run(images, truth), as_json=as_json)


def _review_month(officers: int, *, cases: int, seconds: float, database: str | None, as_json: bool) -> None:
    from benchmarks.service_officers import run

    quiet = (lambda _: None) if as_json else say
    found = run(officers=officers, cases=cases, seconds=seconds, database=database, say=quiet)
    say_figures(found, as_json=as_json)
    if found["double_decisions"] or found["lost_updates"] or not found["trail_is_whole"]:
        raise typer.Exit(1)


@bench.command("service")
def bench_service(
    cases: Annotated[int, typer.Option(min=1, help="How many cases the record holds.")] = 20_000,
    seconds: Annotated[
        float, typer.Option(min=5, help="How long users ask, or officers decide at most.")
    ] = 30.0,
    database: Annotated[str | None, typer.Option(help="URL of an empty PostgreSQL database.")] = None,
    officers: Annotated[
        int,
        typer.Option(
            min=0, help="So many officers review the cases instead; exit 1 when one is decided twice."
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Queue, case, figures, intake and export with a full record, over HTTP; or a month of review (--officers)."""
    from benchmarks.service import run

    quiet = (lambda _: None) if as_json else say
    if officers:
        _review_month(officers, cases=cases, seconds=seconds, database=database, as_json=as_json)
        return
    say_figures(run(cases=cases, seconds=seconds, database=database, say=quiet), as_json=as_json)


@bench.command("console")
def bench_console(
    cases: Annotated[int, typer.Option(min=1000, help="How many open cases the queue holds.")] = 100_000,
    decided: Annotated[int, typer.Option(min=2, help="How many cases are decided by keyboard.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The console in Chromium: the queue and its filters, and cases decided by keyboard, from key to next case."""
    from benchmarks.console import run

    quiet = (lambda _: None) if as_json else say
    say_figures(run(cases=cases, decided=decided, say=quiet), as_json=as_json)


@bench.command("city")
def bench_city(
    cameras: Annotated[
        int, typer.Option(min=1, max=500, help="How many cameras are served and watched.")
    ] = 48,
    seconds: Annotated[float, typer.Option(min=20, help="How long is measured, after they settled.")] = 120.0,
    folder: CityFootage = Path("var/bench-city"),
    references: Annotated[bool, typer.Option(help="Measure the reference pipelines too.")] = True,
    as_json: AsJson = False,
) -> None:
    """A city live over RTSP on this machine: cases found, lag, cores, memory, beside reference pipelines."""
    from benchmarks.city.running import run

    quiet = (lambda _: None) if as_json else say
    figures = run(cameras=cameras, seconds=seconds, folder=folder, references=references, say=quiet)
    say_figures(figures, as_json=as_json)


@bench.command("growth")
def bench_growth(
    seconds: Annotated[
        float, typer.Option(min=20, help="How long each number of cameras is measured; a round takes 120.")
    ] = 120.0,
    cameras: Annotated[
        list[int] | None, typer.Option(min=1, max=500, help="A number of cameras; may be given again.")
    ] = None,
    folder: CityFootage = Path("var/bench-city"),
    picture: Annotated[Path, typer.Option(help="Where the curve goes, as SVG.")] = Path("growth.svg"),
    as_json: AsJson = False,
) -> None:
    """What a camera costs as a city grows: 1, 6, 12, 24 and 48 cameras in turn, and the curve as a picture."""
    from benchmarks.city.growth import COUNTS, run

    quiet = (lambda _: None) if as_json else say
    figures = run(
        counts=sorted(cameras or COUNTS), seconds=seconds, folder=folder, picture=picture, say=quiet
    )
    say_figures(figures, as_json=as_json)


@bench.command("speed")
def bench_speed(as_json: AsJson = False) -> None:
    """Speed and memory of the networks on this machine."""
    from benchmarks.speed import run

    say_figures(run(), as_json=as_json)


@bench.command("recorder")
def bench_recorder(
    feeds: Annotated[int, typer.Option(min=1, max=500, help="How many feeds are served and recorded.")] = 141,
    seconds: Annotated[float, typer.Option(min=5, help="How long it is measured.")] = 120.0,
    as_json: AsJson = False,
) -> None:
    """What recording feeds of 2 Mb/s costs, and whether anything is lost."""
    from benchmarks.recorder import run

    quiet = (lambda _: None) if as_json else say
    say_figures(run(feeds=feeds, seconds=seconds, say=quiet), as_json=as_json)
