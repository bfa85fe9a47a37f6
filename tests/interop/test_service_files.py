"""The unit and the image start the agent as it wants to be started, and end it as it wants to be ended."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from configparser import RawConfigParser
from pathlib import Path

import pytest
import yaml

from apiscape.cli.commands.agent import command
from apiscape.cli.group import ROOT
from apiscape.daemon.ending import LONGEST_S
from tests.architecture.tree import ROOM
from tests.ports import free_port

UNIT = ROOM / "deploy/systemd/apiscape.service"
IMAGE = ROOM / "deploy/container/Containerfile"
SENT = IMAGE.with_name("Containerfile.dockerignore")
APISCAPE = Path(sys.executable).with_name("apiscape")
LEAST_EXPOSED = 2.0
"""Of ten; systemd-analyze calls everything below it safe."""


def steps() -> list[tuple[str, str]]:
    """Return the instructions of the image, each with what follows it."""
    text = IMAGE.read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def of(instruction: str) -> list[str]:
    return [rest for word, rest in steps() if word == instruction]


def unit() -> RawConfigParser:
    read = RawConfigParser(strict=False, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells cases apart
    read.read(UNIT, "utf-8")
    return read


def test_systemd_finds_no_fault_in_the_unit() -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze on this machine")
    done = subprocess.run(
        [tool, "verify", str(UNIT)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_calls_the_unit_little_exposed() -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze on this machine")
    asked = [tool, "security", "--offline=true", "--no-pager", str(UNIT)]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60).stdout
    verdict = next(line for line in said.splitlines() if "Overall exposure level" in line)
    assert float(verdict.rpartition(":")[2].split()[0]) < LEAST_EXPOSED


def test_the_unit_starts_the_agent_with_options_that_it_has() -> None:
    program, *words = unit()["Service"]["ExecStart"].split()
    assert (program, words[:2]) == ("/usr/bin/env", ["apiscape", "agent"])
    root = ROOT.make_context("apiscape", [], resilient_parsing=True)
    with command.make_context("agent", words[2:], parent=root) as context:
        assert context.params["probe_listen"] == "127.0.0.1:9464"


def test_both_leave_the_agent_the_time_that_it_takes_to_end() -> None:
    assert float(unit()["Service"]["TimeoutStopSec"]) > LONGEST_S
    said = IMAGE.read_text("utf-8").partition("--stop-timeout ")[2].split()[0]
    assert float(said) > LONGEST_S


def test_the_image_is_started_by_nobody_special_and_without_a_shell() -> None:
    assert of("USER") == ["65532:65532"]
    for instruction in ("ENTRYPOINT", "CMD", "RUN"):
        assert of(instruction)
        assert all(isinstance(json.loads(words), list) for words in of(instruction))


def test_the_image_stands_on_a_named_base_that_can_be_pinned_by_digest() -> None:
    (base,) = [rest for rest in of("ARG") if rest.startswith("BASE=")]
    name, _, tag = base.removeprefix("BASE=").rpartition(":")
    assert (name, tag != "latest", any(sign.isdigit() for sign in tag)) == ("python", True, True)
    assert of("FROM") == ["${BASE} AS build", "${BASE}"]


def test_the_image_fetches_nothing_that_has_no_hash() -> None:
    assert of("ADD") == []
    downloads = {"apk", "apt-get", "curl", "git", "wget"}
    assert not [words for words in of("RUN") if downloads & set(json.loads(words))]


def test_what_runs_is_made_in_a_stage_of_its_own() -> None:
    text = IMAGE.read_text("utf-8")
    last = text[text.rindex("FROM ") :]
    assert "pip" not in last
    assert "--without-pip" in text
    held = [rest for rest in of("COPY") if rest.startswith("--from=build")]
    assert [rest.split()[-1] for rest in held] == ["/opt/apiscape", "/var/lib/apiscape"]


def test_the_image_is_compiled_while_it_is_built_and_not_when_it_starts(tmp_path: Path) -> None:
    runs = [json.loads(words) for words in of("RUN")]
    assert ["python", "/opt/apiscape/compile.py", "/opt/apiscape/lib"] in runs
    assert ["python", "/opt/apiscape/compile.py"] in runs
    assert "PYTHONDONTWRITEBYTECODE=1" in of("ENV")[0]

    (tmp_path / "said.py").write_text("print('as it was')", "utf-8")
    program = IMAGE.with_name("compile.py")
    subprocess.run([sys.executable, str(program), str(tmp_path)], check=True)
    (tmp_path / "said.py").write_text("print('changed')", "utf-8")
    said = subprocess.run(
        [sys.executable, "-c", "import said"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == "as it was\n"  # taken as it is, without a look at the source


def test_the_chart_runs_the_image_as_it_is_made() -> None:
    values = yaml.safe_load((ROOM / "helm/apiscape/values.yaml").read_text("utf-8"))
    ids = values["ids"]
    assert of("USER") == [f"{ids['runAsUser']}:{ids['runAsGroup']}"]
    assert of("EXPOSE") == [str(values["probe"]["port"])]
    assert of("VOLUME") == ["/var/lib/apiscape"]


def test_the_image_pins_what_it_installs_by_hash() -> None:
    installs = [run for run in map(json.loads, of("RUN")) if "pip" in run]
    assert ["--require-hashes" in words or "--no-deps" in words for words in installs] == [True] * 2


def test_all_that_the_image_copies_is_there_and_is_sent_to_the_builder() -> None:
    let_in = [line[1:] for line in SENT.read_text("utf-8").splitlines() if line.startswith("!")]
    copied = [name for rest in of("COPY") if "--from" not in rest for name in rest.split()[:-1]]
    assert {"agent", "collectors", "tui", "pyproject.toml"} < set(copied)
    for name in copied:
        assert (ROOM / name).exists(), name
        assert any(fnmatch.fnmatch(name, pattern) for pattern in let_in), name


def test_what_the_package_is_built_from_is_what_the_image_copies() -> None:
    copied = {name for rest in of("COPY") for name in rest.split()[:-1]}
    for name in ("LICENSE", "README.md", "CHANGELOG.md"):
        assert name in copied


@pytest.mark.skipif(
    shutil.which("unshare") is None or os.geteuid() != 0, reason="needs a process namespace"
)
def test_as_process_1_it_answers_and_ends_in_order_when_told(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    nowhere = {"name": "nowhere", "provider": "aws", "endpoint_url": "http://127.0.0.1:9"}
    config.write_text(json.dumps({"sources": [nowhere]}), "utf-8")
    port = free_port()
    words = [*json.loads(of("ENTRYPOINT")[0]), *json.loads(of("CMD")[0])]
    assert words[0] == APISCAPE.name
    words = [
        str(APISCAPE),
        *(word.replace("0.0.0.0:9464", f"127.0.0.1:{port}") for word in words[1:]),
    ]
    own = {
        "PATH": os.environ["PATH"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
        "APISCAPE_CONFIG": str(config),
        "APISCAPE_STORE": str(tmp_path / "inventory.db"),
    }
    with subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", *words],
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        try:
            answered(f"http://127.0.0.1:{port}/healthz")
            os.kill(only_child_of(child.pid), signal.SIGTERM)
            said, _ = child.communicate(timeout=60)
        finally:
            child.kill()
    assert child.returncode == 0, said
    assert "event=stopped" in said


def answered(url: str, longest_s: float = 60) -> None:
    """Wait until somebody answers; fail where nobody does."""
    ends = time.monotonic() + longest_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # of this machine
                assert answer.status == 200
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < ends
            time.sleep(0.1)


def only_child_of(pid: int) -> int:
    """Return the one process that another started."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()[0])
