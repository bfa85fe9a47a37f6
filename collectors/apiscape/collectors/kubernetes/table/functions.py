"""What expressions of the table can do beside plain JMESPath: notations of single gateways. Pure.

None raises, whatever it is given: what cannot be read is null, and the expression goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from apiscape.collectors.kubernetes.table.rule_language import NotARule, read_rule

MAX_JSON = 262_144

Json = Any

_CLUSTER = re.compile(r"\.svc(\.[\w.-]+)?\.?$")
_NGINX_PATH = re.compile(r"(=|~\*|~|\^~)\s*(.*)", re.DOTALL)


def _split_name(text: Json) -> Json:
    """`namespace/name` → `{namespace, name}`; a name alone has no namespace."""
    if not isinstance(text, str) or not text:
        return None
    namespace, _, name = text.rpartition("/")
    return {"namespace": namespace, "name": name}


def _rule(text: Json) -> Json:
    """Read a rule of Traefik: its cases, each `{host, path, type, method, narrowed}`; null where it is none."""
    if not isinstance(text, str):
        return None
    try:
        cases = read_rule(text)
    except NotARule:
        return None
    return [
        {
            "host": each.host,
            "path": each.path,
            "type": each.path_type,
            "method": each.method,
            "narrowed": each.is_narrowed,
        }
        for each in cases
    ]


def _tilde_path(text: Json) -> Json:
    r"""Read a path of Kong: `/~/v1/\d+` is a pattern, all others are prefixes."""
    if not isinstance(text, str):
        return None
    for mark in ("/~", "~"):
        if text.startswith(mark):
            return {"path": text.removeprefix(mark), "type": "regex"}
    return {"path": text, "type": "prefix"}


def _location(text: Json) -> Json:
    """Read a path of NGINX: `= /x` is exact, `~ ^/x` and `~* ^/x` are patterns, all others are prefixes."""
    if not isinstance(text, str):
        return None
    found = _NGINX_PATH.fullmatch(text.strip())
    if found is None:
        return {"path": text.strip(), "type": "prefix"}
    kind = {"=": "exact", "^~": "prefix"}.get(found[1], "regex")
    return {"path": found[2], "type": kind}


def _star_path(text: Json) -> Json:
    """Read a path that is a prefix where a star ends it: `/api/*`; else it is exact."""
    if not isinstance(text, str):
        return None
    if text.endswith("*"):
        return {"path": text.rstrip("*") or "/", "type": "prefix"}
    return {"path": text, "type": "exact"}


def _url(text: Json) -> Json:
    """Take a URL apart: `{scheme, host, port, path}`; who it is for and what is asked stay behind."""
    return take_apart(text) if isinstance(text, str) else None


def _service(text: Json) -> Json:
    """Read a service of Emissary: `scheme://name.namespace:port` → `{name, namespace, port}` or `{url}`."""
    if not isinstance(text, str):
        return None
    parts = take_apart(text if "//" in text else f"//{text}")
    return named_host(parts["host"], parts["port"], bare=True) if parts else None


def _backend(text: Json) -> Json:
    """Read where requests go: a Service where the host is one of the cluster's, else `{url}`."""
    parts = take_apart(text) if isinstance(text, str) else None
    if parts is None:
        return None
    found = named_host(parts["host"], parts["port"])
    return found if "name" in found else {"url": text}


def _parse_json(text: Json) -> Json:
    """Read JSON in an annotation; null where it is none, or larger than 256 KiB."""
    if not isinstance(text, str) or len(text) > MAX_JSON:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _entries(value: Json) -> Json:
    """Return a map as a list of `{key, value}`, in its order; of anything else, nothing."""
    if not isinstance(value, dict):
        return []
    return [{"key": key, "value": held} for key, held in value.items()]


def _listed(value: Json) -> Json:
    """Return a list as it is, nothing as an empty one, and anything else as the only one in it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _lower(value: Json) -> Json:
    """Return a text in small letters."""
    return value.lower() if isinstance(value, str) else None


def _wildcard(text: Json) -> Json:
    """Read the hosts beside one: `www.a.example` → `*.a.example`; a name of one word has none."""
    _, dot, rest = text.partition(".") if isinstance(text, str) else ("", "", "")
    return f"*.{rest}" if dot and rest else None


def take_apart(text: str) -> dict[str, Json] | None:
    """Return scheme, host, port and path of a URL or of `//host:port`; `None` where it is none."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    return {"scheme": parts.scheme or None, "host": host, "port": port, "path": parts.path or None}


def without_secrets(text: str) -> str:
    """Return a URL without userinfo, query and fragment; where it cannot be read, nothing of it."""
    parts = take_apart(text if "//" in text else f"//{text}")
    if parts is None:
        return ""
    host = f"[{parts['host']}]" if ":" in parts["host"] else parts["host"]
    scheme = f"{parts['scheme']}://" if parts["scheme"] else ""
    port = f":{parts['port']}" if parts["port"] else ""
    return f"{scheme}{host}{port}{parts['path'] or ''}"


def named_host(host: str, port: int | None, *, bare: bool = False) -> dict[str, Json]:
    """Return the Service that a host is, if it is one of the cluster's, or its URL.

    Args:
        host: As it is stated.
        port: As it is stated.
        bare: Whether `name.namespace` is a Service as well.
    """
    inside = _CLUSTER.search(host)
    labels = _CLUSTER.sub("", host).split(".")
    longest = 2 if bare or inside else 1
    if len(labels) > longest or host[:1].isdigit() or ":" in host:
        return {"url": host if port is None else f"{host}:{port}"}
    namespace = labels[1] if len(labels) > 1 else ""
    return {"name": labels[0], "namespace": namespace, "port": port}


FUNCTIONS: Mapping[str, Callable[[Json], Json]] = {
    "backend": _backend,
    "entries": _entries,
    "listed": _listed,
    "location": _location,
    "lower": _lower,
    "parse_json": _parse_json,
    "rule": _rule,
    "service": _service,
    "split_name": _split_name,
    "star_path": _star_path,
    "tilde_path": _tilde_path,
    "url": _url,
    "wildcard": _wildcard,
}
"""By the names that expressions call them by; each takes one value."""
