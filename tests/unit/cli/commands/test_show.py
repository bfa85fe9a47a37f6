from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from apiscape.cli.commands.show import render_detail, security_words
from apiscape.client.inventory import Detail, ScopeStatus
from apiscape.client.words import shown
from apiscape.model.deployment import Endpoint
from apiscape.model.projection import project
from apiscape.model.security import Scheme, Security
from apiscape.model.surroundings import Consumer, FrontDoor
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.serve.local import LocalInventory
from apiscape.store import Conclusion, open_store
from tests.store.making import DAY, T0, batch, make, visit
from tests.store.making import SCOPE as SEEN_SCOPE
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN, rich


def section(page: str, title: str) -> list[str]:
    lines = page.splitlines()
    begin = lines.index(title) + 1
    end = lines.index("", begin) if "" in lines[begin:] else len(lines)
    return [line.strip() for line in lines[begin:end]]


def test_everything_known_stands_on_the_page(call: Call, filled: Path) -> None:
    page = call("show", rich().uid).out
    assert "\x1b" not in page
    assert "environment        production (written prd)" in page
    assert section(page, "State")[:4] == [
        "health             ? unknown (nothing to tell it by yet)",
        "traffic            ? not measured",
        "gateway says       failed: quota",
        "presence           present",
    ]
    assert section(page, "Addresses") == [
        "https://tax.example  internet (REGIONAL)",
        "https://old.example  unknown  TLS passed through  switched off",
    ]
    assert "exposure           internet (endpoint type REGIONAL)" in section(page, "Callers")
    assert [line.split() for line in section(page, "Operations")][2] == [
        "POST",
        "/returns",
        "nothing",
        "–",
        "?",
    ]
    assert "10/min burst 20" in section(page, "Operations")[1]
    assert section(page, "Limits") == [
        "10/min burst 20, by client address, each instance by itself  Policy slow (1 operation)"
    ]
    assert "nothing (CORS preflight)" in page
    assert "jwt (https://id.example) scopes read, write" in page
    assert section(page, "Backends") == ["http  https://inner.example  via link", "mock  ?"]
    assert "waf                enabled" in section(page, "Protections")
    assert section(page, "Said by others than the gateway") == [
        "environment = production  from tag:env",
        'environment = ["x"]  inferred from stage name  (outranked)',
    ]
    assert make(1).uid in section(page, "Same API")[0]
    assert [line.split()[2] for line in section(page, "History")] == ["concluded", "appeared"]


def test_what_could_not_be_looked_at_is_said_and_never_left_out(call: Call, filled: Path) -> None:
    page = call("show", "payments-1").out
    assert section(page, "Could not be looked at") == ["stages: needs apigateway:GET on /restapis"]
    assert section(page, "Addresses") == ["? could not be looked at"]
    assert "consumers          ? could not be looked at" in page
    assert "changed  title, endpoints" in page
    assert "– the last visit could not see it" in call("show", "payments-6").out


