"""The way to the HTTP API for those who do without its libraries until they open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiscape.errors import UsageError

if TYPE_CHECKING:
    from apiscape.serve.http.server import Doors


def load_doors() -> type[Doors]:
    """Return the class of the HTTP API's doors.

    Raises:
        UsageError: Its libraries are not installed.
    """
    try:
        from apiscape.serve.http.server import Doors
    except ModuleNotFoundError as error:
        hint = "install it with `pip install 'apiscape[agent]'`"
        raise UsageError(f"the HTTP API cannot be loaded: {error}", hint=hint) from error
    return Doors
