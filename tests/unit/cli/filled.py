"""What the inventory of the tests holds: deployments in every state, and visits that went well or did not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from apiscape.model.change import FieldChange
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation, Owner, Protections
from apiscape.model.known import Batch, NotObserved, PresenceChange, Verdict
from apiscape.model.limits import RateLimit
from apiscape.model.provenance import Claim
from apiscape.model.run import ErrorRecord, Exclusion, Gap
from apiscape.model.security import Scheme, Security
from apiscape.model.surroundings import Api
from apiscape.store import Conclusion, Store
from tests.store.making import DAY, MINUTE, SCOPE, batch, make, part, report, visit, write

SEEN = datetime.now(UTC).replace(microsecond=0) - 10 * DAY - DAY / 4
"""When the first visit was: what retires at the second is still shown today.

Hours from where an age that is told in days turns into the next one while tests run.
"""

NORTH = msgspec.structs.replace(
    SCOPE, reach=msgspec.structs.replace(SCOPE.reach, key="111122223333/eu-west-2")
)
DENIED = ErrorRecord(
    kind="access_denied",
    message="needs apigateway:GET on /restapis",
    permission="apigateway:GET on /restapis",
    operation="apigateway:GetRestApis",
)
JWT = Security(
    requirement="required",
    schemes=(Scheme(kind="jwt", issuer="https://id.example", scopes=("read", "write")),),
)


class Answer(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str


def fill(store: Store) -> None:
    """Visit a region twice, another in vain."""
    visit(store, batch(rich(), *(make(number) for number in range(1, 7))), at=SEEN)
    same = {item.uid: Conclusion(api="api") for item in (rich(), make(1))}
    store.conclusions.save(same, [Api(uid="api", title="Tax")], seq=7, at=SEEN)
    changes = (
        FieldChange(field="title", old=None, new="New"),
        FieldChange(field="endpoints", old=["https://a.example"], new=["https://b.example"]),
    )
    changed = write(make(1, title="New"), "changed", fields=changes)
    verdict = Verdict(
        presence=(
            PresenceChange(uid=make(3).uid, presence="missing", missing_since=SEEN, missing_runs=1),
            PresenceChange(uid=make(4).uid, presence="retired", reason="not found when asked for"),
            PresenceChange(uid=make(5).uid, presence="suspect"),
        ),
        not_observed=(NotObserved(uid=make(6).uid, reason="throttled"),),
    )
    visit(
        store,
        Batch(writes=(changed,)),
        at=SEEN + DAY,
        parts=[part("partial", skipped=(SKIPPED,), failed=(FAILED,), gaps=(GAP,))],
        verdict=verdict,
    )
    run = store.runs.begin(NORTH, at=SEEN + DAY)
    failed = report(run, SEEN + DAY + MINUTE, part("failed", error=DENIED), error=DENIED)
    store.runs.end(run, msgspec.structs.replace(failed, outcome="failed"), Verdict())


SKIPPED = Exclusion(native_id="left-out", reason="excluded by name")
FAILED = Exclusion(native_id="broken", error=ErrorRecord(kind="malformed", message="no id"))
GAP = Gap(native_id=make(1).native_api_id, detail="stages", error=DENIED)


SLOW = RateLimit(
    requests=10.0,
    per_s=60.0,
    burst=20.0,
    by=("client_address",),
    shared=False,
    native_id="Policy slow",
)


def rich() -> Deployment:
    """Return a deployment that has something in every section of its page."""
    return make(
        0,
        name="=tax\x1b[31m",
        title="Tax returns",
        style="rest",
        gateway="API Gateway eu-west-1",
        environment_raw="prd",
        status="failed",
        status_reason="quota",
        exposure="internet",
        exposure_evidence="endpoint type REGIONAL",
        endpoints=(
            Endpoint(url="https://tax.example", exposure="internet", evidence="REGIONAL"),
            Endpoint(url="https://old.example", tls_mode="passthrough", enabled=False),
        ),
        operations=(
            Operation(
                verb="GET", template="/returns", security=JWT, backend="b", rate_limits=(SLOW,)
            ),
            Operation(
                verb="POST",
                template="/returns",
                rate_limits=(),
                security=Security(requirement="none"),
            ),
            Operation(verb="OPTIONS", template="/returns", preflight=True),
        ),
        backends=(
            Backend(key="b", kind="http", address="https://inner.example", via="link"),
            Backend(key="c", kind="mock"),
        ),
        protections=Protections(waf="enabled"),
        owners=(Owner(name="Team Tax"),),
        consumers=3,
        provenance={
            "environment": (
                Claim(value="production", method="tag", source="tag:env"),
                Claim(value=["x"], method="inferred", source="stage name"),
            )
        },
    )
