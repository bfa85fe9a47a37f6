"""The table of operations: paths, who may, what is asked and answered. Routes and document follow from it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from apiscape.client.catalogues import CataloguePage
from apiscape.client.collected import Collection
from apiscape.client.inventory import ChangePage, Detail, DiffPage, Page, Selection, Summary
from apiscape.client.names import NamePage
from apiscape.client.standing import Standing
from apiscape.client.wire import (
    EVENT_STREAM,
    JSON,
    MSGPACK,
    PACKED,
    Asked,
    CollectRequest,
    Columns,
    ConfirmRequest,
    Estate,
    Facets,
    ForgetRequest,
    Paused,
    PauseRequest,
    Retired,
    Runs,
    Scopes,
)
from apiscape.store.encoding import LARGEST
from apiscape.store.reading.reader import MOST_ROWS

LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
OPENAPI = "application/openapi+json;version=3.1"


class Right(StrEnum):
    """What a caller may do."""

    READ = "read"
    OPERATE = "operate"


ViewText = Annotated[
    str,
    Meta(
        description="A view of the view language; everything, if left out.",
        extra_json_schema={"format": "view"},
    ),
]
Cursor = Annotated[
    str,
    Meta(
        description="`next` of the page before: opaque, and good for the same view only.",
        extra_json_schema={"format": "cursor"},
    ),
]
Limit = Annotated[int, Meta(ge=1, le=MOST_ROWS, description="At most so many items.")]
Sequence = Annotated[
    int, Meta(ge=0, le=LARGEST, description="Only what comes after this sequence number.")
]
FieldNames = Annotated[
    str,
    Meta(
        min_length=1,
        description="Fields of the view language, with commas between.",
        extra_json_schema={"format": "facet-fields"},
    ),
]


class PageQuery(Asked, frozen=True):
    """What a page of a view is asked by."""

    view: ViewText = ""
    limit: Limit = 50
    after: Cursor | None = None


class DetailQuery(Asked, frozen=True):
    """What one deployment is asked by."""

    at: (
        Annotated[
            datetime,
            Meta(tz=True, description="As it was then, with its time zone; now, if left out."),
        ]
        | None
    ) = None


class SelectQuery(Asked, frozen=True):
    """What all uids of a view are asked by."""

    view: ViewText = ""


class FacetsQuery(Asked, frozen=True):
    """What facets are asked by."""

    fields: FieldNames
    view: ViewText = ""


class ChangesQuery(Asked, frozen=True):
    """What the change log is asked by."""

    after: Sequence = 0
    limit: Limit = 1000
    view: ViewText = ""


Moment = Annotated[datetime, Meta(tz=True)]


class DiffQuery(Asked, frozen=True):
    """What the difference between two times is asked by."""

    since: Annotated[Moment, Meta(description="The earlier time, with its time zone.")] = (
        msgspec.field(name="from")
    )
    until: Annotated[Moment, Meta(description="The later time; now, if left out.")] | None = (
        msgspec.field(default=None, name="to")
    )
    view: ViewText = ""
    limit: Annotated[
        int, Meta(ge=1, le=MOST_ROWS, description="At most so many deployments are compared.")
    ] = 1000
    after: (
        Annotated[
            str,
            Meta(
                description="`next` of the page before, of the same two times and view.",
                extra_json_schema={"format": "cursor"},
            ),
        ]
        | None
    ) = None


class ListQuery(Asked, frozen=True):
    """What a list of its own is asked by: a view of the fields that its items have."""

    view: ViewText = ""
    limit: Limit = 1000
    after: Cursor | None = None


class RunsQuery(Asked, frozen=True):
    """What past runs are asked by."""

    scope: Annotated[str, Meta(description="Key of a scope; all of them, if left out.")] | None = (
        None
    )
    limit: Limit = 100


class NoQuery(Asked, frozen=True):
    """Nothing is asked by query."""


class Answer(msgspec.Struct, frozen=True):
    """One form that an operation answers in.

    Attributes:
        body: Its struct, or a JSON Schema where it is no struct of ours.
        media: As it stands in `Content-Type`.
    """

    body: Any
    media: str = JSON


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the API.

    Attributes:
        name: Unique; `operationId` of the document, and the name of its handler.
        path: With parameters in braces, their values being strings.
        summary: In a sentence.
        answers: Its forms, the default one first.
        status: Of a good answer.
        query, body: What is asked by query and by body.
        problems: Words of `client.problem.KINDS` beside those that any operation may answer with.
        right: What the caller must be allowed to do.
        kept_s: How long an answer is good while the store does not change; ages move on meanwhile.
        is_whole: Whether it tells of everything that there is: one is made at a time, for each takes memory, and
            ahead where it takes long (see `ahead`).
    """

    name: str
    path: str
    summary: str
    answers: tuple[Answer, ...]
    method: str = "GET"
    status: int = 200
    query: type[Asked] = NoQuery
    body: type[Asked] | None = None
    problems: tuple[str, ...] = ()
    right: Right = Right.READ
    kept_s: float = 1.0
    is_whole: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the braces of its path."""
        pieces = self.path.split("{")[1:]
        return tuple(piece.partition("}")[0] for piece in pieces)


_READS = (
    Operation(
        name="list_deployments",
        path="/v1/deployments",
        summary="One page of the deployments that match a view.",
        answers=(Answer(Page),),
        query=PageQuery,
        problems=("query", "usage", "not-kept"),
        kept_s=10.0,
    ),
    Operation(
        name="get_deployment",
        path="/v1/deployments/{uid}",
        summary="Everything known of one deployment, by its uid, its native id or its name.",
        query=DetailQuery,
        answers=(Answer(Detail),),
        problems=("usage", "not-found", "not-kept"),
    ),
    Operation(
        name="get_snapshot",
        path="/v1/snapshot",
        summary="Every row of the default view, in columns.",
        answers=(
            Answer(Columns),
            Answer(Columns, MSGPACK),
            Answer({"type": "string", "format": "binary"}, PACKED),
        ),
        kept_s=600.0,
        is_whole=True,
    ),
    Operation(
        name="list_changes",
        path="/v1/changes",
        summary="What happened after a sequence number, oldest first: a page, or a stream of events.",
        answers=(Answer(ChangePage), Answer({"type": "string"}, EVENT_STREAM)),
        query=ChangesQuery,
        problems=("query", "usage", "not-kept"),
    ),
    Operation(
        name="list_differences",
        path="/v1/diff",
        summary="What is otherwise at one time than at an earlier one: the net of all changes between.",
        answers=(Answer(DiffPage),),
        query=DiffQuery,
        problems=("query", "usage", "not-kept"),
    ),
    Operation(
        name="list_names",
        path="/v1/names",
        summary="Names in DNS that point at hosts which a service lends, those first whose host nobody has any more.",
        answers=(Answer(NamePage),),
        query=ListQuery,
        problems=("query", "usage"),
    ),
    Operation(
        name="list_catalogues",
        path="/v1/catalogues",
        summary="Records of catalogues with what they lead to, those first that lead to nothing in the inventory.",
        answers=(Answer(CataloguePage),),
        query=ListQuery,
        problems=("query", "usage"),
    ),
    Operation(
        name="list_scopes",
        path="/v1/scopes",
        summary="Every scope with its last run.",
        answers=(Answer(Scopes),),
    ),
    Operation(
        name="list_runs",
        path="/v1/runs",
        summary="The ledger of past visits, newest first.",
        answers=(Answer(Runs),),
        query=RunsQuery,
        problems=("usage",),
    ),
    Operation(
        name="list_estate",
        path="/v1/estate",
        summary="Every reach that the providers say exists, and what became of it.",
        answers=(Answer(Estate),),
    ),
    Operation(
        name="get_summary",
        path="/v1/summary",
        summary="What the inventory rests on.",
        answers=(Answer(Summary),),
    ),
    Operation(
        name="list_facets",
        path="/v1/facets",
        summary="How many rows of a view have each value of some fields.",
        answers=(Answer(Facets),),
        query=FacetsQuery,
        problems=("query", "usage", "not-kept"),
        kept_s=10.0,
    ),
    Operation(
        name="select_deployments",
        path="/v1/select",
        summary="The uids of all deployments that match a view, in its order.",
        answers=(Answer(Selection),),
        query=SelectQuery,
        problems=("query", "not-kept"),
        kept_s=10.0,
    ),
)

_ACTIONS = (
    Operation(
        name="confirm_losses",
        path="/v1/confirm",
        method="POST",
        summary="Say that the suspect losses of a scope are real.",
        answers=(Answer(Retired),),
        body=ConfirmRequest,
        problems=("usage", "not-found"),
        right=Right.OPERATE,
    ),
    Operation(
        name="forget_deployment",
        path="/v1/forget",
        method="POST",
        status=204,
        summary="Drop a retired deployment from every view; its history stays.",
        answers=(),
        body=ForgetRequest,
        problems=("usage", "not-found"),
        right=Right.OPERATE,
    ),
    Operation(
        name="collect",
        path="/v1/collect",
        method="POST",
        status=202,
        summary="Begin to visit scopes now, whether they are due or not.",
        answers=(Answer(Collection),),
        body=CollectRequest,
        problems=("usage", "not-found", "busy", "not-offered"),
        right=Right.OPERATE,
    ),
    Operation(
        name="get_collection",
        path="/v1/collect/{number}",
        summary="How far a collection is, or what came of it.",
        answers=(Answer(Collection),),
        problems=("not-found", "not-offered"),
        right=Right.OPERATE,
    ),
    Operation(
        name="get_status",
        path="/v1/status",
        summary="How the agent itself fares: what it goes by, what it has to do, what it lacks.",
        answers=(Answer(Standing),),
        problems=("usage", "not-offered"),
        right=Right.OPERATE,
    ),
    Operation(
        name="pause",
        path="/v1/pause",
        method="POST",
        summary="Start no visit until somebody resumes; those under way end in order.",
        answers=(Answer(Paused),),
        body=PauseRequest,
        problems=("usage", "not-found", "not-offered"),
        right=Right.OPERATE,
    ),
    Operation(
        name="resume",
        path="/v1/resume",
        method="POST",
        summary="Start visits again.",
        answers=(Answer(Paused),),
        body=PauseRequest,
        problems=("usage", "not-found", "not-offered"),
        right=Right.OPERATE,
    ),
)

_ABOUT = (
    Operation(
        name="get_api_catalog",
        path="/.well-known/api-catalog",
        summary="Where this API and its document are (RFC 9727).",
        answers=(Answer({"type": "object", "required": ["linkset"]}, LINKSET),),
    ),
    Operation(
        name="get_openapi",
        path="/openapi.json",
        summary="This document.",
        answers=(Answer({"type": "object", "required": ["openapi"]}, OPENAPI),),
    ),
)

OPERATIONS: tuple[Operation, ...] = (*_READS, *_ACTIONS, *_ABOUT)
"""Every operation, in the order of the document."""
