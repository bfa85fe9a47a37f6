"""What is tried of a collector in a fresh interpreter: that making it does nothing, and how long its import takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from apiscape.collectors.contract import Collector

IDLE = """
import json, sys
seen = []
WATCHED = ("write", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system")
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        event = "" if "__pycache__" in str(arguments[0]) else "write"
    if event in WATCHED:
        seen.append(event + " " + str(arguments[:1]))
sys.addaudithook(watch)
import importlib
getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
print(json.dumps(seen))
"""
"""Makes a collector, and prints what that wrote, connected to or started."""

TIMED = """
import importlib, json, sys, time
for name in ("apiscape.collectors.contract", *sys.argv[3:]):
    importlib.import_module(name)
start = time.process_time()
importlib.import_module(sys.argv[1])
took = time.process_time() - start
start = time.process_time()
for _ in range(10):
    sum(i * i for i in range(50_000))
print(json.dumps([took * 1000, (time.process_time() - start) * 1000]))
"""
"""Imports a collector, and prints how long that took and how long a fixed loop takes, in milliseconds of CPU."""


def in_another_process(script: str, collector: Collector, *modules: str) -> Any:  # noqa: ANN401 - JSON
    """Run a script over a collector's class in a fresh interpreter; return what it prints.

    Raises:
        AssertionError: the script failed.
    """
    kind = type(collector)
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script, kind.__module__, kind.__qualname__, *modules],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=120,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])
