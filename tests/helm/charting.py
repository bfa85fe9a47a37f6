"""The chart as its tests see it: rendered by Helm itself, once for the same question."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.architecture.tree import ROOM

Json: TypeAlias = dict[str, Any]

CHART = ROOM / "helm/apiscape"
CASES = {file.stem: file for file in sorted(Path(__file__).with_name("cases").glob("*.yaml"))}
OPERATOR = "monitoring.coreos.com/v1"
VERSIONS = tuple(f"1.{minor}" for minor in range(29, 38))
NEWEST = VERSIONS[-1]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
RELEASE, NAMESPACE = "demo", "apis"


class RefusedError(Exception):
    """Helm would not render the chart; its text says why."""


@dataclass
class Chart:
    """What the chart makes of values.

    Attributes:
        helm, kubectl: The programs.
        home: Where they may keep what they like.
    """

    helm: Path
    kubectl: Path
    home: Path
    _known: dict[str, str] = field(default_factory=dict)
    _read: dict[str, list[Json]] = field(default_factory=dict)

    def run(self, *words: str, given: str = "", program: Path | None = None) -> str:
        """Return what Helm says, or another program.

        Raises:
            RefusedError: It said no.
        """
        done = subprocess.run(
            [str(program or self.helm), *words],
            input=given,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != 0:
            raise RefusedError(done.stderr)
        return done.stdout

    def text(self, values: Json, *, kube: str = NEWEST, apis: Iterable[str] = (OPERATOR,)) -> str:
        """Return the manifests of values, as Helm prints them."""
        given = yaml.safe_dump(values)
        words = ["--namespace", NAMESPACE, "--kube-version", f"{kube}.0", "--values", "-"]
        words += [word for each in apis for word in ("--api-versions", each)]
        key = json.dumps([given, words])
        if key not in self._known:
            self._known[key] = self.run("template", RELEASE, str(CHART), *words, given=given)
        return self._known[key]

    def objects(self, values: Json, **asked: Any) -> list[Json]:
        """Return the objects of values, to be looked at and not to be changed."""
        text = self.text(values, **asked)
        if text not in self._read:
            self._read[text] = [each for each in yaml.load_all(text, LOADER) if each]
        return self._read[text]

    def notes(self, values: Json, *more: str) -> str:
        """Return what is said to whoever installs it with values."""
        words = ("--dry-run=client", "--hide-secret", "--namespace", NAMESPACE, "--values", "-")
        said = self.run("install", RELEASE, str(CHART), *words, *more, given=yaml.safe_dump(values))
        return said.partition("\nNOTES:\n")[2]


def case(name: str) -> Json:
    """Return the values of a case."""
    return dict(yaml.safe_load(CASES[name].read_text("utf-8")))


def of_kind(objects: Iterable[Json], kind: str) -> list[Json]:
    """Return the objects of a kind, in their order."""
    return [each for each in objects if each["kind"] == kind]


def only(objects: Iterable[Json], kind: str) -> Json:
    """Return the one object of a kind."""
    (found,) = of_kind(objects, kind)
    return found


def pods(objects: Iterable[Json]) -> Iterator[Json]:
    """Yield the pods that objects make: their metadata and spec."""
    for each in objects:
        if each["kind"] == "Pod":
            yield each
        elif each["kind"] == "Deployment":
            yield each["spec"]["template"]
        elif each["kind"] == "CronJob":
            yield each["spec"]["jobTemplate"]["spec"]["template"]


def agent_pod(objects: Iterable[Json]) -> Json:
    """Return the pod of the agent."""
    return next(pod for pod in pods(objects) if component(pod) == "agent")


def component(thing: Json) -> str | None:
    """Return which part of the release an object is."""
    labels: dict[str, str] = thing["metadata"]["labels"]
    return labels.get("app.kubernetes.io/component")


def agent(objects: Iterable[Json]) -> Json:
    """Return the agent's container."""
    containers = agent_pod(objects)["spec"]["containers"]
    return next(each for each in containers if each["name"] == "agent")


def configuration(objects: Iterable[Json]) -> str:
    """Return the text of the configuration file."""
    maps = of_kind(objects, "ConfigMap")
    return str(next(each["data"]["config.yaml"] for each in maps if "config.yaml" in each["data"]))
