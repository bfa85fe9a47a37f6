"""The forms that data leaves in: JSON, YAML, lines. Data goes to stdout, words to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import yaml

from apiscape.cli.paint import painted
from apiscape.cli.table import UNLIMITED, Column, output_width, render_table
from apiscape.client.inventory import Summary
from apiscape.errors import Exit
from apiscape.model.codec import plain_json
from apiscape.model.plain import escape_yaml, is_plain, plain


def say(words: str) -> None:
    """Write a line of words to stderr."""
    sys.stderr.write(plain(words) + "\n")


def write(data: str) -> None:
    """Write data to stdout."""
    sys.stdout.write(painted(data, sys.stdout))


def write_json_lines(records: Iterable[object]) -> None:
    """Write one JSON object a line."""
    for record in records:
        write(plain_json(record) + "\n")


def write_json(record: object) -> None:
    """Write one JSON document, indented."""
    write(msgspec.json.format(plain_json(record), indent=2) + "\n")


class _Dumper(yaml.SafeDumper):
    """Writes texts that a terminal would obey between double quotes, where they can be escaped."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if is_plain(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_yaml(record: object) -> None:
    """Write one YAML document; what a terminal would obey is escaped."""
    plain_data = msgspec.to_builtins(record)
    write(escape_yaml(yaml.dump(plain_data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)))


def write_table(
    columns: Iterable[Column], rows: Iterable[Iterable[str]], *, wide: bool = False
) -> None:
    """Write a table that fits the terminal; a wide one is never cut."""
    write(table_text(columns, rows, wide=wide))


def table_text(
    columns: Iterable[Column], rows: Iterable[Iterable[str]], *, wide: bool = False
) -> str:
    """Return what `write_table` writes."""
    width = UNLIMITED if wide else output_width()
    return render_table(list(columns), [list(row) for row in rows], width=width)


def write_records(form: str, records: Iterable[object], names: Iterable[str]) -> bool:
    """Write records in one of the formats for scripts (`name`: a line each); say whether it was one of them."""
    if form == "json":
        write_json_lines(records)
    elif form == "yaml":
        write_yaml(list(records))
    elif form == "name":
        write("".join(f"{plain(name)}\n" for name in names))
    return form in {"json", "yaml", "name"}


def write_record(form: str, record: object, name: str) -> bool:
    """Write the one record of a command in one of the formats for scripts; say whether it was one of them."""
    if form == "json":
        write_json(record)
        return True
    if form == "yaml":
        write_yaml(record)
        return True
    return write_records(form, (), [name])


def warn_incomplete(summary: Summary, *, require_complete: bool) -> Exit:
    """Say on stderr what was not seen; return the exit code that this asks for."""
    for scope in summary.incomplete:
        say(f"not seen whole: {scope}")
    if summary.incomplete:
        say("Rows of these scopes may be out of date or lacking: apiscape runs")
    if not summary.scopes:
        say("Nothing was visited yet, so nobody knows what is there: apiscape scan")
    unseen = summary.incomplete or not summary.scopes
    return Exit.INCOMPLETE if unseen and require_complete else Exit.COMPLETE


def drop_unknown(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with unknown values as `null`, so that every key is always there."""
    return {key: None if value is msgspec.UNSET else value for key, value in record.items()}
