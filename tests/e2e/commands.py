"""The command line as a person has it: in this process, or in one of its own that can be killed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from apiscape.cli.main import main
from tests.store.making import doomed_environment

PATIENCE_S = 120.0
SCRIPT = "import sys; from apiscape.cli.main import main; sys.exit(main())"


class Result(msgspec.Struct, frozen=True):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> Any:
        """Its JSON document."""
        return json.loads(self.out)


def run_cli(*arguments: str) -> Result:
    """Run a command in this process, under this process's variables."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return Result(int(code), out.getvalue(), err.getvalue())


def start_cli(
    *arguments: str, limit: Callable[[], None] | None = None, script: str = SCRIPT
) -> subprocess.Popen[str]:
    """Start a command in a process of its own; `limit` is called in it before anything else.

    With a limit it measures no coverage, whose own file would run into it.
    """
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=doomed_environment() if limit else dict(os.environ),
        preexec_fn=limit,  # noqa: PLW1509 - sets a limit of the process, takes no lock
    )


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for a process and return what it left behind."""
    with process:
        out, err = process.communicate(timeout=PATIENCE_S)
    return Result(process.returncode, out, err)
