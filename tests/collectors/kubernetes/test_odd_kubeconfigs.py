"""Kubeconfigs of every odd kind: whatever stands in one, what is raised has a name, a next step and no credential."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.collectors.contract import CollectorError
from apiscape.collectors.kubernetes.link import ClusterLink
from apiscape.collectors.kubernetes.settings import KubernetesSettings
from apiscape.collectors.kubernetes.targets import choose_contexts
from tests.collectors.kubernetes.kubeconfigs import CANARY

Json = Any
USERS: tuple[Json, ...] = (
    {"token": CANARY},
    {"tokenFile": CANARY},
    {"username": CANARY, "password": CANARY},
    {"client-certificate-data": CANARY, "client-key-data": CANARY},
    {"client-certificate": CANARY, "client-key": CANARY},
    {
        "exec": {
            "command": "true",
            "args": [CANARY],
            "env": [{"name": "A", "value": CANARY}],
            "apiVersion": "client.authentication.k8s.io/v1",
            "provideClusterInfo": True,
        }
    },
    {"auth-provider": {"name": CANARY, "config": {"cmd-path": CANARY}}},
    {"token": CANARY, "as": CANARY, "as-groups": [CANARY]},
)


def whole(user: Json) -> Json:
    """Return a kubeconfig with one context, in which every place holds something."""
    return {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
        "clusters": [
            {
                "name": "c",
                "cluster": {
                    "server": "https://127.0.0.1:1",
                    "tls-server-name": "x",
                    "proxy-url": f"http://u:{CANARY}@127.0.0.1:1",
                    "insecure-skip-tls-verify": False,
                    "extensions": [{"name": "e", "extension": CANARY}],
                },
            }
        ],
        "users": [{"name": "u", "user": user}],
    }


def places(data: Json, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where something stands, from the root."""
    found = [trail] if trail else []
    steps = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for step, value in steps:
        found += places(value, (*trail, step))
    return found


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["", "\x00", "~", "\r\n", "https://[", "http://x:y", "a" * 5_000, "é", "<<"]),
    st.lists(st.text(), max_size=3),
    st.dictionaries(st.text(), st.text(), max_size=3),
)


def changed(data: Json, trail: tuple[Any, ...], value: Json, *, is_left_out: bool) -> Json:
    """Return a kubeconfig with something else in a place, or nothing."""
    made = copy.deepcopy(data)
    within = made
    for step in trail[:-1]:
        within = within[step]
    if is_left_out:
        del within[trail[-1]]
    else:
        within[trail[-1]] = value
    return made


@st.composite
def odd_ones(draw: st.DrawFn) -> Json:
    """Draw a kubeconfig that is odd in a few places."""
    data = whole(draw(st.sampled_from(USERS)))
    for _ in range(draw(st.integers(1, 4))):
        trail = draw(st.sampled_from(places(data) or [("a",)]))
        if isinstance(data, dict) and data:
            data = changed(data, trail, draw(ODD), is_left_out=draw(st.booleans()))
    return data


def go_in(file: Path) -> None:
    """Do all that comes before the first request."""
    found = choose_contexts(
        KubernetesSettings(kubeconfig=str(file), unverified=True, exec=("true",))
    )
    for target in found.targets:
        way = target.way()
        link = ClusterLink("cluster", way.place, way.signs_in)
        link.headers(anew=True)
        link.pool()
        link.close()


def check(error: CollectorError) -> None:
    told = error.record()
    assert told.message
    assert told.next_step
    assert CANARY not in f"{told.message} {told.next_step} {told.operation}".replace(
        f"/{CANARY}", ""
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=odd_ones())
def test_whatever_stands_in_one_is_refused_by_name_or_taken(tmp_path: Path, data: Json) -> None:
    file = tmp_path / "config"
    file.write_text(json.dumps(data), "utf-8")
    try:
        go_in(file)
    except CollectorError as error:
        check(error)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.one_of(
        st.binary(max_size=400), st.text(alphabet="-[]{}:,&*a\n <?|>!%@'\"#", max_size=200)
    )
)
def test_what_is_no_kubeconfig_at_all_is_refused_by_name(tmp_path: Path, raw: bytes | str) -> None:
    file = tmp_path / "config"
    file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    try:
        go_in(file)
    except CollectorError as error:
        check(error)
