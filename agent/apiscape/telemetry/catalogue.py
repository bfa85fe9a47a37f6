"""Every metric, by name: what it means, in what unit, and what its series are told apart by.

Names and attributes are OpenTelemetry's, in semantic-convention names where there are some. A
Prometheus sees the names that an OTLP receiver would make of them: dots become underscores, the
unit and `_total` go behind. So one dashboard, and one set of rules, serve both ways in.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from apiscape.model.entity import Entity

PROVIDER = "cloud.provider"
PRODUCT = "apiscape.product"
ENVIRONMENT = "deployment.environment.name"
OUTCOME = "apiscape.outcome"
STATE = "apiscape.state"
REASON = "apiscape.reason"
KIND = "apiscape.change"
AGE = "apiscape.age"
WHAT = "apiscape.what"
SIGNAL = "apiscape.signal"
UID = "apiscape.uid"

ALIKE = (
    *(PROVIDER, PRODUCT, ENVIRONMENT, "apiscape.lifecycle", "apiscape.health", "apiscape.basis"),
    *("apiscape.exposure", "apiscape.auth", "apiscape.presence"),
)
"""What deployments are told apart by, in the order of `store.reading.counts.Alike`."""


class Kind(StrEnum):
    """What a metric does over time."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(Entity, frozen=True):
    """One metric.

    Attributes:
        name: In OpenTelemetry's form.
        meaning: In a sentence, for people who read it in a tool.
        unit: In UCUM (`s`, `By`), a word in braces for things that are counted.
        attributes: What its series are told apart by.
        bounds: Upper bounds of a histogram's buckets, but for the last, which has none.
        is_asked_for: Whether it is there only where the configuration asks for it.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    attributes: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    is_asked_for: bool = False

    @property
    def family(self) -> str:
        """Its name in Prometheus, without the `_total` of a counter."""
        unit = _UNITS.get(self.unit, "")
        name = in_prometheus(self.name)
        return f"{name}_{unit}" if unit and not name.endswith(f"_{unit}") else name

    @property
    def prometheus(self) -> str:
        """Its name in Prometheus."""
        return f"{self.family}_total" if self.kind is Kind.COUNTER else self.family

    @property
    def labels(self) -> tuple[str, ...]:
        """Its attributes' names in Prometheus."""
        return tuple(map(in_prometheus, self.attributes))


_UNITS = {"s": "seconds", "By": "bytes"}


def in_prometheus(name: str) -> str:
    """Return the form of a name that Prometheus takes without quoting."""
    return name.replace(".", "_")


def _gauge(name: str, meaning: str, *attributes: str, unit: str = "") -> Metric:
    return Metric(name, Kind.GAUGE, meaning, unit, attributes)


def _counter(name: str, meaning: str, *attributes: str, unit: str = "") -> Metric:
    return Metric(name, Kind.COUNTER, meaning, unit, attributes)


# ── The inventory ────────────────────────────────────────────────────────────

