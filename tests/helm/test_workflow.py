"""The workflow that tries image and chart on a cluster, which nobody ran yet, at least names what there is."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from apiscape.cli.catalogue import SUMMARIES
from tests.architecture.tree import ROOM
from tests.tools import chart

FILE = ROOM / ".github/workflows/chart.yml"


def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load(FILE.read_text("utf-8")))


def scripts() -> list[str]:
    steps = workflow()["jobs"]["cluster"]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_it_may_read_and_takes_no_code_of_strangers() -> None:
    told = workflow()
    assert told["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in told["jobs"]["cluster"]["steps"] if "uses" in step]
    assert used == ["actions/checkout@v4"]


@pytest.mark.parametrize(
    "words",
    [
        "docker build --file deploy/container/Containerfile",
        "kind create cluster",
        "pod-security.kubernetes.io/enforce=restricted",
        "helm install",
        "helm test",
        "helm upgrade",
        "helm rollback",
        "kubectl drain",
        "helm uninstall",
    ],
)
def test_it_does_all_that_is_to_be_proven(words: str) -> None:
    assert any(words in script for script in scripts())


@pytest.mark.parametrize("script", scripts())
def test_every_step_is_a_script_that_can_be_read(script: str) -> None:
    plain = re.sub(r"\$\{\{.*?\}\}", "x", script)
    done = subprocess.run(["bash", "-n"], input=plain, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_sets_values_that_there_are() -> None:
    told = "\n".join((*scripts(), *workflow()["env"].values()))
    values = re.findall(r"--set (?:'|\")?([\w.-]+)=", told)
    assert len(values) > 4
    assert set(values) <= {key.name for key in chart.known()}


def test_it_asks_the_agent_with_commands_that_there_are() -> None:
    named = re.compile(r"(?:-c agent -- apiscape|apiscape:try|agent) (\w+) ?(?:--|$)", re.MULTILINE)
    asked = {word for script in scripts() for word in named.findall(script)}
    assert {"runs", "version"} <= asked <= set(SUMMARIES)


def test_every_path_of_ours_that_it_names_exists() -> None:
    tops = "agent|collectors|deploy|helm|requirements"
    named = set(re.findall(rf"(?<![\w/])(?:{tops})/[\w./-]+", "\n".join(scripts())))
    assert {"deploy/kind/cluster.yaml", "helm/apiscape"} <= named
    assert [name for name in named if not (ROOM / name).exists()] == []
