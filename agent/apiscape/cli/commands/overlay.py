"""`apiscape overlay`: check what people say of deployments, and explain what it makes of one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apiscape.cli.completion import complete_deployment
from apiscape.cli.options import Session, config_option, session_options
from apiscape.cli.output import say, write, write_json, write_record, write_records, write_table
from apiscape.cli.table import Column, cell_width, fold, output_width
from apiscape.client.words import claim_words, confirmation_words, count, said_of, shown
from apiscape.errors import StoreError
from apiscape.model.plain import plain
from apiscape.model.provenance import GOVERNED
from apiscape.model.values import is_known

if TYPE_CHECKING:
    from apiscape.client.inventory import Detail
    from apiscape.conclude.overlaying import Matched
    from apiscape.govern.overlay import Entry, Overlay
    from apiscape.query.verdict import Verdict

COLUMNS = (
    Column("ENTRY"),
    Column("HOLDS FOR", right=True),
    Column("UNDECIDED", right=True),
    Column("VIEW", gives_way=True, comfort=30),
    Column("SETS", gives_way=True, comfort=30),
)
FIELD_COLUMNS = (
    Column("FIELD"),
    Column("VALUE", gives_way=True),
    Column("SAID BY", gives_way=True),
)
VERDICT_COLUMNS = (
    Column("ENTRY"),
    Column("HOLDS"),
    Column("VIEW", gives_way=True, comfort=30),
    Column("SETS", gives_way=True, comfort=30),
)
GAPS = 4
"""Blanks between the three columns of the fields."""

VERDICTS: dict[bool | None, str] = {True: "yes", False: "no", None: "? undecided"}


@click.group("overlay")
@config_option
def command(*, config: Path | None) -> None:
    """Check and explain the overlay: what people say of deployments, over what gateways state.

    It is a directory of YAML files: `overlay` beside the configuration, or what `overlay` in it names.
    Each file is a list of entries such as `- {view: 'name:payments*', set: {owner: Team Tax}}`.
    """
    del config  # the commands below read it from here


@command.command("validate")
@session_options()
def validate(*, session: Session) -> None:
    """Check every file, and say how many deployments each entry holds for.

    An entry holds for a deployment only where what its gateway states decides that: those of which nobody
    can tell are counted as undecided, and left as they are.
    """
    session.say_here()
    overlay = _overlay(session, _now())
    reached = _reached(session, overlay)
    records = [
        _record(entry, reached[index] if reached else None)
        for index, entry in enumerate(overlay.entries)
    ]
    if not write_records(session.output, records, (entry.place for entry in overlay.entries)):
        write_table(COLUMNS, map(_cells, records), wide=session.output == "wide")
    _say_sums(records, _folder(session))
    _say_overdue(overlay.entries)


def _say_sums(records: list[dict[str, Any]], folder: Path) -> None:
    say(f"{folder}: {count(len(records), 'entry', 'entries')}, all keys known")
    idle = [record["entry"] for record in records if record["holds_for"] == 0]
    if idle:
        say(f"{count(len(idle), 'entry holds', 'entries hold')} for nothing: {', '.join(idle)}")
    if records and records[0]["holds_for"] is None:
        say("There is no inventory yet to count in: apiscape scan")


def _say_overdue(entries: Iterable[Entry]) -> None:
    """Say which entries were to be confirmed again by now, and by whom they were confirmed last."""
    for entry in entries:
        if entry.confirmation is not None and entry.is_overdue:
            say(f"{entry.place} is due: confirmed by {confirmation_words(entry.confirmation)}")


@command.command("explain")
@click.argument("deployment", shell_complete=complete_deployment)
@session_options()
def explain(*, session: Session, deployment: str) -> None:
    """Say who says what of DEPLOYMENT (uid, native id or name), and which entries hold for it."""
    from apiscape.conclude.follow import is_overlaid
    from apiscape.conclude.overlaying import verdicts_on
    from apiscape.serve.local import LocalInventory

    session.say_here()
    now = _now()
    overlay = _overlay(session, now)
    with session.store() as store:
        detail = LocalInventory(store).detail(deployment)
        verdicts = verdicts_on(store, overlay, detail.row.uid)
        is_current = is_overlaid(store, overlay, now)
    if not write_record(session.output, _explained(detail, overlay, verdicts), detail.row.name):
        wide = session.output == "wide"
        fields = _fields(detail)
        write_table(FIELD_COLUMNS, fields, wide=wide)
        write(
            "".join(f"{line}\n" for line in _whole(fields, sys.maxsize if wide else output_width()))
        )
        write("\n")
        pairs = zip(overlay.entries, verdicts, strict=True)
        write_table(VERDICT_COLUMNS, (_verdict_cells(*each) for each in pairs), wide=wide)
    holding = (entry for entry, holds in zip(overlay.entries, verdicts, strict=True) if holds)
    _say_overdue(holding)
    if not is_current:
        say(
            "What the overlay says has changed since: what is shown follows at the next scan, or from the agent."
        )


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of the overlay's files, for editors."""
    from apiscape.settings.schema_export import overlay_schema

    write_json(overlay_schema())


