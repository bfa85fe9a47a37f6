"""Write the reference pages that follow from the code: `make docs`, or `--check` to compare only.

A page is a pure function of the installed package. One whose part of the package is not
there yet gives nothing, and is named by `missing`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import click
import msgspec

from apiscape.collectors.contract import Permission
from tests.tools import chart

ROOM = Path(__file__).parents[2]
NOTE = "<!-- Written by `make docs`; change the code, not this page. -->\n"


def commands() -> str:
    """Return the page of the command line: every command with its help."""
    from apiscape.cli.catalogue import GROUPS, help_text
    from apiscape.cli.group import ROOT

    parts = ["# Commands\n", fenced(help_text())]
    with ROOT.make_context("apiscape", [], resilient_parsing=True) as context:
        for title, group in GROUPS:
            parts.append(f"## {title}\n")
            for name, _ in group:
                command = ROOT.get_command(context, name)
                if command is None:
                    raise ModuleNotFoundError(name=f"apiscape.cli.commands.{name}")
                parts.extend(command_help(command, name, context))
    return "\n".join(parts)


def command_help(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """Yield the sections of a command and of its own commands."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    context.terminal_width = 100
    yield f"### `{context.command_path}`\n"
    yield fenced(command.get_help(context))
    for sub in getattr(command, "commands", {}).values():
        yield from command_help(sub, sub.name, context)


def configuration() -> str:
    """Return the page of the configuration file: every key of every part."""
    from apiscape.settings.schema_export import configuration_schema

    parts = [
        "# Configuration\n",
        "One YAML file. Every key below may stand in it; any other key is an error.\n",
    ]
    for name, part in schema_parts(configuration_schema()):
        parts += [f"## {name}\n", opening(part.get("description", "")), keys(part)]
    return "\n".join(parts)


def overlay() -> str:
    """Return the page of the overlay's files: every key of an entry, and the words that it may say."""
    from apiscape.settings.schema_export import overlay_schema

    parts = [
        "# Overlay\n",
        "A directory of YAML files, each a list of entries;",
        "see [how to say who owns what](../how-to/say-who-owns-what.md).\n",
    ]
    found = overlay_schema()["$defs"].items()
    for name, part in sorted(found, key=lambda each: each[0] != "OverlayEntry"):
        parts += [f"## {name}\n", opening(part.get("description", ""))]
        words = ", ".join(f"`{word}`" for word in part.get("enum", ()) if word != "unknown")
        parts.append(f"One of {words}.\n" if words else keys(part))
    return "\n".join(parts)


