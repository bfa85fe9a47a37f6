from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.provenance import PRECEDENCE, Claim, is_conflict, settle

CLAIMS = st.lists(
    st.builds(
        Claim,
        value=st.sampled_from(["tax", "payments", 3]),
        method=st.sampled_from([*PRECEDENCE, "oracle"]),
        source=st.none() | st.sampled_from(["", "a", "b"]),
        confidence=st.sampled_from([0.5, 1.0]),
        since=st.sampled_from([None, 0, 7]),
    )
)


@given(CLAIMS, st.randoms())
def test_the_winner_does_not_depend_on_the_order(claims: list[Claim], random: object) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert settle(claims) == settle(shuffled)


@given(CLAIMS)
def test_no_claim_is_lost(claims: list[Claim]) -> None:
    assert sorted(map(repr, settle(claims))) == sorted(map(repr, claims))


def test_an_overlay_outranks_the_gateway_which_outranks_a_tag() -> None:
    said = [
        Claim(value=method, method=method)
        for method in ("tag", "traffic", "source", "overlay", "spec")
    ]
    assert [claim.value for claim in settle(said)] == [
        "overlay",
        "source",
        "spec",
        "tag",
        "traffic",
    ]


def test_a_method_of_a_newer_version_ranks_last_and_is_kept() -> None:
    said = [Claim(value="x", method="oracle"), Claim(value="y", method="traffic")]
    assert [claim.method for claim in settle(said)] == ["traffic", "oracle"]


@pytest.mark.parametrize(
    ("field", "values", "conflict"),
    [
        ("owners", ["tax", "payments"], True),
        ("owners", ["tax", "tax"], False),
        ("owners", [], False),
        ("description", ["a", "b"], False),
    ],
)
def test_a_conflict_is_where_disagreement_matters(
    field: str, values: list[str], *, conflict: bool
) -> None:
    assert is_conflict(field, [Claim(value=value, method="tag") for value in values]) is conflict
