"""Patches of objects: JSON merge patch (RFC 7396) and JSON patch (RFC 6902)."""

from __future__ import annotations

import copy
from typing import Any

from apiscape.demo.kubernetes.refusals import bad_request, invalid

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def merge(target: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value with a merge patch laid over it; `null` takes a member away."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def apply_operations(target: Any, operations: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value after the operations of a JSON patch, in their order.

    Raises:
        Refusal: An operation cannot be carried out.
    """
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    changed = copy.deepcopy(target)
    for each in operations:
        try:
            changed = _apply(changed, each)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise invalid("", "", [f"the server rejected our request: {error!r}"]) from error
    return changed


def _apply(root: Any, operation: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    kind, steps = operation["op"], _steps(operation["path"])
    if kind == "test":
        if _look(root, steps) != operation["value"]:
            raise ValueError("testing value failed")
        return root
    if kind in {"move", "copy"}:
        source = _steps(operation["from"])
        value = copy.deepcopy(_look(root, source))
        if kind == "move":
            _remove(root, source)
        return _put(root, steps, value, replace=False)
    if kind == "remove":
        _remove(root, steps)
        return root
    if kind in {"add", "replace"}:
        return _put(root, steps, operation["value"], replace=kind == "replace")
    raise ValueError(f"no operation {kind!r}")


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"no pointer: {pointer}")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _look(root: Any, steps: list[str]) -> Any:  # noqa: ANN401 - JSON
    for step in steps:
        root = root[int(step)] if isinstance(root, list) else root[step]
    return root


def _put(root: Any, steps: list[str], value: Any, *, replace: bool) -> Any:  # noqa: ANN401 - JSON
    if not steps:
        return value
    holder, last = _look(root, steps[:-1]), steps[-1]
    if isinstance(holder, list):
        if replace:
            holder[int(last)] = value
        else:
            holder.insert(len(holder) if last == "-" else int(last), value)
    elif replace and last not in holder:
        raise KeyError(last)
    else:
        holder[last] = value
    return root


def _remove(root: Any, steps: list[str]) -> None:  # noqa: ANN401 - JSON
    holder, last = _look(root, steps[:-1]), steps[-1]
    del holder[int(last) if isinstance(holder, list) else last]
