"""The agent starts with what the chart writes, opens the doors that it says, and ends in order."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm.charting import Chart, Json, agent, configuration
from tests.ports import free_port

APISCAPE = Path(sys.executable).with_name("apiscape")
TOKEN = "a-token-of-the-secret"
LONGEST_S = 60
NOWHERE = {"name": "nowhere", "provider": "aws", "endpoint_url": "http://127.0.0.1:9"}


def laid_out(objects: list[Json], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Lay out what the pod would find below a folder; return the command and its environment."""

    def here(text: str) -> str:
        for place in ("/etc/apiscape", "/var/lib/apiscape"):
            text = text.replace(place, str(folder / place[1:]))
        return text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - so that it is not

    container = agent(objects)
    for mount in container["volumeMounts"]:
        if mount["mountPath"].startswith(("/etc/apiscape", "/var/lib/apiscape")):
            Path(here(mount["mountPath"])).mkdir(parents=True)
    written = {
        "/etc/apiscape/config/config.yaml": configuration(objects),
        "/etc/apiscape/tokens/tokens.yaml": yaml.safe_dump(
            {"tokens": [{"name": "reader", "sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]}
        ),
    }
    for place, text in written.items():
        Path(here(place)).write_text(here(text), "utf-8")
    own = {each["name"]: here(each["value"]) for each in container["env"]}
    own |= {"AWS_EC2_METADATA_DISABLED": "true", "KUBERNETES_SERVICE_HOST": "127.0.0.1"}
    return [str(APISCAPE), *container["args"]], own | {"PATH": os.environ["PATH"]}


def ask(port: int, path: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - of this machine
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def answered(port: int, path: str) -> None:
    ends = time.monotonic() + LONGEST_S
    while True:
        try:
            if ask(port, path)[0] == 200:
                return
        except OSError:
            pass
        assert time.monotonic() < ends, f"nobody answers at {path}"
        time.sleep(0.1)


@contextmanager
def started(command: list[str], own: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.e2e
def test_it_opens_its_doors_to_whom_the_chart_says_and_ends_when_told(
    chart: Chart, tmp_path: Path
) -> None:
    probe, api = free_port(), free_port()
    values = {
        "kubernetes": {"enabled": False},
        "sources": [NOWHERE],
        "probe": {"port": probe},
        "api": {
            "enabled": True,
            "port": api,
            "existingSecret": "tokens",
            "behindProxy": True,
            "from": [{"podSelector": {}}],
        },
        "overlay": {"files": {}, "configMaps": ["owners"]},
    }
    command, own = laid_out(chart.objects(values), tmp_path)
    with started(command, own) as child:
        answered(probe, "/healthz")
        answered(probe, "/readyz")
        assert b"apiscape_build_info" in ask(probe, "/metrics")[1]
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        for host in ("demo-apiscape-api", "demo-apiscape-api.apis.svc"):
            assert ask(api, "/v1/summary", Host=f"{host}:{api}", **bearer)[0] == 200
        assert ask(api, "/v1/summary", Host="elsewhere.example", **bearer)[0] == 421
        assert ask(api, "/v1/summary", Host="demo-apiscape-api")[0] == 401
        child.send_signal(signal.SIGTERM)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 0, said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any(line.get("event") == "stopped" for line in lines), said
    assert (tmp_path / "var/lib/apiscape/inventory.db").exists()


@pytest.mark.e2e
def test_by_the_clock_it_visits_once_and_says_that_it_could_not_see(
    chart: Chart, tmp_path: Path
) -> None:
    values = {"mode": "job", "kubernetes": {"enabled": False}, "sources": [NOWHERE]}
    (tmp_path / "etc/apiscape/tokens").mkdir(parents=True)
    command, own = laid_out(chart.objects(values), tmp_path)
    done = subprocess.run(
        command, env=own, capture_output=True, text=True, check=False, timeout=LONGEST_S
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Nothing was visited." in done.stdout
