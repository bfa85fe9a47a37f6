"""Traces for coverage what a test and its fixtures do, and not what pytest does around them.

The tracer is asked at every call of every function. Around a test that takes a millisecond that made three more, for
hooks, reports and what workers tell each other, and nothing of the project runs there.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any, Protocol

import pytest

Around = Generator[None, Any, Any]


class Controller(Protocol):
    """Who measures: the plug-in's, which pauses for tests that are not to be measured."""

    started: bool


class Tracing:
    """Switches the tracer of the thread that runs the tests; those of other threads stay as they are."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._tracer = sys.gettrace()

    def off(self) -> None:
        """Trace nothing from here on. Whoever measures may have begun anew, with another tracer."""
        self._tracer = sys.gettrace() or self._tracer
        sys.settrace(None)

    def on(self) -> None:
        """Trace from here on, if anything is measured."""
        if self._controller.started and sys.gettrace() is None:
            sys.settrace(self._tracer)

    def within(self) -> Around:
        """Trace what a hook does, and no longer."""
        before = sys.gettrace()
        self.on()
        try:
            return (yield)
        finally:
            if before is None:
                self.off()

    def beyond(self) -> Around:
        """Trace nothing of what a hook does, but what is switched on within."""
        self.off()
        try:
            return (yield)
        finally:
            self.on()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pycollect_makeitem(self) -> Around:
        """Make tests of a function, hundreds of some, without being watched. Modules were imported before."""
        return (yield from self.beyond())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Around:
        """Run a test with its reports."""
        return (yield from self.beyond())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Around:
        """Stay off after the plug-in's pause, which ends with its switching on."""
        try:
            return (yield)
        finally:
            self.off()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Around:
        """Stay off after the plug-in's pause, which ends with its switching on."""
        try:
            return (yield)
        finally:
            self.off()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self) -> Around:
        """Trace what makes a fixture."""
        return (yield from self.within())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self) -> Around:
        """Trace the test itself."""
        return (yield from self.within())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Around:
        """Trace what puts fixtures away."""
        return (yield from self.within())
