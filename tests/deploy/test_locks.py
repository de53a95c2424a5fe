"""The image installs requirements.lock: that file holds what a running system needs, and nothing else."""

from tools import split_lock


def test_each_pin_lies_in_the_lock_that_it_belongs_to() -> None:
    assert split_lock.misplaced() == [], "run: .venv/bin/python tools/split_lock.py"


def test_what_runs_holds_no_torch_and_no_tools() -> None:
    running = {split_lock.pinned_name(pin) for pin in split_lock.pins(split_lock.RUNTIME)}

    assert {"fastapi", "openvino", "av", "psycopg"} <= running
    assert not running & {
        "torch",
        "ultralytics",
        "easyocr",
        "pytest",
        "mypy",
        "ruff",
        "playwright",
        "moderngl",
    }


def test_every_pin_names_one_exact_version() -> None:
    lines = split_lock.pins(split_lock.RUNTIME) + split_lock.pins(split_lock.DEV)

    assert [line for line in lines if "==" not in line] == []


def test_a_pin_that_only_development_needs_is_noticed(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    lock = tmp_path / "requirements.lock"
    lock.write_text(split_lock.RUNTIME.read_text(encoding="utf-8") + "ruff==0.17.6\n", encoding="utf-8")
    monkeypatch.setattr(split_lock, "RUNTIME", lock)

    assert "requirements.lock: ruff==0.17.6 is not needed to run" in split_lock.misplaced()
