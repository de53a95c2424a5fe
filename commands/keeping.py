"""Commands that keep the record: retention, backup, restore."""

import os
from pathlib import Path
from typing import Annotated

import typer

from commands.printing import DEFAULT_STATE, AsJson, State, say, say_json

commands = typer.Typer()
retention = typer.Typer(no_args_is_help=True, help="How long evidence is kept.")
PASSPHRASE = "NGATU_BACKUP_PASSPHRASE"  # noqa: S105 - a variable's name
Why = Annotated[str, typer.Option(help="The reason, for the audit trail.")]


@retention.command("run")
def retention_run(
    state: State = DEFAULT_STATE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase evidence whose time is over by service/law/retention.csv; run it once a day. Exit 1 when some stayed."""
    from service.keeping_commands import retain

    result = retain(state=state, dry=dry_run)
    if as_json:
        say_json(result)
    else:
        say(result["line"])
    raise typer.Exit(1 if result["failed"] else 0)


@retention.command("hold")
def retention_hold(case_id: int, why: Why, state: State = DEFAULT_STATE) -> None:
    """Keep a case's evidence whatever the rules say, until it is released."""
    from service.keeping_commands import hold

    say(hold(state=state, case_id=case_id, why=why))


@retention.command("release")
def retention_release(case_id: int, why: Why, state: State = DEFAULT_STATE) -> None:
    """Let the rules decide again over a case's evidence."""
    from service.keeping_commands import release

    say(release(state=state, case_id=case_id, why=why))


@commands.command()
def backup(
    folder: Path,
    state: State = DEFAULT_STATE,
    encrypt: Annotated[
        bool, typer.Option("--encrypt", help=f"With a passphrase: {PASSPHRASE}, or asked for.")
    ] = False,
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many backups stay in the folder; all by default.")
    ] = None,
) -> None:
    """Save record, evidence and keys into a folder while the service runs; evidence is copied once."""
    from service.keeping_commands import back_up

    passphrase = _passphrase(confirm=True) if encrypt else None
    say(back_up(state=state, folder=folder, passphrase=passphrase, keep=keep))


@commands.command()
def restore(
    folder: Path,
    state: State = DEFAULT_STATE,
    run: Annotated[str | None, typer.Option(help="Which backup; the newest by default.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only read it and say whether it is whole.")] = False,
) -> None:
    """Restore a backup into an empty state, after every file was read and found good. Exit 2 for a damaged one."""
    from service.keeping_commands import check_only, is_encrypted, restore_into

    if check:
        say(check_only(folder=folder, run=run))
        return
    passphrase = _passphrase(confirm=False) if is_encrypted(folder=folder, run=run) else None
    say(restore_into(state=state, folder=folder, run=run, passphrase=passphrase))


def _passphrase(*, confirm: bool) -> str:
    found = os.environ.get(PASSPHRASE)
    if found is not None:
        return found
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
