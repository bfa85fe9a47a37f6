"""What an agent logs while it visits names the trace of that visit, and the trace is told."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from apiscape.collectors.contract import Observation, Visit
from apiscape.daemon.configured import Configured
from apiscape.daemon.logs import set_up, tell
from apiscape.daemon.redacting import Redactor
from apiscape.model.run import Scope
from apiscape.settings.schema import Telemetry as Settings
from apiscape.telemetry import service
from tests.unit.collect.scanning import whole
from tests.unit.collect.toy import SOURCE
from tests.unit.daemon.toys import Bench, until
from tests.unit.telemetry.samples import ids


class Nobody:
    """Takes figures, and keeps none."""

    def __init__(self, *_: object) -> None:
        """Take no notice."""

    def export(self, _data: object) -> None:
        """Take it."""


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, package = logging.getLogger(), logging.getLogger("apiscape")
    before = list(root.handlers), root.level, package.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    stream = io.StringIO()
    set_up(Redactor(), as_json=True, level="debug", stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:], level, package_level = before
    root.setLevel(level)
    package.setLevel(package_level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def looking(scope: Scope, visit: Visit) -> Iterator[Observation]:
    tell("looked", scope=scope.key)
    for _ in visit.concurrently(lambda _n: tell("called", scope=scope.key), [1, 2]):
        pass
    yield from whole(scope, visit)


async def run(bench: Bench, stream: io.StringIO) -> list[dict[str, Any]]:
    async with bench.running():
        await until(lambda: stream.getvalue().count("visit ended") == 2)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(service, "span_exporter", lambda *_: exporter)
    monkeypatch.setattr(service, "metric_exporter", Nobody)
    return exporter


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.script = looking
    return bench


async def test_lines_of_a_visit_name_its_span_wherever_they_are_written(
    bench: Bench, stream: io.StringIO, spans: InMemorySpanExporter
) -> None:
    telemetry = Settings(push=True, traces=True, interval_s=1e6)
    bench.configured = Configured(sources=(SOURCE,), telemetry=telemetry)
    lines = await run(bench, stream)
    told = {
        (span.attributes or {})["apiscape.scope"]: ids(span)
        for span in spans.get_finished_spans()
        if span.name.startswith("visit ")
    }
    assert len(told) == len(set(told.values())) == 2
    events = ("visit begun", "looked", "called", "visit ended")
    within = [line for line in lines if line["event"] in events]
    assert len(within) == 2 * 5
    for line in within:
        trace_id, span_id = told[line["scope"]]
        assert line["trace_id"] == f"{trace_id:032x}"
        assert line["span_id"] == f"{span_id:016x}"
    outside = [line for line in lines if line["event"] not in events]
    assert outside
    assert not any("trace_id" in line for line in outside)


async def test_no_line_names_a_trace_where_none_is_told(
    bench: Bench, stream: io.StringIO, spans: InMemorySpanExporter
) -> None:
    lines = await run(bench, stream)
    assert any(line["event"] == "looked" for line in lines)
    assert not any("trace_id" in line for line in lines)
    assert spans.get_finished_spans() == ()
