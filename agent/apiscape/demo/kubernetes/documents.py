"""The documents of discovery, as requests ask for them."""

from __future__ import annotations

from typing import Any

from apiscape.demo.kubernetes import discovery, refusals
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.exchange import TEXT, Answer, Request, document
from apiscape.demo.kubernetes.refusals import PlainRefusal

_HEALTH = frozenset({"livez", "readyz", "healthz"})


class Documents:
    """Answers requests for what a cluster says of itself."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._kinds = cluster.kinds

    def answer(self, request: Request) -> Answer:
        """Return a document.

        Raises:
            PlainRefusal: There is none at such a path.
            Refusal: It is not to be read, or whoever serves it is down.
        """
        if request.method != "GET":
            raise refusals.not_allowed(request.method)
        match request.path.strip("/").split("/"):
            case [name] if name in _HEALTH:
                return Answer(body=b"ok", media=TEXT)
            case ["version"]:
                return document(discovery.VERSION)
            case ["openapi", "v3", *steps]:
                return self._openapi(steps, request)
            case ["api" | "apis" as root]:
                return self._groups(request, core=root == "api")
            case steps:
                return document(self._resources(steps))

    def _resources(self, steps: list[str]) -> dict[str, Any]:
        match steps:
            case ["api", version]:
                return discovery.resource_list(self._kinds, "", version)
            case ["apis", group]:
                return discovery.group(self._kinds, group)
            case ["apis", group, version]:
                return discovery.resource_list(self._kinds, group, version)
        raise PlainRefusal

    def _groups(self, request: Request, *, core: bool) -> Answer:
        version = discovery.aggregated_version(request.headers.get("accept") or "")
        if not version or not self._cluster.aggregates:
            told = discovery.versions() if core else discovery.group_list(self._kinds)
            return document(told)
        body = discovery.aggregated(self._kinds, version, core=core)
        mark = f'"{discovery.etag(body)}"'
        headers = {"ETag": mark, "Vary": "Accept"}
        if request.headers.get("if-none-match") == mark:
            return Answer(status=304, headers=headers)
        return document(body, media=discovery.media_of(version), headers=headers)

    def _openapi(self, steps: list[str], request: Request) -> Answer:
        match steps:
            case []:
                return document(discovery.openapi_index(self._kinds))
            case ["api", version]:
                body = discovery.openapi(self._kinds, "", version)
            case ["apis", group, version]:
                body = discovery.openapi(self._kinds, group, version)
            case _:
                raise PlainRefusal
        is_pinned = request.query.get("hash") == discovery.etag(body)
        return document(body, headers={"Cache-Control": "public, immutable"} if is_pinned else {})
