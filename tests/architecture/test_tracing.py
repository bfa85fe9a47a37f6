"""What is traced for coverage: tests and fixtures, whoever measures them, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import pytest

from tests.tracing import Tracing


@dataclass
class Measuring:
    """Who measures, at work or in a pause."""

    started: bool = True


def first(_frame: FrameType, _event: str, _argument: object) -> None:
    """Trace nothing, as the one who measures."""


def second(_frame: FrameType, _event: str, _argument: object) -> None:
    """Trace nothing, as the one who measures after a pause."""


@contextmanager
def measuring() -> Iterator[Measuring]:
    """Give who measures, at work. Not a fixture: whoever really measures takes up after one."""
    before = sys.gettrace()
    sys.settrace(first)
    try:
        yield Measuring()
    finally:
        sys.settrace(before)


@contextmanager
def around(hook: Callable[[], Generator[None, Any, Any]]) -> Iterator[None]:
    """Be what a hook is wrapped around, and see that its answer comes through."""
    wrapped = hook()
    next(wrapped)
    yield
    with pytest.raises(StopIteration) as ended:
        wrapped.send("answer")
    assert ended.value.value == "answer"


def test_a_test_is_traced_within_what_is_not() -> None:
    with measuring() as controller:
        tracing = Tracing(controller)
        with around(tracing.pytest_runtest_protocol):
            assert sys.gettrace() is None
            for hook in (
                tracing.pytest_fixture_setup,
                tracing.pytest_pyfunc_call,
                tracing.pytest_runtest_teardown,
            ):
                with around(hook):
                    assert sys.gettrace() is first
                assert sys.gettrace() is None
        assert sys.gettrace() is first


def test_making_the_tests_of_a_function_is_not_traced() -> None:
    with measuring() as controller:
        with around(Tracing(controller).pytest_pycollect_makeitem):
            assert sys.gettrace() is None
        assert sys.gettrace() is first


def test_a_fixture_asked_for_by_a_test_leaves_it_traced() -> None:
    with measuring() as controller:
        tracing = Tracing(controller)
        with around(tracing.pytest_runtest_protocol), around(tracing.pytest_pyfunc_call):
            with around(tracing.pytest_fixture_setup):
                assert sys.gettrace() is first
            assert sys.gettrace() is first


@pytest.mark.parametrize("name", ["pytest_runtest_setup", "pytest_runtest_call"])
def test_what_pauses_for_a_test_is_not_traced_and_takes_up_with_its_own_tracer(name: str) -> None:
    with measuring() as controller:
        tracing = Tracing(controller)
        with around(tracing.pytest_runtest_protocol):
            with around(getattr(tracing, name)):
                controller.started = False
                with around(tracing.pytest_pyfunc_call):
                    assert sys.gettrace() is None
                controller.started = True
                sys.settrace(second)
            assert sys.gettrace() is None
            with around(tracing.pytest_runtest_teardown):
                assert sys.gettrace() is second
        assert sys.gettrace() is second


def test_a_failure_within_leaves_it_as_it_was() -> None:
    with measuring() as controller:
        wrapped = Tracing(controller).pytest_runtest_protocol()
        next(wrapped)
        with pytest.raises(ZeroDivisionError):
            wrapped.throw(ZeroDivisionError())
        assert sys.gettrace() is first
