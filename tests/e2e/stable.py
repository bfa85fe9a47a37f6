"""A process with everything loaded that has children run commands: one costs a fork, not a start.

Each child is a process of its own that runs the command line from its entry point and can be
killed at any moment. Loading what a scan needs takes longer than most scans.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Self

MOTHER = """
import json, os, signal, sys
from apiscape.cli.main import main
import apiscape.cli.commands.scan, apiscape.cli.scanning, apiscape.cli.scan_report, apiscape.serve.local
import alembic.command, botocore.session, sqlalchemy.dialects.sqlite
import apiscape.collectors.aws.provider, apiscape.collectors.aws.apigateway.rest_collector
if "agents" in sys.argv:
    import apiscape.daemon.ending, apiscape.daemon.process

for line in sys.stdin:
    order = json.loads(line)
    if "run" in order:
        child = os.fork()
        if not child:
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silence, stream)
            sys.stdout = sys.stderr = open(os.devnull, "w")
            os._exit(main(order["run"]))
        print(child, flush=True)
    else:
        print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
"""


class Stable:
    """Runs commands in children of a process that has everything loaded; variables are those of its start.

    Args:
        what: What else is loaded beside what a scan needs: `agents` for what an agent needs.
    """

    def __init__(self, *what: str) -> None:
        self._mother = subprocess.Popen(
            [sys.executable, "-c", MOTHER, *what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._mother.stdin is not None
        self._mother.stdin.close()
        self._mother.wait()
        assert self._mother.stdout is not None
        self._mother.stdout.close()

    def run(self, *arguments: str) -> int:
        """Start a command and return its process id."""
        return self._ask({"run": arguments})

    def wait(self, process: int) -> int:
        """Wait for a command and return its exit code, the negative signal where one ended it."""
        return self._ask({"wait": process})

    def kill(self, process: int) -> int:
        """Kill a command as nobody can refuse, and return how it ended."""
        os.kill(process, signal.SIGKILL)
        return self.wait(process)

    def _ask(self, order: dict[str, object]) -> int:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(json.dumps(order) + "\n")
        self._mother.stdin.flush()
        return int(self._mother.stdout.readline())
