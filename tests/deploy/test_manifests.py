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
from ruamel.yaml import YAML

from detector.contract.camera import load_camera
from service.metrics import Metrics

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


def test_the_alarms_are_complete() -> None:
    alarms = yaml.safe_load((ROOT / "deploy/prometheus/alarms.yml").read_text(encoding="utf-8"))
    settings = YAML(typ="safe").load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    jobs = {one["job_name"] for one in settings["scrape_configs"]}

    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rules = [rule for group in alarms["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(re.findall(r'job="([\w-]+)"', rule["expr"])) <= jobs
        assert f"| `{rule['alert']}` |" in page


def test_prometheus_asks_where_compose_lets_it() -> None:
    services = compose()["services"]
    settings = YAML(typ="safe").load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = {one["job_name"]: one["static_configs"][0]["targets"][0] for one in settings["scrape_configs"]}

    assert targets["ngatu-service"] == "service:8000"
    assert services["prometheus"]["secrets"] == list(compose()["secrets"])
    assert "NGATU_METRICS_TOKEN" in services["service"]["environment"]


def told_by_the_code() -> set[str]:
    """Names of series as the service gives them; a counter's ends in _total, a histogram's in three ways."""
    families = list(Metrics()._registry.collect())
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {f"{family.name}{end}" for family in families for end in ends.get(family.type, ("",))}


def asked_for(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:ngatu|probe)_[a-z0-9_]+|\bup\b", expression))


PROBE = {"probe_success", "probe_duration_seconds", "up"}
"""What the blackbox exporter tells of /health, and Prometheus of what it asks."""


def board() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (ROOT / "deploy/grafana/boards/ngatu.json").read_text(encoding="utf-8")
    )
    return found


def test_the_board_and_the_alarms_ask_for_metrics_that_there_are() -> None:
    alarms = yaml.safe_load((ROOT / "deploy/prometheus/alarms.yml").read_text(encoding="utf-8"))
    expressions = [rule["expr"] for group in alarms["groups"] for rule in group["rules"]]
    expressions += [target["expr"] for panel in board()["panels"] for target in panel["targets"]]

    assert expressions
    known = told_by_the_code() | PROBE
    assert {name for one in expressions for name in asked_for(one)} <= known


def test_every_panel_of_the_board_is_told_apart_lies_on_the_grid_and_has_a_source() -> None:
    sources = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
    )
    known = {one["uid"] for one in sources["datasources"]}
    panels = board()["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
        assert {target["datasource"]["uid"] for target in panel["targets"]} <= known


def test_grafana_finds_the_boards_where_compose_mounts_them() -> None:
    providers = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/dashboards/boards.yml").read_text(encoding="utf-8")
    )["providers"]
    mounts = {volume.split(":")[1] for volume in compose()["services"]["grafana"]["volumes"]}

    assert {one["options"]["path"] for one in providers} <= mounts
    assert "/etc/grafana/provisioning" in mounts


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
    wanted = ["watch", "--service", "http://ngatu:8000", "--cameras", files[0], "--cameras", files[1]]
    assert done.stdout.splitlines() == wanted
