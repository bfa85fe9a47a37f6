"""Rows in the formats of exports, written as they come; what a format would execute is neutralised.

Everything here loads with the standard library alone: the command and the terminal UI share it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TextIO, TypeAlias

from apiscape.model.codec import plain_json
from apiscape.model.plain import plain
from apiscape.model.row import Row
from apiscape.model.values import is_known

Writer: TypeAlias = Callable[[Iterable[Row], TextIO], int]
"""Writes rows to a stream and returns how many there were."""

FIELDS: tuple[str, ...] = Row.__struct_fields__

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet takes a cell that begins so for a formula; the last four are the full-width forms."""

PRINTED = (
    "name",
    "style",
    "provider",
    "account",
    "region",
    "stage",
    "environment",
    "operations",
    "auth",
    "exposure",
    "owners",
    "health",
    "presence",
    "endpoints",
)
"""Fields of a Markdown table: what a person reads on a page."""

_MARKUP = re.compile(r"([\\`*_\[\]|<>~&])")


def write_jsonl(rows: Iterable[Row], stream: TextIO) -> int:
    """Write one JSON object a line; a key that is left out is unknown, `null` is absent."""
    written = 0
    for row in rows:
        stream.write(plain_json(row) + "\n")
        written += 1
    return written


def write_json(rows: Iterable[Row], stream: TextIO) -> int:
    """Write one JSON array of the objects of `write_jsonl`."""
    written = 0
    for row in rows:
        stream.write(("[\n" if not written else ",\n") + plain_json(row))
        written += 1
    stream.write("\n]\n" if written else "[]\n")
    return written


def write_csv(rows: Iterable[Row], stream: TextIO) -> int:
    """Write every field; an unknown cell says `unknown`, and no cell is one that a spreadsheet computes."""
    return write_fields(rows, FIELDS, stream)


def write_fields(records: Iterable[object], fields: Sequence[str], stream: TextIO) -> int:
    """Write some fields of any records as `write_csv` does."""
    return _write_csv(records, fields, stream, lambda text: neutral_cell(plain(text)))


def write_raw_csv(rows: Iterable[Row], stream: TextIO) -> int:
    """Write every field with its text as the gateway gave it, also where that is a formula."""
    return _write_csv(rows, FIELDS, stream, str)


def _write_csv(
    records: Iterable[object], fields: Sequence[str], stream: TextIO, clean: Callable[[str], str]
) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(fields)
    written = 0
    for record in records:
        writer.writerow([clean(_text(getattr(record, field))) for field in fields])
        written += 1
    return written


def write_markdown(rows: Iterable[Row], stream: TextIO) -> int:
    """Write a table of the fields that a person reads; no cell is markup."""
    written = -1  # the heading
    heading = [field.replace("_", " ") for field in PRINTED]
    cells = ([_markdown(_text(getattr(row, field))) for field in PRINTED] for row in rows)
    for line in chain([heading], cells):
        stream.write(f"| {' | '.join(line)} |\n")
        written += 1
        if not written:
            stream.write(f"|{'---|' * len(PRINTED)}\n")
    return written


FORMATS: Mapping[str, Writer] = {
    "jsonl": write_jsonl,
    "json": write_json,
    "csv": write_csv,
    "md": write_markdown,
}
"""Writers by the name of their format, which is also how a file of it ends."""


def neutral_cell(text: str) -> str:
    """Return a cell that no spreadsheet computes: one that begins like a formula gets a leading quote."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _markdown(text: str) -> str:
    return _MARKUP.sub(r"\\\1", plain(text))


def _text(value: Any) -> str:  # noqa: ANN401 - a row's field may hold any of its types
    if not is_known(value):
        return "unknown"
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, tuple) else str(value)
