"""Reads: every question of the Inventory protocol."""

from __future__ import annotations

import msgspec

from apiscape.client.packed import pack
from apiscape.client.wire import MSGPACK, PACKED, Estate, Facets, Runs, Scopes, write_columns
from apiscape.serve.http.call import Call, Reply, in_json
from apiscape.serve.http.operations import (
    ChangesQuery,
    DetailQuery,
    DiffQuery,
    FacetsQuery,
    ListQuery,
    NoQuery,
    PageQuery,
    RunsQuery,
    SelectQuery,
)


def list_deployments(call: Call) -> Reply:
    """Answer with one page of a view."""
    asked = call.asked(PageQuery)
    return in_json(call.inventory.page(asked.view, limit=asked.limit, after=asked.after), call)


def get_deployment(call: Call) -> Reply:
    """Answer with everything known of one deployment."""
    asked = call.asked(DetailQuery)
    return in_json(call.inventory.detail(call.parameter(), at=asked.at), call)


def get_snapshot(call: Call) -> Reply:
    """Answer with every row in columns, packed or as MessagePack where the caller takes it."""
    call.asked(NoQuery)
    snapshot = call.inventory.snapshot()
    if call.takes(PACKED):
        return Reply(pack(snapshot), media=PACKED)
    columns = write_columns(snapshot)
    del snapshot  # what is not sent need not stay while the rest is written
    if call.takes(MSGPACK):
        return Reply(msgspec.msgpack.encode(columns), media=MSGPACK)
    return in_json(columns, call)


def list_changes(call: Call) -> Reply:
    """Answer with one page of the change log."""
    asked = call.asked(ChangesQuery)
    page = call.inventory.changes(after=asked.after, limit=asked.limit, view=asked.view)
    return in_json(page, call)


def list_differences(call: Call) -> Reply:
    """Answer with one page of what is otherwise at a later time."""
    asked = call.asked(DiffQuery)
    page = call.inventory.diff(
        asked.since, asked.until, view=asked.view, limit=asked.limit, after=asked.after
    )
    return in_json(page, call)


def list_names(call: Call) -> Reply:
    """Answer with one page of names in DNS."""
    asked = call.asked(ListQuery)
    return in_json(call.inventory.names(asked.view, limit=asked.limit, after=asked.after), call)


def list_catalogues(call: Call) -> Reply:
    """Answer with one page of records of catalogues."""
    asked = call.asked(ListQuery)
    page = call.inventory.catalogues(asked.view, limit=asked.limit, after=asked.after)
    return in_json(page, call)


def list_scopes(call: Call) -> Reply:
    """Answer with every scope."""
    call.asked(NoQuery)
    return in_json(Scopes(items=call.inventory.scopes()), call)


def list_runs(call: Call) -> Reply:
    """Answer with past runs."""
    asked = call.asked(RunsQuery)
    return in_json(Runs(items=call.inventory.runs(scope=asked.scope, limit=asked.limit)), call)


def list_estate(call: Call) -> Reply:
    """Answer with every reach."""
    call.asked(NoQuery)
    return in_json(Estate(items=call.inventory.estate()), call)


def get_summary(call: Call) -> Reply:
    """Answer with what the inventory rests on."""
    call.asked(NoQuery)
    return in_json(call.inventory.summary(), call)


def list_facets(call: Call) -> Reply:
    """Answer with the values of some fields."""
    asked = call.asked(FacetsQuery)
    fields = tuple(asked.fields.split(","))
    return in_json(Facets(items=call.inventory.facets(asked.view, fields)), call)


def select_deployments(call: Call) -> Reply:
    """Answer with all uids of a view."""
    return in_json(call.inventory.select(call.asked(SelectQuery).view), call)
