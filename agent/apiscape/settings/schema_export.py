"""The JSON Schemas of the configuration and the overlay, for editors and for the reference pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from apiscape.collectors import registry
from apiscape.settings.overlay import OverlayEntry
from apiscape.settings.schema import Settings

SCHEMA_ID = "urn:apiscape:configuration"
OVERLAY_SCHEMA_ID = "urn:apiscape:overlay"


def configuration_schema(chosen: Iterable[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the configuration file, with the keys of providers.

    Args:
        chosen: Providers that somebody else ships and a source names; one that does not load is left out, as is ours.
    """
    _, definitions = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    common = definitions["Source"]
    common["properties"].pop("own")
    common["additionalProperties"] = True
    variants = []
    for name in sorted({*registry.own_providers(), *chosen}):
        try:
            own = registry.load_provider(name).settings_type
        except registry.PlugInError:
            continue
        _, provided = msgspec.json.schema_components([own], ref_template="#/$defs/{name}")
        definitions |= provided
        variants.append(_variant(name, provided[own.__name__]))
    if variants:
        common["allOf"] = variants
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "apiscape configuration",
        "$ref": "#/$defs/Settings",
        "$defs": definitions,
    }


def overlay_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file of the overlay."""
    _, definitions = msgspec.json.schema_components([OverlayEntry], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": OVERLAY_SCHEMA_ID,
        "title": "apiscape overlay",
        "type": "array",
        "items": {"$ref": "#/$defs/OverlayEntry"},
        "$defs": definitions,
    }


def _variant(provider: str, own: dict[str, Any]) -> dict[str, Any]:
    """Return the rule that a source of one provider has that provider's keys."""
    return {
        "if": {"properties": {"provider": {"const": provider}}},
        "then": {"properties": own.get("properties", {}), "required": own.get("required", [])},
    }
