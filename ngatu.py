"""The command line of Ngã Tư: gathers the groups of commands, sets up logging, turns errors into one line.
Exit codes: 0 good, 1 the thing asked about is not so, 2 bad input with one line saying what and where.
"""

import io
import os
import sys
from pathlib import Path

import typer

from commands import cameras, keeping, measuring, office, recording, watching
from commands.printing import State, say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ngã Tư: red-light cases from junction cameras.",
)
for group in (watching, cameras, recording, measuring, office, keeping):
    app.registered_commands.extend(group.commands.registered_commands)
for name, named_group in (
    ("bench", measuring.bench),
    ("user", office.user),
    ("camera", cameras.camera),
    ("worker", office.worker),
    ("audit", office.audit),
    ("payments", office.payments),
    ("retention", keeping.retention),
):
    app.add_typer(named_group, name=name)


@app.command()
def demo(state: State = Path("var/demo")) -> None:
    """Watch a rendered junction, confirm a case, issue its fine: the whole way in three minutes."""
    from benchmarks.demo import run_demo

    run_demo(state=state, say=say)


def choose_log_level() -> None:
    """What goes on is told by the commands that last, or on wish."""
    from detector.log_lines import LOG_LEVELS, log_to_stderr

    lasting = {"serve", "watch", "assist", "record"} & set(sys.argv[1:2])
    level = os.environ.get("NGATU_LOG", "info" if lasting else "warning").lower()
    if level not in LOG_LEVELS:
        sys.stderr.write(f"ngatu: NGATU_LOG={level}: is none of {', '.join(LOG_LEVELS)}\n")
        sys.exit(2)
    log_to_stderr(level)


def main() -> None:
    """Run the command named on the command line; bad input ends with one line and exit code 2."""
    from benchmarks.truth import TruthFileError
    from detector.contract.camera import CameraFileError
    from detector.errors import DetectorError, printable
    from models.errors import ModelError
    from service.errors import ServiceError

    choose_log_level()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except (CameraFileError, TruthFileError, DetectorError, ModelError, ServiceError) as error:
        sys.stderr.write(f"ngatu: {printable(str(error))}\n")
        sys.exit(2)
    except OSError as error:
        where = printable(str(error.filename or "a file"))[:200]
        sys.stderr.write(f"ngatu: {where}: {error.strerror or error}; check the path, its rights and space\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
