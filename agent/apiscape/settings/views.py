"""The views and networks of a configuration: each can be read, or its line is named."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from apiscape.errors import QueryError
from apiscape.query import parse
from apiscape.settings.document import Document, Trail
from apiscape.settings.schema import Settings


def check_views(document: Document, settings: Settings) -> None:
    """Check every view and every network.

    Raises:
        SettingsError: with the line of the one that cannot be read.
    """
    for trail, view in _views(settings):
        try:
            parse(view)
        except QueryError as error:
            message = f"{trail[-1]!r}: {error.message}"
            raise document.error_within(message, trail, error.column, hint=error.hint) from error
    for trail, network in _networks(settings):
        try:
            ip_network(network)
        except ValueError:
            message = f"not a network: {network}"
            raise document.error(message, trail, hint="such as 10.0.0.0/8") from None


def _views(settings: Settings) -> Iterator[tuple[Trail, str]]:
    if settings.probes is not None:
        yield ("probes", "view"), settings.probes.view
    for index, limits in enumerate(settings.health):
        yield ("health", index, "view"), limits.view
    for index, target in enumerate(settings.notify):
        yield ("notify", index, "view"), target.view


def _networks(settings: Settings) -> Iterator[tuple[Trail, str]]:
    for index, network in enumerate(settings.probes.allow if settings.probes else ()):
        yield ("probes", "allow", index), network
    for place, target in enumerate(settings.notify):
        for index, network in enumerate(target.allow):
            yield ("notify", place, "allow", index), network
