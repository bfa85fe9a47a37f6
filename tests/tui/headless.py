"""What a screen costs that no terminal shows: its widgets are rendered as ever, and not put together.

The toolkit composes every update before it finds that there is no terminal to write it to. That is half of the
time of a test of a screen, and nothing of it is looked at: a picture is composed when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from textual._compositor import Compositor
from textual.geometry import Region


def render_parts(compositor: Compositor) -> None:
    """Let the widgets render what has changed of them, and fail as they do."""
    changed = compositor._dirty_regions.copy()
    compositor._dirty_regions.clear()
    if changed:
        crop = Region.from_union(changed).intersection(compositor.size.region)
        for _ in compositor._get_renders(crop):
            pass


@contextmanager
def nothing_composed() -> Iterator[None]:
    """Compose no update for the time of a `with`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compositor, "render_partial_update", render_parts)
        yield
