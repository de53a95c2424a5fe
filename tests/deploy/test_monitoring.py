"""Alarms and board: real PromQL, about metrics that the code tells, asked where compose and the manifests tell them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from detector.sources.feed import RING_S
from detector.sources.live_feed import PROOF_S
from detector.watching.watch_metrics import LagCount, WatchCollector
from service.cases.summary_tables import CaseCount
from service.metrics import Metrics

ROOT = Path(__file__).parents[2]
PROBE = {"probe_success", "probe_duration_seconds", "up"}
"""What the blackbox exporter tells of /health, and Prometheus of what it asks."""


def loaded(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


def alarms() -> list[dict[str, Any]]:
    return [rule for group in loaded("deploy/prometheus/alarms.yml")["groups"] for rule in group["rules"]]


def board() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (ROOT / "deploy/grafana/boards/ngatu.json").read_text(encoding="utf-8")
    )
    return found


def expressions() -> list[str]:
    shown = [target["expr"] for panel in board()["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in alarms()), *shown]


def told_by_the_code() -> dict[str, str]:
    """Kinds of the series of service and worker; a counter's name ends in _total, a histogram's in three ways."""
    families = [*told_by_the_service(), *WatchCollector(lambda: (), lambda: (), LagCount()).collect()]
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {f"{one.name}{end}": one.type for one in families for end in ends.get(one.type, ("",))}


@cache
def told_by_the_service() -> tuple[Metric, ...]:
    """What /metrics answers over an empty record."""
    engine = create_engine("sqlite://")
    CaseCount.metadata.create_all(engine)
    with Session(engine) as session:
        text = Metrics().written(session, free_bytes=1).decode("utf-8")
    return tuple(text_string_to_metric_families(text))


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def test_every_alarm_says_how_grave_it_is_and_what_to_do() -> None:
    jobs = {one["job_name"] for one in loaded("deploy/prometheus/prometheus.yml")["scrape_configs"]}
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

    assert len({rule["alert"] for rule in alarms()}) == len(alarms())
    for rule in alarms():
        assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
        assert rule["labels"]["severity"] in ("page", "ticket")
        named = {
            matcher.value
            for one in selectors(rule["expr"])
            for matcher in one.matchers.matchers
            if matcher.name == "job"
        }
        assert named <= jobs
        assert f"| `{rule['alert']}` |" in page


def test_every_alarm_has_a_case_in_promtool_s_tests() -> None:
    cases = loaded("deploy/prometheus/tests/alarms.yml")["tests"]
    tried = {
        (one["alertname"], bool(one.get("exp_alerts"))) for case in cases for one in case["alert_rule_test"]
    }

    assert {rule["alert"] for rule in alarms()} == {name for name, fires in tried if fires}
    assert {rule["alert"] for rule in alarms()} == {name for name, fires in tried if not fires}


def test_the_alarm_of_a_late_watch_comes_before_footage_is_lost() -> None:
    lost_from_s = max(RING_S - PROOF_S, RING_S / 2)
    late = next(rule for rule in alarms() if rule["alert"] == "CameraWatchedLate")

    assert f"from {lost_from_s:.0f} s on footage is lost" in late["annotations"]["summary"]
    assert float(late["expr"].split(">")[1]) < lost_from_s


@pytest.mark.parametrize("expression", expressions())
def test_alarms_and_board_ask_for_metrics_that_there_are(expression: str) -> None:
    asked = {one.name for one in selectors(expression)}

    assert asked
    assert asked <= told_by_the_code().keys() | PROBE


@pytest.mark.parametrize("expression", [one for one in expressions() if "rate(" in one or "increase(" in one])
def test_growth_is_asked_of_what_only_grows(expression: str) -> None:
    kinds = told_by_the_code()

    assert {kinds[str(one.name)] for one in selectors(expression)} <= {"counter", "histogram"}


@pytest.mark.parametrize(
    "wrong", ["rate(ngatu_requests_total) > 1", "ngatu_cases >", "sum by ngatu_cases", "nosuch(ngatu_cases)"]
)
def test_the_parser_refuses_what_is_no_promql(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        selectors(wrong)


def test_a_misspelt_metric_would_be_noticed() -> None:
    assert {one.name for one in selectors("ngatu_camera_lag_second > 8")}.isdisjoint(told_by_the_code())


def test_prometheus_asks_where_compose_lets_it() -> None:
    compose = loaded("compose.yaml")
    services = compose["services"]
    settings = loaded("deploy/prometheus/prometheus.yml")
    targets = {one["job_name"]: one["static_configs"][0]["targets"][0] for one in settings["scrape_configs"]}
    worker = services["worker"]["command"]

    assert targets["ngatu-service"] == "service:8000"
    assert targets["ngatu-watch"] == f"worker:{worker[worker.index('--metrics-port') + 1]}"
    assert worker[worker.index("--metrics-host") + 1] == "0.0.0.0"
    assert "ports" not in services["worker"], "its figures are for this project's network only"
    assert services["prometheus"]["secrets"] == list(compose["secrets"])
    assert "NGATU_METRICS_TOKEN" in services["service"]["environment"]


def test_every_panel_of_the_board_is_told_apart_lies_on_the_grid_and_has_a_source() -> None:
    sources = loaded("deploy/grafana/provisioning/datasources/prometheus.yml")
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
    providers = loaded("deploy/grafana/provisioning/dashboards/boards.yml")["providers"]
    mounts = {volume.split(":")[1] for volume in loaded("compose.yaml")["services"]["grafana"]["volumes"]}

    assert {one["options"]["path"] for one in providers} <= mounts
    assert "/etc/grafana/provisioning" in mounts
