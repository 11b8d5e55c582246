"""The dashboard and the alert rules ask only for figures that the servers really give."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from agent_service.observe.metrics import Metrics as ChatMetrics
from agent_service.storage.usage import Tokens
from database.pool import create_pool
from mcp_server.metrics import Metrics as McpMetrics
from serving.draining import Running
from tests.support.compose import ROOT, SECRETS, compose

FOLDER = ROOT / "examples" / "observability"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
LABELS_OF_PROMETHEUS = {"job", "instance", "le"}
NAME = re.compile(r"\b(owflex_\w+)(\{[^}]*\})?")


def asked() -> Iterator[tuple[str, str]]:
    """Every expression with where it stands; the dashboard's variable is a duration."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")
    for rule in RULES:
        yield rule["alert"], rule["expr"]


@pytest.fixture(scope="module")
def figures() -> dict[str, set[str]]:
    """The samples of both servers after something of each kind has happened, with their labels."""
    pool = create_pool("postgresql:///none")
    mcp, chat = McpMetrics(pool), ChatMetrics(pool, Running())
    mcp.called("search_documents", "ok", 0.1)
    mcp.searched("hybrid", empty=True)
    mcp.limited()
    chat.turn_ended("answered", 1.0, 0.5)
    chat.tool_called("search_documents", True)
    chat.stood_in("m")
    chat.spent({"m": Tokens(1, 1)})
    chat.refused("stopping")
    text = (mcp.as_text() + chat.as_text()).decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize(("where", "expression"), list(asked()))
def test_every_expression_is_promql_over_figures_that_exist(
    where: str, expression: str, figures: dict[str, set[str]]
) -> None:
    promql_parser.parse(expression)
    names = {name for name, _ in NAME.findall(expression)}
    assert names <= set(figures)
    assert names or expression.startswith(("up{", "absent(up{"))
    known = {label for name in names for label in figures[name]} | LABELS_OF_PROMETHEUS
    filtered = {label for _, braces in NAME.findall(expression) for label in re.findall(r"(\w+)[=!]", braces)}
    grouped = {
        label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")
    }
    assert filtered | grouped <= known


def test_every_figure_of_the_dashboard_has_a_panel(figures: dict[str, set[str]]) -> None:
    shown = " ".join(expression for _, expression in asked())
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in figures}
    assert not {name for name in families if name not in shown}


def test_every_alert_says_what_is_wrong_and_how_bad_that_is() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("info", "warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")
        assert re.fullmatch(r"\d+m", rule["for"])


def test_prometheus_asks_the_services_that_there_are_with_the_tokens_it_is_given() -> None:
    services = compose()["services"]
    given = services["prometheus"]["secrets"]
    for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]:
        target = job["dns_sd_configs"][0]
        (name,) = target["names"]
        assert services[name]["expose"] == [str(target["port"])]
        assert job["authorization"]["credentials_file"].removeprefix(SECRETS) in given


def test_grafana_finds_the_dashboard_and_its_source() -> None:
    volumes = [volume.split(":") for volume in compose()["services"]["grafana"]["volumes"]]
    provider = yaml.safe_load((FOLDER / "dashboards.yml").read_text())["providers"][0]
    source = yaml.safe_load((FOLDER / "datasource.yml").read_text())["datasources"][0]
    assert provider["options"]["path"] in {str(Path(target).parent) for _, target, _ in volumes}
    used = {target["datasource"]["uid"] for panel in DASHBOARD["panels"] for target in panel["targets"]}
    assert used == {source["uid"]}
