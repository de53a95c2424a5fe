"""The manifest of a Ray cluster: its own commands bring one up on this machine, with a token for all who come in."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tools import split_lock

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "deploy/kubernetes/cluster/watch.yaml"
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8")))
HEAD = "127.0.0.1"
TOGETHER_S = 90.0


def pod(name: str) -> dict[str, Any]:
    one = next(one for one in DOCUMENTS if one["metadata"]["name"] == name and "template" in one["spec"])
    found: dict[str, Any] = one["spec"]["template"]["spec"]
    return found


PODS = ("ngatu-cluster-head", "ngatu-cluster-node")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_the_cluster_fits_its_schema(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.37", strict=True)


@pytest.mark.parametrize("name", PODS)
def test_head_and_nodes_are_unprivileged_share_the_state_and_show_the_token(name: str) -> None:
    one = pod(name)
    assert one["securityContext"]["runAsNonRoot"]
    assert {"name": "state", "persistentVolumeClaim": {"claimName": "ngatu-cluster"}} in one["volumes"]
    for container in one["containers"] + one.get("initContainers", []):
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert {"/var/lib/ngatu", "/tmp", "/dev/shm"} <= {m["mountPath"] for m in container["volumeMounts"]}
    environment = {each["name"]: each for each in one["containers"][0]["env"]}
    assert environment["RAY_AUTH_MODE"]["value"] == "token"
    assert environment["RAY_AUTH_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] == "ngatu-cluster"


def test_only_the_cluster_reaches_the_cluster() -> None:
    policy = next(one["spec"] for one in DOCUMENTS if one["kind"] == "NetworkPolicy")
    inside = policy["podSelector"]["matchExpressions"][0]
    components = {
        one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in DOCUMENTS
        if "template" in one["spec"]
    }
    assert set(inside["values"]) == components
    assert policy["ingress"] == [
        {"from": [{"podSelector": policy["podSelector"]}]},
        {"ports": [{"port": "metrics"}]},
    ]


def test_the_image_of_the_cluster_adds_what_ray_asks_for() -> None:
    pins = dict(
        line.split("==") for line in split_lock.pins(ROOT / "deploy/requirements-cluster.lock") if line
    )
    assert all(version(name) == pinned for name, pinned in pins.items())
    tested = split_lock.pins(ROOT / "requirements-dev.lock") + split_lock.pins(ROOT / "requirements.lock")
    assert {f"{name}=={pinned}".lower() for name, pinned in pins.items()} <= {
        line.split(" ")[0].lower() for line in tested
    }
    assert split_lock.asked_through("ray") <= split_lock.runtime_packages() | {
        split_lock.canonical(name) for name in pins
    }
    stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").split(" AS cluster\n")[1].split("FROM ")[0]
    assert "COPY --from=cluster-packages" in stage


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HEAD, 0))
        return int(one.getsockname()[1])


def script(name: str, port: int) -> str:
    """What the manifest's container runs, on this machine: another port, no watch behind the head's start."""
    command: str = pod(name)["containers"][0]["command"][2]
    command = command.replace("ngatu-cluster:6379", f"{HEAD}:{port}").replace("--port 6379", f"--port {port}")
    starts, _, rest = command.partition(" && ")
    return f"{starts} --block" if rest else starts


@contextmanager
def started(name: str, port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        ["/bin/sh", "-c", script(name, port)],
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(60)


def status(port: int, environment: dict[str, str]) -> str:
    ray = Path(sys.executable).parent / "ray"
    done = subprocess.run(
        [ray, "status", "--address", f"{HEAD}:{port}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout if done.returncode == 0 else ""


def test_the_manifests_commands_bring_up_a_cluster_that_asks_for_its_token(tmp_path: Path) -> None:
    port = free_port()
    bare = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "POD_IP": HEAD,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    shown = {**bare, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with started(PODS[0], port, shown), started(PODS[1], port, shown):
        until_s, seen = time.monotonic() + TOGETHER_S, ""
        while time.monotonic() < until_s and not re.search(r"/2\.0 CPU", seen):
            time.sleep(1.0)
            seen = status(port, shown)
        assert len(re.findall(r"node_", seen)) == 2, seen
        assert re.search(r"/2\.0 CPU", seen), "the node alone runs groups, two of them"
        assert status(port, {**bare, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}) == ""
        assert status(port, bare) == ""
