"""Log lines of an agent: one line each, `key=value` or JSON, and never a credential in them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import msgspec

from apiscape.daemon.redacting import HIDDEN, Redactor, is_secret
from apiscape.model.plain import plain

LOG = logging.getLogger("apiscape.agent")


def tell(event: str, level: int = logging.INFO, /, **fields: object) -> None:
    """Log an event with its fields."""
    LOG.log(level, "%s", event, extra={"fields": fields})


class Lines(logging.Formatter):
    """Writes a record as one line; a traceback has places and the error's words, no values.

    Args:
        redactor: Passes every text.
        as_json: JSON rather than `key=value`.
    """

    def __init__(self, redactor: Redactor, *, as_json: bool = False) -> None:
        super().__init__()
        self._redactor = redactor
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        fields = {name: self._clean(name, value) for name, value in _fields(record, self).items()}
        if self._as_json:
            return msgspec.json.encode(fields).decode()
        return " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())

    def _clean(self, name: str, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if is_secret(name):
            return HIDDEN
        return plain(self._redactor.hide(str(value)))


def _fields(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, object]:
    at = datetime.fromtimestamp(record.created, UTC)
    fields: dict[str, object] = {
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    fields |= getattr(record, "trace", {})
    fields |= getattr(record, "audit", {}) | getattr(record, "fields", {})
    if record.exc_info:
        fields["traceback"] = " | ".join(formatter.formatException(record.exc_info).splitlines())
    return fields


def _quoted(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    bare = text and not any(letter in ' "=\\' or not letter.isprintable() for letter in text)
    return text if bare else msgspec.json.encode(text).decode()


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; of one that cannot be made it says where, and repeats none of its values."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the parent's name
        """Say that a line could not be written."""
        where = {"place": f"{record.filename}:{record.lineno}"}
        instead = logging.makeLogRecord(
            {"name": record.name, "levelno": logging.ERROR, "levelname": "ERROR", "fields": where}
        )
        instead.msg = "a line could not be written"
        with suppress(OSError, ValueError):  # nobody reads any more
            self.stream.write(self.format(instead) + self.terminator)


def set_up(
    redactor: Redactor, *, as_json: bool = False, level: str = "info", stream: TextIO | None = None
) -> None:
    """Have everything that is logged in this process written as lines, what nobody caught included.

    Libraries say warnings only; those of Python itself are lines too.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(Lines(redactor, as_json=as_json))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("apiscape").setLevel(level.upper())
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    sys.unraisablehook = lambda told: _log_uncaught(
        told.exc_type, told.exc_value, told.exc_traceback
    )
    threading.excepthook = lambda told: _log_uncaught(
        told.exc_type, told.exc_value, told.exc_traceback
    )


@contextmanager
def correlated(find: Callable[[], dict[str, str]]) -> Iterator[None]:
    """Have every line name the trace that it was written within, for the time of a `with`.

    Args:
        find: Gives `trace_id` and `span_id` of the calling thread, or nothing.
    """

    def mark(record: logging.LogRecord) -> bool:
        record.trace = find()
        return True

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(mark)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(mark)


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    caught: Any = (kind, error, trace)
    LOG.critical("nobody caught an error", exc_info=caught)
