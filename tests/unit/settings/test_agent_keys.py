from __future__ import annotations

import pytest

from apiscape.settings.schema import Agent, Certificate, HealthLimits, Probes
from tests.unit.settings.test_load import read, refusal

WHOLE = """\
agent:
  listen: 127.0.0.1:8080
  probe_listen: :9090
  tls: {certificate: /c.pem, key: /k.pem}
  log_format: json
probes: {view: "provider:aws", interval_s: 10, path: /healthz, allow: [10.0.0.0/8]}
health:
  - {view: "environment:production", errors_5xx_failing: 2, recovery: 0.5}
"""


def test_doors_probes_and_thresholds_are_read() -> None:
    settings = read(WHOLE)
    assert settings.agent == Agent(
        listen="127.0.0.1:8080",
        probe_listen=":9090",
        tls=Certificate(certificate="/c.pem", key="/k.pem"),
        log_format="json",
    )
    assert settings.probes == Probes(
        view="provider:aws", interval_s=10, path="/healthz", allow=("10.0.0.0/8",)
    )
    assert settings.health == (
        HealthLimits(view="environment:production", errors_5xx_failing=2, recovery=0.5),
    )


def test_without_them_nothing_is_probed_and_no_port_is_opened() -> None:
    settings = read("")
    assert (settings.probes, settings.health, settings.agent.listen) == (None, (), None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("probes: {interval_s: 60}\n", 1),
        ("probes:\n  view: 'x'\n  interval_s: 9\n", 3),
        ("probes:\n  view: 'nofield:x'\n", 2),
        ("probes:\n  view: x\n  method: DELETE\n", 3),
        ("probes:\n  view: x\n  method: GET\n", 3),
        ("probes:\n  view: x\n  path: healthz\n", 3),
        ("probes:\n  view: x\n  path: '/a?b=c'\n", 3),
        ("probes:\n  view: x\n  allow: [10.0.0.1/8]\n", 3),
        ("probes:\n  view: x\n  failures: 0\n", 3),
        ("health:\n  - view: 'nofield:x'\n", 2),
        ("health:\n  - {view: x, errors_5xx_failing: 101}\n", 2),
        ("agent:\n  log_format: xml\n", 2),
        ("agent:\n  tls: {certificate: c}\n", 2),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, line: int) -> None:
    assert refusal(text)[1] == line


def test_variables_set_the_keys_of_an_agent() -> None:
    settings = read(
        "",
        {
            "APISCAPE_AGENT__LISTEN": "0.0.0.0:8080",
            "APISCAPE_AGENT__BEHIND_PROXY": "True",
            "APISCAPE_AGENT__HOSTS": "a.example, b.example",
            "APISCAPE_PROBES__VIEW": "provider:aws",
        },
    )
    assert settings.agent.behind_proxy is True
    assert settings.agent.hosts == ("a.example", "b.example")
    assert settings.probes == Probes(view="provider:aws")
    assert refusal("", {"APISCAPE_AGENT__BEHIND_PROXY": "perhaps"})[0].startswith("'behind_proxy'")
