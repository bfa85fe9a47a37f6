"""Ways around what guards, name by name: what each measure is worth, and what leaves it open."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.conclude.guarding import MOST_REASONS, Name, judge_access, own_names
from apiscape.model.deployment import Endpoint
from apiscape.model.surroundings import Access
from apiscape.model.values import UNKNOWN
from tests.unit.reconcile.rows import deployment

GUARD = Name(
    title="https://guard.example",
    door="guard",
    exposure="internet",
    enabled=True,
    mtls="disabled",
    waf="disabled",
)
OTHER = msgspec.structs.replace(GUARD, title="https://other.example", door="other")
OWN = msgspec.structs.replace(GUARD, title="https://own.example", door=None)


def guard(**facts: Any) -> Name:
    return msgspec.structs.replace(GUARD, **facts)


def other(**facts: Any) -> Name:
    return msgspec.structs.replace(OTHER, **facts)


def judged(*doors: Name, own: Any = (), firewall: str = "disabled", whole: bool = True) -> Access:
    return judge_access(doors, own, firewall=firewall, whole=whole)


# ── The addresses of its own ─────────────────────────────────────────────────


def test_own_names_are_what_is_served_and_have_no_firewall_of_their_own() -> None:
    on = Endpoint("https://on.example", exposure="private", enabled=True, mtls="enabled")
    off = Endpoint("https://off.example", enabled=False)
    open_ = Endpoint("https://open.example")
    found = own_names(deployment(endpoints=(on, off, open_)))
    assert isinstance(found, tuple)
    assert [name.title for name in found] == ["https://on.example", "https://open.example"]
    assert (found[0].exposure, found[0].enabled, found[0].mtls) == ("private", True, "enabled")
    assert found[1].enabled is UNKNOWN
    assert {(name.door, name.waf, name.asks_address) for name in found} == {
        (None, "disabled", False)
    }
    assert own_names(deployment(endpoints=UNKNOWN)) is UNKNOWN
    assert own_names(deployment(endpoints=())) == ()


# ── Client certificates ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mtls", "word"),
    [
        (("enabled", "enabled"), "enabled"),
        (("enabled", "disabled"), "disabled"),
        (("disabled", "disabled"), "disabled"),
        (("enabled", "unknown"), "unknown"),
        (("unknown", "disabled"), "disabled"),
        (("unknown", "unknown"), "unknown"),
        (("enabled", "a newer word"), "unknown"),
    ],
)
def test_certificates_are_asked_for_as_the_weakest_of_two_names_asks(
    mtls: tuple[str, str], word: str
) -> None:
    first, second = mtls
    assert judged(guard(mtls=first), other(mtls=second)).mtls == word
    assert judged(guard(mtls=second), other(mtls=first)).mtls == word


def test_a_name_that_is_not_served_weakens_nothing_and_one_that_may_be_leaves_it_open() -> None:
    asking = guard(mtls="enabled")
    assert judged(asking, other(enabled=False)).mtls == "enabled"
    assert judged(asking, other(enabled=UNKNOWN)).mtls == "unknown"
    assert judged(guard(mtls="enabled", enabled=False)).mtls == "unknown"


def test_names_that_ask_alike_for_nothing_have_no_reason_to_tell() -> None:
    assert judged(GUARD, OTHER) == Access(mtls="disabled", bypass=None, reasons=())


def test_a_certificate_that_is_asked_for_everywhere_is_still_open_where_not_all_was_seen() -> None:
    asking = guard(mtls="enabled")
    for found in (judged(asking, whole=False), judged(asking, own=UNKNOWN)):
        assert (found.mtls, found.bypass) == ("unknown", "unknown")
        assert found.reasons == ("not every front door could be looked at",)


# ── Firewalls ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("behind", "waf", "word"),
    [
        ("disabled", "disabled", "yes"),
        ("disabled", "unknown", "unknown"),
        ("disabled", "enabled", "no"),
        ("unknown", "disabled", "unknown"),
        ("unknown", "unknown", "unknown"),
        ("unknown", "enabled", "no"),
        ("enabled", "disabled", None),
        ("enabled", "unknown", None),
    ],
)
def test_a_firewall_is_gone_around_by_a_name_without_one(
    behind: str, waf: str, word: str | None
) -> None:
    """`behind` is the deployment's own firewall, `waf` that of the other name."""
    found = judged(guard(waf="enabled"), other(waf=waf), firewall=behind)
    assert found.bypass == word
    assert bool(found.reasons) is (word in {"yes", "unknown"})


