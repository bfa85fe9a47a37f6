"""What may stand in the configuration file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from apiscape.network.ways import Network

FASTEST_PER_S = 1e6
LONGEST_DEADLINE_S = 366 * 86_400.0
MOST_DAYS = 36_500
"""A hundred years: no history reaches beyond the calendar."""

MOST_GAUGES = 1_000_000

NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"


Interval = Annotated[float, msgspec.Meta(ge=10)]
"""Seconds between two looks; below ten a source would be asked without a pause."""


PATH_FORM = r"^/[^\s?#]*$"
REFERENCE_FORM = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.*)$"


class Strict(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Base of every part of the configuration: an unknown key is an error, never ignored."""


class Rules(Strict, frozen=True, kw_only=True):
    """Which listed objects a source includes or excludes; what is left out is counted as skipped.

    Attributes:
        names: Globs over names (`payments-*`).
        tags: `key` or `key=value`, with globs.
    """

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Rate(Strict, frozen=True, kw_only=True):
    """A rate of provider calls that replaces the default of half the published quota.

    Attributes:
        rate_per_s: Calls a second, in the long run.
        burst: Calls that may be made at once after a pause.
    """

    rate_per_s: Annotated[float, msgspec.Meta(gt=0, le=FASTEST_PER_S)]
    burst: Annotated[int, msgspec.Meta(ge=1)] = 1


class AcceptedGap(Strict, frozen=True, kw_only=True):
    """A gap that somebody answers for: it stays a line, and no longer makes a run incomplete.

    Attributes:
        scope: Glob over scope keys and estate keys (`prod/444455556666/*`).
        detail: Glob over the details that are not seen (`tags`, `contract*`), where only those are accepted; all
            that a scope does not see is, without it.
        reason: Why nobody looks there.
        accepted_by: Who answers for the gap.
        until: Last day that it holds.
    """

    scope: str
    reason: str
    accepted_by: str
    until: date
    detail: str | None = None


class Measuring(Strict, frozen=True, kw_only=True):
    """How the traffic of a source is measured: it is only where this is set, for providers charge for it.

    Attributes:
        every_s: How often the agent measures; a scan measures once.
        window_s: Over how long requests are counted, in full minutes: an hour at most, for percentiles of
            several hours cannot be put together.
        percentiles: Those of latency that are asked for, none of them being a choice; each may cost.
        integration_latency: Whether what is behind the gateway is timed as well, where the gateway tells it apart.
    """

    every_s: Annotated[float, msgspec.Meta(ge=60)] = 900.0
    window_s: Annotated[int, msgspec.Meta(ge=60, le=3600, multiple_of=60)] = 900
    percentiles: tuple[Literal["p50", "p95", "p99"], ...] = ("p50", "p95", "p99")
    integration_latency: bool = True


class Events(Strict, frozen=True, kw_only=True):
    """How an agent hears of changes between visits, from the source's own log of them: only where this is set.

    Attributes:
        every_s: How often the log is read; what a change names is looked at half a minute after it was read.
    """

    every_s: Annotated[float, msgspec.Meta(ge=10)] = 60.0


class Source(Strict, frozen=True, kw_only=True):
    """One entry under `sources`: the keys that every provider has.

    Attributes:
        name: Short and unique; part of every scope's key, so renaming one starts its history anew.
        provider: Who runs the gateways; one of the installed providers, as `apiscape collectors` lists them.
        products: Collectors to run; if left out, all that came with the provider, and none that another package added.
        include: What to look at; everything if left out.
        exclude: What to leave out of that.
        quotas: By quota family (`apigateway`).
        deadline_s: Longest that a visit of one scope may take.
        interval_s: How often the agent visits each scope; what is empty or absent six times as seldom, yet daily.
        plan_interval_s: How often the agent signs in anew, and looks for reaches that came or went.
        watch: Whether the agent follows what its collector can follow, rather than visit it again and again.
        traffic: How its traffic is measured; it is not, if left out.
        events: How the agent hears of changes between visits; it does not, if left out.
        own: The provider's own keys (`regions`, `roles`, …), checked against its settings type.
    """

    name: str
    provider: str
    products: tuple[str, ...] = ()
    include: Rules = Rules()
    exclude: Rules = Rules()
    quotas: dict[str, Rate] = msgspec.field(default_factory=dict)
    deadline_s: Annotated[float, msgspec.Meta(gt=0, le=LONGEST_DEADLINE_S)] = 1800.0
    interval_s: Interval = 3600.0
    plan_interval_s: Interval = 21600.0
    watch: bool = True
    traffic: Measuring | None = None
    events: Events | None = None
    own: dict[str, Any] = msgspec.field(default_factory=dict)


