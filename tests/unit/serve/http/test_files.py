"""Connections are as many as the files that a process may open allow, with some left for itself."""

from __future__ import annotations

import logging
import resource

import pytest

from apiscape.serve.http.files import AT_ONCE, FEWEST, RESERVED, allow_files, fitting
from apiscape.serve.http.limits import Limits

WANTED = Limits(connections=1000, accepted=AT_ONCE)


class System:
    """What the operating system says of files, and is told."""

    def __init__(self, soft: int, hard: int) -> None:
        self.limits = (soft, hard)

    def getrlimit(self, _what: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, _what: int, limits: tuple[int, int]) -> None:
        self.limits = limits


@pytest.fixture
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> System:
    system = System(*request.param)
    monkeypatch.setattr(resource, "getrlimit", system.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", system.setrlimit)
    return system


@pytest.mark.parametrize("files", [16, 64, 200, 256, 1024, 3000, 4096, 65_536])
@pytest.mark.parametrize("doors", [0, 1, 2, 3])
def test_doors_leave_the_process_what_it_needs(files: int, doors: int) -> None:
    fit = fitting(WANTED, doors, files)
    assert FEWEST <= fit.connections <= WANTED.connections
    assert 1 <= fit.accepted <= WANTED.accepted
    if files >= 64:
        taken = doors * (fit.connections + fit.accepted)
        assert taken <= files - min(RESERVED, files // 2)


def test_where_there_is_enough_all_is_as_it_is_wanted() -> None:
    assert fitting(WANTED, 3, 3 * (1000 + AT_ONCE) + RESERVED) == WANTED


ENOUGH = 3 * (1000 + AT_ONCE) + RESERVED


@pytest.mark.parametrize(
    ("system", "then", "connections"),
    [
        ((1024, 65_536), ENOUGH, 1000),
        ((1024, resource.RLIM_INFINITY), ENOUGH, 1000),
        ((1024, 2048), 2048, 533),
        ((65_536, 65_536), 65_536, 1000),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), resource.RLIM_INFINITY, 1000),
    ],
    indirect=["system"],
)
def test_a_process_takes_the_files_that_it_may_have_and_says_where_they_are_few(
    system: System, then: int, connections: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "apiscape.serve"):
        fit = allow_files(WANTED, 3)
    assert (system.limits[0], fit.connections) == (then, connections)
    said = [record.getMessage() for record in caplog.records]
    assert said == (
        []
        if connections == 1000
        else [
            (
                "this process may open 2048 files: each door holds 533 connections,"
                " and closes who idles for another"
            )
        ]
    )
