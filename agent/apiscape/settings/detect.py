"""Writing a first configuration from what this machine is signed in to. Makes no network call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
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


def detect_sources() -> list[dict[str, Any]]:
    """Return a source for all that our providers find on this machine, each with a name of its own."""
    found: list[dict[str, Any]] = []
    for name in registry.own_providers():
        try:
            detected = registry.load_provider(name).detect()
        except registry.PlugInError:
            continue
        several = [detected] if isinstance(detected, Mapping) else detected or ()
        for own in several:
            source = {"name": name, "provider": name, **own}
            found.append(source | {"name": _free_name(source["name"], found)})
    return found


def _free_name(wanted: str, found: Iterable[Mapping[str, Any]]) -> str:
    taken = {source["name"] for source in found}
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


def others_installed() -> tuple[str, ...]:
    """Return the providers that somebody else ships: what they do to find something is not for us to start."""
    return tuple(sorted({*registry.provider_names()} - {*registry.own_providers()}))


def first_configuration(sources: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of a configuration file with the sources that were found."""
    if not sources:
        return HEAD + EMPTY
    return HEAD + yaml.safe_dump({"sources": [*sources]}, sort_keys=False, allow_unicode=True)