class Telemetry(Strict, frozen=True, kw_only=True):
    """What the agent gives to OpenTelemetry; `/metrics` is there without it.

    Where to, with which headers and by which protocol is said by OpenTelemetry's own variables
    (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_PROTOCOL`).

    Attributes:
        push: Whether figures are pushed by OTLP; if left out, where an endpoint is set.
        interval_s: How often they are pushed.
        deployments: Whether each deployment has gauges of its own, here and at `/metrics`: health and traffic.
        most_deployments: How many have some; a gauge tells how many were left out.
        entities: Whether deployments are told as entity events: when they change, and all of them now and then.
        entities_every_s: How often all of them are told.
        traces: Whether each visit of a scope is told as a trace, with a span per family of calls; log lines written
            within one name it.
    """

    push: bool | None = None
    interval_s: Interval = 60.0
    deployments: bool = False
    most_deployments: Annotated[int, msgspec.Meta(ge=1, le=MOST_GAUGES)] = 10_000
    entities: bool = False
    entities_every_s: Annotated[float, msgspec.Meta(ge=600)] = 3600.0
    traces: bool = False


class Certificate(Strict, frozen=True, kw_only=True):
    """What the agent shows whoever asks its API over TLS; read anew when the files change.

    Attributes:
        certificate: File with the chain, in PEM.
        key: File with the key that belongs to it.
    """

    certificate: str
    key: str


class Agent(Strict, frozen=True, kw_only=True):
    """How the long-running agent is asked, and how it logs. Doors and logs are read at its start only.

    Attributes:
        listen: HOST:PORT of the API, for callers with a token; none without it.
        probe_listen: HOST:PORT of `/healthz`, `/readyz` and `/metrics`; none without it.
        socket: Path of the socket for the same user; if left out beside the store, or among the user's data where that
            is no file.
        tls: What the API shows; needed where other machines reach it, unless `behind_proxy`.
        behind_proxy: Whether something before the API does TLS, and nothing else can reach it.
        hosts: Names that callers know the API by, beside localhost and addresses.
        tokens: File with the hashes of the tokens that may come in.
        log_format: `text` is `key=value`.
        log_level: The least that is logged.
        memory_limit_mb: Mebibytes that the process and its readers may take; what its container may, if left out. What
            the agent keeps, and what reading a document may take, follow from it, in a scan as well.
    """

    listen: str | None = None
    probe_listen: str | None = None
    socket: str | None = None
    tls: Certificate | None = None
    behind_proxy: bool = False
    hosts: tuple[str, ...] = ()
    tokens: str | None = None
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    memory_limit_mb: Annotated[int, msgspec.Meta(ge=256)] | None = None


class Probes(Strict, frozen=True, kw_only=True):
    """Which deployments the agent asks whether they answer, and how; none without this part.

    Attributes:
        view: The deployments to ask, each at the first of its addresses that is no pattern.
        interval_s: How often.
        method: What is sent, without a credential and without a body.
        path: Declared safe by whoever answers for the APIs, such as `/healthz`: asked by GET instead.
        timeout_s: Longest that one answer may take.
        failures: From how many failed probes in a row on they are believed.
        allow: Networks in CIDR form that are not public and may be asked all the same.
        hosts_at_once: Hosts that are asked at the same time.
        proxy_resolves: Whether names that only the proxy can look up are asked through it, unchecked.
    """

    view: str
    interval_s: Interval = 60.0
    method: Literal["HEAD", "OPTIONS"] = "HEAD"
    path: Annotated[str, msgspec.Meta(pattern=PATH_FORM)] | None = None
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0
    failures: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    allow: tuple[str, ...] = ()
    hosts_at_once: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20
    proxy_resolves: bool = False


