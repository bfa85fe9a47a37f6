"""Whom changes are told to: each named once, at an address that may be posted to, or its line is named."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from apiscape.settings.document import Document, Trail
from apiscape.settings.schema import NAME_PATTERN, Notify


def check_targets(document: Document, targets: tuple[Notify, ...]) -> None:
    """Check the names and addresses of all targets. An address may be secret, and is never repeated.

    Raises:
        SettingsError: with the line of the one that cannot be.
    """
    seen: set[str] = set()
    for index, target in enumerate(targets):
        trail: Trail = ("notify", index)
        if not re.fullmatch(NAME_PATTERN, target.name):
            message = f"target name {target.name!r}: lower-case letters, digits, - and _"
            raise document.error(message, (*trail, "name"))
        if target.name in seen:
            raise document.error(f"target {target.name!r} stands twice", (*trail, "name"))
        seen.add(target.name)
        wrong = _wrong_with(target)
        if wrong:
            raise document.error(
                f"target {target.name}: {wrong[0]}", (*trail, "url"), hint=wrong[1]
            )


def _wrong_with(target: Notify) -> tuple[str, str] | None:
    """Return what is wrong with an address, and what to do about it."""
    try:
        parts = urlsplit(target.url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "not an address", "such as https://hooks.example/apiscape"
    if parts.scheme not in {"http", "https"} or not has_host:
        return "not an address of http or https", "such as https://hooks.example/apiscape"
    if parts.username is not None or parts.password is not None:
        return "a credential in the address", "what is posted is signed: see `secrets`"
    if parts.scheme == "http" and not target.allow:
        return "http goes in clear", "use https, or name its network in `allow`"
    return None
