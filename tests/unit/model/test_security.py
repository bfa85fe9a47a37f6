from __future__ import annotations

import pytest

from apiscape.model.security import Security, summarise_requirement
from apiscape.model.vocabulary import Requirement


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        ((), "unknown"),
        (("none",), "none"),
        (("required", "required"), "required"),
        (("required", "none"), "mixed"),
        (("required", "none", "unknown"), "mixed"),
        (("required", "unknown"), "unknown"),
        (("none", "unknown"), "unknown"),
        (("unknown",), "unknown"),
    ],
)
def test_the_summary_never_passes_what_is_unknown(words: tuple[str, ...], summary: str) -> None:
    assert summarise_requirement(Security(requirement=word) for word in words) == summary


def test_security_is_unknown_until_somebody_looked() -> None:
    assert Security().requirement == Requirement.UNKNOWN