def schema_parts(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the parts of a schema by name, the whole first."""
    return sorted(schema["$defs"].items(), key=lambda item: item[0] != "Settings")


def undocumented(schema: Mapping[str, Any]) -> list[str]:
    """Return the keys of which the docstrings of their part say nothing."""
    return [
        f"{name}.{key}"
        for name, part in schema_parts(schema)
        for key in part.get("properties", {})
        if key not in attributes(part.get("description", ""))
    ]


def keys(part: Mapping[str, Any]) -> str:
    """Return the table of one part's keys."""
    meanings = attributes(part.get("description", ""))
    rows = ["| key | holds | default | means |", "|---|---|---|---|"]
    for key, value in part.get("properties", {}).items():
        default = (
            "required" if key in part.get("required", ()) else f"`{plain(value.get('default'))}`"
        )
        rows.append(f"| `{key}` | {holds(value)} | {default} | {meanings.get(key, '')} |")
    return "\n".join(rows) + "\n"


def holds(value: Mapping[str, Any]) -> str:
    """Return what a schema allows, in words."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(holds(each) for each in value["anyOf"]))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if value.get("type") == "array":
        return f"list of {holds(value.get('items') or {})}"
    if value.get("type") == "object":
        return f"by name, {holds(value.get('additionalProperties') or {})}"
    if "enum" in value:
        return ", ".join(f"`{word}`" for word in value["enum"])
    words = {"null": "nothing", "string": value.get("format", "text"), None: "anything"}
    kind = value.get("type")
    return str(words.get(kind, kind))


def permissions() -> str:
    """Return the page of permissions: what each collector asks for, and what is hidden without it."""
    from apiscape.collectors.changing import LooksAgain, TellsChanges
    from apiscape.collectors.contract import WritesPolicies
    from apiscape.collectors.measuring import MeasuresTraffic
    from apiscape.collectors.registry import (
        load_collector,
        load_provider,
        own_providers,
        products_of,
    )

    parts = [
        "# Permissions\n",
        "All of them read. A permission that is missing hides what the last column says, and nothing else.",
        "`apiscape permissions` tries each of them; `apiscape permissions --policy` prints the smallest policy with",
        "the placeholders filled in.\n",
    ]
    for name in own_providers():
        provider = load_provider(name)
        if isinstance(provider, WritesPolicies):
            hearing = provider.change_permissions if isinstance(provider, TellsChanges) else ()
            title = f"Signing in, and what exists (`{name}`)"
            parts += permission_table(title, provider, hearing=hearing)
    for product in sorted(each for name in own_providers() for each in products_of(name)):
        collector = load_collector(product)
        measuring = collector.traffic_permissions if isinstance(collector, MeasuresTraffic) else ()
        hearing = collector.again_permissions if isinstance(collector, LooksAgain) else ()
        title = f"{collector.title} (`{product}`)"
        parts += permission_table(title, collector, measuring, hearing)
    return "\n".join(parts)


class Asking(Protocol):
    """What asks for permissions: a provider or a collector."""

    permissions: ClassVar[tuple[Permission, ...]]


def permission_table(
    title: str,
    asking: Asking,
    measuring: tuple[Permission, ...] = (),
    hearing: tuple[Permission, ...] = (),
) -> list[str]:
    """Return the section of one provider or collector, with what it asks for only to measure or to hear of changes."""
    lines = [f"## {title}\n", "| permission | on | reveals |", "|---|---|---|"]
    for each in (*asking.permissions, *measuring, *hearing):
        resources = "<br>".join(f"`{pattern}`" for pattern in each.resources)
        optional = " (a detail; may be left out)" if each.optional else ""
        optional = (
            f" (only where a source has `{each.asked_where}`)" if each.asked_where else optional
        )
        optional = " (only where a source has `traffic`)" if each in measuring else optional
        optional = " (only where a source has `events`)" if each in hearing else optional
        lines.append(f"| `{each.action}` | {resources} | {each.reveals}{optional} |")
    return [*lines, ""]


def view_language() -> str:
    """Return the page of the view language's fields."""
    from apiscape.query import describe_fields

    return (
        "# Fields of a view\n\nWhat `field:value` and its relatives may ask for.\n\n"
        + describe_fields()
    )


def errors() -> str:
    """Return the page of errors and exit codes: the tree that the module's docstring draws."""
    from apiscape import errors as tree

    return "# Errors and exit codes\n\n" + fenced(inspect.getdoc(tree) or "")


def metrics() -> str:
    """Return the page of metrics: every one, under both of its names."""
    from apiscape.telemetry.catalogue import METRICS
    from apiscape.telemetry.inventory import FOLD, MOST_COMBINATIONS, MOST_PRODUCTS
    from apiscape.telemetry.recorder import MOST_SERIES, OTHER

    parts = [
        "# Metrics\n",
        "The agent gives them at `/metrics` of its probe door, and pushes them by OTLP where it is told to where.",
        "Both ways lead to the same names in a Prometheus. What nobody knows has no sample, or the word `unknown`.\n",
        f"The series are bounded: the {MOST_COMBINATIONS:,} largest combinations of `apiscape.deployments` stand by",
        f"themselves and the rest in one called `{FOLD}`; other figures of the inventory tell {MOST_PRODUCTS} products",
        f"apart; what the agent says of itself has {MOST_SERIES} series a metric, and one called `{OTHER}`.\n",
        "| OpenTelemetry | Prometheus | kind | attributes | means |",
        "|---|---|---|---|---|",
    ]
    for each in METRICS:
        apart = ", ".join(f"`{name}`" for name in each.attributes)
        asked = " Only where it is asked for." if each.is_asked_for else ""
        unit = f" ({each.unit})" if each.unit in {"s", "By"} else ""
        head = f"| `{each.name}` | `{each.prometheus}` | {each.kind}{unit} | {apart} |"
        parts.append(f"{head} {each.meaning}{asked} |")
    return "\n".join(parts)


def configuration_json() -> str:
    """Return the JSON Schema of the configuration file, as editors read it."""
    from apiscape.settings.schema_export import configuration_schema

    return as_json(configuration_schema())


def overlay_json() -> str:
    """Return the JSON Schema of the overlay's files, as editors read it."""
    from apiscape.settings.schema_export import overlay_schema

    return as_json(overlay_schema())


def model_json() -> str:
    """Return the JSON Schema of the model: what is stored, exported and printed."""
    from apiscape.model.codec import json_schema

    return as_json(json_schema())


def chart_json() -> str:
    """Return the JSON Schema of the values of the Helm chart, as Helm reads it."""
    return as_json(chart.schema())


def as_json(document: object) -> str:
    """Return a document in a form of which a change reads well."""
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2).decode()


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands,
    "docs/reference/configuration.md": configuration,
    "docs/reference/configuration.schema.json": configuration_json,
    "docs/reference/errors.md": errors,
    "docs/reference/metrics.md": metrics,
    "docs/reference/model.schema.json": model_json,
    "docs/reference/overlay.md": overlay,
    "docs/reference/overlay.schema.json": overlay_json,
    "docs/reference/permissions.md": permissions,
    "docs/reference/view-fields.md": view_language,
    "helm/apiscape/README.md": chart.readme,
    "helm/apiscape/files/dashboard.json": chart.dashboard,
    "helm/apiscape/files/rules.yaml": chart.rules,
    "helm/apiscape/values.schema.json": chart_json,
}


