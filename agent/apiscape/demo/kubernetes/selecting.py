"""Selectors by label and by field, as far as the API server itself takes them for every resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from apiscape.demo.kubernetes.refusals import bad_request

Json = dict[str, Any]
Test = Callable[[Json], bool]

_SET = re.compile(r"^(\S+)\s+(in|notin)\s+\(([^)]*)\)$")
_SPLIT = re.compile(r",(?![^(]*\))")


def selection(labels: str, fields: str) -> Test:
    """Return what says whether an object is selected; empty texts select everything.

    Raises:
        Refusal: A selector cannot be understood.
    """
    tests = [_label(term.strip()) for term in _SPLIT.split(labels) if term.strip()]
    tests += [_field(term.strip()) for term in fields.split(",") if term.strip()]
    return lambda item: all(test(item) for test in tests)


def _label(term: str) -> Test:
    found = _SET.match(term)
    if found:
        key, how, listed = found.groups()
        values = {value.strip() for value in listed.split(",")}
        if how == "in":
            return lambda item: labels_of(item).get(key) in values
        return lambda item: labels_of(item).get(key) not in values
    for mark, equal in (("!=", False), ("==", True), ("=", True)):
        key, given, value = term.partition(mark)
        if given:
            return _equals(key.strip(), value.strip(), equal=equal)
    if term.startswith("!"):
        return lambda item: term[1:] not in labels_of(item)
    if " " in term:
        raise bad_request(f"unable to parse requirement: {term}")
    return lambda item: term in labels_of(item)


def _equals(key: str, value: str, *, equal: bool) -> Test:
    return lambda item: (labels_of(item).get(key) == value) is equal


def _field(term: str) -> Test:
    equal = "!=" not in term
    key, _, value = term.replace("!=", "=").replace("==", "=").partition("=")
    if key not in {"metadata.name", "metadata.namespace"}:
        raise bad_request(f"field label not supported: {key}")
    name = key.partition(".")[2]
    return lambda item: (item["metadata"].get(name, "") == value) is equal


def labels_of(item: Json) -> dict[str, str]:
    """Return the labels of an object."""
    return item["metadata"].get("labels") or {}