def test_whether_a_door_has_a_firewall_must_be_known_before_it_is_gone_around() -> None:
    found = judged(guard(waf="unknown"), OWN)
    assert found.bypass == "unknown"
    assert found.reasons == ("whether https://guard.example has a firewall is not known",)
    assert judged(guard(waf="unknown"), OWN, firewall="enabled").bypass is None


# ── From where callers come ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("from_where", "to", "word"),
    [
        ("internet", "internet", "yes"),
        ("internet", "private", "no"),
        ("internet", "cluster", "no"),
        ("internet", "unknown", "unknown"),
        ("internet", "a newer word", "unknown"),
        ("private", "internet", "yes"),
        ("private", "private", "yes"),
        ("private", "cluster", "yes"),
        ("cluster", "private", "yes"),
        ("unknown", "internet", "yes"),
        ("unknown", "private", "unknown"),
        ("private", "unknown", "unknown"),
    ],
)
def test_only_what_the_same_callers_reach_is_a_way_around(
    from_where: str, to: str, word: str
) -> None:
    before = guard(exposure=from_where, asks_address=True)
    behind = msgspec.structs.replace(OWN, exposure=to)
    assert judged(before, own=(behind,)).bypass == word


def test_a_door_s_own_other_names_are_no_way_around_it() -> None:
    second = guard(title="https://guard.example/v2", waf="enabled")
    assert judged(guard(waf="enabled", asks_address=True), second).bypass == "no"


def test_what_is_asked_by_its_address_is_not_gone_around_by_another_such_door() -> None:
    both = (guard(asks_address=True), other(asks_address=True))
    assert judged(*both).bypass == "no"
    found = judged(*both, own=(OWN,))
    assert found.bypass == "yes"
    assert found.reasons == (
        "https://own.example answers without passing https://guard.example",
        "https://own.example answers without passing https://other.example",
    )


# ── What is certain counts before what is open ───────────────────────────────


def test_one_certain_way_around_is_told_and_doubts_are_left_out() -> None:
    found = judged(
        guard(mtls="enabled", waf="unknown"), other(enabled=UNKNOWN), own=(OWN,), whole=False
    )
    assert (found.mtls, found.bypass) == ("disabled", "yes")
    assert found.reasons == (
        f"{OWN.title} answers without the client certificate that {GUARD.title} asks for",
        "https://own.example asks for no client certificate",
    )


@pytest.mark.parametrize("sends", [("x-verify",), ("x-a", "x-b")])
def test_headers_that_a_door_adds_leave_every_measure_of_it_open(sends: tuple[str, ...]) -> None:
    found = judged(guard(waf="enabled", asks_address=True, sends=sends), own=(OWN,))
    assert found.bypass == "unknown"
    assert len(found.reasons) == 2
    assert all(reason.endswith(f"sent by that ({', '.join(sends)})") for reason in found.reasons)


def test_a_header_does_not_excuse_another_door_that_adds_none() -> None:
    found = judged(
        guard(asks_address=True, sends=("x-verify",)), other(asks_address=True), own=(OWN,)
    )
    assert found.bypass == "yes"
    assert found.reasons == ("https://own.example answers without passing https://other.example",)


def test_the_same_name_seen_twice_is_judged_once() -> None:
    asking = guard(mtls="enabled")
    once, twice = judged(asking, own=(OWN,)), judged(asking, asking, own=(OWN, OWN))
    assert once == twice
    assert len(once.reasons) == len(set(once.reasons)) == 2


def test_the_first_reasons_are_kept_where_there_are_too_many() -> None:
    many = tuple(
        msgspec.structs.replace(OWN, title=f"https://own-{number:03d}.example")
        for number in range(MOST_REASONS + 5)
    )
    found = judged(guard(asks_address=True), own=many)
    assert [reason.partition(" ")[0] for reason in found.reasons] == [
        name.title for name in many[:MOST_REASONS]
    ]


def test_without_any_name_nothing_is_known_to_be_asked() -> None:
    assert judged() == Access(mtls="unknown", bypass=None, reasons=())
    assert judged(whole=False).bypass == "unknown"
