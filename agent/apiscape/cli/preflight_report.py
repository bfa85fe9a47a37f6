"""Tried permissions in words and as data: what is granted, what is not, and what that hides.

Pure: trials in, lines out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from apiscape.cli.table import Column, fold
from apiscape.client.words import count
from apiscape.collect.preflight import SourceTrial
from apiscape.collectors.contract import Permission
from apiscape.collectors.trying import Grant, Tried
from apiscape.errors import Exit
from apiscape.model.plain import plain

COLUMNS = (
    Column("SOURCE", leaves=1),
    Column("TRIED"),
    Column("PRODUCT", leaves=2),
    Column("PERMISSION", gives_way=True, cut_inside=True, comfort=24),
    Column("HIDDEN WITHOUT IT", gives_way=True, comfort=20),
)

WORDS: Mapping[str, str] = {
    Grant.DENIED: "✗ denied",
    Grant.UNKNOWN: "? could not tell",
    Grant.GRANTED: "✓ granted",
    Grant.NOT_NEEDED: "– not needed",
}
"""Worst first: a permission is what it is in the worst of its places."""

SHORT = frozenset({Grant.DENIED, Grant.UNKNOWN})
"""What makes a preflight end incomplete."""

MOST_NAMES = 3
MOST_REASONS = 12
"""Reasons beyond so many are counted, unless all are asked for."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a permission in one place; `place` is an account or a reach."""

    place: str | None
    grant: str
    reason: str | None = None
    operation: str | None = None


class TriedLine(msgspec.Struct, frozen=True):
    """One permission of one collector (or provider) of one source, and what came of trying it.

    Attributes:
        state: The worst word of `Grant` over all places, `unknown` where it was tried in none.
        reveals: What is hidden without it.
    """

    source: str
    product: str
    permission: str
    on: tuple[str, ...]
    operations: tuple[str, ...]
    optional: bool
    reveals: str
    state: str
    places: tuple[Place, ...] = ()


def tried_lines(
    trial: SourceTrial, declared: Iterable[tuple[str, Permission]]
) -> Iterator[TriedLine]:
    """Yield a line per declared permission, in the order given.

    Args:
        trial: Of the source.
        declared: Product and permission; the provider's own by its name.
    """
    for product, permission in declared:
        places = tuple(
            _place(each.tried)
            for each in trial.trials
            if each.product == product and each.tried.permission == permission
        )
        if not places:
            reason = trial.error.message if trial.error else "there was no place to try it in"
            places = (Place(None, Grant.UNKNOWN, reason),)
        yield TriedLine(
            source=trial.source.name,
            product=product,
            permission=permission.action,
            on=permission.resources,
            operations=permission.operations,
            optional=permission.optional,
            reveals=permission.reveals,
            state=worst(place.grant for place in places),
            places=places,
        )


def _place(tried: Tried) -> Place:
    """Return what came of one trial; a word of a later version is taken for unknown."""
    grant = tried.grant if tried.grant in WORDS else Grant.UNKNOWN
    return Place(tried.place, grant, tried.reason, tried.operation)


def worst(grants: Iterable[str]) -> str:
    """Return the worst of some words of `Grant`: denied, then unknown, then granted."""
    found = set(grants)
    return next((grant for grant in WORDS if grant in found), Grant.UNKNOWN)


def exit_code(trials: Sequence[SourceTrial], lines: Iterable[TriedLine]) -> Exit:
    """Return complete where all is granted, unreachable where no source could be signed in to."""
    if trials and all(trial.error for trial in trials):
        return Exit.UNREACHABLE
    return Exit.INCOMPLETE if any(line.state in SHORT for line in lines) else Exit.COMPLETE


def head_line(trial: SourceTrial, measuring: str | None = None) -> str:
    """Return `prod · aws · tried in 4 places · 31 calls`, or why nothing was tried; then how traffic is measured."""
    words = [trial.source.name, trial.source.provider]
    if trial.error is not None:
        words.append(f"nothing could be tried: {trial.error.message}")
    else:
        words += [f"tried in {count(len(trial.places), 'place')}", count(trial.calls, "call")]
    return plain(" · ".join([*words, *([measuring] if measuring else [])]))


def row(line: TriedLine) -> list[str]:
    """Return the cells of a line."""
    word = WORDS.get(line.state, line.state)
    same = sum(place.grant == line.state for place in line.places)
    if same < len(line.places):
        word += f" in {same} of {len(line.places)}"
    hidden = line.reveals + (" (a detail)" if line.optional else "")
    return [line.source, word, line.product, short_name(line), hidden]


def short_name(line: TriedLine) -> str:
    """Return what tells a permission from its collector's others: the paths it is asked on, else the right."""
    paths = [resource.rpartition("::")[2] for resource in line.on]
    return ", ".join(paths) if all(path.startswith("/") for path in paths) else line.permission


def reason_lines(lines: Sequence[TriedLine], *, width: int, whole: bool) -> list[str]:
    """Return why permissions are denied or could not be told, each reason once with where it holds."""
    names: dict[tuple[str, str, str, str], list[str]] = {}
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for line in lines:
        for place in line.places:
            if place.grant in SHORT:
                key = (place.grant, line.product, place.reason or "no reason given", line.source)
                names.setdefault(key, []).append(short_name(line))
                places.setdefault(key, []).append(place.place or line.source)
    keys = sorted(names, key=lambda key: list(WORDS).index(Grant(key[0])))
    shown = keys if whole else keys[:MOST_REASONS]
    written = []
    for key in shown:
        grant, product, reason, _ = key
        what = _some(names[key], "permission", whole=whole)
        where = _some(places[key], "place", whole=whole)
        text = plain(f"{WORDS[grant]}: {reason}. {product}: {what}, in {where}")
        written += fold(text, width, indent="  ", further="  ")
    more = len(keys) - len(shown)
    return written + ([f"  … {count(more, 'more reason')}: -o wide shows all"] if more else [])


def verdict_line(lines: Sequence[TriedLine], code: Exit) -> str:
    """Return what all of it comes to."""
    tally = Counter(line.state for line in lines)
    needed = len(lines) - tally[Grant.NOT_NEEDED]
    apart = f" ({tally[Grant.NOT_NEEDED]} not needed)" if tally[Grant.NOT_NEEDED] else ""
    if code == Exit.COMPLETE:
        return f"All of {count(needed, 'permission')} granted{apart}."
    words = [f"{tally[Grant.GRANTED]} of {count(needed, 'permission')} granted{apart}"]
    if tally[Grant.DENIED]:
        words.append(f"{tally[Grant.DENIED]} denied")
    if tally[Grant.UNKNOWN]:
        words.append(f"{tally[Grant.UNKNOWN]} could not be told")
    return f"{', '.join(words)}.  exit {int(code)}"


def _some(names: Iterable[str], noun: str, *, whole: bool) -> str:
    """Return the first few names, each once, and how many others there are."""
    distinct = list(dict.fromkeys(names))
    if whole or len(distinct) <= MOST_NAMES:
        return ", ".join(distinct)
    return f"{', '.join(distinct[:MOST_NAMES])} and {count(len(distinct) - MOST_NAMES, f'other {noun}')}"