ChangeWord = Literal[
    "appeared",
    "changed",
    "missing",
    "suspect",
    "returned",
    "superseded",
    "retired",
    "forgotten",
    "health",
    "concluded",
]
"""A kind of change; the same words as `model.vocabulary.ChangeKind`."""

SecretName = Annotated[str, msgspec.Meta(pattern=REFERENCE_FORM)]
"""Where a secret is: `env:NAME` or `file:/PATH`, never the secret."""


class Notify(Strict, frozen=True, kw_only=True):
    """Whom the agent tells of changes, over HTTPS, as signed CloudEvents.

    Attributes:
        name: Short and unique; how far it was told is kept under it, so renaming one begins anew.
        url: Where to; https, or http to a network of `allow`.
        secrets: What its posts are signed with: `env:NAME` of the agent or `file:/PATH`, never the
            secret itself. With two every post has both signatures, so that one can be replaced.
        view: Changes of which deployments; of all without it.
        kinds: Which kinds of change; all but `concluded` without them.
        digest_s: Over how long changes are gathered into one post; told as they come without it.
        most_per_minute: Posts in a minute; what is more than that comes in a digest.
        timeout_s: Longest that one answer may take.
        allow: Networks in CIDR form that are not public and may be posted to all the same.
    """

    name: str
    url: str
    secrets: Annotated[tuple[SecretName, ...], msgspec.Meta(min_length=1, max_length=4)]
    view: str = ""
    kinds: tuple[ChangeWord, ...] = ()
    digest_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    most_per_minute: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 10.0
    allow: tuple[str, ...] = ()


Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Few = Annotated[int, msgspec.Meta(ge=1)]


class HealthLimits(Strict, frozen=True, kw_only=True):
    """From where on a figure counts against the deployments of a view; what is left out stays as it was.

    Attributes:
        view: The deployments that it holds for; of several that hold, the last one wins.
        errors_5xx_degraded: Percent of answers 5xx.
        errors_5xx_failing: The same, where it is failing.
        degraded_requests: Fewest requests from which on it may be called degraded.
        failing_requests: Fewest requests from which on it may be called failing.
        errors_4xx_degraded: Percent of answers 4xx; not judged unless given.
        p95_ms_degraded: Milliseconds that 95 of 100 answers keep within; not judged unless given.
        certificate_days: Days of validity under which a certificate degrades.
        recovery: Share of a limit that a figure must fall under before its deployment recovers.
        stale_after_s: Age from which on what was measured, or seen by a visit, says nothing any more; if left out, an
            hour, or two and a half rounds of visits, of measuring or of probes where those take longer.
    """

    view: str
    errors_5xx_degraded: Percent | None = None
    errors_5xx_failing: Percent | None = None
    degraded_requests: Few | None = None
    failing_requests: Few | None = None
    errors_4xx_degraded: Percent | None = None
    p95_ms_degraded: Annotated[float, msgspec.Meta(gt=0)] | None = None
    certificate_days: Annotated[float, msgspec.Meta(ge=0)] | None = None
    recovery: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    stale_after_s: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Settings(Strict, frozen=True, kw_only=True):
    """The whole configuration file.

    Attributes:
        store: Path of a SQLite file, or the URL of a PostgreSQL database.
        sources: Where to look.
        network: How to get out.
        retention_days: How long history is kept.
        accepted_gaps: Gaps that somebody answers for.
        telemetry: What the agent gives to OpenTelemetry.
        agent: How the agent is asked, and how it logs.
        probes: What the agent asks whether it answers; nothing without it.
        health: From where on figures count against deployments.
        overlay: Directory of what people say of deployments, relative to this file; `overlay` beside it, if that
            is there.
        notify: Whom the agent tells of changes.
    """

    store: str | None = None
    sources: tuple[Source, ...] = ()
    network: Network = Network()
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = 400
    accepted_gaps: tuple[AcceptedGap, ...] = ()
    telemetry: Telemetry = Telemetry()
    agent: Agent = Agent()
    probes: Probes | None = None
    health: tuple[HealthLimits, ...] = ()
    overlay: str | None = None
    notify: tuple[Notify, ...] = ()


SOURCE_KEYS = frozenset(Source.__struct_fields__) - {"own"}
"""Keys of a source that are not its provider's own."""
