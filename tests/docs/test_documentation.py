"""The documentation builds without a warning, and what it tells people to type exists."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer.main
from babel.messages.pofile import read_po

import ngatu
from benchmarks.footage.figures import summary
from benchmarks.footage.results import load_report
from detector.contract.camera import Camera, parse_camera
from detector.fitness.grading import (
    GOOD_BITS_PER_PIXEL,
    GOOD_CHARACTER_PX,
    LEAST_BITS_PER_PIXEL,
    LEAST_CHARACTER_PX,
    MOST_MOVED,
)
from service.cases.moves import RejectReason
from tools import site_pictures
from tools.code_pages import code_page

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "models/weights").glob("*.md")])
IN_CODE = re.compile(r"`{3,}[^\n]*\n(.*?)`{3,}|`([^`\n]+)`", re.DOTALL)
COMMAND = re.compile(r"(?:^|[\s/`])ngatu ([a-z][a-z-]*(?: [^\n`|#;&…]*)?)")
IMAGE = re.compile(r"!\[[^\]]+\]\(([^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)(?:#[^)]*)?\)")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
VARIABLE, SET = re.compile(r"\$\{?([A-Z_]+)"), re.compile(r"^\s*([A-Z_]+)=", re.MULTILINE)
VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def commands_in(page: Path) -> list[str]:
    """Each `ngatu …` in code: in a line of its own or in words."""
    pieces = [block or words for block, words in IN_CODE.findall(page.read_text(encoding="utf-8"))]
    found = [match for piece in pieces for match in COMMAND.findall(f" {piece}")]
    return [one.strip() for one in found]


def fault_in(line: str) -> str | None:
    """What the command line of Ngã Tư does not know in a line; None when it knows all of it."""
    here: Any = typer.main.get_command(ngatu.app)
    words = shlex.split(line.replace("[", " ").replace("]", " "))
    while hasattr(here, "commands") and words and not words[0].startswith("-"):
        deeper = here.commands.get(words[0])
        if deeper is None:
            return f"ngatu {line}: there is no {words[0]}"
        here, words = deeper, words[1:]
    known = {name for parameter in here.params for name in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in known]
    return f"ngatu {line}: knows no {unknown[0]}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert [fault for line in commands_in(page) if (fault := fault_in(line))] == []


def test_the_readme_names_many_commands() -> None:
    assert len(commands_in(ROOT / "README.md")) >= 10


@pytest.mark.parametrize("line", ["watch --nonsense", "bench nonsense --json", "nonsense CLIP"])
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    assert fault_in(line) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    targets = [one for one in LINK.findall(page.read_text(encoding="utf-8")) if not one.startswith("http")]

    assert [one for one in targets if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_to_copy_set_what_they_use(page: Path) -> None:
    for lines in SHELL.findall(page.read_text(encoding="utf-8")):
        used, made = set(VARIABLE.findall(lines)), set(SET.findall(lines))
        assert used - made <= {"PWD"}, lines
        if " -b cookies.txt" in lines:
            assert " -c cookies.txt" in lines


def test_setting_up_says_what_it_installs_before_it_begins(tmp_path: Path) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "tools/make_environment.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to("/bin/true")  # whatever it is asked is done
    run = subprocess.run(
        ["bash", "tools/make_environment.sh"],
        cwd=tmp_path,
        env={**os.environ, "PYTHON": "/bin/true"},
        capture_output=True,
        text=True,
        check=True,
    )
    pinned = sum(
        "==" in line and line[0].isalnum()
        for name in ("requirements.lock", "requirements-dev.lock")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
    )
    assert run.stdout.startswith(f"Installing {pinned} Python packages")
    assert re.search(r"about \d+ GB", run.stdout)
    assert run.stdout.count("\n") == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_of_a_page_is_there(page: Path) -> None:
    pictures = IMAGE.findall(page.read_text(encoding="utf-8"))

    assert [one for one in pictures if not (page.parent / one).is_file()] == []
    assert pictures or page != ROOT / "README.md"


def test_make_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for piece in IN_CODE.findall(page.read_text(encoding="utf-8"))
        for target in re.findall(r"\bmake ([a-z-]+)", " ".join(piece))
    }

    assert {"demo", "test"} <= named <= targets


def test_pages_in_vietnamese_carry_their_accents() -> None:
    pages = sorted((ROOT / "docs/vi").glob("*.md"))

    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert len(VIETNAMESE.findall(text)) > len(text) / 12, page.name


@pytest.mark.parametrize(
    ("page", "language"), [("vi/can-bo-xet-duyet.md", "vi"), ("reviewing-cases.md", "en")]
)
def test_the_officers_guides_name_every_reason_to_reject_as_the_console_does(
    page: str, language: str
) -> None:
    guide = (ROOT / "docs" / page).read_text(encoding="utf-8")
    with (ROOT / f"service/locales/{language}.po").open("rb") as file:
        words = {str(one.id): str(one.string) for one in read_po(file, locale=language)}

    missing = [
        reason for reason in RejectReason if f"| {words[f'reject_{reason}']} |".lower() not in guide.lower()
    ]
    assert missing == []
    assert f"++{len(RejectReason)}++" in guide


@pytest.mark.parametrize(
    ("page", "point", "pixels"),
    [("siting-and-calibration.md", ".", "px"), ("vi/lap-dat-camera.md", ",", "điểm ảnh")],
)
def test_the_integrators_guides_give_the_limits_that_the_check_holds_to(
    page: str, point: str, pixels: str
) -> None:
    guide = (ROOT / "docs" / page).read_text(encoding="utf-8")
    limits = [
        f"{GOOD_CHARACTER_PX:g} {pixels} | {LEAST_CHARACTER_PX:g} {pixels}",
        f"{GOOD_BITS_PER_PIXEL:g} | {LEAST_BITS_PER_PIXEL:g}",
        f"{100 * MOST_MOVED:g} %",
    ]

    assert [limit for limit in limits if limit.replace(".", point) not in guide] == []


@pytest.mark.parametrize("kind", ["rendered", "real"])
def test_the_readme_s_table_gives_what_the_committed_reports_say(kind: str) -> None:
    figures = summary(load_report(ROOT / f"benchmarks/results/footage.{kind}.json").clips)
    told = "found", "missed", "false"
    row = f"{' / '.join(told)} | {' / '.join(str(figures[name]) for name in told)}"

    assert row in (ROOT / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "benchmarks/results/footage.md").read_text(encoding="utf-8")
    assert f"{figures['cpu_s_per_footage_s']:.2f}" in page
    assert f"{figures['peak_memory_mib']:.0f} MiB" in page


def test_the_site_builds_without_a_warning_and_tells_every_door_of_the_api(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    api = (tmp_path / "site/api/index.html").read_text(encoding="utf-8")
    for door in ("POST /api/v1/packets", "GET /api/v1/cases/{case_id}", "POST /api/v1/cases/{case_id}/fine"):
        assert door in api
    assert 'src="pictures/case.jpg"' in (tmp_path / "site/index.html").read_text(encoding="utf-8")
    for place in (
        "pictures/case.jpg",
        "index.html",
        "changelog/index.html",
        "models/lamps/index.html",
        "vi/lap-dat-camera/index.html",
    ):
        assert (tmp_path / "site" / place).stat().st_size > 5_000


def test_the_code_page_tells_every_room_from_its_docstrings() -> None:
    page = code_page()

    for name in (
        "detector.contract.camera",
        "detector.rules.red_light",
        "models.vehicles",
        "benchmarks.compare",
    ):
        assert f"### {name}" in page
    assert "`judge(candidate)`: The verdict of this rule and the one word why." in page
    assert "`_" not in page


def test_a_page_shows_a_screenshot_of_the_browser_tests_and_nothing_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(site_pictures, "SCREENSHOTS", tmp_path)
    monkeypatch.delenv(site_pictures.NEEDED, raising=False)
    cv2.imwrite(str(tmp_path / "here.png"), np.zeros((900, 2400, 3), np.uint8))
    text = "one\n\n{{ screenshot here: What it shows. }}\n\n{{ screenshot gone: Not made. }}\n\ntwo\n"

    told = site_pictures.with_pictures(text, depth=1)

    assert "![What it shows.](../pictures/here.webp)" in told
    assert "gone" not in told
    assert "{{" not in told
    assert caplog.text == ""
    monkeypatch.setenv(site_pictures.NEEDED, "1")
    site_pictures.with_pictures(text, depth=1)
    assert "screenshot gone: the browser tests made none" in caplog.text


def test_pictures_of_the_site_are_light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_pictures, "SCREENSHOTS", tmp_path)
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "page.md").write_text(
        "{{ screenshot here: Seen. }}\n{{ screenshot gone: Gone. }}\n", encoding="utf-8"
    )
    cv2.imwrite(str(tmp_path / "here.png"), np.zeros((900, 2400, 3), np.uint8))

    [(place, coded)] = site_pictures.pictures_of(docs)

    assert place == "pictures/here.webp"
    picture = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (450, 1200, 3)


def test_the_books_in_vietnamese_ask_for_pictures() -> None:
    for book in ("can-bo-xet-duyet.md", "lap-dat-camera.md"):
        assert site_pictures.ASKED.search((ROOT / "docs/vi" / book).read_text(encoding="utf-8"))


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language, without their common indent."""
    text = page.read_text(encoding="utf-8")
    fence = re.compile(rf"^( *)```{language}\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in fence.findall(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_shell_sample_can_be_read_by_a_shell(page: Path) -> None:
    for sample in blocks(page, "sh"):
        plain = re.sub(r"\b[A-Z]+…|…", "x", sample)
        done = subprocess.run(["bash", "-n"], input=plain, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{sample}"


def test_the_sample_camera_file_is_a_camera_file() -> None:
    samples = blocks(ROOT / "docs/camera-file.md", "json")
    camera = parse_camera(json.loads(samples[0]), "docs/camera-file.md")
    further = json.loads("{" + samples[1].strip().rstrip(",") + "}")

    assert camera.camera_id == "giangvo-langha"
    assert further.keys() <= {*Camera.model_fields}


def test_shell_samples_name_only_files_and_tools_that_there_are() -> None:
    for page in PAGES:
        for sample in blocks(page, "sh"):
            for named in re.findall(r"(?<![\w/.-])((?:tools|deploy|fixtures|benchmarks)/[\w./-]+)", sample):
                assert (ROOT / named).exists(), f"{page.name}: {named}"
            for module in re.findall(r"python -m ([\w.]+)", sample):
                if module.split(".")[0] in ("benchmarks", "fixtures", "models", "detector", "service"):
                    file = ROOT.joinpath(*module.split("."))
                    assert file.with_suffix(".py").is_file() or (file / "__main__.py").is_file(), module
