"""How many connections fit: each is an open file, and a process that has none left cannot even read its store."""

from __future__ import annotations

import logging
import resource
from contextlib import suppress

import msgspec

from apiscape.serve.http.limits import Limits

RESERVED = 256
"""Files for everything else: the store, visits, probes, logs. Half of them all where they are few."""

AT_ONCE = 64
"""Connections that a door takes in before it sends away who has idled longest."""

FEWEST = 4

logger = logging.getLogger("apiscape.serve")


def fitting(limits: Limits, doors: int, files: int) -> Limits:
    """Return limits under which so many doors together leave the process the files that it needs.

    Args:
        limits: As they are wanted.
        doors: How many share what there is.
        files: That the process may open.
    """
    share = (files - min(RESERVED, files // 2)) // max(doors, 1)
    at_once = min(limits.accepted, max(share // 2, 1))
    connections = max(min(limits.connections, share - at_once), FEWEST)
    return msgspec.structs.replace(limits, connections=connections, accepted=at_once)


def allow_files(limits: Limits, doors: int) -> Limits:
    """Let this process open as many files as its doors want and the system allows; return limits that fit.

    Fewer connections than were wanted are said in the log, once: later ones are closed, not refused in a loop.
    """
    wanted = doors * (limits.connections + limits.accepted) + RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):  # some systems say that there is no limit, and have one
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    fit = limits if soft == resource.RLIM_INFINITY else fitting(limits, doors, soft)
    if fit.connections < limits.connections:
        words = "this process may open %d files: each door holds %d connections, and closes who idles for another"
        logger.warning(words, soft, fit.connections)
    return fit
