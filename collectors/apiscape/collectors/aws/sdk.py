"""Sessions of the SDK, with what all of them share.

The SDK is imported on first use. All sessions share one loader of service models: without it
each account costs 9 MB.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import datetime
from functools import lru_cache
from typing import Any

from apiscape.collectors.aws.models import make_loader
from apiscape.collectors.aws.outward import lead_out
from apiscape.collectors.aws.settings import AwsSettings

SERVICES = frozenset(
    {
        *("account", "apigateway", "apigatewayv2", "cloudwatch", "organizations"),
        *("acm", "agent-registry-control", "apprunner", "appsync", "bedrock-agentcore-control"),
        *("cloudfront", "elbv2", "lambda", "lambda-web", "route53", "vpc-lattice", "wafv2"),
        *("sts", "sso", "sso-oidc", "signin"),
    }
)
"""Services that are called, the latter ones by the SDK itself as it signs in."""

_PLAIN_TIME = re.compile(
    r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
)
"""A time as AWS writes it; the SDK tries every other notation first, which takes a hundred times as long."""


def new_session(settings: AwsSettings) -> Any:  # noqa: ANN401 - the SDK's own type
    """Return a session of the SDK that takes the configured way out."""
    from botocore.hooks import EventAliaser
    from botocore.session import Session

    handlers = copy(_sdk_handlers())
    session = Session(
        profile=settings.profile, event_hooks=handlers, include_builtin_handlers=False
    )
    lead_out(session, settings.network)
    session.register_component("event_emitter", EventAliaser(handlers, _aliases()))
    session.register_component("data_loader", _shared_loader())
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=_read_time)
    return session


@lru_cache(maxsize=1)
def _sdk_handlers() -> Any:  # noqa: ANN401 - the SDK's own type
    """Return the SDK's own event handlers, but for those of services that are never called.

    Each session has a copy and each client another, of which all of them would be a quarter of its cost.
    """
    from botocore import handlers
    from botocore.hooks import EventAliaser, HierarchicalEmitter

    emitter = HierarchicalEmitter()
    events = EventAliaser(emitter)
    registering = {
        handlers.REGISTER_FIRST: events.register_first,
        handlers.REGISTER_LAST: events.register_last,
    }
    for event, handler, *when in handlers.BUILTIN_HANDLERS:
        if _may_concern(event):
            register = registering[when[0]] if when else events.register
            register(event, handler)
    return emitter


def _may_concern(event: str) -> bool:
    """Say whether an event of the SDK may be one of a service that is called; nobody reads its documentation."""
    kind, _, rest = event.partition(".")
    return not rest or (kind != "docs" and rest.partition(".")[0] in SERVICES)


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    """Return the names of old under which events of services that are called are known too.

    Each client compares every event with every alias once, which takes as long as the events' handlers.
    """
    from botocore.utils import EVENT_ALIASES

    return {old: new for old, new in EVENT_ALIASES.items() if SERVICES & {old, new}}


@lru_cache(maxsize=1)
def _shared_loader() -> Any:  # noqa: ANN401 - the SDK's own type
    return make_loader()


def _read_time(value: Any) -> datetime | None:  # noqa: ANN401 - as it stands in the answer
    """Return a time as the SDK reads it, and nothing where it would refuse the whole answer."""
    from botocore.utils import parse_timestamp

    try:
        if isinstance(value, str) and _PLAIN_TIME.fullmatch(value):
            return datetime.fromisoformat(value)
        parsed: datetime = parse_timestamp(value)
    except (ValueError, TypeError, ArithmeticError, OSError, RuntimeError):
        return None
    return parsed
