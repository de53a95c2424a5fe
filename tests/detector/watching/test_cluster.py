"""The same groups on a Ray cluster of several nodes: one dies, its cameras are watched again, no case is doubled."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.rtsp.server import RtspServer
from tests.detector.watching.test_city_live import (
    CAMERAS,
    CLIPS,
    NAME,
    free_port,
    metrics,
    playing,
    prepared,
    wait_until,
)


@contextmanager
def small_cluster(said: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A cluster of three nodes; a line to its process kills the first that watches."""
    with said.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("small_cluster.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
        assert process.stdout is not None
        address = next((line.strip() for line in process.stdout if line[0].isdigit()), "")
        assert address, said.read_text()[-3000:]
        try:
            yield address, process
        finally:
            process.communicate(timeout=60)


def test_the_cameras_of_a_dead_node_are_watched_again_and_no_case_is_doubled(tmp_path: Path) -> None:
    mounts = {
        f"{camera_id}/{role}": CLIPS / f"{NAME}{end}"
        for camera_id in CAMERAS
        for role, end in (("main", ".mp4"), ("sub", ".sub.mp4"))
    }
    said, port = tmp_path / "said.txt", free_port()
    with (
        RtspServer(mounts, loop=True) as server,
        small_cluster(tmp_path / "cluster.txt") as (address, cluster),
        said.open("ab") as out,
    ):
        command = [sys.executable, "-m", "ngatu", "watch", *prepared(tmp_path, server)]
        command += ["--groups", "2", "--cluster", address, "--metrics-port", str(port)]
        with subprocess.Popen(command, stdout=out, stderr=out) as watch:
            try:
                see_a_node_killed(cluster, port, tmp_path, said)
                watch.send_signal(signal.SIGTERM)
                assert watch.wait(90) == 0, said.read_text()[-3000:]
            finally:
                watch.kill()
    folders = [path.parent.name for path in tmp_path.glob("outbox/*/*/manifest.sig")]
    assert len(folders) == len(set(folders)) >= 2


def see_a_node_killed(cluster: "subprocess.Popen[str]", port: int, state: Path, said: Path) -> None:
    wait_until(lambda: playing(port) == set(CAMERAS), said)
    assert cluster.stdin is not None
    assert cluster.stdout is not None
    cluster.stdin.write("kill\n")
    cluster.stdin.flush()
    assert next(line for line in cluster.stdout if line.strip() == "dead")
    wait_until(lambda: "group_restarted" in said.read_text(), said)
    back_s = wait_until(lambda: playing(port) == set(CAMERAS), said)
    assert back_s < 15.0, "the cameras play again on the node that is left"
    wait_until(
        lambda: {path.parts[-3] for path in state.glob("outbox/*/*/manifest.sig")} == set(CAMERAS), said
    )
    assert metrics(port)["ngatu_groups_given_up", ""] == 0


def test_a_cluster_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    with RtspServer({f"{c}/{r}": CLIPS / f"{NAME}.mp4" for c in CAMERAS for r in ("main", "sub")}) as server:
        command = [sys.executable, "-m", "ngatu", "watch", *prepared(tmp_path, server)]
        command += ["--cluster", f"127.0.0.1:{free_port()}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "no Ray cluster answers there" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