@command.command("path")
@session_options(output=False)
def path(*, session: Session) -> None:
    """Print where the overlay is looked for."""
    write(f"{_folder(session)}\n")


def _now() -> datetime:
    return datetime.now(UTC)


def _overlay(session: Session, now: datetime) -> Overlay:
    """Return the overlay as it is today: what fell due is marked so."""
    from apiscape.cli.scanning import configured_overlay

    return configured_overlay(session.settings(), session.config).seen_on(now.date())


def _folder(session: Session) -> Path:
    from apiscape.settings.overlay import overlay_folder
    from apiscape.settings.paths import default_config

    return overlay_folder(session.settings(), session.config or default_config())


def _reached(session: Session, overlay: Overlay) -> tuple[Matched, ...] | None:
    """Return how far each entry reaches; nothing where there is no inventory."""
    from apiscape.conclude.overlaying import count_matches

    try:
        with session.store() as store:
            return count_matches(store, overlay)
    except StoreError:
        return None


def _record(entry: Entry, reached: Matched | None) -> dict[str, Any]:
    return {
        "entry": entry.place,
        "holds_for": reached.deployments if reached else None,
        "undecided": reached.undecided if reached else None,
        "view": entry.view,
        "sets": entry.values,
        "due": entry.confirmation.due if entry.confirmation else None,
        "overdue": entry.is_overdue,
    }


def _cells(record: dict[str, Any]) -> list[str]:
    holds, undecided = shown(record["holds_for"]), shown(record["undecided"])
    return [record["entry"], holds, undecided, _asked(record["view"]), _sets(record["sets"])]


def _verdict_cells(entry: Entry, verdict: Verdict) -> list[str]:
    return [entry.place, VERDICTS[verdict], _asked(entry.view), _sets(entry.values)]


def _asked(view: str) -> str:
    return view or "everything"


def _sets(values: dict[str, Any]) -> str:
    return ", ".join(f"{field} {_value(value)}" for field, value in values.items())


def _value(value: object) -> str:
    return shown(tuple(value) if isinstance(value, list) else value)


def _fields(detail: Detail) -> list[list[str]]:
    """Return each field that may be set, what holds first and what that hides below it."""
    lines: list[list[str]] = []
    for field in GOVERNED:
        claims = said_of(detail).get(field, ())
        if not claims:
            value = getattr(detail.row, field)
            known = is_known(value) and value != "unknown"
            lines.append([field, shown(value) if known else "?", "gateway" if known else "nobody"])
        for rank, claim in enumerate(claims):
            hidden = " (hidden)" if rank else ""
            lines.append(["" if rank else field, _value(claim.value), claim_words(claim) + hidden])
    return lines


def _whole(fields: list[list[str]], width: int) -> Iterator[str]:
    """Yield whole, below a table that is cut, who says what: it is what was asked for."""
    natural = sum(max(map(cell_width, cells)) for cells in zip(*fields, strict=True))
    if natural + GAPS <= width:
        return
    named = ""
    for field, value, said_by in fields:
        named = field or named
        if cell_width(value) + cell_width(said_by) > width // 2:
            yield from fold(plain(f"{named} = {value}: {said_by}"), width, further="  ")


def _explained(detail: Detail, overlay: Overlay, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    said = said_of(detail)
    return {
        "uid": detail.row.uid,
        "name": detail.row.name,
        "provenance": {field: said[field] for field in GOVERNED if field in said},
        "entries": [
            {
                "entry": entry.place,
                "holds": verdict,
                "view": entry.view,
                "sets": entry.values,
                "overdue": entry.is_overdue,
            }
            for entry, verdict in zip(overlay.entries, verdicts, strict=True)
        ],
    }
