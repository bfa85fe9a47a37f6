"""What is paused: scopes, sources, or everything, and what was said last of it."""

from __future__ import annotations

EVERYTHING = ""
"""Selects every scope; a source's name selects its own, a scope's key that one."""


class Pauses:
    """What somebody said to pause and to resume. Kept in memory; a restart forgets it."""

    def __init__(self) -> None:
        self._said: dict[str, bool] = {}

    def pause(self, selector: str = EVERYTHING) -> None:
        """Have nothing of a selection visited until it is resumed."""
        self._say(selector, paused=True)

    def resume(self, selector: str = EVERYTHING) -> None:
        """End a pause of a selection, and of every part of it."""
        self._say(selector, paused=False)

    def hold(self, key: str) -> bool:
        """Say whether a scope is paused: what was said last of it, or of what it is a part of."""
        said = [selector for selector in self._said if selects(selector, key)]
        return bool(said) and self._said[max(said, key=len)]

    def _say(self, selector: str, *, paused: bool) -> None:
        for narrower in [each for each in self._said if selects(selector, each)]:
            del self._said[narrower]
        self._said[selector] = paused


def selects(selector: str, key: str) -> bool:
    """Say whether a selector is a key's own, or that of something it is a part of."""
    return selector in {EVERYTHING, key} or key.startswith(f"{selector}/")
