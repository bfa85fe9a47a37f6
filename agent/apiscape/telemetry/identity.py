"""Who tells: the resource that everything pushed belongs to."""

from __future__ import annotations

import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

NAME = "apiscape"

INSTANCE = str(uuid.uuid4())
"""Of this process; another one is another instance."""


def this_agent() -> Resource:
    """Return the resource; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    own = {
        "service.name": NAME,
        "service.version": version("apiscape"),
        "service.instance.id": INSTANCE,
    }
    said = OTELResourceDetector().detect()
    return Resource.create(own).merge(said)


def this_library() -> InstrumentationScope:
    """Return the scope of what is pushed."""
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    return InstrumentationScope(NAME, version("apiscape"))
