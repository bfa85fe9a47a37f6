"""The forms that data leaves in: JSON, YAML, lines. Data goes to stdout, words to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import yaml

from apiscape.cli.table import Column, output_width, render_table
from apiscape.errors import Exit


def say(words: str) -> None:
    """Write a line of words to stderr."""
    sys.stderr.write(words + "\n")


def write(data: str) -> None:
    """Write data to stdout."""
    sys.stdout.write(data)


def write_json_lines(records: Iterable[object]) -> None:
    """Write one JSON object a line."""
    for record in records:
        write(msgspec.json.encode(record).decode() + "\n")


def write_json(record: object) -> None:
    """Write one JSON document, indented."""
    write(msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n")


def write_yaml(record: object) -> None:
    """Write one YAML document; control characters come out escaped."""
    write(yaml.safe_dump(msgspec.to_builtins(record), sort_keys=False, allow_unicode=True))


def write_table(columns: Iterable[Column], rows: Iterable[Iterable[str]]) -> None:
    """Write a table that fits the terminal."""
    write(render_table(list(columns), [list(row) for row in rows], width=output_width()))


def warn_incomplete(incomplete: Iterable[str], *, require_complete: bool) -> Exit:
    """Say on stderr which scopes were not seen whole; return the exit code that this asks for."""
    scopes = list(incomplete)
    for scope in scopes:
        say(f"not seen whole: {scope}")
    if scopes:
        say("Rows of these scopes may be out of date or lacking: apiscape runs")
    return Exit.INCOMPLETE if scopes and require_complete else Exit.COMPLETE


def drop_unknown(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with unknown values as `null`, so that every key is always there."""
    return {key: None if value is msgspec.UNSET else value for key, value in record.items()}
