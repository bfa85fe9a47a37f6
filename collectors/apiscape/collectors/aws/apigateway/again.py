"""Looking at single objects of API Gateway between visits: whom an event names, and what of an API it spares.

An API's own fields come with the listing of every visit, and are noted in memory. An event that moves only what
is beneath them (a deployment, a stage, a route) needs no call for them; any other does, an unknown one too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from apiscape.collectors.aws.errors import ONE_OBJECT
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.picking import Item, labels, text
from apiscape.collectors.changing import Change, KeepsNotes, Touched
from apiscape.collectors.contract import Failed, Observation, Skipped, Visit

TOPIC = "apigateway.amazonaws.com"
"""Event source of both generations."""

BENEATH = re.compile(
    r"(Create|Update|Delete|Put|Flush|Reset)"
    r"(Deployment|Stage|Resource|Method|MethodResponse|Integration|IntegrationResponse|Authorizer|Model"
    r"|RequestValidator|GatewayResponse|DocumentationPart|DocumentationVersion|Route|RouteResponse"
    r"|RouteSettings|RouteRequestParameter|AccessLogSettings|StageCache|StageAuthorizersCache|AuthorizersCache)"
)
"""Names of events that leave an API's own fields as they are."""

_ARN = re.compile(
    r"arn:[^:]+:apigateway:[^:]*:[^:]*:/(restapis|apis|domainnames)/([^/]+)(?:/.*)?", re.DOTALL
)
_MAKES = {
    "CreateRestApi": ("made.id",),
    "ImportRestApi": ("made.id",),
    "CreateApi": ("made.apiId",),
    "ImportApi": ("made.apiId",),
}


def named(change: Change, member: str, collection: str) -> tuple[str, ...]:
    """Return the id of the API that a change is of, by the member or the ARN that names it.

    What is done to a domain names an API as well, which does not change by it.

    Args:
        change: As the log has it.
        member: What an API's id is called (`restApiId`).
        collection: What its ARN calls it (`restapis`).
    """
    said = change.subjects
    if "domainName" in said:
        return ()
    found = said.get(member)
    if found is None and change.name in _MAKES:
        made = _MAKES[change.name][0]
        is_ours = (made == "made.apiId") == (member == "apiId")
        found = said.get(made) if is_ours else None
    return (found,) if found else _by_arn(change, collection)


def named_domain(change: Change) -> tuple[str, ...]:
    """Return the listed id of the domain that a change is of."""
    said = change.subjects
    name = next(
        (said[key] for key in ("domainName", "in.domainName", "made.domainName") if key in said),
        None,
    )
    if name is None:
        return _by_arn(change, "domainnames")
    identifier = said.get("domainNameId") or said.get("made.domainNameId")
    return (f"{name}+{identifier}" if identifier else name,)


def _by_arn(change: Change, collection: str) -> tuple[str, ...]:
    for member in ("resourceArn", "resource-arn"):
        arn = _ARN.fullmatch(change.subjects.get(member, ""))
        if arn is not None and arn[1] == collection:
            return (arn[2],)
    return ()


def note(visit: Visit, native_id: str, item: Item) -> None:
    """Keep what the listing said of an API, in memory, where somebody looks again."""
    notes = visit.notes if isinstance(visit, KeepsNotes) else None
    if notes is None:
        return
    try:
        fields = {name: value for name, value in item.items() if name != "ResponseMetadata"}
        notes[native_id] = msgspec.msgpack.encode(fields)
    except (TypeError, ValueError, OverflowError):  # no answer of the SDK's that could be kept
        notes.pop(native_id, None)


def recall(visit: Visit, touched: Touched) -> Item | None:
    """Return what the listing last said of an API, where nothing is known to have changed of that."""
    notes = visit.notes if isinstance(visit, KeepsNotes) else None
    held = None if notes is None else notes.get(touched.native_id)
    if held is None or not all(map(BENEATH.fullmatch, touched.names)):
        return None
    item: Item = msgspec.msgpack.decode(held)
    return item


def look_at(
    visit: Visit,
    objects: Sequence[Touched],
    members: Members,
    find: Callable[[Touched], Item | None],
    look: Callable[[str, Item], list[Observation]],
) -> Iterator[Observation]:
    """Yield what objects are now; what fails of one fails it alone.

    Args:
        visit: Of the look.
        objects: What to look at.
        members: What an object's id, name and tags are called.
        find: Returns an object's own fields, `None` where it is of another product.
        look: Returns what an object gives, of its id and its own fields.
    """

    def attempt(touched: Touched) -> list[Observation]:
        native_id = touched.native_id
        try:
            item = find(touched)
            if item is None:
                return []
            tags = labels(item, members.tags or "")
            reason = visit.includes(text(item, members.name) or native_id, tags)
            return [Skipped(native_id, reason)] if reason else look(native_id, item)
        except ONE_OBJECT as error:
            _forget(visit, native_id)
            return [Failed(native_id, error.record())]

    for said in visit.concurrently(attempt, objects):
        yield from said


def _forget(visit: Visit, native_id: str) -> None:
    notes = visit.notes if isinstance(visit, KeepsNotes) else None
    if notes is not None:
        notes.pop(native_id, None)