DEPLOYMENTS = _gauge(
    "apiscape.deployments",
    "Deployments that are alike in every label; those with presence retired or superseded are gone.",
    *ALIKE,
    unit="{deployment}",
)
FOLDED = _gauge(
    "apiscape.deployments.folded",
    "Combinations of labels beyond the limit, whose deployments stand in the one series that is"
    " called (folded).",
)
OPEN_OPERATIONS = _gauge(
    "apiscape.operations.unauthenticated",
    "Operations that ask a caller for nothing, of deployments where that is known.",
    *(PROVIDER, PRODUCT),
    unit="{operation}",
)
UNDECIDED = _gauge(
    "apiscape.deployments.undecided",
    "Deployments that are not gone and of which nobody can tell what the label names.",
    *(PROVIDER, PRODUCT, WHAT),
    unit="{deployment}",
)
NOT_OBSERVED = _gauge(
    "apiscape.deployments.not_observed",
    "Deployments that are not gone and that the newest run over them did not see.",
    *(PROVIDER, PRODUCT),
    unit="{deployment}",
)
SUSPECT = _gauge(
    "apiscape.deployments.suspect",
    "Deployments whose loss is too large to believe; a person must settle it.",
    *(PROVIDER, PRODUCT),
    unit="{deployment}",
)
SCOPES = _gauge(
    "apiscape.scopes",
    "Scopes by how their newest run ended; accepted where somebody answers for what it could not"
    " see, none where no run has ended.",
    *(PROVIDER, PRODUCT, OUTCOME),
    unit="{scope}",
)
SCOPE_AGES = _gauge(
    "apiscape.scopes.age",
    "Scopes by how long ago all of them was last seen; never where that was not yet.",
    *(PROVIDER, PRODUCT, AGE),
    unit="{scope}",
)
OLDEST = _gauge(
    "apiscape.scope.age.max",
    "Time since the scope that waits longest was last seen whole; scopes never seen whole are in"
    " apiscape.scopes.age alone.",
    *(PROVIDER, PRODUCT),
    unit="s",
)
INVENTORY_READ = _gauge(
    "apiscape.inventory.read.timestamp",
    "When the inventory was last summed up; without it there is no figure of the inventory at all.",
    unit="s",
)
HEALTH_OF = Metric(
    "apiscape.deployment.health",
    Kind.GAUGE,
    "1 for the health that a deployment has; present where per-deployment gauges are asked for.",
    attributes=(UID, "apiscape.health", "apiscape.basis"),
    is_asked_for=True,
)
REQUESTS_OF = Metric(
    "apiscape.deployment.requests",
    Kind.GAUGE,
    "Requests of a deployment in the newest window that was measured; of those not measured there is none.",
    "{request}",
    attributes=(UID,),
    is_asked_for=True,
)
ERRORS_OF = Metric(
    "apiscape.deployment.errors",
    Kind.GAUGE,
    "Requests of a deployment in that window that were answered 4xx, or 5xx.",
    "{request}",
    attributes=(UID, "apiscape.class"),
    is_asked_for=True,
)
LATENCY_OF = Metric(
    "apiscape.deployment.latency",
    Kind.GAUGE,
    "Percentiles of the time until its callers were answered, and of what is behind it (integration_p50).",
    "s",
    attributes=(UID, "apiscape.quantile"),
    is_asked_for=True,
)
HEALTH_LEFT_OUT = Metric(
    "apiscape.deployment.health.left_out",
    Kind.GAUGE,
    "Deployments that have no gauge of their own, for the limit of them is reached.",
    is_asked_for=True,
)

# ── Ourselves ────────────────────────────────────────────────────────────────

