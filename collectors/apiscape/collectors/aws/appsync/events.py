"""Normalise an Event API: pure, from what `ListApis`, its namespaces and data sources say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from apiscape.collectors.aws.appsync import modes
from apiscape.collectors.aws.appsync.framing import frame, protections
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, is_set, moment, part, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Exposure, Style, Switch

KIND = "aws.appsync.event"
CONNECT, PUBLISH, SUBSCRIBE = "connect", "publish", "subscribe"

_OPEN = "Event APIs answer on the internet: they have no private visibility"
_ADDRESSES = (("HTTP", "https://{}/event"), ("REALTIME", "wss://{}/event/realtime"))
_LIVE = "/event/realtime"


class Direction(msgspec.Struct, frozen=True, gc=False):
    """What may be done on a channel, and what its members are called."""

    verb: str
    default: str
    own: str
    handler: str


DIRECTIONS = (
    Direction(PUBLISH, "defaultPublishAuthModes", "publishAuthModes", "onPublish"),
    Direction(SUBSCRIBE, "defaultSubscribeAuthModes", "subscribeAuthModes", "onSubscribe"),
)


def normalise(
    api: Item,
    namespaces: Sequence[Item] | Unknown,
    backends: tuple[Backend, ...] | Unknown,
    place: Place,
    keys: TagSettings,
) -> Deployment:
    """Return the deployment of an Event API.

    Args:
        api: Item of `ListApis`.
        namespaces: Items of `ListChannelNamespaces`; unknown where they could not be read.
        backends: What its handlers call; unknown where that could not be read.
        place: Of whoever owns it.
        keys: Which tags say what.
    """
    configuration = part(api, "eventConfig")
    known = namespaces if is_known(namespaces) else ()
    changed = max((at for each in known if (at := moment(each, "lastModified"))), default=None)
    return msgspec.structs.replace(
        frame(api, KIND, place, keys),
        style=Style.EVENT,
        exposure=Exposure.INTERNET,
        exposure_evidence=_OPEN,
        endpoints=_endpoints(api),
        operations=_operations(configuration, namespaces, backends),
        backends=backends,
        specs=(),
        protections=protections(api, logs=is_set(api, "eventConfig", "logConfig", kind=Mapping)),
        created_at=moment(api, "created") or UNKNOWN,
        updated_at=changed or UNKNOWN,
    )


def needs_data_sources(namespaces: Iterable[Item]) -> bool:
    """Say whether any handler calls a data source, so that a call for them pays."""
    return any(_source(each, way) for each in namespaces for way in DIRECTIONS)


def _operations(
    configuration: Item,
    namespaces: Sequence[Item] | Unknown,
    backends: tuple[Backend, ...] | Unknown,
) -> tuple[Operation, ...] | Unknown:
    """Return what callers can do: connect, and publish and subscribe on the channels of each namespace."""
    if not is_known(namespaces):
        return UNKNOWN
    providers = modes.read_event(configuration)
    known = {each.key for each in backends} if is_known(backends) else None
    found = [
        Operation(
            verb=CONNECT,
            template=_LIVE,
            security=_security(configuration, "connectionAuthModes", providers),
            backend=None,
            rate_limits=(),
        )
    ]
    for item in namespaces:
        found.extend(_of_namespace(item, configuration, providers, known))
    return tuple(sorted(found, key=lambda one: (one.template, one.verb)))


def _of_namespace(
    item: Item, configuration: Item, providers: modes.Providers, known: set[str] | None
) -> Iterator[Operation]:
    """Yield what can be done on the channels of a namespace, whose own modes come before the API's."""
    name = text(item, "name") or "?"
    for way in DIRECTIONS:
        own = modes.words(item, way.own)
        security = (
            _security(configuration, way.default, providers)
            if own == ()
            else _asked(own, providers, f"namespace {name}")
        )
        source = _source(item, way)
        backend = source if source is None or (known and source in known) else UNKNOWN
        yield Operation(
            verb=way.verb,
            template=f"/{name}/*",
            security=security,
            backend=backend,
            rate_limits=(),
        )


def _security(configuration: Item, member: str, providers: modes.Providers) -> Security:
    return _asked(modes.words(configuration, member), providers, member)


def _asked(given: tuple[str, ...] | None, providers: modes.Providers, evidence: str) -> Security:
    """Return what is asked by modes; unknown where one of them cannot be read, for it may ask less."""
    if given is None:
        return Security(evidence=f"{evidence}: a mode that cannot be read")
    return modes.asked(given, providers, evidence)


def _source(item: Item, way: Direction) -> str | None:
    """Return the data source that a handler calls; none where AppSync itself answers."""
    handler = part(part(item, "handlerConfigs"), way.handler)
    return text(part(handler, "integration"), "dataSourceName")


def _endpoints(api: Item) -> tuple[Endpoint, ...] | Unknown:
    given = part(api, "dns")
    found = tuple(
        Endpoint(
            url=form.format(host.casefold()),
            exposure=Exposure.INTERNET,
            evidence=_OPEN,
            generated_host=True,
            enabled=True,
            mtls=Switch.DISABLED,
        )
        for name, form in _ADDRESSES
        if (host := text(given, name))
    )
    return found or UNKNOWN
