"""A real Prometheus reads what the agent says, and its own tool agrees with our rules and our dashboard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from apiscape.schedule.queue import Depth
from apiscape.telemetry.catalogue import METRICS, Kind
from apiscape.telemetry.ourselves import Sights
from apiscape.telemetry.service import Telemetry
from tests.architecture.tree import ROOM
from tests.ports import free_port
from tests.unit.serve.http.harness import serving
from tests.unit.telemetry.samples import NOW, REST, Counted, report

RULES = ROOM / "deploy/prometheus/apiscape.rules.yml"
DASHBOARD = ROOM / "deploy/grafana/apiscape.json"
RULE_TESTS = Path(__file__).with_name("apiscape.rules.test.yml")

SCRAPES = 3
"""When the third begins, the first is in the database."""

OURS = re.compile(r"\bapiscape_\w+")
LABELS = {label for metric in METRICS for label in metric.labels} | {"job", "instance", "le"}
NAMES = {
    metric.prometheus + suffix
    for metric in METRICS
    for suffix in (("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",))
}


def tool(name: str) -> str:
    """Return where a program is, or skip."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine (Debian's package prometheus brings it)")
    return found


def promtool(*arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        [tool("promtool"), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def busy() -> Telemetry:
    """Return telemetry with a sample of every metric that is there by default."""
    sights = Sights(
        depth=lambda: Depth(queued=1, running=2, oldest_s=3.0),
        lingering=dict,
        subscribers=lambda: 1,
        store_bytes=lambda: 4096,
        unplanned=lambda: 1,
        paused=lambda: 1,
        conclude_failures=lambda: 2,
        configuration_valid=lambda: False,
        untold=lambda: 5,
        untold_oldest_s=lambda: 6.0,
        disabled_targets=lambda: 1,
    )
    telemetry = Telemetry(Counted(), sights, now=lambda: NOW)
    telemetry.progress().ended(report())
    telemetry.answered("GET", "/v1/deployments", 200)
    return telemetry


def test_the_tool_finds_nothing_to_say_about_our_metrics() -> None:
    text = busy().metrics()
    assert text.count("# TYPE") > 22
    assert promtool("check", "metrics", given=text) == ""


def test_the_tool_finds_something_to_say_about_a_planted_fault() -> None:
    done = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input="# TYPE apiscape_x_total gauge\napiscape_x_total 1\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0


def test_the_rules_are_valid_and_say_what_their_tests_expect(tmp_path: Path) -> None:
    promtool("check", "rules", str(RULES))
    tests = tmp_path / "tests.yml"
    tests.write_text(RULE_TESTS.read_text("utf-8").replace("[RULES]", f"[{str(RULES)!r}]"), "utf-8")
    promtool("test", "rules", str(tests))


def test_every_alert_has_a_test() -> None:
    tested = set(re.findall(r"alertname: (\w+)", RULE_TESTS.read_text("utf-8")))
    assert {alert["alert"] for alert in alerts()} == tested


def test_every_alert_says_what_is_and_what_to_do() -> None:
    for alert in alerts():
        assert set(alert["annotations"]) == {"summary", "description"}, alert["alert"]
        assert set(alert["labels"]) == {"severity"}, alert["alert"]


def test_alerts_and_dashboard_name_metrics_and_labels_that_exist() -> None:
    queries = [each["expr"] for each in alerts()] + list(dashboard_queries())
    assert len(queries) > 30
    for query in queries:
        words = set(OURS.findall(query))
        assert words <= NAMES | LABELS, query
        assert words & NAMES, query
        by = {label for each in re.findall(r"by \(([^)]*)\)", query) for label in each.split(", ")}
        matched = set(re.findall(r"[{,](\w+)(?:=|!)", query))
        assert by | matched <= LABELS, query


def test_every_query_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    filled = [re.sub(r"\$(provider|product)", ".*", query) for query in dashboard_queries()]
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(filled)]
    page = tmp_path / "queries.yml"
    page.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), "utf-8")
    assert f"{len(filled)} rules found" in promtool("check", "rules", str(page))


def test_panels_have_their_own_numbers_and_lie_side_by_side() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (panel["gridPos"]["x"] + across, panel["gridPos"]["y"] + down)
        for panel in panels
        for across in range(panel["gridPos"]["w"])
        for down in range(panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(across for across, _ in taken) < 24


def test_a_server_scrapes_the_agent(tmp_path: Path) -> None:
    telemetry, enough = busy(), threading.Event()
    scraped: list[None] = []

    def metrics() -> str:
        scraped.append(None)
        if len(scraped) >= SCRAPES:
            enough.set()
        return telemetry.metrics()

    nobody: Any = None
    with serving(nobody, tmp_path, metrics=metrics) as doors:
        target = str(doors.probe_url).removeprefix("http://")
        with prometheus(tmp_path, target) as ask:
            assert enough.wait(60), "it never scraped"
            (health,) = ask("up")
            assert health["value"][1] == "1"
            (found,) = ask(f'apiscape_deployments{{apiscape_product="{REST}"}}')
            (bucket,) = ask('apiscape_run_duration_seconds_bucket{le="5.0"}')
            names = {each["metric"]["__name__"] for each in ask('{__name__=~"apiscape_.*"}')}
    assert found["value"][1] == "3"
    assert found["metric"]["deployment_environment_name"] == "production"
    assert bucket["value"][1] == "1"
    assert names == set(re.findall(r"^(\w+)", telemetry.metrics(), re.MULTILINE))


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Callable[[str], list[Any]]]:
    """Run a server of our own on loopback that scrapes a target; give a way to ask it."""
    program, port = tool("prometheus"), free_port()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "apiscape", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    server = subprocess.Popen(
        [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def ask(query: str) -> list[Any]:
        url = f"http://127.0.0.1:{port}/api/v1/query?{urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
            return found

    try:
        yield ask
    finally:
        server.terminate()
        server.wait(30)


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return found


def dashboard_queries() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
