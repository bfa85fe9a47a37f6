"""Kinds of a user's own, read by an agent: a file that changes is taken up while it runs, a wrong one never."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.seeds.definitions import definition
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.store.database.lock import read_holder
from tests.collectors.kubernetes.kubeconfigs import cluster, kubeconfig, write
from tests.e2e.commands import run_cli, start_cli
from tests.e2e.test_agent import told_to_stop, until

GATE = """\
- id: gate
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
  role: route
  addresses: "{host: spec.%s, scheme: 'https'}"
"""
MORE = """\
- id: door
  resource: {group: x.example, plural: doors, kind: Door, versions: [v1]}
  role: route
  addresses: "{host: spec.one, scheme: 'https'}"
"""


def thing(kind: str) -> dict[str, Any]:
    return {
        "apiVersion": "x.example/v1",
        "kind": kind,
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {name: f"{name}.{kind.lower()}.example" for name in ("one", "other")},
    }


@pytest.fixture
def server() -> Iterator[KubernetesServer]:
    kinds = [definition("x.example", f"{kind.lower()}s", kind, ["v1"]) for kind in ("Gate", "Door")]
    made = Cluster()
    made.add(*kinds, thing("Gate"), thing("Door"))
    with KubernetesServer(made) as running:
        yield running


class Mounted:
    """A directory as a ConfigMap is mounted: a link leads to what it holds now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        folder.mkdir()
        (folder / "entries.yaml").symlink_to("..data/entries.yaml")
        self.file = folder / "entries.yaml"

    def hold(self, text: str) -> None:
        self._count += 1
        held = self._folder / f"..{self._count}"
        held.mkdir()
        (held / "entries.yaml").write_text(text, "utf-8")
        fresh = self._folder / "..data_tmp"
        fresh.symlink_to(held.name)
        fresh.rename(self._folder / "..data")


@pytest.fixture
def mounted(tmp_path: Path, server: KubernetesServer, monkeypatch: pytest.MonkeyPatch) -> Mounted:
    made = Mounted(tmp_path / "entries")
    file = write(tmp_path / "kubeconfig", kubeconfig({"all": cluster(server.url)}))
    source = {
        "name": "k",
        "provider": "kubernetes",
        "kubeconfig": str(file),
        "contexts": ["all"],
        "entries": str(made.file),
    }
    told = tmp_path / "apiscape.yaml"
    told.write_text(yaml.safe_dump({"sources": [source]}), "utf-8")
    monkeypatch.setenv("APISCAPE_CONFIG", str(told))
    monkeypatch.setenv("APISCAPE_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    return made


@contextmanager
def agent(store: Path) -> Iterator[subprocess.Popen[str]]:
    process = start_cli("agent")
    try:
        until(lambda: (held := read_holder(store)) is not None and held.address is not None)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def listed() -> set[str]:
    """Return where what is listed is called."""
    found = run_cli("list", "-o", "json").lines
    return {url.removeprefix("https://") for each in found for url in each["endpoints"] or ()}


def test_an_agent_takes_up_a_changed_file_and_goes_by_the_old_one_where_it_is_wrong(
    mounted: Mounted, tmp_path: Path
) -> None:
    mounted.hold(GATE % "one")
    with agent(tmp_path / "store.db") as process:
        until(lambda: listed() == {"one.gate.example"})
        mounted.hold(GATE % "other" + MORE)
        until(lambda: listed() == {"other.gate.example", "one.door.example"})
        mounted.hold(GATE % "one" + MORE.replace("addresses", "adresses"))
        until(lambda: "entries.yaml line 8" in run_cli("ctx", "status").out)
        assert listed() == {"other.gate.example", "one.door.example"}
        mounted.hold(GATE % "one" + MORE)
        until(lambda: listed() == {"one.gate.example", "one.door.example"})
        assert "entries.yaml" not in run_cli("ctx", "status").out
        said = told_to_stop(process).err
    assert "door.adresses: there is no such key" in said


def test_a_file_that_is_wrong_from_the_start_is_refused_with_its_place(mounted: Mounted) -> None:
    mounted.hold(GATE % "one" + MORE.replace("addresses", "adresses"))
    for command in (("scan",), ("agent", "--once")):
        refused = run_cli(*command)
        assert refused.code == 3
        assert f"{mounted.file}:8" in refused.err
        assert "source k: door.adresses: there is no such key" in refused.err
