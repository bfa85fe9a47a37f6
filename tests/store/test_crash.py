from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

from apiscape.model.known import Batch, Verdict
from apiscape.model.vocabulary import ErrorKind, Outcome, Presence
from apiscape.store import open_store
from tests.store.looking import current, records
from tests.store.making import SCOPE, T0, batch, doomed_environment, make, report, visit

KILLS = 6
BATCH = 40
BATCHES = 6

WRITING = """
import sys
from apiscape.store import open_store
from tests.store.making import SCOPE, T0, batch, doomed_environment, make, visit
from tests.store.test_crash import BATCH, BATCHES, estate
store = open_store(sys.argv[1], write=True)
print("open", flush=True)
version = int(sys.argv[2])
while True:
    visit(store, *estate(version))
    version += 1
"""


def estate(version: int) -> list[Batch]:
    """Return the batches of a visit: every deployment has moved since the version before."""
    numbers = range(BATCH * BATCHES)
    items = [make(number, title=f"version {version} of its batch") for number in numbers]
    starts = range(0, len(items), BATCH)
    return [batch(*items[start : start + BATCH], kind="changed") for start in starts]


def test_a_writer_killed_at_any_moment_leaves_whole_batches(sqlite_address: str) -> None:
    moments = random.Random(4)
    for kill in range(KILLS):
        command = [sys.executable, "-c", WRITING, sqlite_address, str(kill * 1000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=doomed_environment()) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
            time.sleep(moments.uniform(0, 0.5))
            os.kill(process.pid, signal.SIGKILL)
        check_whole(sqlite_address)
    with open_store(sqlite_address, write=True) as store:
        ended = [run.error.kind for run in store.runs.newest(1000) if run.error]
        assert ErrorKind.INTERRUPTED in ended
        visit(store, *estate(9))
        seen = current(store)
    assert len(seen) == BATCH * BATCHES
    assert {presence for presence, *_ in seen.values()} == {Presence.PRESENT}


def check_whole(address: str) -> None:
    """Check that a store opens, is sound, holds no torn batch and has closed every run."""
    with open_store(address, write=True) as store:
        with store.database.raw() as driver:
            assert driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert driver.execute("PRAGMA foreign_key_check").fetchall() == []
        assert all(run.ended_at is not None for run in store.runs.newest())
        assert {run.outcome for run in store.runs.newest()} <= {Outcome.COMPLETE, Outcome.PARTIAL}
        known = store.runs.known(SCOPE)
        facts = store.runs.documents(known)
        titles = {make(number).uid: number // BATCH for number in range(BATCH * BATCHES)}
        for group in range(BATCHES):
            told = {item.title for uid, item in facts.items() if titles[uid] == group}
            assert len(told) <= 1
        assert len(known) % BATCH == 0
        assert len(records(store, "row")) == len(known)
        seqs = [record["seq"] for record in records(store, "change")]
        assert seqs == list(range(1, len(seqs) + 1))
        run = store.runs.begin(SCOPE, at=T0)
        store.runs.end(run, report(run, T0), Verdict())