def cluster_resources() -> str:
    """Return what is read of a cluster, as a table."""
    from apiscape.collectors.kubernetes.defining import PERMISSION, VERSIONS
    from apiscape.collectors.kubernetes.families import permissions, reads

    resources = reads().resources
    lines = ["| action | versions | without it |", "|---|---|---|"]
    for each, asked in zip(resources, permissions(resources), strict=True):
        scope = "" if each.is_namespaced else " (of the whole cluster)"
        versions = ", ".join(each.versions)
        lines.append(f"| `{asked.action}`{scope} | {versions} | {each.reveals} |")
    versions = ", ".join(VERSIONS)
    lines.append(
        f"| `{PERMISSION.action}` (of the whole cluster) | {versions} | {PERMISSION.reveals} |"
    )
    return "\n".join(lines)


FILLED: Mapping[str, Callable[[], str]] = {
    "collectors/apiscape/collectors/kubernetes/README.md": cluster_resources,
}
"""Pages of which only what stands between two marks is written."""

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def filled(path: str, page: Callable[[], str]) -> str:
    """Return a page with what stands between the marks written anew."""
    before, _, rest = (ROOM / path).read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{page()}\n\n{END}{after}"


def pages() -> Iterator[tuple[str, str]]:
    """Yield path and text of every page that can be written."""
    for path, page in FILLED.items():
        if (ROOM / path).exists():
            yield path, filled(path, page)
    for path, page in PAGES.items():
        text = written(page)
        if text is not None:
            note = NOTE + "\n" if path.endswith(".md") else ""
            yield path, note + text.rstrip() + "\n"


def missing() -> tuple[str, ...]:
    """Return the pages whose part of the package is not there yet."""
    return tuple(path for path, page in PAGES.items() if written(page) is None)


def written(page: Callable[[], str]) -> str | None:
    """Return a page's text, or nothing while a module of ours that it asks for does not exist."""
    from apiscape.errors import ApiscapeError

    try:
        return page()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("apiscape."):
            return None
        raise
    except ApiscapeError as error:
        if isinstance(error.__cause__, ModuleNotFoundError):
            return None
        raise


def fenced(text: str) -> str:
    """Return text as a block that keeps its lines."""
    return f"```text\n{text.rstrip()}\n```\n"


def opening(description: str) -> str:
    """Return a docstring's words up to its sections."""
    words = re.split(r"\n\s*(?:Attributes|Raises):", description)[0]
    return inspect.cleandoc(words).strip() + "\n"


def attributes(description: str) -> dict[str, str]:
    """Return what a docstring says under `Attributes`, by name; a line may speak of several."""
    _, _, sections = description.partition("Attributes:\n")
    section = re.split(r"\n\s*\w+:\n", sections)[0]
    meanings: dict[str, str] = {}
    for entry in re.split(r"\n(?=\s{0,4}\w[\w, ]*: )", "\n" + inspect.cleandoc(section)):
        names, _, words = entry.strip().partition(": ")
        meanings |= {name.strip(): " ".join(words.split()) for name in names.split(",") if words}
    return meanings


def plain(value: object) -> str:
    """Return a default as YAML would write it."""
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(plain, value))}]"
    shown = {None: "null", True: "true", False: "false"}
    return shown[value] if value is None or isinstance(value, bool) else str(value)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which differ; return 1 if any does."""
    stale = [
        path
        for path, text in pages()
        if not (ROOM / path).exists() or (ROOM / path).read_text("utf-8") != text
    ]
    for path, text in pages():
        if path in stale and "--check" not in arguments:
            (ROOM / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOM / path).write_text(text, "utf-8")
    for path in stale:
        print(f"{'differs' if '--check' in arguments else 'wrote'} {path}")
    for path in missing():
        print(f"not written yet: {path}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
