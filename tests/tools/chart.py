"""What of the Helm chart follows from elsewhere: its README, the schema of its values, and the files that it carries.

`values.yaml` is written once, with what each key means (`# --`) and what it may hold (`# @schema`) above it. What of
the configuration may stand in it is checked as the agent checks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

ROOM = Path(__file__).parents[2]
CHART = ROOM / "helm/apiscape"
Json: TypeAlias = dict[str, Any]

KEY = re.compile(r"(?P<indent> *)(?P<name>[A-Za-z0-9][\w-]*):(?: |$)")
OWNED = frozenset({"agent", "network", "overlay", "sources", "store"})
"""Keys of the configuration that the chart writes itself."""

ELSEWHERE = frozenset(
    {
        *("contexts", "entries", "eks", "exclude_contexts", "exec"),
        *("kubeconfig", "namespaces", "unverified"),
    }
)
"""Keys of a Kubernetes source that would make it another cluster, or that the chart writes itself."""

TYPES: Mapping[type, str] = {
    bool: "boolean",
    dict: "object",
    int: "integer",
    list: "array",
    str: "string",
}


def closed(*names: str, **more: Json) -> Json:
    """Return the schema of a mapping that has these keys and no other."""
    properties: Json = {name: {} for name in names} | more
    return {"type": "object", "additionalProperties": False, "properties": properties}


def many(item: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


TEXT: Json = {"type": "string"}
FULL: Json = {"type": "string", "minLength": 1}
STRINGS: Json = {"type": "object", "additionalProperties": TEXT}
SELECTOR = closed(matchLabels=STRINGS, matchExpressions=many(closed("key", "operator", "values")))
PEER = closed(namespaceSelector=SELECTOR, podSelector=SELECTOR, ipBlock=closed("cidr", "except"))
PORT: Json = {"type": "integer", "minimum": 1, "maximum": 65535}
ENTRY: Json = {"$ref": "#/$defs/OverlayEntry"}
NAMED: Json = {"type": "object", "required": ["name"]}
VOLUME = {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "object"}}

DOTTED: Json = {"type": "string", "pattern": r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"}
PLURAL: Json = {"type": "string", "pattern": "^[a-z0-9-]+$"}
OWN_KIND: Json = {
    "type": "object",
    "required": ["id", "resource"],
    "properties": {
        "resource": {
            "type": "object",
            "required": ["group", "plural"],
            "properties": {"group": DOTTED, "plural": PLURAL},
        }
    },
}
"""An entry for a kind: of a group of its own, never of the core, which has Secrets; the collectors check the rest."""

SHAPES: Mapping[str, Json] = {
    "affinity": closed("nodeAffinity", "podAffinity", "podAntiAffinity"),
    "cidrs": many({"type": "string", "pattern": r"^[0-9a-fA-F.:]+/[0-9]+$"}),
    "config": {"$ref": "#/$defs/Config"},
    "containers": many(NAMED),
    "dnsConfig": closed("nameservers", "options", "searches"),
    "duration": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"},
    "egress": many(closed(to=many(PEER), ports=many(closed("endPort", "port", "protocol")))),
    "entries": many(OWN_KIND),
    "env": many(closed("value", "valueFrom", name=FULL) | {"required": ["name"]}),
    "envFrom": many(closed("configMapRef", "prefix", "secretRef")),
    "hostAliases": many(closed("hostnames", "ip")),
    "id": {"type": ["integer", "null"], "minimum": 1},
    "mounts": many(
        closed(
            *("name", "mountPath", "mountPropagation", "readOnly", "recursiveReadOnly"),
            *("subPath", "subPathExpr"),
        )
        | {"required": ["name", "mountPath"]}
    ),
    "name": {"type": "string", "maxLength": 63, "pattern": "^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$"},
    "names": many(FULL) | {"uniqueItems": True},
    "objects": many({"type": "object", "required": ["apiVersion", "kind"]}),
    "overlay": {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.yaml$": many(ENTRY)},
    },
    "parents": many(
        closed("group", "kind", "namespace", "port", "sectionName", name=FULL)
        | {"required": ["name"]}
    ),
    "peers": many(PEER),
    "port": PORT | {"minimum": 1024},
    "quantity": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$"},
    "references": many(closed(name=FULL) | {"required": ["name"]}),
    "resources": closed("claims", "limits", "requests"),
    "source": {"$ref": "#/$defs/OwnSource"},
    "sources": many({"$ref": "#/$defs/Source"}),
    "strings": STRINGS,
    "tolerations": many(closed("effect", "key", "operator", "tolerationSeconds", "value")),
    "volume": VOLUME,
    "volumes": many(NAMED),
}
"""What a key may hold, by the word that its line `# @schema` has. Kubernetes' own parts are checked by the cluster."""


@dataclass(frozen=True)
class Key:
    """One key of the values: where it stands, what it means, and what it may hold beside what its default shows."""

    path: tuple[str, ...]
    words: str
    shape: Json
    default: object

    @property
    def name(self) -> str:
        """The key as one says it on a command line."""
        return ".".join(self.path)

    @property
    def is_group(self) -> bool:
        """Whether it only holds other keys."""
        return isinstance(self.default, dict) and bool(self.default) and not self.shape


