"""Commands on the record as a person types them: a mistyped folder, a camera that is a file, a disk without room."""

import errno
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

import ngatu
from service import running
from service.database import transaction
from service.errors import BadInput
from service.record_opening import kept_record
from tests.service.conftest import camera_file

PASSWORD = "a password of some length"
CLIPS = Path(__file__).parents[2] / "fixtures" / "clips"
LIVE = {"main": "rtsp://10.0.0.9/main", "sub": None}


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> str:
    """The one line with which a command ends in exit code 2."""
    monkeypatch.setattr(sys, "argv", ["ngatu", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        ngatu.main()
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1), said
    assert said.startswith("ngatu: ")
    return said


def done(*arguments: str | Path) -> str:
    """What a command that ends well says."""
    ran = CliRunner().invoke(ngatu.app, [str(argument) for argument in arguments], input=f"{PASSWORD}\n")
    assert ran.exit_code == 0, (ran.output, ran.exception)
    return ran.output


def written(folder: Path, **changes: object) -> Path:
    """A camera file like that of a rendered clip."""
    settings = json.loads((CLIPS / "day_runners.camera.json").read_text(encoding="utf-8"))
    path = folder / "camera.json"
    path.write_text(json.dumps(settings | changes), encoding="utf-8")
    return path


def test_a_camera_that_is_a_file_is_refused_as_over_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = CLIPS / "day_runners.camera.json"
    said = refused(monkeypatch, capsys, "camera", "add", file, "--state", tmp_path / "own")
    assert said == "ngatu: sources.main: must begin with rtsp:// or rtsps://\n"
    assert not (tmp_path / "own").exists()


def test_an_administrator_at_the_machine_may_register_a_feed_of_this_machine(tmp_path: Path) -> None:
    here = written(tmp_path, sources={"main": "rtsp://127.0.0.1:8554/main", "sub": None})
    assert "is registered" in done("camera", "add", here, "--state", tmp_path / "own")


def test_a_camera_is_disabled_and_enabled_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = ("--state", tmp_path / "own")
    done("camera", "add", written(tmp_path, sources=LIVE), *state)
    watched = running.SmartCameras(state=tmp_path / "own")
    assert [camera.camera_id for camera in watched.cameras()] == ["day-runners"]
    assert done("camera", "disable", "day-runners", "--why", "roadworks", *state)
    assert not watched.cameras()
    assert "is not enabled" in refused(monkeypatch, capsys, "camera", "disable", "day-runners", *state)
    assert "or say why" in refused(monkeypatch, capsys, "camera", "enable", "day-runners", *state)
    done("camera", "enable", "day-runners", "--why", "checked by hand", *state)
    assert [camera.camera_id for camera in watched.cameras()] == ["day-runners"]
    assert "judged already" in refused(monkeypatch, capsys, "camera", "enable", "day-runners", *state)
    assert "there is none" in refused(monkeypatch, capsys, "camera", "disable", "elsewhere", *state)
    assert running.check_audit(state=tmp_path / "own")[0]


def test_a_plain_camera_is_recorded_again(tmp_path: Path) -> None:
    state = tmp_path / "own"
    plain = camera_file().model_copy(update={"kind": "plain", "lanes": (), "signals": ()})
    running.add_camera(state=state, camera=plain)
    recorded = running.PlainCameras(state=state)
    done("camera", "disable", plain.camera_id, "--state", state)
    assert not recorded.cameras(recorded=True)
    done("camera", "enable", plain.camera_id, "--state", state)
    assert len(recorded.cameras(recorded=True)) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("backup", "{folder}/backup"),
        ("retention", "run"),
        ("retention", "hold", "1", "--why", "court"),
        ("retention", "release", "1", "--why", "closed"),
        ("payments", "import", "{folder}/statement.csv"),
        ("payments", "late-run"),
        ("watch",),
        ("record",),
        ("audit", "check"),
        ("camera", "disable", "day-runners"),
        ("camera", "enable", "day-runners"),
    ],
    ids=" ".join,
)
def test_what_asks_for_a_record_makes_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
) -> None:
    (tmp_path / "statement.csv").write_text("a statement", encoding="utf-8")
    mistyped = tmp_path / "vra"
    arguments = [word.format(folder=tmp_path) for word in command]
    said = refused(monkeypatch, capsys, *arguments, "--state", mistyped)
    assert f"{mistyped}: holds no record (ngatu.db); name the service's folder with --state" in said
    assert [path.name for path in tmp_path.iterdir()] == ["statement.csv"]


