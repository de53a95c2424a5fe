"""Container files, compose and Kubernetes manifests against their linter and their schemas."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from detector.contract.camera import load_camera

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
KUBERNETES = sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def documents() -> list[dict[str, Any]]:
    texts = [path.read_text(encoding="utf-8") for path in KUBERNETES]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_the_dockerfile_passes_hadolint() -> None:
    done = run(BIN / "hadolint", "Dockerfile")

    assert done.returncode == 0, done.stdout


def test_hadolint_refuses_what_it_should(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text((ROOT / "Dockerfile").read_text(encoding="utf-8") + "FROM debian\nRUN cd /tmp\n")

    assert run(BIN / "hadolint", bad).returncode == 1


def test_compose_fits_its_schema() -> None:
    done = run(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")

    assert done.returncode == 0, done.stdout


def test_the_schema_refuses_a_misspelt_compose_key(tmp_path: Path) -> None:
    bad = tmp_path / "compose.yaml"
    bad.write_text((ROOT / "compose.yaml").read_text(encoding="utf-8").replace("read_only:", "readonly:"))

    assert run(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", bad).returncode == 1


@pytest.mark.parametrize("document", documents(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_kubernetes_manifests_fit_their_schema(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.37", strict=True)


def test_the_schema_refuses_a_misspelt_probe() -> None:
    deployment = next(one for one in documents() if one["kind"] == "Deployment")
    probe = deployment["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    probe["failureTreshold"] = probe.pop("failureThreshold")

    with pytest.raises(kubernetes_validate.ValidationError, match="failureTreshold"):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


def test_every_container_runs_unprivileged_with_a_read_only_root() -> None:
    pods = [one["spec"]["template"]["spec"] for one in documents() if "template" in one.get("spec", {})]

    assert len(pods) == 2
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"] + pod.get("initContainers", []):
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert {"/var/lib/ngatu", "/tmp"} <= {mount["mountPath"] for mount in container["volumeMounts"]}
    for name in ("service", "worker", "recorder"):
        assert compose()["services"][name]["read_only"] is True


def test_what_compose_mounts_and_builds_is_there() -> None:
    stages = {
        line.split()[-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("FROM")
    }

    for service in compose()["services"].values():
        if "build" in service:
            assert service["build"]["target"] in stages
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in compose()["volumes"]


def test_images_carry_the_project_s_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    named = {compose()["services"]["service"]["image"]}
    for one in documents():
        pod = one.get("spec", {}).get("template", {}).get("spec", {})
        named |= {
            container["image"] for container in pod.get("containers", []) + pod.get("initContainers", [])
        }

    assert named == {f"ngatu:{version}"}


def test_what_the_dockerfile_copies_is_sent_to_the_builder() -> None:
    sent = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line[:1] == "!"
    }
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert source == "." or any(source == one or source.startswith(f"{one}/") for one in sent), (
                    source
                )
                assert (ROOT / source).exists(), source


def test_scripts_that_the_dockerfile_runs_are_sent_to_the_builder() -> None:
    run_there = set(re.findall(r"\bdeploy/\w+\.sh", (ROOT / "Dockerfile").read_text(encoding="utf-8")))
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert run_there
    for script in run_there:
        assert f"!{script}" in sent
        assert (ROOT / script).stat().st_mode & 0o111


def test_service_and_recorder_share_the_recordings() -> None:
    services = compose()["services"]
    folder = services["recorder"]["environment"]["NGATU_RECORDINGS"]

    for name in ("service", "recorder"):
        assert f"recordings:{folder}" in services[name]["volumes"]
    assert services["recorder"]["command"][0] == "record"
    assert f'"{folder}"' in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_test_source_serves_what_its_camera_file_names() -> None:
    folder = ROOT / "deploy/test-source"
    camera = load_camera(folder / "test-source.camera.json")
    mounts = json.loads((folder / "mounts.json").read_text(encoding="utf-8"))

    assert (folder / "mounts.json").read_text(encoding="utf-8").count("\n") == 1
    for source in (camera.sources.main, camera.sources.sub):
        assert source is not None
        assert source.removeprefix(f"rtsp://test-source:{mounts['port']}/") in mounts["mounts"]


def test_the_worker_s_command_names_each_camera_file(tmp_path: Path) -> None:
    worker = next(one for one in documents() if one["kind"] == "StatefulSet")
    command = worker["spec"]["template"]["spec"]["containers"][0]["command"]
    cameras = tmp_path / "cameras"
    cameras.mkdir()
    for name in ("a.json", "b c.json"):
        (cameras / name).touch()
    said = tmp_path / "ngatu"
    said.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    said.chmod(0o755)
    script = command[2].replace("/cameras/", f"{cameras}/")

    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    files = [f"{cameras}/a.json", f"{cameras}/b c.json"]
    told = ["--metrics-port", "9108", "--metrics-host", "0.0.0.0"]
    wanted = ["watch", "--service", "http://ngatu:8000", *told, "--cameras", files[0], "--cameras", files[1]]
    assert done.stdout.splitlines() == wanted
