"""The targets of a gateway: the tools that they give, the backends that they are, and what they expose.

A tool's name is known where the target holds its schema inline. Of a target whose tools stand
elsewhere (in S3, at an MCP server that is asked) one operation stands for all of them: `TARGET___*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.aws.agentcore.arns import deployment_of
from apiscape.collectors.aws.agentcore.schemas import (
    FORMS,
    Described,
    first,
    named,
    read_schema,
    untold_of,
)
from apiscape.collectors.aws.backends import clean_uri
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, entries, items, part, text
from apiscape.model.deployment import Backend, Operation
from apiscape.model.identity import deployment_uid, staged
from apiscape.model.security import Security
from apiscape.model.surroundings import Relation
from apiscape.model.values import UNKNOWN

CALL = "call"
SEPARATOR = "___"
"""Between a target's name and its tool's, in the name by which the gateway gives the tool."""

ANY_TOOL = "*"
EXPOSES = "exposes"


class Kind(msgspec.Struct, frozen=True, gc=False):
    """What one kind of target holds, and where.

    Attributes:
        path: Members that lead to it in a target's configuration.
        backend: Kind of the backend.
        address: Member with the backend's address.
    """

    path: tuple[str, str]
    backend: str
    address: str | None = None


KINDS = (
    Kind(("mcp", "lambda"), "lambda", "lambdaArn"),
    Kind(("mcp", "openApiSchema"), "http"),
    Kind(("mcp", "smithyModel"), "aws"),
    Kind(("mcp", "mcpServer"), "mcp", "endpoint"),
    Kind(("mcp", "apiGateway"), "apigateway"),
    Kind(("mcp", "connector"), "connector"),
    Kind(("http", "agentcoreRuntime"), "agent", "arn"),
    Kind(("http", "passthrough"), "http", "endpoint"),
    Kind(("http", "connector"), "connector"),
    Kind(("inference", "provider"), "http", "endpoint"),
    Kind(("inference", "connector"), "connector"),
)


class Target(msgspec.Struct, frozen=True, gc=False):
    """One target, as `GetGatewayTarget` says it."""

    name: str
    kind: Kind | None
    held: Item
    described: Described = msgspec.field(default_factory=Described)

    @property
    def stage(self) -> tuple[str, str] | None:
        """The REST API and stage that it exposes, if it does."""
        api, stage = text(self.held, "restApiId"), text(self.held, "stage")
        return (api, stage) if api and stage else None


def read_target(answer: Item) -> Target:
    """Return a target; of its configuration only what `KINDS` names is looked at.

    Raises:
        Malformed: a schema that stands in it takes more time or memory than there is.
    """
    configuration = part(answer, "targetConfiguration")
    name = text(answer, "name") or text(answer, "targetId") or ""
    for kind in KINDS:
        outer, inner = kind.path
        held = part(part(configuration, outer), inner)
        if held:
            return Target(name, kind, held, read_schema(inner, held, _where(answer)))
    return Target(name, None, {})


def _where(answer: Item) -> str:
    """Return the path by which AgentCore answers of a target."""
    gateway = (text(answer, "gatewayArn") or "").rpartition("/")[2]
    return f"/gateways/{gateway}/targets/{text(answer, 'targetId') or ''}"


def read_backend(target: Target) -> Backend:
    """Return the backend that a target is, without any credential."""
    if target.kind is None:
        return Backend(key=target.name, kind="unknown")
    return Backend(
        key=target.name, kind=target.kind.backend, address=_address(target, target.kind) or UNKNOWN
    )


def untold(target: Target) -> str | None:
    """Return in words why not all tools of a target are told, if they are not: its operations are not known then."""
    return target.described.untold or untold_of(tuple(_tools(target)))


def read_operations(target: Target, security: Security) -> Iterator[Operation]:
    """Yield the tools of a target, each with what the gateway asks of its callers."""
    names = first(_tools(target)) or (ANY_TOOL,)
    for name in names:
        yield Operation(
            verb=CALL,
            template=f"{target.name}{SEPARATOR}{name}",
            security=security,
            backend=target.name,
        )


def read_relations(targets: Iterable[Target], uid: str, place: Place) -> Iterator[Relation]:
    """Yield what a gateway exposes of other deployments: stages of REST APIs, endpoints of runtimes."""
    found: dict[str, list[str]] = {}
    for target in targets:
        exposed, words = _exposed(target, place)
        if exposed:
            found.setdefault(exposed, []).append(f"{words} by target {target.name}")
    for exposed, evidence in found.items():
        yield Relation(type=EXPOSES, from_uid=uid, to_uid=exposed, evidence=tuple(evidence))


def _exposed(target: Target, place: Place) -> tuple[str | None, str]:
    if target.stage:
        api, stage = target.stage
        return deployment_uid(staged(place.native_id(api), stage)), "REST API exposed as MCP tools"
    if target.kind and target.kind.backend == "agent":
        arn = text(target.held, "arn") or ""
        return deployment_of(arn, text(target.held, "qualifier")), "agent exposed"
    return None, ""


def _address(target: Target, kind: Kind) -> str | None:
    if target.stage:
        return "/".join(target.stage)
    if kind.backend == "connector":
        return text(part(target.held, "source"), "connectorId")
    if kind.address:
        given = text(target.held, kind.address)
        return clean_uri(given) if given else None
    return target.described.address


# ── Tools by where they stand ────────────────────────────────────────────────


def _tools(target: Target) -> Iterator[str | None]:
    """Yield the names of the tools that stand inline, `None` for one without a name."""
    word = target.kind.path[1] if target.kind else ""
    if word in FORMS:
        yield from target.described.tools
    elif word == "apiGateway":
        yield from _of_stage(part(target.held, "apiGatewayToolConfiguration"))
    elif target.kind and target.kind.backend == "connector":
        yield from named({"name": each} for each in entries(target.held, "enabled"))


def _of_stage(configuration: Item) -> Iterator[str | None]:
    """Yield tools by their own names, and by method and path where they have none."""
    overridden = set()
    for each in items(configuration, "toolOverrides"):
        name = text(each, "name")
        if name:
            overridden.add((text(each, "method"), text(each, "path")))
            yield name
    for each in entries(configuration, "toolFilters"):
        path = text(each, "filterPath")
        for method in entries(each, "methods") or (None,):
            if path is None or not isinstance(method, str):
                yield None
            elif (method, path) not in overridden:
                yield f"{method} {path}"
