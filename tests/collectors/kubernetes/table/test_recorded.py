"""Samples as the makers of gateways publish them: what the table says of each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.collectors.kubernetes.exposed import Exposed
from tests.collectors.kubernetes.table.room import Json, Room, rules

FOLDER = Path(os.environ.get("APISCAPE_FIXTURES", "/nonexistent")) / "kubernetes"

#: By folder: each API's hosts, and its rules as `path type → where it is sent`.
EXPECTED: dict[str, dict[str, tuple[list[str], list[str]]]] = {
    "contour": {
        "HTTPProxy default/basic": (["foo-basic.bar.com by http"], ["/ prefix → s1:80"]),
        "HTTPProxy default/include-root": (
            ["root.bar.com by http"],
            ["/service2 prefix → s2:80", "/service2/blog prefix → blog:80", "/ prefix → s1:80"],
        ),
        "HTTPProxy default/multiple-paths": (
            ["multi-path.bar.com by http"],
            ["/ prefix → s1:80", "/blog prefix → s2:80"],
        ),
    },
    "nginx": {
        "VirtualServer default/cafe": (
            ["cafe.example.com by https", "cafe.example.com by http"],
            ["/tea prefix → tea-svc:80", "/coffee prefix → coffee-svc:80"],
        ),
        "VirtualServer default/webapp": (
            ["webapp.example.com by http"],
            ["/ prefix → webapp-svc:80"],
        ),
    },
    "traefik": {
        "IngressRoute default/ingressroute": (
            ["example.net by https"],
            [
                "/bar prefix → s1:80 s2:433",
                "/misc prefix → s3:80",
                "/misc prefix → s3:8443",
                "/lb prefix → wrr1:None",
                "/mirrored prefix → mirror1:None",
            ],
        ),
        "IngressRouteTCP default/ingressroutetcp.crd": (
            ["example.com by tls"],
            ["/ prefix → whoamitcp:8080"],
        ),
    },
}

pytestmark = pytest.mark.fixtures


def objects(folder: str, known: Room) -> list[Json]:
    """Return the recorded objects of kinds of the table, in the namespace that they would be made in."""
    files = sorted((FOLDER / folder / "samples").glob("*.yaml"))
    if not files:
        pytest.skip("no recorded samples: APISCAPE_FIXTURES does not name their folder")
    made = [each for file in files for each in yaml.safe_load_all(file.read_text("utf-8")) if each]
    return [
        each | {"metadata": {"namespace": "default"} | each["metadata"]}
        for each in made
        if (each["apiVersion"].rpartition("/")[0], each["kind"]) in known.kinds
    ]


def told(exposed: Any) -> tuple[list[str], list[str]]:
    assert isinstance(exposed, Exposed)
    sent = [
        f"{match.path} {match.path_type} → {' '.join(f'{to.name}:{to.port}' for to in rule.targets)}"
        for rule in rules(exposed)
        for match in rule.matches
    ]
    return [f"{each.host} by {each.scheme}" for each in exposed.addresses or ()], sent


@pytest.mark.parametrize("folder", EXPECTED)
def test_recorded_samples_expose_what_is_expected_of_them(folder: str) -> None:
    found = Room(objects(folder, Room())).exposed()
    assert {name: told(each) for name, (each,) in found.items()} == EXPECTED[folder]


def test_a_recorded_policy_of_the_whole_server_limits_it() -> None:
    found = Room(objects("nginx", Room())).exposed()
    assert {
        name: each.rate_limit for name, (each,) in found.items() if isinstance(each, Exposed)
    } == {
        "VirtualServer default/cafe": "disabled",
        "VirtualServer default/webapp": "enabled",
    }
