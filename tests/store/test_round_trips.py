"""Every entity comes back as it went in: each field unknown, absent, empty and full, through every way out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.model.deployment import (
    Backend,
    Deployment,
    Endpoint,
    Operation,
    Owner,
    Protections,
    Spec,
)
from apiscape.model.known import Batch, Verdict
from apiscape.model.limits import RateLimit
from apiscape.model.projection import deepen, project
from apiscape.model.row import Row
from apiscape.model.run import (
    ErrorRecord,
    EstateEntry,
    Exclusion,
    Gap,
    Ledger,
    PartReport,
    Totals,
)
from apiscape.model.security import Scheme, Security
from apiscape.model.surroundings import (
    CatalogueRecord,
    Consumer,
    FrontDoor,
    FrontDoorRoute,
    Gateway,
    Relation,
    Signal,
)
from apiscape.model.values import UNKNOWN, is_known
from apiscape.model.vocabulary import Counted, Outcome, PathMatch, Requirement, SchemeKind, TlsMode
from apiscape.query import parse, select_rows
from apiscape.store import Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.looking import records
from tests.store.making import MINUTE, SCOPE, T0, batch, make, part, report, visit
from tests.store.test_delivery import clear
from tests.store.test_twin import stamp

TEXTS = (
    *("", " ", "Tax", "none", "unknown", "Straße İstanbul", "ﬁ ǅ ΐ", "🧾 ребёнок", "100%_\\'\""),
    *("two\nlines", "tab\tbed", "\x1b[31m", "\u202eexe", "a,b;c|d", "*", "NEAR(a b)", "x" * 10_000),
)
"""Texts that a gateway may send; none holds what a column refuses (see below)."""

FAR = datetime(2262, 4, 12, 1, 2, 3, 999_000, tzinfo=UTC)
EARLY = datetime(1901, 12, 13, 20, 45, 52, 1_000, tzinfo=UTC)

texts = st.sampled_from(TEXTS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1f"), max_size=8
)
optional = texts | st.none()
nothing_or = optional | st.just(UNKNOWN)
switches = st.sampled_from(("enabled", "disabled", "unknown", "Of-a-newer-version"))
flags = st.booleans() | st.just(UNKNOWN)
moments = st.sampled_from((T0, FAR, EARLY, None, UNKNOWN))


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(UNKNOWN) | st.lists(strategy, max_size=3).map(tuple)


def mappings() -> st.SearchStrategy[Any]:
    return st.just(UNKNOWN) | st.dictionaries(texts, texts, max_size=3)


securities = st.builds(
    Security,
    requirement=st.sampled_from((*Requirement, "sometimes")),
    schemes=st.lists(
        st.builds(
            Scheme,
            kind=st.sampled_from((*SchemeKind, "passkey")),
            location=optional,
            issuer=optional,
            scopes=st.lists(texts, max_size=2).map(tuple),
            native_id=optional,
        ),
        max_size=3,
    ).map(tuple),
    evidence=optional,
)
amounts = st.just(UNKNOWN) | st.sampled_from((0.0, 0.5, 10_000.0))
limits = st.builds(
    RateLimit,
    requests=amounts,
    per_s=amounts | st.none(),
    burst=amounts | st.none(),
    counts=st.sampled_from((*Counted, "tokens")),
    by=st.just(UNKNOWN) | st.lists(texts, max_size=2).map(tuple),
    shared=flags,
    condition=optional,
    evidence=optional,
    native_id=optional,
)
operations = st.builds(
    Operation,
    verb=texts,
    template=texts,
    operation_id=optional,
    security=securities,
    backend=nothing_or,
    deprecated=flags,
    preflight=st.booleans(),
    match=st.sampled_from((*PathMatch, "glob")),
    rate_limits=st.just(UNKNOWN) | st.lists(limits, max_size=2).map(tuple),
)
deployments = st.builds(
    lambda fields: make(1, **fields),
    st.fixed_dictionaries(
        {
            "name": texts,
            "region": optional,
            "native_url": optional,
            "title": nothing_or,
            "description": nothing_or,
            "style": texts,
            "gateway": nothing_or,
            "environment": texts,
            "environment_raw": optional,
            "stage": st.just("prod"),
            "revision": optional,
            "version": nothing_or,
            "status": texts,
            "lifecycle": texts,
            "endpoints": several(
                st.builds(
                    Endpoint,
                    url=texts,
                    exposure=texts,
                    generated_host=flags,
                    enabled=flags,
                    tls_min=nothing_or,
                    mtls=switches,
                    tls_mode=st.sampled_from((*TlsMode, "wrapped")),
                )
            ),
            "exposure": texts,
            "operations": several(operations),
            "backends": several(
                st.builds(Backend, key=texts, kind=texts, address=nothing_or, via=optional)
            ),
            "protections": st.builds(
                Protections, rate_limit=switches, waf=switches, cors=switches, mtls=switches
            ),
            "owners": several(st.builds(Owner, name=texts, role=texts, contact=optional)),
            "specs": several(st.builds(Spec, format=texts, format_version=optional)),
            "consumers": st.sampled_from((UNKNOWN, 0, 1, 2**63 - 1)),
            "labels": mappings(),
            "created_at": moments,
            "updated_at": moments,
        }
    ),
)

steady = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def shown(item: Deployment) -> Row:
    """Return the row that a reader is to see of a deployment that was just written."""
    moving = {"observed_at": T0, "first_seen_at": T0, "changed_at": T0}
    return msgspec.structs.replace(project(item, SCOPE), **moving)


@steady
@given(item=deployments)
def test_a_deployment_comes_back_whole_by_every_way_out(
    sqlite_address: str, item: Deployment
) -> None:
    with open_store(sqlite_address, write=True) as store:
        clear(store)
        visit(store, batch(item))
        assert store.runs.documents([item.uid]) == {item.uid: item}
        reader, row = Reader(store.database, lambda: T0 + MINUTE), shown(item)
        assert reader.page("").items == (row,)
        assert reader.page(f"at:{stamp(T0)}").items == (row,)
        assert reader.snapshot().columns == {
            name: [getattr(row, name)] for name in row.__struct_fields__
        }
        detail = reader.detail(item.uid)
        assert (detail.deployment, detail.row) == (item, row)
        known = store.runs.known(SCOPE)[item.uid]
        visit(store, batch(item, kind=None), at=T0 + MINUTE)
        assert store.changes.last_seq() == 1
        assert store.runs.known(SCOPE)[item.uid] == known


FIELDS = (
    *("title:none", "title:unknown", "title:*", "gateway:none", "gateway:unknown", "version:none"),
    *(
        "version:unknown",
        "endpoint:none",
        "endpoint:unknown",
        "endpoint:*",
        "owner:none",
        "tag:none",
    ),
    *("owner:unknown", "ops:none", "ops:unknown", "ops:0", "ops>0", "path:none", "path:unknown"),
    *("backend:none", "backend:unknown", "tag:unknown", "spec:none", "spec:unknown", "region:none"),
    *(
        "style:unknown",
        "auth:unknown",
        "auth:none",
        "scheme:none",
        "consumers:unknown",
        "consumers:0",
    ),
    *(
        "environment:unknown",
        "-title:tax",
        "-gateway:tax",
        "-owner:tax",
        "-path:tax",
        "-consumers>0",
    ),
    *(
        'name:"\'"',
        'title:"100%_"',
        "title:*tax*",
        'name:" "',
        "name:/^$/",
        "title:/[^x]/",
        "path:/a/",
    ),
)
"""What tells unknown, absent, empty and known apart, asked of every field that may be each."""


@pytest.mark.no_cover
@settings(steady, max_examples=10)
@given(item=deployments)
def test_views_tell_every_kind_of_nothing_apart(sqlite_address: str, item: Deployment) -> None:
    with open_store(sqlite_address, write=True) as store:
        clear(store)
        visit(store, batch(item))
        reader, row, deep = Reader(store.database, lambda: T0), shown(item), deepen(item)
        for text in FIELDS:
            expected = select_rows(parse(text), [row], T0, {row.uid: deep})
            for at in ("", f" at:{stamp(T0)}"):
                page = reader.page(text + at)
                assert (page.items, page.undecided) == (expected.rows, expected.undecided), text


@steady
@given(sets=st.lists(several(operations), min_size=1, max_size=5))
def test_sets_of_operations_are_shared_by_content_and_kept_apart_by_it(
    sqlite_address: str, sets: list[Any]
) -> None:
    items = [make(number, operations=held) for number, held in enumerate(sets)]
    with open_store(sqlite_address, write=True) as store:
        clear(store)
        visit(store, batch(*items))
        read = store.runs.documents([item.uid for item in items])
        assert [read[item.uid].operations for item in items] == sets
        known = {msgspec.json.encode(each) for each in sets if is_known(each)}
        assert len(records(store, "operation_set")) == len(known)
        asked = {each.security for held in sets if is_known(held) for each in held}
        assert len(records(store, "security")) == len(asked)
        agreed = {
            (each.match, each.rate_limits) for held in sets if is_known(held) for each in held
        }
        assert len(records(store, "terms")) == len(agreed - {("unknown", UNKNOWN)})


COMMON: dict[str, Any] = {
    "uid": "u",
    "native_id": "n'; --",
    "native_kind": "k",
    "provider": "aws",
    "account": "1",
    "name": "Straße 100%",
}
AROUND = (
    Gateway(**COMMON),
    Gateway(**COMMON, hostnames=(), tls_min=None, waf="enabled", labels={}),
    Gateway(**COMMON, hostnames=("a", ""), tls_min="TLS_1_2", labels={"": "x\ny"}),
    FrontDoor(**COMMON, endpoint=Endpoint(url="https://x")),
    FrontDoor(
        **COMMON,
        endpoint=Endpoint(url="https://x", mtls="enabled", enabled=False),
        routes=(FrontDoorRoute(base_path="/"), FrontDoorRoute("/a", "api", "prod", "t")),
        certificate_not_after=FAR,
    ),
    FrontDoor(**COMMON, endpoint=Endpoint(url=""), routes=(), certificate_not_after=None),
    Consumer(**COMMON),
    Consumer(**COMMON, admits=(), rate_limit_per_s=None, burst=None, quota=None, members=0),
    Consumer(**COMMON, admits=(("a", "b"),), rate_limit_per_s=0.5, burst=2**62, quota="1/DAY"),
    CatalogueRecord(**COMMON),
    CatalogueRecord(**COMMON, title="", urls=("https://a",), owners=("Team Tax",)),
    Relation(type="routes_to", from_uid="a", to_uid="b"),
    Relation("routes_to", "a", "b", evidence=("dns", ""), confidence=0.0, state="proposed"),
    *(
        Signal(subject_uid="u", name="n", value=value, observed_at=EARLY, source="s")
        for value in (None, True, False, 0.0, -1.5, 1e300, "", "text")
    ),
)


@pytest.mark.parametrize("item", AROUND, ids=lambda item: type(item).__name__)
def test_what_stands_around_comes_back_whole(store: Store, item: Any) -> None:
    seen = Batch(surroundings=(("p", "listed", item),))
    for _ in range(2):
        visit(store, seen, parts=[part(name="p")])
        assert store.surroundings.current(type(item)) == (item,)
    assert store.changes.last_seq() == 1


def test_a_report_comes_back_whole_and_says_no_more_than_it_was_told(store: Store) -> None:
    error = ErrorRecord("throttled", "slow\ndown", "p:Get", "op", "wait")
    parts = (
        PartReport(
            part="odd 'part' %",
            outcome="Of-a-newer-version",
            ledger=Ledger(1, True, 0, 1, 0, 0, 2**40, 3),
            reason="reason",
            error=error,
            skipped=(Exclusion("s", reason="excluded"),),
            failed=(Exclusion("f", error=error),),
            gaps=(Gap("g", "detail", error), Gap("g", "other", error)),
        ),
        PartReport(part="plain", outcome="complete"),
    )
    run = store.runs.begin(SCOPE, at=T0, caller="arn:aws:sts::1:x/y", config_digest="d")
    said = report(
        run, T0 + MINUTE, *parts, error=error, totals=Totals(1, 2, 3), accepted="until May"
    )
    store.runs.end(run, said, Verdict())
    assert store.runs.newest() == (said,)
    (status,) = Reader(store.database).scopes()
    assert status.last_run == said
    assert status.scope == SCOPE


def test_the_estate_comes_back_whole(store: Store) -> None:
    entries = [
        EstateEntry(source="prod", provider="aws", key=f"{state} '%", state=state, reason=reason)
        for state in ("visited", "excluded", "lost", "Of-a-newer-version")
        for reason in (None,)
    ]
    entries.append(EstateEntry("prod", "aws", "z", "", "lost", "", "closing down"))
    store.estate.save("prod", entries, provider="aws", at=T0)
    assert sorted(store.estate.load(), key=lambda e: e.key) == sorted(entries, key=lambda e: e.key)


@pytest.mark.parametrize("body", [b"", b"\x00\xff" * 9, b"x" * (5 * 1024 * 1024)])
def test_a_contract_comes_back_byte_for_byte_and_the_first_stands(
    store: Store, body: bytes
) -> None:
    store.documents.put("sha '%", body)
    store.documents.put("sha '%", b"another")
    assert store.documents.get("sha '%") == body


def test_a_backup_holds_every_shape(store: Store, tmp_path: Path) -> None:
    items = [
        make(n, title=t, operations=o) for n, (t, o) in enumerate(zip(_TITLES, _SETS, strict=True))
    ]
    visit(store, batch(*items), parts=[part(Outcome.PARTIAL)])
    before = Reader(store.database, lambda: T0).page("").items
    store.upkeep.backup(tmp_path / "backup")
    store.upkeep.restore(tmp_path / "backup")
    assert Reader(store.database, lambda: T0).page("").items == before
    assert store.runs.documents(i.uid for i in items) == {item.uid: item for item in items}


_TITLES = (UNKNOWN, None, "", "\x1f", "unknown")
_SETS = (UNKNOWN, (), make(1).operations, UNKNOWN, ())
