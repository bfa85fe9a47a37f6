"""What shells are offered when a person presses tab. Never fails, never asks a gateway."""

from __future__ import annotations

import click

from apiscape.errors import ApiscapeError


def complete_view(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return completions of a view: fields, then the words of a field."""
    from apiscape.query.complete import complete, item_before

    item = item_before(incomplete, len(incomplete))
    head = incomplete.removesuffix(item)
    return [head + answer for answer in complete(incomplete, len(incomplete))]


def complete_source(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return names of configured sources."""
    from apiscape.settings.load import load_settings

    try:
        sources = load_settings(context.params.get("config")).sources
    except ApiscapeError:
        return []
    return [source.name for source in sources if source.name.startswith(incomplete)]


def complete_product(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return installed collectors."""
    from apiscape.collectors.registry import collector_names

    return [name for name in collector_names() if name.startswith(incomplete)]
