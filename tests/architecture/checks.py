"""Every budget and every rule of the house, by the name it is reported under."""

from __future__ import annotations

from collections.abc import Mapping

from tests.architecture import layers, prose, shape, sizes, speech
from tests.architecture.tree import Check

CHECKS: Mapping[str, Check] = {
    "annotations": shape.annotated,
    "class methods": sizes.classes,
    "collector lines": sizes.collectors,
    "docstrings": prose.docstrings,
    "file lines": sizes.files,
    "foreign words": speech.foreign,
    "function lines": sizes.functions,
    "handlers": shape.handlers,
    "inheritance": shape.inheritance,
    "layer membership": layers.membership,
    "measured roots": layers.measured,
    "module names": shape.names,
    "namespace": layers.namespace,
    "open work": prose.open_work,
    "provider branches": shape.providers,
    "test lines": sizes.test_lines,
    "tracked failures": shape.tracked_failures,
    "type ignores": shape.ignores,
    "typed rooms": layers.marked,
}
