"""Commands of the record: serve, people, workers, audit, payments, seed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.printing import DEFAULT_STATE, AsJson, State, say, say_json

commands = typer.Typer()
user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
worker = typer.Typer(no_args_is_help=True, help="Machines that send packets.")
audit = typer.Typer(no_args_is_help=True, help="The append-only audit trail.")
payments = typer.Typer(no_args_is_help=True, help="Money that came in, and what late payment costs.")


@commands.command()
def serve(
    state: State = DEFAULT_STATE, host: str = "127.0.0.1", port: Annotated[int, typer.Option(min=1)] = 8000
) -> None:
    """Service and console."""
    from service.running import serve as serve_record

    serve_record(state=state, host=host, port=port, say=say)


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="reviewer, supervisor, integrator, auditor or admin")],
    state: State = DEFAULT_STATE,
) -> None:
    """Add a person; the password is asked for twice, or read from standard input."""
    from service.running import add_person

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().strip()
    add_person(state=state, name=name, role=role, password=password, say=say)
    say(f"{name} may sign in as {role}.")


@worker.command("add")
def worker_add(
    name: Annotated[str, typer.Option(help="What people call this machine.")] = "worker",
    state: State = DEFAULT_STATE,
) -> None:
    """Let this machine send packets: makes its signing key and its token, both kept in STATE/keys."""
    from detector.evidence.signing import load_or_create_signer
    from service.running import add_worker

    signer = load_or_create_signer(state / "keys")
    add_worker(state=state, key_id=signer.key_id, public_pem=signer.public_pem(), name=name, say=say)
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


@commands.command()
def seed(
    year: Annotated[int, typer.Argument(help="2024: the year that the city published figures of.")],
    state: State = DEFAULT_STATE,
) -> None:
    """Write a year of demo cases that add up to the published figures; every one is marked as rendered."""
    from service.office_commands import seed as seed_record

    seed_record(state=state, year=year, say=say)
