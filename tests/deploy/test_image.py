"""The image's commands without a container engine: its packages only, its files read-only, an unprivileged user.

The environment is put together from the packages that requirements.lock names (linked, not downloaded again), so
that a package which only development installs would be missed here as it would be in the image.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import av
import pytest

from tools import split_lock

ROOT = Path(__file__).parents[2]
NOBODY = 65534
START_S = 60.0


def link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def install_runtime_packages(site: Path) -> None:
    """What `pip install -r requirements.lock` puts there, from the packages that are installed here already."""
    here = Path(distribution("fastapi").locate_file("")).resolve()
    for name in split_lock.runtime_packages():
        try:
            files = distribution(name).files or []
        except ModuleNotFoundError:
            continue  # for another platform or Python
        for file in files:
            source = Path(file.locate()).resolve()  # type: ignore[arg-type]
            if source.is_relative_to(here) and source.is_file():
                target = site / source.relative_to(here)
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    link(str(source), str(target))


def as_nobody() -> dict[str, int]:
    return {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}


def open_interpreter() -> str:
    """An interpreter of this version that an unprivileged user may run: root's own may lie in a closed folder."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    tell = "import sys; print('%d.%d' % sys.version_info[:2])"
    for one in (f"{sys.base_prefix}/bin/python{version}", f"/usr/bin/python{version}"):
        try:
            done = subprocess.run(
                [one, "-c", tell], capture_output=True, text=True, check=False, **as_nobody()
            )
        except OSError:
            continue
        if done.stdout.strip() == version:
            return one
    raise AssertionError(
        f"no Python {version} that user {NOBODY} may run; install python{version} from the system"
    )


class Installed:
    """The image's file system as one folder: an environment that nobody may change, and a state that they may."""

    def __init__(self, folder: Path) -> None:
        self.venv, self.state, self.tmp = folder / "ngatu", folder / "state", folder / "tmp"
        self.environment = {
            "PATH": f"{self.venv / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.tmp),
            "TMPDIR": str(self.tmp),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NGATU_STATE": str(self.state),
            "LANG": "C.UTF-8",
        }

    def command(self, *arguments: str) -> list[str]:
        return [str(self.venv / "bin/ngatu"), *arguments]

    def run(self, *arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.state,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            **as_nobody(),  # type: ignore[call-overload]
        )


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    with tempfile.TemporaryDirectory(prefix="ngatu-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        there = Installed(folder)
        subprocess.run([open_interpreter(), "-m", "venv", "--without-pip", there.venv], check=True)
        site = next((there.venv / "lib").glob("python3*")) / "site-packages"
        install_runtime_packages(site)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python"]
        target = str(there.venv / "bin/python")
        subprocess.run([*pip, target, "install", "--no-deps", ROOT], check=True)
        subprocess.run([ROOT / "deploy/slim_packages.sh", site], check=True)
        for path in (there.state, there.tmp):
            path.mkdir()
            path.chmod(0o777)
        for path in (there.venv, *there.venv.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o555)
        yield there
        for path in (there.venv, *there.venv.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def asked(url: str) -> dict[str, object]:
    until_s = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=4) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until_s:
                raise
            time.sleep(0.2)


def test_the_image_s_user_cannot_change_the_program(installed: Installed) -> None:
    done = subprocess.run(
        ["/usr/bin/touch", installed.venv / "bin/something"], check=False, capture_output=True, **as_nobody()
    )

    assert done.returncode != 0


def test_the_service_starts_and_is_healthy(installed: Installed) -> None:
    port = free_port()
    serving = subprocess.Popen(
        installed.command("serve", "--host", "0.0.0.0", "--port", str(port)),
        cwd=installed.state,
        env=installed.environment,
        **as_nobody(),  # type: ignore[call-overload]
    )
    try:
        health = asked(f"http://127.0.0.1:{port}/health")
    finally:
        serving.send_signal(signal.SIGTERM)
        ended = serving.wait(30)

    assert health["status"] == "ok"
    assert ended in (0, -signal.SIGTERM)
    assert (installed.state / "ngatu.db").exists()


def test_the_dockerfile_s_health_check_fails_without_a_service(installed: Installed) -> None:
    line = next(one for one in (ROOT / "Dockerfile").read_text().splitlines() if "/health" in one)
    check = json.loads(line.strip().removeprefix("CMD "))
    check[2] = check[2].replace(":8000", f":{free_port()}")
    done = subprocess.run([installed.venv / "bin/python", *check[1:]], capture_output=True, check=False)

    assert done.returncode == 1


def test_a_recorded_clip_is_judged_and_its_packets_verify(installed: Installed) -> None:
    clips = ROOT / "fixtures/clips"
    camera = installed.state / "night_runner.camera.json"
    for name in ("night_runner.mp4", "night_runner.sub.mp4", "night_runner.camera.json"):
        shutil.copy(clips / name, installed.state / name)
    out = installed.state / "packets"

    done = installed.run(
        "replay",
        str(installed.state / "night_runner.mp4"),
        "--camera",
        str(camera),
        "--out",
        str(out),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout.splitlines()[-1])["cases"]
    assert cases
    verified = installed.run("verify", str(out))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_every_command_starts_without_development_packages(installed: Installed) -> None:
    for words in ("--help", "serve --help", "watch --help", "worker add --help", "audit check"):
        done = installed.run(*shlex.split(words))
        assert done.returncode == 0, words + done.stderr


def test_the_test_source_s_command_serves_video() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        deploy = ROOT / "deploy/test-source"
        mounts = json.loads((deploy / "mounts.json").read_text(encoding="utf-8"))
        mounts["port"] = port
        (folder / "mounts.json").write_text(json.dumps(mounts) + "\n", encoding="utf-8")
        shutil.copy(deploy / "serve.sh", folder)
        shutil.copy(ROOT / "fixtures/rtsp/serve.py", folder)
        for clip in mounts["mounts"].values():
            shutil.copy(ROOT / "fixtures/clips" / clip, folder)
        serving = subprocess.Popen(["/bin/sh", "serve.sh"], cwd=folder, start_new_session=True)
        try:
            sizes = [first_picture(f"rtsp://127.0.0.1:{port}/{mount}") for mount in mounts["mounts"]]
        finally:
            os.killpg(serving.pid, signal.SIGTERM)
            serving.wait(10)

    assert sizes == [(1920, 1080), (640, 360)]


def first_picture(url: str) -> tuple[int, int]:
    until_s = time.monotonic() + START_S
    while True:
        try:
            with av.open(url, options={"rtsp_transport": "tcp"}, timeout=10) as container:
                picture = next(container.decode(video=0))
                return picture.width, picture.height
        except (av.error.FFmpegError, OSError):
            if time.monotonic() > until_s:
                raise
            time.sleep(0.3)
