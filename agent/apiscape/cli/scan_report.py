"""A finished scan in words and as data: the same figures in both, whoever made it."""

from __future__ import annotations

from apiscape.cli.ledger import (
    estate_lines,
    estate_words,
    record,
    run_lines,
    totals_line,
    verdict_line,
)
from apiscape.cli.output import write, write_json, write_yaml
from apiscape.cli.table import fold, output_width
from apiscape.cli.traffic_words import traffic_lines
from apiscape.client.collected import Collected, CollectedSource, Expected
from apiscape.client.inventory import Summary
from apiscape.client.words import duration, traffic_cost_words
from apiscape.collect.report import add_totals
from apiscape.model.plain import plain


def print_scan(form: str, collected: Collected, summary: Summary, *, whole: bool) -> None:
    """Write a finished scan in one of the output formats."""
    if form == "json":
        write_json(scan_record(collected, summary))
    elif form == "yaml":
        write_yaml(scan_record(collected, summary))
    elif form == "name":
        write("".join(f"{run.scope.key}\n" for run in collected.runs))
    else:
        lines = scan_lines(collected, summary, width=output_width(), whole=whole or form == "wide")
        write("".join(f"{line}\n" for line in lines))


def scan_lines(collected: Collected, summary: Summary, *, width: int, whole: bool) -> list[str]:
    """Return the lines of a finished scan: per source its head, ledger, traffic and estate; then the sums."""
    lines: list[str] = []
    for source in collected.sources:
        runs = [run for run in collected.runs if run.scope.source == source.name]
        lines += fold(_head(source), width, further="  ")
        lines += run_lines(runs, collected.titles, width=width, whole=whole)
        lines += traffic_lines(source.traffic, collected.titles, width)
        lines += estate_lines(source.estate, width)
        if source.estate_error is not None:
            unknown = plain(f"? what else exists is not known: {source.estate_error.message}")
            lines += fold(unknown, width, indent="  ", further="  ")
    since = summary.observed_at.astimezone().strftime("%H:%M") if summary.observed_at else None
    totals = add_totals(run.totals for run in collected.runs)
    sums = totals_line(summary.deployments, summary.apis, totals, since)
    lines += fold(sums, width, further="  ")
    return lines + fold(verdict_line(collected.runs, collected.exit_code), width, further="  ")


def scan_record(collected: Collected, summary: Summary) -> dict[str, object]:
    """Return a finished scan as data."""
    totals = add_totals(run.totals for run in collected.runs)
    sources = collected.sources
    return {
        "scopes": [record(run, collected.titles) for run in collected.runs],
        "traffic": [report for source in sources for report in source.traffic],
        "traffic_cost": {each.name: each.traffic_cost for each in sources if each.traffic_cost},
        "estate": [entry for source in sources for entry in source.estate],
        "estate_errors": {each.name: each.estate_error for each in sources if each.estate_error},
        "unplanned": {each.name: each.error for each in sources if each.error},
        "deployments": summary.deployments,
        "apis": summary.apis,
        "totals": {name: getattr(totals, name) for name in totals.__struct_fields__},
        "incomplete": [run.scope.key for run in collected.runs if run.falls_short],
        "interrupted": collected.interrupted,
        "exit": collected.exit_code,
    }


def _head(source: CollectedSource) -> str:
    """Return `prod · aws · 2 of 3 accounts (1 not configured) × 2 regions · about 1 min at 5 calls/s`."""
    words = [source.name, source.provider]
    if source.error is not None:
        why = f"could not be planned: {source.error.message}"
        told = "  ".join(filter(None, (why, source.error.next_step)))
        return plain(" · ".join([*words, told]))
    words.append(estate_words(source.estate, source.accounts, source.regions, source.unit))
    if source.expected is not None and source.expected.scopes:
        words.append(_expected(source.expected, source.unit))
    if source.traffic_cost is not None:
        words.append(traffic_cost_words(source.traffic_cost))
    return plain(" · ".join(words))


def _expected(expected: Expected, unit: str) -> str:
    if expected.unknown == expected.scopes:
        return f"no forecast, at most {_rate(expected)} for each {unit}"
    if expected.seconds < 1 and not expected.unknown:
        return f"less than 1 s at {_rate(expected)}"
    at_least = "at least" if expected.unknown else "about"
    return f"{at_least} {duration(expected.seconds)} at {_rate(expected)}"


def _rate(expected: Expected) -> str:
    """Return `5 calls/s`, or of products that are not allowed the same `2.5 to 10 calls/s by product`."""
    slowest, fastest = expected.rate_per_s, expected.most_per_s
    if fastest is None or fastest == slowest:
        return f"{slowest:g} calls/s"
    return f"{slowest:g} to {fastest:g} calls/s by product"
