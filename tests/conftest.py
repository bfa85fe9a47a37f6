"""What every test shares: a home of its own, no way out to the network, and steady properties."""

from __future__ import annotations

import gc
import itertools
import os
import re
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.proxies import forget_variables
from tests.tools.coverage_gate import WHOLE

HERE = Path(__file__).parent

#: No deadline, for the machine may be busy; the same examples everywhere, for a failure must come back.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")

#: Whoever runs the tests has a terminal of some kind; screens are drawn for the same one everywhere.
for _name in ("COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR"):
    os.environ.pop(_name, None)
os.environ["TERM"] = "xterm-256color"

#: Between two looks for garbage a test may make more than the interpreter's own choice of 700 objects.
MADE_BETWEEN_LOOKS = 10_000


def pytest_collection_finish() -> None:
    """Leave out of every look for garbage what stays until the end: some thousand tests and all that they import."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_LOOKS)


LOOPBACK = ("127.", "::1", "localhost")
CONNECT = socket.socket.connect


#: Tests of the conformance suite that visit a world once for each of its calls, or start an interpreter.
REPEATING = re.compile("test_it_(says_what_was|stops|keeps_no_secret|does_nothing|imports)")


#: Rooms of tests that look at sources, charts and whole agents: what they run is covered elsewhere.
LOOKING = frozenset({"architecture", "e2e", "helm"})


def pytest_itemcollected(item: pytest.Item) -> None:
    """Measure no coverage of what does the same over and over, and takes twice as long with it.

    Properties are measured all the same where every branch must be taken, for the dice may find one.
    """
    if not item.config.pluginmanager.has_plugin("_cov"):
        return
    rooms = item.path.relative_to(HERE).parts
    drawn = hypothesis.is_hypothesis_test(getattr(item, "obj", None))
    broken = item.get_closest_marker("conformance") and REPEATING.match(item.name)
    if rooms[0] in LOOKING or broken or (drawn and not set(WHOLE).intersection(rooms)):
        item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Measure nothing of what is made for a test without coverage either; the plug-in spares its call alone."""
    plugin = item.config.pluginmanager.get_plugin("_cov")
    controller = plugin and plugin.cov_controller
    if not controller or not item.get_closest_marker("no_cover"):
        yield
        return
    controller.pause()
    try:
        yield
    finally:
        controller.resume()


@pytest.fixture(autouse=True)
def _unmeasured_children(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no coverage in processes that a test without coverage starts."""
    if request.node.get_closest_marker("no_cover"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give folders for homes, one after the other.

    The factory would count those that are there for each new one: ten milliseconds of a test, in the end.
    """
    root = tmp_path_factory.mktemp("home")
    return (root / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home without anybody's store, configuration, credentials, proxy or certificates."""
    home = next(homes)
    home.mkdir(0o700)
    others = ("APISCAPE_", "AWS_", "KUBECONFIG", "KUBERNETES_", "XDG_")
    for name in [name for name in os.environ if name.startswith(others)]:
        if name != "APISCAPE_FIXTURES":
            monkeypatch.delenv(name)
    forget_variables(monkeypatch)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test reach this machine only."""

    def connect(this: socket.socket, address: tuple[str, int]) -> None:
        if this.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            message = f"a test tried to reach {address}"
            raise RuntimeError(message)
        CONNECT(this, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
