"""The ledger in words: what a scan looked at, what it skipped and why, what it could not see.

Pure: figures in, lines out. The same figures leave as JSON through `record`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from apiscape.cli.commands.runs import count_unseen, first_error, listed_words, record_of
from apiscape.cli.table import UNLIMITED, cell_width, fold
from apiscape.client.words import OUTCOME, REACH, count, duration, state_in
from apiscape.model.plain import plain
from apiscape.model.run import FINE, EstateEntry, Reach, RunReport, Totals
from apiscape.model.vocabulary import ErrorKind, Outcome, ReachState

INDENT = " " * 6
"""Of what stands below a line of the ledger because it has no room in it."""

MOST_NAMED = 3
"""Parts that are left out and named in a line; the others are counted."""

MOST_COMPLETE_LINES = 12
"""Complete scopes beyond so many are counted in one line; the others are always shown."""

_PLANNED = frozenset({ReachState.VISITED, ReachState.LOST})
"""States of reaches whose accounts are counted by what was planned; a lost one is planned to say so."""

WORDED = frozenset({Outcome.FAILED, Outcome.ABSENT})
"""Outcomes of which the reason says more than the figures."""

NEXT_STEPS: Mapping[str, str] = {
    ErrorKind.ACCESS_DENIED: "apiscape permissions {source}",
    ErrorKind.CREDENTIALS: "apiscape permissions {source}",
    ErrorKind.THROTTLED: "scan again later, or lower quotas of the source",
    ErrorKind.UNREACHABLE: "check network and proxy, then scan again",
    ErrorKind.MALFORMED: "scan again; if it stays, look at what stands between here and the gateway",
    ErrorKind.INTERRUPTED: "scan again",
}
"""What helps against an error that does not say so itself."""


class Widths(msgspec.Struct, frozen=True):
    """Cells that the columns of a ledger take."""

    place: int
    title: int
    listed: int
    recorded: int
    sums: int


def sum_words(report: RunReport, listed_width: int = 0, recorded_width: int = 0) -> str:
    """Return `61 listed = 58 recorded + 3 failed (throttled)`: figures that add up."""
    ledger = report.ledger
    terms = [f"{ledger.recorded:>{recorded_width},} recorded"]
    if ledger.skipped:
        terms.append(f"{ledger.skipped:,} skipped")
    if ledger.failed:
        kinds = sorted(
            {item.error.kind for part in report.parts for item in part.failed if item.error}
        )
        terms.append(
            f"{ledger.failed:,} failed" + (f" ({', '.join(map(spoken, kinds))})" if kinds else "")
        )
    return f"{listed_words(report):>{listed_width}} listed = {' + '.join(terms)}"


def spoken(kind: str) -> str:
    """Return an error's kind as people say it: `access denied`."""
    return kind.replace("_", " ")


def reason_words(report: RunReport) -> str:
    """Return why a run saw nothing: the error in words, with the missing right."""
    error = first_error(report)
    if error is None:
        reasons = (part.reason or part.accepted for part in report.parts)
        return "; ".join(dict.fromkeys(filter(None, reasons)))
    if error.kind == ErrorKind.ACCESS_DENIED and error.permission and not error.next_step:
        return f"access denied: needs {error.permission}"
    return f"{spoken(error.kind)}: {error.message}"


def next_step(report: RunReport) -> str:
    """Return the command or action that helps against a run's first error, empty if there is none."""
    error = first_error(report)
    if error is None:
        return ""
    return error.next_step or NEXT_STEPS.get(error.kind, "").format(source=report.scope.source)


