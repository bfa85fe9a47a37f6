"""Programs of a kubeconfig: refused before they are run, and run with bounds."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apiscape.collectors.contract import CredentialsInvalid
from apiscape.collectors.kubernetes import plugin
from apiscape.collectors.kubernetes.kubeconfig import Access
from apiscape.collectors.kubernetes.kubeconfig_entries import (
    Cluster,
    Extension,
    Program,
    User,
    Variable,
)
from apiscape.collectors.kubernetes.plugin import by_program
from apiscape.collectors.kubernetes.showing import Certificate, SignsIn
from tests.collectors.kubernetes.kubeconfigs import CANARY

VERSION = "client.authentication.k8s.io/v1"
SERVER = "https://cluster.test"


class Tool:
    """A program on the path that writes down how it was run, and answers as it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.answer = folder / "answer"
        self.file = folder / "tool"
        code = (
            f"#!{sys.executable}\nimport json, os, sys\n"
            f"with open({str(self.runs)!r}, 'a') as runs:\n"
            "    told = [sys.argv[1:], os.getcwd(), dict(os.environ), sys.stdin.read()]\n"
            "    runs.write(json.dumps(told) + '\\n')\n"
            f"exec(open({str(self.answer)!r}).read())\n"
        )
        self.file.write_text(code, "utf-8")
        self.file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def say(self, **status: Any) -> None:
        told = {"apiVersion": VERSION, "kind": "ExecCredential", "status": status}
        self.do(f"print({json.dumps(told)!r})")

    def do(self, code: str) -> None:
        self.answer.write_text(code, "utf-8")

    def seen(self) -> list[Any]:
        lines = self.runs.read_text("utf-8").splitlines() if self.runs.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    return Tool(tmp_path, monkeypatch)


def signing(
    folder: Path, program: Program, *allowed: str, cluster: Cluster | None = None
) -> SignsIn:
    held = cluster or Cluster(server=SERVER)
    access = Access("ctx", held, User(exec=program), folder, folder)
    return by_program(access, program, allowed or ("tool",))


def failure(act: Callable[[], object]) -> CredentialsInvalid:
    with pytest.raises(CredentialsInvalid) as caught:
        act()
    assert caught.value.next_step
    assert CANARY not in str(caught.value.record())
    return caught.value


