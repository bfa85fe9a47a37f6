"""Several statements on who may call, taken together."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.policies.securing import any_of, together
from apiscape.model.security import Scheme, Security

WORDS = st.sampled_from(["none", "optional", "required", "unknown"])
SECURITIES = st.lists(st.builds(Security, requirement=WORDS), min_size=1, max_size=4)


@given(told=SECURITIES, data=st.data())
def test_statements_go_together_in_any_order(told: list[Security], data: st.DataObject) -> None:
    assert together(data.draw(st.permutations(told))).requirement == together(told).requirement


@given(told=SECURITIES, more=st.builds(Security, requirement=WORDS))
def test_one_more_statement_never_takes_away_what_is_asked(
    told: list[Security], more: Security
) -> None:
    before, after = together(told).requirement, together([*told, more]).requirement
    if before == "required":
        assert after == "required"
    if after == "none":
        assert before == "none"
        assert more.requirement == "none"


def test_of_no_statements_nothing_follows() -> None:
    assert together([]) == Security()


def test_statements_of_words_that_nobody_knows_yet_say_nothing() -> None:
    assert together([Security(requirement="newer")]) == Security()


def test_one_of_several_schemes_has_what_they_have_in_common() -> None:
    one = Scheme(kind="jwt", location="header:A", issuer="a", native_id="p")
    assert any_of([one]) == one
    other = msgspec.structs.replace(one, location="query:t", issuer="b")
    assert any_of([one, other]) == Scheme(kind="jwt", issuer="a or b", native_id="p")
    keys = Scheme(kind="api_key", native_id="p")
    assert any_of([one, keys]) == Scheme(kind="custom", native_id="p")
    many = [msgspec.structs.replace(one, issuer=each) for each in "abcdef"]
    assert any_of(many).issuer == "a or b or c or d"
