"""Answers that went wrong somewhere: a sample with members gone, of another type, or beyond belief."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import hypothesis
from hypothesis import strategies as st

Path = tuple[Any, ...]

CANARY = "CANARY-odd"
"""Stands in samples wherever nothing may be read."""

GONE = object()
"""Stands for a member that the answer lacks."""

IMPOSSIBLE = (
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))),
)
"""Times that UTC does not have."""

WRONG: tuple[Any, ...] = (
    *(GONE, None, True, False, 0, -1, 2**70, float("nan"), float("inf"), "", "\ud800", "\x00\n"),
    *([], {}, [None], [None, 7, "x"], [[]], {"a": 1}, {"a": None}, [{}], {7: "x"}, b"x"),
    *("x" * 20_000, "http://[", "://@:", "arn:::::", "?" * 50, *IMPOSSIBLE),
)
"""What a member may turn into."""

few = hypothesis.settings(max_examples=60)
"""As many examples as a pure function of some branches needs."""


def spoilt(sample: Any) -> st.SearchStrategy[Any]:
    """Copies of a sample with one to three of its members, anywhere in it, turned into something wrong."""
    change = st.tuples(st.sampled_from(list(paths(sample))), st.sampled_from(WRONG))
    return st.lists(change, min_size=1, max_size=3).map(lambda made: turned(sample, made))


def paths(sample: Any) -> Iterator[Path]:
    """Yield where members and entries of a sample stand."""
    entries = sample.items() if isinstance(sample, dict) else enumerate(sample)
    for key, value in entries:
        yield (key,)
        if isinstance(value, dict | list):
            yield from ((key, *below) for below in paths(value))


def turned(sample: Any, changes: list[tuple[Path, Any]]) -> Any:
    """Return a copy of a sample with changes made; one below what another took away is left out."""
    made = copy.deepcopy(sample)
    for (*above, last), value in changes:
        holder = made
        for key in above:
            holder = _below(holder, key)
        if isinstance(holder, list | dict) and _below(holder, last) is not GONE:
            if value is GONE:
                del holder[last]
            else:
                holder[last] = copy.deepcopy(value)
    return made


def _below(holder: Any, key: Any) -> Any:
    """Return what stands under a key, `GONE` where nothing does."""
    if isinstance(holder, dict):
        return holder.get(key, GONE)
    is_there = isinstance(holder, list) and isinstance(key, int) and key < len(holder)
    return holder[key] if is_there else GONE
