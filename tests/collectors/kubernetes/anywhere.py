"""A cluster that may be a real one: objects are made in a namespace of its own, read back, and removed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from apiscape.collectors.kubernetes.listing import Where
from apiscape.collectors.kubernetes.planning import Unmetered
from apiscape.collectors.kubernetes.session import ClusterSession
from apiscape.collectors.kubernetes.settings import ContextSettings
from apiscape.collectors.kubernetes.targets import choose_contexts
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.bench import services
from tests.collectors.kubernetes.kubeconfigs import settings
from tests.unit.demo.kubernetes.wire import MERGE, eventually, wire_of

Json = dict[str, Any]


class Somewhere:
    """The cluster of the current context of a kubeconfig.

    Args:
        file: The kubeconfig.
        server: The emulated server that it leads to; none where it is a real one.

    Attributes:
        space: The namespace that objects are made in.
    """

    def __init__(self, file: Path, server: KubernetesServer | None = None) -> None:
        self.space = f"apiscape-{secrets.token_hex(4)}"
        self._file = file
        self._server = server
        self._wire = wire_of(file)
        self._made: list[str] = []

    def add(self, *manifests: Json) -> None:
        """Make objects; they are removed in the end."""
        for each in manifests:
            place = self._place(each)
            told = self._wire.ask("POST", place, each)
            assert told.status == 201, told
            self._made.append(f"{place}/{each['metadata']['name']}")

    def change(self, manifest: Json, **fields: Any) -> None:
        """Give an object other fields."""
        path = f"{self._place(manifest)}/{manifest['metadata']['name']}"
        assert self._wire.ask("PATCH", path, fields, media=MERGE).status == 200

    def remove(self, manifest: Json) -> None:
        """Remove an object."""
        self._remove(f"{self._place(manifest)}/{manifest['metadata']['name']}")

    def clear(self) -> None:
        """Remove all that was made."""
        for path in reversed(self._made[:]):
            self._remove(path)

    def _remove(self, path: str) -> None:
        assert self._wire.ask("DELETE", path).status in {200, 202}
        self._made.remove(path)

    def needs(self, version: str, *kinds: str) -> None:
        """Skip a test of kinds that are not installed."""
        missing = [kind for kind in kinds if self._plural(version, kind) is None]
        if missing:
            pytest.skip(f"the cluster has no {', '.join(missing)} of {version}")

    def emulated(self) -> KubernetesServer:
        """Return the emulated server; skip a test of what a real one does not do on demand."""
        if self._server is None:
            pytest.skip("needs faults on demand, and the server is a real one")
        return self._server

    @contextmanager
    def session(self, *namespaces: str) -> Iterator[ClusterSession]:
        """Give a session as the agent has it: by the kubeconfig, of some namespaces alone if they are named."""
        current = yaml.safe_load(self._file.read_text("utf-8"))["current-context"]
        chosen = ContextSettings(context=current, namespaces=namespaces)
        (target,) = choose_contexts(settings(self._file, chosen)).targets
        with ClusterSession(target, "cluster", Unmetered()) as session:
            yield session

    @contextmanager
    def wire(self) -> Iterator[Wire]:
        """Give what asks the cluster as the agent does."""
        with self.session() as session:
            yield session.wire

    def services(self, wire: Wire) -> Where:
        """Return where the Services of its namespace are."""
        return msgspec.structs.replace(services(wire), namespace=self.space)

    def versions(self) -> dict[str, str]:
        """Return which version each Service of its namespace is of, as the server itself says."""
        told = self._wire.get(f"/api/v1/namespaces/{self.space}/services")
        assert told.status == 200, told
        metadata = [each["metadata"] for each in told.body["items"]]
        return {f"{each['namespace']}/{each['name']}": each["resourceVersion"] for each in metadata}

    def _place(self, manifest: Json) -> str:
        version, kind = manifest["apiVersion"], manifest["kind"]
        plural = self._plural(version, kind)
        assert plural is not None, kind
        namespace = manifest["metadata"].get("namespace")
        within = f"/namespaces/{namespace}" if namespace else ""
        return f"{_root(version)}{within}/{plural}"

    def _plural(self, version: str, kind: str) -> str | None:
        told = self._wire.get(_root(version))
        served = told.body["resources"] if told.status == 200 else ()
        names = (each["name"] for each in served if each["kind"] == kind)
        return next((name for name in names if "/" not in name), None)

    def is_empty(self) -> bool:
        """Say whether its namespace is gone; a real server takes its time."""
        path = f"/api/v1/namespaces/{self.space}"
        return eventually(lambda: self._wire.get(path).status == 404, patience_s=60)


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