@pytest.mark.parametrize(
    ("counted", "names", "says"),
    [
        (UNKNOWN, (), "? could not be looked at"),
        (UNKNOWN, ("gold",), "gold, and perhaps more: not all could be looked at"),
        (2, ("gold", "silver"), "gold, silver"),
        (0, (), "0"),
        (None, (), "–"),
    ],
)
def test_who_is_let_in_is_never_told_as_if_it_were_all(
    counted: int | Unknown | None,
    names: tuple[str, ...],
    says: str,
    call: Call,
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consumers = tuple(
        Consumer(uid=name, native_id=name, native_kind="k", provider="aws", account="1", name=name)
        for name in names
    )
    read = LocalInventory.detail

    def detail(inventory: LocalInventory, asked: str, *, at: datetime | None = None) -> Detail:
        found = read(inventory, asked, at=at)
        row = msgspec.structs.replace(found.row, consumers=counted)
        return msgspec.structs.replace(found, row=row, consumers=consumers)

    monkeypatch.setattr(LocalInventory, "detail", detail)
    page = call("show", "payments-1").out
    assert f"consumers          {says}" in section(page, "Callers")


@pytest.mark.parametrize(
    ("schemes", "says"),
    [((), "none"), (("apikey", "iam"), "none (apikey, iam)"), (UNKNOWN, "none (?)")],
)
def test_schemes_stand_beside_the_word_where_there_are_any_or_nobody_knows(
    schemes: tuple[str, ...] | Unknown,
    says: str,
    call: Call,
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = LocalInventory.detail

    def detail(inventory: LocalInventory, asked: str, *, at: datetime | None = None) -> Detail:
        found = read(inventory, asked, at=at)
        row = msgspec.structs.replace(found.row, auth="none", schemes=schemes)
        return msgspec.structs.replace(found, row=row)

    monkeypatch.setattr(LocalInventory, "detail", detail)
    page = call("show", "payments-1").out
    assert f"authentication     {says}" in section(page, "Callers")


def test_a_lost_one_says_since_when(call: Call, filled: Path) -> None:
    assert f"missing since {shown(SEEN)}" in call("show", "payments-3").out


def test_every_format_has_all_of_it(call: Call, filled: Path) -> None:
    document = json.loads(call("show", rich().uid, "--json").out)
    assert document["deployment"]["native_id"] == rich().native_id
    assert yaml.safe_load(call("show", rich().uid, "-o", "yaml").out) == document
    assert call("show", rich().uid, "-o", "name").out == "=tax\N{REPLACEMENT CHARACTER}[31m\n"
    assert "https://inner.example" in call("show", rich().uid, "-o", "wide").out


def test_a_deployment_as_it_was(call: Call, tmp_path: Path) -> None:
    place = str(tmp_path / "s.db")
    with open_store(place, write=True) as store:
        visit(store, batch(make(1)), at=T0)
        drawn = {make(1).uid: Conclusion(health="failing", owners=("Tax",))}
        store.conclusions.save(drawn, (), seq=1, at=T0)
        visit(store, batch(make(1, title="Duty"), kind="changed"), at=T0 + DAY)
        drawn = {make(1).uid: Conclusion(health="healthy", owners=("Duty",))}
        store.conclusions.save(drawn, (), seq=3, at=T0 + DAY)
    now = call("show", "payments-1", "--store", place).out
    then = call("show", "payments-1", "--store", place, "--as-of", "2026-09-01T12:00Z").out
    assert "owner              Duty" in now
    assert "title              Duty" in now
    assert "owner              Tax" in then
    assert "failing" in section(then, "State")[0]
    assert [line.split()[2] for line in section(then, "History")] == ["concluded", "appeared"]
    assert [line.split()[2] for line in section(now, "History")] == [
        *("concluded", "health", "changed", "concluded", "appeared"),
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("yesterday", "'yesterday': a time is 2026-09-30, 2026-09-30T12:00Z or 2d"),
        ("2026-09-30 health:failing", "a time is 2026-09-30"),
        ("2999-01-01", "2999-01-01 00:00 UTC has not come yet"),
        ("2000d", "nothing is kept before"),
        ("2020-01-01", "nothing is kept before"),
    ],
)
def test_a_time_that_cannot_be_shown(call: Call, filled: Path, asked: str, words: str) -> None:
    answer = call("show", "payments-1", "--as-of", asked)
    assert (answer.code, answer.out) == (3, "")
    assert words in answer.err


def test_a_name_that_nothing_has(call: Call, filled: Path) -> None:
    answer = call("show", "nope")
    assert (answer.code, answer.out) == (3, "")
    assert "→ `apiscape list` shows what is there" in answer.err


def test_a_name_that_several_have_gives_the_choices(call: Call, tmp_path: Path) -> None:
    place = str(tmp_path / "s.db")
    twins = [make(number, name="twin") for number in range(2)]
    with open_store(place, write=True) as store:
        visit(store, batch(*twins))
    answer = call("show", "twin", "--store", place)
    assert answer.code == 3
    assert all(f"\n    {twin.uid}  {twin.native_id}" in answer.err for twin in twins)


@pytest.mark.parametrize(
    ("security", "words"),
    [
        (Security(requirement="none"), "nothing"),
        (Security(requirement="unknown"), "?"),
        (Security(requirement="required"), "required"),
        (Security(requirement="optional", schemes=(Scheme(kind="iam"),)), "optionally iam"),
        (Security(requirement="unknown", schemes=(Scheme(kind="jwt"),)), "perhaps jwt"),
        (
            Security(requirement="required", schemes=(Scheme(kind="iam"), Scheme(kind="mtls"))),
            "iam and mtls",
        ),
    ],
)
def test_what_a_caller_brings(security: Security, words: str) -> None:
    assert security_words(security) == words


def test_what_is_known_to_be_empty_differs_from_what_is_not_known(
    call: Call, tmp_path: Path
) -> None:
    place = str(tmp_path / "s.db")
    empty = make(0, name="empty", operations=(), endpoints=(), backends=(), labels={})
    blind = make(1, name="blind")
    blind = msgspec.structs.replace(
        blind, operations=msgspec.UNSET, backends=msgspec.UNSET, labels=msgspec.UNSET
    )
    with open_store(place, write=True) as store:
        visit(store, batch(empty, blind))
    known = call("show", "empty", "--store", place).out
    assert section(known, "Operations") == ["none"]
    assert "Backends" not in known
    unknown = call("show", "blind", "--store", place).out
    assert section(unknown, "Operations") == ["? could not be looked at"]
    assert section(unknown, "Backends") == ["? could not be looked at"]
    assert section(unknown, "Tags") == ["?                  could not be looked at"]


def test_how_it_fares_is_said_with_since_when_and_every_reason(call: Call, filled: Path) -> None:
    reasons = ("503 three times in a row", "certificate ends in 3 days")
    fares = Conclusion(
        health="failing",
        basis="reachable",
        health_reason=reasons[0],
        health_reasons=reasons,
        health_since=T0,
    )
    with open_store(str(filled), write=True) as store:
        store.conclusions.save({rich().uid: fares}, (), seq=99, at=T0)
    lines = section(call("show", rich().uid).out, "State")
    assert lines[0].endswith(f"failing (by its backends or a probe, since {shown(T0)})")
    assert lines[1:3] == list(reasons)
    told = json.loads(call("show", rich().uid, "--json").out)
    assert told["health"]["reasons"] == list(reasons)
    assert told["health"]["state"] == "failing"


def test_what_was_never_concluded_has_no_health_of_its_own(call: Call, filled: Path) -> None:
    assert json.loads(call("show", "payments-2", "--json").out).get("health") is None
    callers = section(call("show", "payments-2").out, "Callers")
    assert [line.split(None, 1)[1] for line in callers if line.startswith("bypass")] == [
        "? not known"
    ]


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (
            {"mtls": "disabled", "bypass": "yes", "access_reasons": ("x answers without y",)},
            ["not asked for by every name", "yes", "x answers without y"],
        ),
        ({"mtls": "enabled", "bypass": "no"}, ["asked for by every name", "no"]),
        ({"mtls": "unknown", "bypass": "unknown"}, ["? not known of every name", "unknown"]),
        ({"mtls": "disabled", "bypass": None}, ["not asked for by every name", "none to speak of"]),
        (
            {"mtls": "disabled", "bypass": "no", "dangling": "yes", "dangling_reasons": ("x",)},
            ["not asked for by every name", "no", "yes", "x"],
        ),
    ],
)
def test_what_callers_are_asked_for_by_every_name_is_said_with_why(
    call: Call, filled: Path, access: dict[str, Any], words: list[str]
) -> None:
    with open_store(str(filled), write=True) as store:
        store.conclusions.save({rich().uid: Conclusion(**access)}, (), seq=99, at=T0)
    lines = section(call("show", rich().uid).out, "Callers")
    begin = next(at for at, line in enumerate(lines) if line.startswith("client certificate"))
    told = [
        line.removeprefix("client certificate")
        .removeprefix("bypass")
        .removeprefix("dangling name")
        .strip()
        for line in lines
    ]
    assert told[begin : begin + len(words)] == words
    assert json.loads(call("show", rich().uid, "--json").out)["access"]["mtls"] == access["mtls"]


def test_certificates_say_their_end_or_whose_it_would_be_to_say() -> None:
    ends = datetime(2026, 12, 1, tzinfo=UTC)
    doors = (
        front_door("a.example", certificate="arn:a", certificate_not_after=ends),
        front_door("b.example", certificate="arn:b"),
        front_door("c.example", certificate=None),
        front_door("d.example", certificate="arn:d", is_name=True),
        front_door("e.example", certificate=UNKNOWN),
    )
    item, row = rich(), project(rich(), SEEN_SCOPE)
    detail = Detail(
        row=row, deployment=item, scope=ScopeStatus(scope=SEEN_SCOPE), front_doors=doors
    )
    lines = section(render_detail(detail, ends, width=100), "Certificates")
    assert lines == [
        f"a.example  until {shown(ends)}",
        "b.example  until ?: nobody read arn:b",
        "e.example  until ?: nobody read which one it shows",
    ]


def front_door(name: str, **more: Any) -> FrontDoor:
    return FrontDoor(
        uid=name,
        native_id=name,
        native_kind="domain",
        provider="aws",
        account="1",
        name=name,
        endpoint=Endpoint(f"https://{name}"),
        **more,
    )