def keys(text: str) -> Iterator[Key]:
    """Yield the keys of values that are commented, in their order."""
    values = yaml.safe_load(text)
    trail: list[str] = []
    words, shape = "", ""
    for line in text.splitlines():
        comment = line.strip()
        if comment.startswith("# @schema "):
            shape = comment.removeprefix("# @schema ")
        elif comment.startswith("# -- "):
            words = comment.removeprefix("# -- ")
        elif comment.startswith("# ") and words:
            words = f"{words} {comment.removeprefix('# ')}"
        elif found := KEY.match(line):
            trail = [*trail[: len(found["indent"]) // 2], found["name"]]
            if words:
                yield Key(tuple(trail), words, read_shape(shape), at(values, trail))
            words, shape = "", ""


def read_shape(text: str) -> Json:
    """Return the schema that a line says: by its word, or as it stands."""
    if not text:
        return {}
    return SHAPES[text] if text in SHAPES else json.loads(text)


def at(values: object, trail: list[str]) -> object:
    """Return what stands at a place of some values."""
    for step in trail:
        assert isinstance(values, dict)
        values = values[step]
    return values


def known() -> tuple[Key, ...]:
    """Return the keys of the chart's values."""
    return tuple(keys((CHART / "values.yaml").read_text("utf-8")))


def schema() -> Json:
    """Return the JSON Schema of the values: a key that it does not name is refused, at every level of ours."""
    root = closed()
    for key in known():
        place = root
        for step in key.path[:-1]:
            place = place["properties"][step]
        place["properties"][key.path[-1]] = closed() if key.is_group else allowed(key)
    root["properties"]["global"] = {"type": "object"}  # what a chart above this one shares
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "apiscape"}
    return document | root | {"$defs": configuration()}


def allowed(key: Key) -> Json:
    """Return what a key may hold: of the kind of its default, and of its shape."""
    if "$ref" in key.shape or "type" in key.shape:
        return key.shape
    return {"type": TYPES[type(key.default)]} | key.shape


def configuration() -> Json:
    """Return the parts of the configuration's schema that values may hold.

    A source of a provider that is known here has that provider's keys and no other; one of somebody else's has any.
    """
    from apiscape.settings.schema_export import configuration_schema, overlay_schema

    parts: Json = plain(configuration_schema()["$defs"] | overlay_schema()["$defs"])
    settings, source = parts.pop("Settings"), parts.pop("Source")
    settings["properties"] = {
        name: held for name, held in settings["properties"].items() if name not in OWNED
    }
    source.pop("additionalProperties")
    own = {
        variant["if"]["properties"]["provider"]["const"]: variant["then"]["properties"]
        for variant in source.get("allOf", ())
    }
    here = {name: held for name, held in own.get("kubernetes", {}).items() if name not in ELSEWHERE}
    common = {
        name: held
        for name, held in source["properties"].items()
        if name not in {"name", "provider"}
    }
    parts |= {
        "Config": settings,
        "AnySource": source,
        "KnownSource": {"$ref": "#/$defs/AnySource", "unevaluatedProperties": False},
        "OwnSource": closed(**(common | here)),
        "Source": {
            "if": {"properties": {"provider": {"enum": sorted(own)}}},
            "then": {"$ref": "#/$defs/KnownSource"},
            "else": {"$ref": "#/$defs/AnySource"},
        },
    }
    return reached(parts, "Config", "OverlayEntry", "OwnSource", "Source")


def plain(value: Any) -> Any:
    """Return a schema without what only people read, keys of properties left alone."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {key: plain(each) for key, each in held.items()}
        if name == "properties"
        else plain(held)
        for name, held in value.items()
        if name not in {"default", "description", "title"}
    }


def reached(parts: Json, *names: str) -> Json:
    """Return the parts that some lead to, themselves included."""
    found: Json = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = parts[name]
            waiting += re.findall(r"#/\$defs/(\w+)", json.dumps(parts[name]))
    return found


INTRODUCTION = """# apiscape: the Helm chart

{description}.
[How to run it in a cluster](../../docs/how-to/kubernetes.md) says how to install, upgrade and look into it, and what of
it is not proven.

```sh
helm install apiscape helm/apiscape --namespace apiscape --create-namespace --set image.registry=REGISTRY
```

Every pod keeps to the restricted profile with a read-only root. The role reads the kinds of `kubernetes.resources` and
a few that all of them lean on, and writes nothing: no Secrets, no Pods, no wildcard. Of the three doors only the one
for probes and figures is open unless `api` asks for another.

## Values
"""


def readme() -> str:
    """Return the chart's page: what it makes, and every value."""
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    head = ("| key | default | means |", "|---|---|---|")
    every = known()
    groups = [key for key in every if len(key.path) == 1 and key.is_group]
    parts = [INTRODUCTION.format(description=about["description"])]
    parts += [*head, *(row(key) for key in every if len(key.path) == 1 and not key.is_group), ""]
    for group in groups:
        below = [key for key in every if key.path[0] == group.name and len(key.path) > 1]
        parts += [f"### {group.name}\n", f"{group.words}\n", *head, *map(row, below), ""]
    return "\n".join(parts)


def row(key: Key) -> str:
    """Return a line of the table of values."""
    default = "" if key.is_group else f"`{json.dumps(key.default)}`"
    return f"| `{key.name}` | {default} | {key.words} |"


def rules() -> str:
    """Return the alert rules as the chart carries them: those of the project."""
    return (ROOM / "deploy/prometheus/apiscape.rules.yml").read_text("utf-8")


def dashboard() -> str:
    """Return the dashboard as the chart carries it: that of the project."""
    return (ROOM / "deploy/grafana/apiscape.json").read_text("utf-8")
