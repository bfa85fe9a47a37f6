"""What a path and a method ask for."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from apiscape.demo.kubernetes.refusals import PlainRefusal, not_allowed

SUBRESOURCES = frozenset({"status", "scale", "finalize"})

_BY_METHOD = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMED = frozenset({"update", "patch", "delete"})


class Target(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A resource, or one object of it, as a path names it."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    sub: str = ""

    def verb(self, method: str, query: Mapping[str, str]) -> str:
        """Return what is asked for, in the words of roles.

        Raises:
            Refusal: The method is not for such a path.
        """
        if method == "GET":
            if self.name:
                return "get"
            return "watch" if query.get("watch") in {"true", "1"} else "list"
        verb = _BY_METHOD.get(method)
        if verb is None or (verb in _NAMED) is not bool(self.name):
            raise not_allowed(method)
        return verb


def target_of(path: str) -> Target | None:
    """Return the resource that a path names; nothing where it names a document of discovery.

    Raises:
        PlainRefusal: It is no path of a resource.
    """
    steps = [unquote(step) for step in path.strip("/").split("/")]
    if steps[0] == "api" and len(steps) > 2:  # noqa: PLR2004 - /api/v1/…
        group, version, rest = "", steps[1], steps[2:]
    elif steps[0] == "apis" and len(steps) > 3:  # noqa: PLR2004 - /apis/group/version/…
        group, version, rest = steps[1], steps[2], steps[3:]
    else:
        return None
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in SUBRESOURCES:  # noqa: PLR2004
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:  # noqa: PLR2004 - plural, name and subresource
        raise PlainRefusal
    plural, name, sub = (*rest, "", "")[:3]
    return Target(
        group=group, version=version, plural=plural, namespace=namespace, name=name, sub=sub
    )
