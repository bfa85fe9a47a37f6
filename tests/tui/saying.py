"""What pages say, for tests that read them: the words, the tone of a word, and things to say it of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from apiscape.client.inventory import Detail, ScopeStatus, Summary
from apiscape.model.change import Change, FieldChange
from apiscape.model.deployment import Deployment, Operation
from apiscape.model.row import Row
from apiscape.model.run import Ledger, RunReport
from apiscape.model.security import Scheme, Security
from apiscape.tui.feed import Around, Loaded
from apiscape.tui.lines import Line, Piece
from apiscape.tui.options import Actions, Options
from apiscape.tui.session import Session
from apiscape.tui.store import ColumnStore
from tests.tui.fake import FakeInventory, fixed_clock
from tests.tui.rows import LAST_RUN, NOW
from tests.tui.scopes import scope_of

WIDTH = 100
KEY = "prod/111122223333/eu-west-2/aws.apigateway.rest"
NATIVE_ID = "aws:111122223333:eu-west-2:apigateway:abc/prod"


def said(lines: Iterable[Line]) -> str:
    """Return what lines say, one below the other."""
    return "\n".join(line.text.rstrip() for line in lines)


def flat(lines: Iterable[Line]) -> str:
    """Return what lines say as one run of words, however they were wrapped."""
    return " ".join(said(lines).split())


def spoken(pieces: Iterable[Piece]) -> str:
    """Return what pieces say."""
    return "".join(piece.text for piece in pieces)


def tone_of(pieces: Iterable[Line] | Iterable[Piece], text: str) -> str:
    """Return the tone of the first piece that holds a text."""
    for each in pieces:
        for piece in each.pieces if isinstance(each, Line) else (each,):
            if text in piece.text:
                return piece.tone
    raise AssertionError(f"nobody says {text!r}")


def a_row(**values: Any) -> Row:
    """Return a row of which nothing is known but where it is, and what is given."""
    known: dict[str, Any] = {
        "uid": "uid-1", "name": "payments", "provider": "aws", "product": "aws.apigateway.rest",
        "source": "prod", "scope": KEY, "account": "111122223333", "native_id": NATIVE_ID,
    }  # fmt: skip
    return Row(**(known | values))


def a_deployment(**values: Any) -> Deployment:
    """Return a deployment of which nothing is known but where it is, and what is given."""
    known: dict[str, Any] = {
        "uid": "uid-1", "native_id": NATIVE_ID, "native_api_id": "abc", "native_kind": "rest",
        "provider": "aws", "product": "aws.apigateway.rest", "account": "111122223333",
        "name": "payments",
    }  # fmt: skip
    return Deployment(**(known | values))


def a_detail(row: Row | None = None, item: Deployment | None = None, **values: Any) -> Detail:
    """Return the detail of a row and a deployment."""
    return Detail(
        row=row or a_row(), deployment=item or a_deployment(), scope=a_status(None), **values
    )


def an_operation(requirement: str, *schemes: str, preflight: bool = False) -> Operation:
    """Return an operation that asks something of its callers."""
    return Operation(
        verb="GET",
        template=f"/{requirement}",
        security=Security(
            requirement=requirement, schemes=tuple(Scheme(kind=kind) for kind in schemes)
        ),
        preflight=preflight,
    )


def a_run(outcome: str = "complete", **values: Any) -> RunReport:
    """Return a run that listed three objects and recorded them, or what is given."""
    known: dict[str, Any] = {
        "scope": scope_of(KEY), "generation": 17, "started_at": LAST_RUN, "ended_at": LAST_RUN,
        "outcome": outcome, "ledger": Ledger(listed=3, listed_whole=True, recorded=3, calls=5),
    }  # fmt: skip
    return RunReport(**(known | values))


def a_status(run: RunReport | None, **values: Any) -> ScopeStatus:
    """Return a scope as a run left it."""
    return ScopeStatus(scope=scope_of(KEY), last_run=run, **values)


def a_change(kind: str = "changed", *fields: tuple[str, Any, Any], **values: Any) -> Change:
    """Return a change with its fields, old and new."""
    known: dict[str, Any] = {
        "seq": 9, "at": NOW, "kind": kind, "uid": "uid-1", "name": "payments", "scope": KEY,
        "generation": 3, "fields": tuple(FieldChange(field=n, old=o, new=w) for n, o, w in fields),
    }  # fmt: skip
    return Change(**(known | values))


def a_session(
    rows: Iterable[Row] = (),
    *,
    scopes: Iterable[ScopeStatus] = (),
    summary: Summary | None = None,
    loaded: bool = True,
    **options: Any,
) -> Session:
    """Return a session that shows some rows, without asking anybody."""
    chosen = msgspec.structs.replace(Options(clock=fixed_clock), **options)
    session = Session(FakeInventory([], scopes=(), estate=()), chosen, Actions())
    if loaded:
        known = summary or Summary(deployments=0, apis=0, scopes=0)
        around = Around(known, tuple(scopes), ())
        session.take(Loaded(ColumnStore.of_rows(rows), NOW, around))
    return session