BUILD = _gauge(
    "apiscape.build.info",
    "1, with the version that runs.",
    *("service.version", "process.runtime.version"),
)
RUNS = _counter(
    "apiscape.runs", "Visits of scopes that ended.", PROVIDER, PRODUCT, OUTCOME, unit="{run}"
)
RUN_DURATION = Metric(
    "apiscape.run.duration",
    Kind.HISTOGRAM,
    "How long a visit of a scope took.",
    "s",
    (PRODUCT, OUTCOME),
    (0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800),
)
LAST_ATTEMPT = _gauge(
    "apiscape.run.last_attempt.timestamp",
    "When a visit last ended, however it ended.",
    *(PROVIDER, PRODUCT),
    unit="s",
)
LAST_SUCCESS = _gauge(
    "apiscape.run.last_success.timestamp",
    "When a visit last saw all of its scope.",
    *(PROVIDER, PRODUCT),
    unit="s",
)
CALLS = _counter(
    "apiscape.provider.calls", "Calls made to providers.", PROVIDER, PRODUCT, unit="{call}"
)
THROTTLES = _counter(
    "apiscape.provider.throttles",
    "Calls that a provider refused for their rate.",
    *(PROVIDER, PRODUCT),
    unit="{call}",
)
TRAFFIC = _counter(
    "apiscape.traffic.deployments",
    "Deployments whose traffic was asked for: measured, or unmeasured where nobody could tell.",
    *(PROVIDER, PRODUCT, OUTCOME),
    unit="{deployment}",
)
CHANGES = _counter(
    "apiscape.changes", "What runs said of deployments.", PRODUCT, KIND, unit="{change}"
)
DRAWN = _counter("apiscape.conclusions.drawn", "Conclusions drawn anew.", unit="{conclusion}")
MOVED = _counter(
    "apiscape.conclusions.moved",
    "Conclusions that came out otherwise than before.",
    unit="{conclusion}",
)
QUEUE = _gauge("apiscape.queue.jobs", "Jobs of the schedule.", STATE, unit="{job}")
QUEUE_OLDEST = _gauge(
    "apiscape.queue.oldest",
    "How long the oldest queued job has been waiting; absent where none waits.",
    unit="s",
)
LINGERING = _gauge(
    "apiscape.threads.lingering",
    "Threads that were left behind because they did not return; their scopes are not visited.",
    unit="{thread}",
)
LOOP_LAG = Metric(
    "apiscape.loop.lag",
    Kind.HISTOGRAM,
    "How much later than asked the event loop woke up.",
    "s",
    bounds=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
UNPLANNED = _gauge(
    "apiscape.sources.unplanned",
    "Sources that could not be signed in to or planned the last time.",
    unit="{source}",
)
PAUSED = _gauge(
    "apiscape.sources.paused",
    "Sources of which no visit begins until somebody resumes them.",
    unit="{source}",
)
CONCLUDE_FAILURES = _gauge(
    "apiscape.conclude.failures",
    "Tries in a row that failed to draw conclusions; 0 where the last one went well.",
    unit="{try}",
)
CONFIGURATION_VALID = _gauge(
    "apiscape.configuration.valid",
    "Whether the newest configuration file is the one in use: 1, or 0 where it could not be read.",
)
STORE_SIZE = _gauge("apiscape.store.size", "Size of the store.", unit="By")
REQUESTS = _counter(
    "apiscape.http.requests",
    "Requests to the HTTP API that were answered; the route is unmatched where none is.",
    *("http.request.method", "http.route", "http.response.status_code"),
    unit="{request}",
)
SUBSCRIBERS = _gauge(
    "apiscape.http.subscribers", "Who follows the stream of changes.", unit="{subscriber}"
)
NOTIFIED = _counter(
    "apiscape.notify.posts",
    "Posts to targets of notifications: sent where they were taken, failed where not, which are tried"
    " again, dropped where a target refused one for good.",
    OUTCOME,
    unit="{post}",
)
NOTIFY_UNDECIDED = _counter(
    "apiscape.notify.undecided",
    "Changes that no target was told of, for nobody can tell whether its view holds them.",
    unit="{change}",
)
UNTOLD = _gauge(
    "apiscape.notify.pending", "Changes that targets have yet to be told of.", unit="{change}"
)
UNTOLD_OLDEST = _gauge(
    "apiscape.notify.oldest",
    "How long ago the oldest change happened that some target has yet to be told of; absent where"
    " there is none.",
    unit="s",
)
TARGETS_DISABLED = _gauge(
    "apiscape.notify.disabled",
    "Targets that answered 410 and are told nothing more.",
    unit="{target}",
)
DROPPED = _counter(
    "apiscape.telemetry.dropped",
    "What telemetry itself lost, by signal and reason: series beyond their limit, points or events"
    " that nobody took.",
    *(SIGNAL, REASON),
)
READ_FAILURES = _counter(
    "apiscape.inventory.read.failures", "Times that the inventory could not be summed up."
)

METRICS: tuple[Metric, ...] = tuple(
    each for each in list(globals().values()) if isinstance(each, Metric)
)
"""All of them, in the order above."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """A value of one series; `labels` are in the order of the metric's attributes."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


class Spread(msgspec.Struct, frozen=True):
    """A series of a histogram.

    Attributes:
        counts: How many fell into each bucket, the last of which has no bound.
        total: The sum of all values; `least` and `most`: the smallest and the largest.
    """

    metric: Metric
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    total: float
    least: float = 0.0
    most: float = 0.0


Sample = Point | Spread