def test_what_may_begin_a_record_says_that_it_did_and_where(tmp_path: Path) -> None:
    camera = written(tmp_path, sources=LIVE)
    for name, command in {
        "u": ("user", "add", "lan", "--role", "reviewer"),
        "c": ("camera", "add", camera),
        "w": ("worker", "add"),
    }.items():
        first = done(*command, "--state", tmp_path / name)
        assert f"Began a new record in {tmp_path / name} (ngatu.db)" in first
    assert "Began" not in done("camera", "add", camera, "--state", tmp_path / "u")


def test_a_servers_database_is_a_record_of_which_no_file_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NGATU_DATABASE", "postgresql+psycopg://somebody:hidden@127.0.0.1:1/ngatu")
    for command in (("payments", "late-run"), ("user", "add", "lan", "--role", "reviewer")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
        said = refused(monkeypatch, capsys, *command, "--state", tmp_path / "own")
        assert "the record cannot be used" in said
        assert "refused" in said
        assert "hidden" not in said


def test_an_address_that_is_no_databases_is_said_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for address in ("nonsense:hidden", "nosuchkind://u:hidden@h/d"):
        monkeypatch.setenv("NGATU_DATABASE", address)
        said = refused(monkeypatch, capsys, "payments", "late-run", "--state", tmp_path)
        assert "NGATU_DATABASE: is no database's address" in said
        assert "hidden" not in said


def test_a_database_without_room_refuses_in_one_line(tmp_path: Path) -> None:
    state = tmp_path / "own"
    running.add_person(state=state, name="Hoa", role="reviewer", password=PASSWORD)
    with (
        pytest.raises(BadInput, match=r"the record cannot be used \(database or disk is full\); make room"),
        kept_record(state) as record,
        transaction(record.engine) as session,
    ):
        connection = session.connection()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.exec_driver_sql("CREATE TABLE more AS SELECT zeroblob(1000000) AS zeros")


class Terminal(io.StringIO):
    """Standard input as a person types into it."""

    def isatty(self) -> bool:
        return True


def test_a_password_is_typed_twice_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return [PASSWORD, "mistyped", PASSWORD, PASSWORD][len(asked) - 1]

    monkeypatch.setattr("typer._click.termui.hidden_prompt_func", typed, raising=False)
    monkeypatch.setattr("click.termui.hidden_prompt_func", typed, raising=False)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(
        sys, "argv", ["ngatu", "user", "add", "lan", "--role", "reviewer", "--state", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as ended:
        ngatu.main()
    assert (ended.value.code, len(asked)) == (0, 4)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_backup_that_its_disk_does_not_take_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], encrypted: bool
) -> None:
    running.add_person(state=tmp_path / "own", name="Hoa", role="reviewer", password=PASSWORD)
    monkeypatch.setenv("NGATU_BACKUP_PASSPHRASE", PASSWORD)

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    option = ("--encrypt",) if encrypted else ()
    said = refused(monkeypatch, capsys, "backup", tmp_path / "saved", "--state", tmp_path / "own", *option)
    first = "passphrase-check.enc" if encrypted else "record.jsonl.gz"
    assert said.startswith(f"ngatu: {tmp_path / 'saved'}/")
    assert f"/{first}: No space left on device; check the path, its rights and space" in said


def test_a_key_that_the_disk_does_not_take_is_named_and_made_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "keys" / "service.key"
    with monkeypatch.context() as patched:

        def full(_file: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patched.setattr(os, "fsync", full)
        said = refused(patched, capsys, "camera", "add", written(tmp_path, sources=LIVE), "--state", tmp_path)
    assert said.startswith(f"ngatu: {key}: No space left on device")
    assert not list(key.parent.iterdir())
    done("camera", "add", tmp_path / "camera.json", "--state", tmp_path)
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_bytes(b"")
    said = refused(monkeypatch, capsys, "audit", "check", "--state", tmp_path)
    assert said == f"ngatu: {key}: holds no key; restore it from the backup\n"
