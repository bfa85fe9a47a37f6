"""The tabs of one deployment's own screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from apiscape.client.guard_words import rates_words
from apiscape.client.inventory import Detail
from apiscape.client.words import (
    HEALTH,
    admitted,
    count,
    link_words,
    place_of,
    said_of,
    shown,
    state_in,
)
from apiscape.model.deployment import Operation
from apiscape.model.projection import below, routes_to
from apiscape.model.values import is_known
from apiscape.model.vocabulary import Exposure, Requirement
from apiscape.tui.lines import BLANK, Line, Piece, field, line, paragraph, table, title
from apiscape.tui.pages import deployment as parts
from apiscape.tui.pages.changes import change_lines

Tab: TypeAlias = Callable[[Detail, datetime, int], list[Line]]


def overview(detail: Detail, now: datetime, width: int) -> list[Line]:
    """Return how it is, whose it is, what it is for."""
    row, item = detail.row, detail.deployment
    lines = [*parts.state(row, now, width), BLANK, *parts.traffic(detail, now, width)]
    lines += parts.facts(row, width)
    lines += parts.authentication(row, item, width)
    if item.status_reason:
        lines += field("status says", item.status_reason, width)
    lines += field("gateway", shown(item.gateway), width)
    lines += field("version", shown(item.version), width)
    lines += field("title", shown(row.title), width)
    lines += field("description", shown(item.description), width)
    lines += [BLANK, *_labels(detail, width), BLANK, *parts.provenance(said_of(detail), width)]
    if detail.gaps:
        lines += [BLANK, *parts.gaps(detail, width)]
    lines += [BLANK, title("times"), *parts.times(row, now, width), *parts.identity(item, width)]
    return [*lines, *field("scope", detail.scope.scope.key, width, "muted")]


def _labels(detail: Detail, width: int) -> list[Line]:
    labels = detail.deployment.labels
    if not is_known(labels):
        return [title("tags"), *paragraph("? nobody could look", width, "muted")]
    lines = [title("tags", str(len(labels)))]
    for key, value in sorted(labels.items()):
        lines += field(key, value, width, label=20)
    return lines if labels else [*lines, *paragraph("– none", width, "muted")]


def operations(detail: Detail, _now: datetime, width: int) -> list[Line]:
    """Return each operation with what it asks of a caller and where it leads."""
    item = detail.deployment
    if not is_known(item.operations):
        return paragraph("? Nobody could look at the operations.", width, "muted")
    if not item.operations:
        return paragraph("– It has no operations.", width, "muted")
    internet = detail.row.exposure == Exposure.INTERNET
    rows = [_operation(each, exposed=internet) for each in item.operations]
    heads = [Piece(text, "title") for text in HEADS]
    return table([heads, *rows], width)


HEADS = ("verb", "template", "auth", "schemes", "limit", "backend")


def _operation(each: Operation, *, exposed: bool) -> list[Piece]:
    requirement = each.security.requirement
    open_to_all = requirement == Requirement.NONE and not each.preflight
    tone = "bad" if open_to_all and exposed else "warn" if open_to_all else "text"
    word = "preflight" if each.preflight else parts.shown_word(requirement)
    schemes = ", ".join(scheme.kind for scheme in each.security.schemes)
    return [
        Piece(each.verb, "accent"),
        Piece(each.template, "text"),
        Piece("✗ none" if open_to_all else word, "muted" if each.preflight else tone),
        Piece(schemes or "–", "muted"),
        Piece(rates_words(each.rate_limits), "muted"),
        Piece(shown(each.backend), "muted"),
    ]


def exposure(detail: Detail, _now: datetime, width: int) -> list[Line]:
    """Return from where it can be reached, what stands before it and what protects it."""
    item = detail.deployment
    lines = field("exposure", parts.shown_word(detail.row.exposure), width)
    lines += field("because", shown(item.exposure_evidence), width, "muted")
    lines += parts.access(detail.access, width)
    lines += [BLANK, *parts.endpoints(item, width), BLANK]
    lines.append(title("front doors", str(len(detail.front_doors))))
    for door in detail.front_doors:
        lines += parts.front_door(door, width)
        for route in (each for each in routes_to(door, item) if each.condition):
            url = below(door.endpoint.url, route.base_path)
            lines += paragraph(f"{url} only where {route.condition}", width, "muted")
    if not detail.front_doors:
        lines += paragraph("– none that is known", width, "muted")
    lines += [BLANK, *parts.protections(item.protections, width)]
    return [*lines, *parts.limits(item, width)]


def dependencies(detail: Detail, _now: datetime, width: int) -> list[Line]:
    """Return what it sends requests to, who is let in, and its siblings."""
    lines = [*parts.backends(detail.deployment, width), BLANK]
    known = detail.row.consumers
    lines.append(
        title("consumers", f"{known:,} let in" if is_known(known) else "? nobody could look")
    )
    lines += [line(("  ", "text"), admitted(each)) for each in detail.consumers]
    if detail.links:
        lines += [BLANK, title("linked to", count(len(detail.links), "link"))]
        for link in detail.links:
            lines += paragraph(link_words(link), width)
    api = detail.api.title if detail.api else ""
    lines += [BLANK, title("siblings", f"other deployments of {api}" if api else "")]
    for row in detail.siblings:
        state = state_in(HEALTH, row.health)
        place = " · ".join(filter(None, [row.stage, place_of(row)]))
        lines.append(
            line((f"{state.text:<12}", state.tone), row.name, (f"  {place}", "muted"), key=row.uid)
        )
    return lines if detail.siblings else [*lines, *paragraph("– none", width, "muted")]


def history(detail: Detail, now: datetime, width: int) -> list[Line]:
    """Return what happened to it, newest first."""
    if not detail.history:
        return paragraph("Nothing changed since it was first seen.", width, "muted")
    lines = [title("history", count(len(detail.history), "change"))]
    for change in sorted(detail.history, key=lambda each: each.seq, reverse=True):
        lines += [*change_lines(change, now, width), BLANK]
    return lines[:-1]


TABS: Mapping[str, Tab] = {
    "overview": overview,
    "operations": operations,
    "exposure": exposure,
    "dependencies": dependencies,
    "history": history,
}
"""Tabs by name, in their order."""
