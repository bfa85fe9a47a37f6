"""Writing a first configuration from what this machine is signed in to. Makes no network call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from apiscape.collectors import registry

HEAD = """\
# apiscape reads the gateways below; it never writes to them.
# Every key:      apiscape sources schema
# Check the file: apiscape sources validate
"""

EMPTY = """\
sources: []
# This machine is signed in to nothing that apiscape can read. An example:
# sources:
#   - name: prod
#     provider: aws
#     profile: prod-readonly          # from ~/.aws/config; the SDK's own variables work too
#     regions: [eu-west-1, eu-west-2] # left out: every region that is enabled
"""


def detect_sources() -> dict[str, Mapping[str, Any]]:
    """Return what each of our providers finds on this machine, by provider; those that find nothing are left out."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in registry.own_providers():
        try:
            detected = registry.load_provider(name).detect()
        except registry.PlugInError:
            continue
        if detected is not None:
            found[name] = detected
    return found


def others_installed() -> tuple[str, ...]:
    """Return the providers that somebody else ships: what they do to find something is not for us to start."""
    return tuple(sorted({*registry.provider_names()} - {*registry.own_providers()}))


def first_configuration(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of a configuration file with one source per provider found."""
    if not found:
        return HEAD + EMPTY
    sources = [{"name": name, "provider": name, **own} for name, own in found.items()]
    return HEAD + yaml.safe_dump({"sources": sources}, sort_keys=False, allow_unicode=True)