def run_lines(
    reports: Sequence[RunReport], titles: Mapping[str, str], *, width: int, whole: bool
) -> list[str]:
    """Return a line per run, in order of place and product, the complete ones beyond a dozen in one.

    A run whose figures leave out why something was not seen has a second line that says so.

    Args:
        reports: Runs of one source.
        titles: Titles of products.
        width: Of the terminal.
        whole: Every line, however many.
    """
    ordered = sorted(reports, key=lambda report: (report.scope.reach.key, report.scope.product))
    hidden = set() if whole else _hidden(ordered)
    shown = [report for report in ordered if report.scope.key not in hidden]
    counted = [report for report in shown if report.outcome not in WORDED]
    listed = _widest(map(listed_words, counted))
    recorded = _widest(f"{report.ledger.recorded:,}" for report in counted)
    names = [titles.get(report.scope.product, report.scope.product) for report in shown]
    widths = Widths(
        place=_widest(place_words(each.scope.reach) for each in shown),
        title=_widest(names),
        listed=listed,
        recorded=recorded,
        sums=_widest(sum_words(report, listed, recorded) for report in counted),
    )
    lines = [
        line
        for report, name in zip(shown, names, strict=True)
        for line in (
            *_lines(report, name, widths, width),
            *_why(report, width),
            *_left_out(report, width),
        )
    ]
    return lines + ([f"  … {len(hidden)} more complete"] if hidden else [])


def _hidden(reports: Iterable[RunReport]) -> set[str]:
    """Return the complete scopes that are counted in one line: first those that hold nothing."""
    complete = [report for report in reports if report.outcome in FINE and not count_unseen(report)]
    complete.sort(key=lambda report: not report.ledger.listed)
    return {report.scope.key for report in complete[MOST_COMPLETE_LINES:]}


def _lines(report: RunReport, title: str, widths: Widths, width: int) -> list[str]:
    """Return the line of a run; what has no room in it stands below, for figures are never cut."""
    glyph = state_in(OUTCOME, report.outcome).glyph
    place, outcome = place_words(report.scope.reach), report.outcome
    head = f"  {glyph} {place:<{widths.place}}  {title:<{widths.title}}  {outcome:<8}  "
    if outcome in WORDED:
        accepted = f"(accepted: {report.answer})" if report.answer else ""
        return _joined(head, [reason_words(report), next_step(report), accepted], width)
    calls = count(report.ledger.calls, "call")
    sums = sum_words(report, widths.listed, widths.recorded)
    return _joined(head, [f"{sums:<{widths.sums}}  {calls:>11}  {_took(report)}".rstrip()], width)


def _joined(head: str, pieces: Iterable[str], width: int) -> list[str]:
    """Return a line of some pieces, and a line each for those that it has no room for."""
    waiting = [plain(piece) for piece in pieces if piece]
    line, gap = plain(head), ""
    while waiting and cell_width(line + gap + waiting[0]) <= width:
        line, gap = line + gap + waiting.pop(0), "  "
    below = [part for piece in waiting for part in fold(piece, width, indent=INDENT)]
    return [line.rstrip(), *below]


def _why(report: RunReport, width: int) -> list[str]:
    """Return why figures are short: of how many parts, the first reason, the next step; nothing where nothing is."""
    if report.outcome in WORDED or first_error(report) is None:
        return []
    unseen = count_unseen(report)
    short = [part for part in report.parts if part.outcome not in FINE and part.accepted is None]
    words = [
        f"{count(len(short), 'part')} not seen whole, the first:" if len(short) > 1 else "",
        f"{count(unseen, 'detail')} not seen" if unseen else "",
        reason_words(report),
        next_step(report),
        f"(accepted: {report.answer})" if report.answer else "",
    ]
    return fold(plain("  ".join(filter(None, words))), width, indent=INDENT)


def _left_out(report: RunReport, width: int) -> list[str]:
    """Return how many parts the configuration leaves out, why, which, and how to look all the same."""
    if not report.left_out or report.outcome in WORDED:
        return []
    why = "; ".join(dict.fromkeys(part.accepted for part in report.left_out if part.accepted))
    steps = dict.fromkeys(part.error.next_step for part in report.left_out if part.error)
    names = [part.part for part in report.left_out]
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    words = [
        f"{count(len(names), 'part')} not looked at: {why}",
        f"({', '.join(names[:MOST_NAMED])}{more})",
        *filter(None, steps),
    ]
    return fold(plain("  ".join(words)), width, indent=INDENT)


def place_words(reach: Reach) -> str:
    """Return account and region, or the reach's own name where the account is an id that nobody knows it by."""
    if reach.account not in reach.key.split("/"):
        return reach.key
    return " ".join(filter(None, [reach.account, reach.region]))


def _took(report: RunReport) -> str:
    ended = report.ended_at
    return duration((ended - report.started_at).total_seconds()) if ended else ""


def _widest(texts: Iterable[str]) -> int:
    return max(map(cell_width, texts), default=0)


