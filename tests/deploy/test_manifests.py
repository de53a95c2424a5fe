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
from service.settings import Settings

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


def pods() -> list[dict[str, Any]]:
    return [one["spec"]["template"]["spec"] for one in documents() if "template" in one.get("spec", {})]


def test_every_container_runs_unprivileged_with_a_read_only_root() -> None:
    assert len(pods()) == 4
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"] + pod.get("initContainers", []):
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            kept = "/var/lib/ngatu" if container["image"].startswith("ngatu:") else "/data"
            assert {kept, "/tmp"} <= {mount["mountPath"] for mount in container["volumeMounts"]}
    for name in ("service", "worker", "recorder"):
        assert compose()["services"][name]["read_only"] is True


def test_every_volume_that_a_manifest_mounts_is_claimed_by_one() -> None:
    claims = {one["metadata"]["name"] for one in documents() if one["kind"] == "PersistentVolumeClaim"}
    own = {
        (one["metadata"]["name"], claim["metadata"]["name"])
        for one in documents()
        for claim in one.get("spec", {}).get("volumeClaimTemplates", ())
        if one["kind"] == "StatefulSet"
    }
    for one in documents():
        if "template" not in one.get("spec", {}):
            continue
        pod = one["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for volume in volumes.values():
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
        for container in pod["containers"] + pod.get("initContainers", []):
            for mount in container["volumeMounts"]:
                assert mount["name"] in volumes or (one["metadata"]["name"], mount["name"]) in own


def test_service_and_recorder_see_the_same_recordings_on_one_machine() -> None:
    service, recorder = (
        next(
            one
            for one in documents()
            if one["metadata"]["name"] == name and "template" in one.get("spec", {})
        )
        for name in ("ngatu-service", "ngatu-recorder")
    )
    pod = recorder["spec"]["template"]["spec"]
    beside = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    folder = {one["name"]: one.get("value") for one in service_container(service)["env"]}["NGATU_RECORDINGS"]

    labels = service["spec"]["template"]["metadata"]["labels"]
    assert beside["labelSelector"]["matchLabels"].items() <= labels.items()
    assert f"--recordings {folder} " in pod["containers"][0]["command"][2]
    for one in (service, recorder):
        volumes = one["spec"]["template"]["spec"]["volumes"]
        assert {"claimName": "ngatu-recordings"} in [
            volume.get("persistentVolumeClaim") for volume in volumes
        ]
        assert {"name": "recordings", "mountPath": folder} in service_container(one)["volumeMounts"]


def service_container(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["spec"]["template"]["spec"]["containers"][0]
    return found


def store_in_kubernetes() -> dict[str, Any]:
    return service_container(next(one for one in documents() if one["metadata"]["name"] == "ngatu-evidence"))


def test_compose_hands_the_service_every_setting_of_a_bucket() -> None:
    environment = compose()["services"]["service"]["environment"]
    settings = {f"NGATU_{name.upper()}" for name in Settings.model_fields if name.startswith("s3_")}

    assert len(settings) == 6
    assert settings <= environment.keys()
    assert "NGATU_DATABASE" in environment, "what all containers share is not lost"
    assert environment["NGATU_S3_BUCKET"] == "${NGATU_S3_BUCKET:-}", "evidence lies in a folder unless asked"
    assert "NGATU_S3_SECRET" not in compose()["services"]["worker"]["environment"]


def test_the_secret_of_the_manifests_names_settings_and_the_store_s_door() -> None:
    told = (ROOT / "deploy/kubernetes/evidence-store.yaml").read_text(encoding="utf-8").split("apiVersion")[0]
    literals = dict(re.findall(r"--from-literal=(\w+)=(\S+)", told))
    door = next(
        one for one in documents() if one["kind"] == "Service" and one["metadata"]["name"] == "ngatu-evidence"
    )
    asked = {one["valueFrom"]["secretKeyRef"]["key"] for one in store_in_kubernetes()["env"]}

    assert {name.removeprefix("NGATU_").lower() for name in literals} <= Settings.model_fields.keys()
    assert literals["NGATU_S3_ENDPOINT"] == f"http://ngatu-evidence:{door['spec']['ports'][0]['port']}"
    assert asked <= literals.keys()


def test_compose_and_the_manifests_run_the_same_store() -> None:
    one, other = compose()["services"]["evidence-store"], store_in_kubernetes()

    assert one["image"] == other["image"]
    assert one["command"] == other["command"][1:]
    assert (
        "http://evidence-store:8333" in compose()["services"]["service"]["environment"]["NGATU_S3_ENDPOINT"]
    )


@pytest.mark.parametrize(("key", "secret", "starts"), [("k", "s", True), ("", "s", False), ("k", "", False)])
def test_the_store_does_not_start_without_a_key(tmp_path: Path, key: str, secret: str, starts: bool) -> None:
    store = compose()["services"]["evidence-store"]
    said = tmp_path / "weed"
    said.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    said.chmod(0o755)
    command = [part.replace("$$", "$") for part in store["entrypoint"] + store["command"]]

    done = subprocess.run(
        command,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == (0 if starts else 2)
    assert done.stdout.splitlines() == (store["command"] if starts else [])
    assert ("write them into .env" in done.stderr) is not starts


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
    named = {
        one["image"] for one in compose()["services"].values() if one.get("image", "").startswith("ngatu")
    }
    for one in documents():
        pod = one.get("spec", {}).get("template", {}).get("spec", {})
        images = {
            container["image"] for container in pod.get("containers", []) + pod.get("initContainers", [])
        }
        named |= {image for image in images if image.startswith("ngatu")}

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


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        (
            "ngatu-worker",
            "watch --service http://ngatu:8000 --metrics-port 9108 --metrics-host 0.0.0.0",
        ),
        ("ngatu-recorder", "record --service http://ngatu:8000 --recordings /recordings --days 30"),
    ],
)
def test_commands_name_each_camera_file(tmp_path: Path, name: str, begins: str) -> None:
    found = next(
        one for one in documents() if one["kind"] == "StatefulSet" and one["metadata"]["name"] == name
    )
    command = service_container(found)["command"]
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
    wanted = [*begins.split(), "--cameras", files[0], "--cameras", files[1]]
    assert done.stdout.splitlines() == wanted