def test_an_allowed_program_is_run_once_and_its_token_is_shown(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APISCAPE_TOKEN", CANARY)
    tool.say(token="t1")
    program = Program(
        command="tool",
        args=["get-token", "--cluster", "x y"],
        env=[Variable("AWS_PROFILE", "ro")],
        api_version=VERSION,
    )
    signs_in = signing(tool.folder, program)
    assert tool.seen() == []
    for _ in range(2):
        assert signs_in.show(anew=False).headers == {"Authorization": "Bearer t1"}
    ((args, folder, environment, stdin),) = tool.seen()
    assert (args, folder, stdin) == (program.args, str(tool.folder), "")
    assert environment["AWS_PROFILE"] == "ro"
    assert CANARY not in str(environment)
    info = json.loads(environment["KUBERNETES_EXEC_INFO"])
    assert info == {
        "apiVersion": VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }
    tool.say(token="t2")
    assert signs_in.show(anew=True).headers == {"Authorization": "Bearer t2"}
    assert len(tool.seen()) == 2


def test_a_token_is_got_anew_before_its_end(tool: Tool) -> None:
    program = Program(command="tool", api_version=VERSION)
    signs_in = signing(tool.folder, program)
    for hours, runs in ((-1, 1), (2, 2), (2, 2)):
        ends = datetime.now(UTC) + timedelta(hours=hours)
        tool.say(token="t", expirationTimestamp=ends.strftime("%Y-%m-%dT%H:%M:%SZ"))
        signs_in.show(anew=False)
        assert len(tool.seen()) == runs
    tool.say(token="t", expirationTimestamp="2000-01-01T00:00:00")
    signs_in.show(anew=True)
    signs_in.show(anew=False)
    assert len(tool.seen()) == 4


def test_a_program_is_told_of_the_cluster_where_it_asks_for_that(tool: Tool) -> None:
    tool.say(clientCertificateData="chain", clientKeyData="key")
    program = Program(command="tool", api_version=VERSION, provide_cluster_info=True)
    extension = Extension("client.authentication.k8s.io/exec", {"audience": "x"})
    cluster = Cluster(server=SERVER, tls_server_name="name", extensions=[extension])
    shown = signing(tool.folder, program, cluster=cluster).show(anew=False)
    assert (shown.certificate, shown.headers) == (Certificate(b"chain", b"key"), {})
    ((_, _, environment, _),) = tool.seen()
    assert json.loads(environment["KUBERNETES_EXEC_INFO"])["spec"] == {
        "interactive": False,
        "cluster": {"server": SERVER, "tls-server-name": "name", "config": {"audience": "x"}},
    }


def test_a_path_is_allowed_as_that_very_path(tool: Tool) -> None:
    tool.say(token="t")
    path = str(tool.file)
    signs_in = signing(tool.folder, Program(command=path, api_version=VERSION), path)
    assert signs_in.show(anew=False).headers == {"Authorization": "Bearer t"}


@pytest.mark.parametrize("command", ["{folder}/tool", "./tool", "sub/../tool", "", "tool ", "TOOL"])
def test_what_the_source_does_not_allow_is_not_run(tool: Tool, command: str) -> None:
    tool.say(token="t")
    command = command.format(folder=tool.folder)
    program = Program(command=command, args=[CANARY], api_version=VERSION)
    error = failure(lambda: signing(tool.folder, program).show(anew=False))
    assert error.message.startswith("context ctx has ")
    assert error.message.endswith(" run to sign in")
    assert f"say `exec: [{command}]` in the source" in str(error.next_step)
    assert tool.seen() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"api_version": "client.authentication.k8s.io/v1alpha1"}, "speak client.authen"),
        ({"api_version": ""}, "speak no version"),
        ({"interactive_mode": "Always"}, "nobody is there"),
        ({"env": [Variable("PATH", CANARY)]}, "sets PATH for tool, which may run others"),
        ({"env": [Variable("LD_PRELOAD", CANARY)]}, "sets LD_PRELOAD"),
        ({"env": [Variable("PYTHONPATH", CANARY)]}, "sets PYTHONPATH"),
        ({"env": [Variable("BASH_ENV", CANARY)]}, "sets BASH_ENV"),
        ({"command": "./tool"}, "the program ./tool is not there"),
        ({"command": "absent"}, "the program absent is not there"),
        ({"command": "/absent/tool"}, "the program /absent/tool is not there"),
    ],
)
def test_what_would_lead_astray_is_not_run(tool: Tool, fields: dict[str, Any], said: str) -> None:
    tool.say(token="t")
    told: dict[str, Any] = {"command": "tool", "api_version": VERSION} | fields
    program = Program(**told)
    error = failure(lambda: signing(tool.folder, program, "tool", program.command))
    assert said in error.message
    assert tool.seen() == []


def test_a_user_who_acts_as_somebody_else_has_nothing_run(tool: Tool) -> None:
    tool.say(token="t")
    program = Program(command="tool", api_version=VERSION)
    user = User(exec=program, acts_as="root")
    access = Access("ctx", Cluster(server=SERVER), user, tool.folder, tool.folder)
    error = failure(lambda: by_program(access, program, ("tool",)))
    assert "acts as somebody else (`as`)" in error.message
    assert tool.seen() == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"print('{CANARY}', file=sys.stderr); sys.exit(3)", "tool ended with 3"),
        (f"print('{CANARY}')", "tool did not answer with an ExecCredential"),
        ("print('{}')", "tool did not answer with an ExecCredential"),
        ('print(\'{"kind":"ExecCredential"}\')', "tool did not answer with an ExecCredential"),
        (f"print('\"{CANARY}\"' + ' ' * 99)", "tool did not answer with an ExecCredential"),
        (
            'print(\'{"kind":"ExecCredential","status":{"clientKeyData":"x"}}\')',
            "tool gave neither a token nor a certificate",
        ),
        (
            f'print(\'{{"kind":"ExecCredential","status":{{"token":"{CANARY} x"}}}}\')',
            "the token is empty, or holds what no token can",
        ),
    ],
)
def test_a_program_that_fails_is_said_without_its_words(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    tool.do(code)
    monkeypatch.setattr(plugin, "LARGEST_ANSWER_BYTES", 90)
    signs_in = signing(tool.folder, Program(command="tool", api_version=VERSION))
    assert failure(lambda: signs_in.show(anew=False)).message == said


def test_a_program_that_does_not_end_or_start_is_given_up(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "TIMEOUT_S", 0.5)
    tool.do("import time; time.sleep(600)")
    signs_in = signing(tool.folder, Program(command="tool", api_version=VERSION))
    assert "did not end in 0 s" in failure(lambda: signs_in.show(anew=False)).message
    tool.file.write_text("no program", "utf-8")
    assert "tool cannot be run: Exec format" in failure(lambda: signs_in.show(anew=False)).message


def test_what_a_program_answers_has_no_text() -> None:
    assert CANARY not in str(plugin._Status(token=CANARY, key=CANARY))