def estate_words(
    entries: Sequence[EstateEntry], accounts: int, regions: int, unit: str = "account"
) -> str:
    """Return `2 of 3 accounts (1 not configured) × 2 regions`."""
    apart = [
        f"{_tally(entries, state)} {said.word}"
        for state, said in REACH.items()
        if state != ReachState.VISITED and _tally(entries, state)
    ]
    planned = {_account(entry) for entry in entries if entry.state in _PLANNED}
    total = accounts + len({_account(entry) for entry in entries} - planned)
    head = f"{accounts} of {count(total, unit)}" if total > accounts else count(accounts, unit)
    places = f" × {count(regions, 'region')}" if regions else ""
    return head + (f" ({', '.join(apart)})" if apart else "") + places


def _account(entry: EstateEntry) -> str:
    return entry.key.partition("/")[0]


def _tally(entries: Iterable[EstateEntry], state: str) -> int:
    return sum(1 for entry in entries if entry.state == state)


def estate_lines(entries: Iterable[EstateEntry], width: int = UNLIMITED) -> list[str]:
    """Return a line per reach that exists and is not visited, with the reason."""
    lines = []
    for entry in entries:
        if entry.state == ReachState.VISITED:
            continue
        word = state_in(REACH, entry.state).word
        title = f" {entry.title}" if entry.title and entry.title != entry.key else ""
        because = (entry.accepted and f"accepted: {entry.accepted}") or entry.reason
        lines += _joined(f"  – {entry.key}{title}  {word}  ", [because or ""], width)
    return lines


def totals_line(deployments: int, apis: int, totals: Totals, since: str | None) -> str:
    """Return `312 deployments of 224 APIs · 12 appeared · 3 changed · 0 missing · 31 not observed since 14:02`."""
    words = [
        f"{count(deployments, 'deployment')} of {count(apis, 'API')}",
        f"{totals.appeared:,} appeared",
        f"{totals.changed:,} changed",
        f"{totals.missing:,} missing",
    ]
    rarer = {name: getattr(totals, name) for name in ("returned", "superseded", "retired")}
    words += [f"{number:,} {name}" for name, number in rarer.items() if number]
    if totals.suspect:
        words.append(f"{totals.suspect:,} suspect (held: apiscape confirm SCOPE)")
    if totals.not_observed:
        words.append(f"{totals.not_observed:,} not observed" + (f" since {since}" if since else ""))
    return " · ".join(words)


def verdict_line(reports: Sequence[RunReport], exit_code: int) -> str:
    """Return what the scan amounts to and, where it is not complete, the code that it exits with."""
    words = verdict(reports, exit_code)
    return f"{words}  exit {int(exit_code)}" if exit_code and reports else words


def verdict(reports: Sequence[RunReport], exit_code: int) -> str:
    """Return what the scan amounts to; never silent about what could not be seen."""
    unseen = sum(report.falls_short for report in reports)
    accepted = sum(1 for report in reports if report.answer)
    left_out = sum(len(report.left_out) for report in reports)
    details = sum(map(count_unseen, reports))
    gaps = [
        f"{count(details, 'detail')} not seen" if details else "",
        f"{count(accepted, 'gap')} accepted" if accepted else "",
        f"{count(left_out, 'part')} not looked at" if left_out else "",
    ]
    tail = f" ({', '.join(filter(None, gaps))})" if any(gaps) else ""
    if not reports:
        return "Nothing was visited."
    if unseen:
        return (
            f"Incomplete: {unseen} of {count(len(reports), 'scope')} could not be seen whole{tail}. "
            "Nothing was retired because of it."
        )
    seen = "listed whole" if details else "seen whole"
    seen = "seen as far as configured" if left_out else seen
    whole = f"{count(len(reports), 'scope')} {seen}{tail}"
    if exit_code:
        return (
            f"Incomplete: {whole}, but a source could not be planned, a reach is lost, or the scan was "
            "interrupted, as said above."
        )
    return f"Complete: {whole}."


def record(report: RunReport, titles: Mapping[str, str]) -> dict[str, object]:
    """Return a run's line as data."""
    return {
        **record_of(report),
        "title": titles.get(report.scope.product),
        "next_step": next_step(report) or None,
    }
