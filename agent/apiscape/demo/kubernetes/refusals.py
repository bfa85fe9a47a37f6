"""What the API server says where it says no: `Status` objects, as the real one words them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """A request that is not carried out.

    Attributes:
        code: HTTP status.
        reason: One word, which clients go by.
        details, metadata: As in a `Status`.
        headers: Sent beside it.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: Json | None = None,
        metadata: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.metadata = metadata or {}
        self.headers = headers or {}

    def status(self) -> Json:
        """Return the `Status` object."""
        found: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        return found | ({"details": self.details} if self.details else {})


class PlainRefusal(Exception):
    """A 404 in plain text: nobody serves such a path."""


def not_found(plural: str, group: str, name: str) -> Refusal:
    """There is no object of that name."""
    details = {"name": name, "group": group, "kind": plural}
    return Refusal(
        404, "NotFound", f'{_qualified(plural, group)} "{name}" not found', details=details
    )


def already_exists(plural: str, group: str, name: str) -> Refusal:
    """There is an object of that name."""
    details = {"name": name, "group": group, "kind": plural}
    message = f'{_qualified(plural, group)} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, details=details)


def conflict(plural: str, group: str, name: str) -> Refusal:
    """Somebody else changed it meanwhile."""
    message = (
        f'Operation cannot be fulfilled on {_qualified(plural, group)} "{name}": the object has been'
        " modified; please apply your changes to the latest version and try again"
    )
    details = {"name": name, "group": group, "kind": plural}
    return Refusal(409, "Conflict", message, details=details)


def invalid(kind: str, name: str, causes: list[str]) -> Refusal:
    """It breaks the schema."""
    message = f'{kind} "{name}" is invalid: {"; ".join(causes)}'
    return Refusal(422, "Invalid", message, details={"name": name, "kind": kind})


def bad_request(message: str) -> Refusal:
    """It cannot be understood."""
    return Refusal(400, "BadRequest", message)


def unauthorized() -> Refusal:
    """Nobody knows who asks."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def forbidden(user: str, verb: str, plural: str, group: str, namespace: str) -> Refusal:
    """Who asks may not."""
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{_qualified(plural, group)} is forbidden: User "{user}" cannot {verb} resource "{plural}"'
        f' in API group "{group}" {where}'
    )
    return Refusal(403, "Forbidden", message, details={"group": group, "kind": plural})


def expired(message: str, *, again: str = "") -> Refusal:
    """What it goes on from is not kept any more; `again`: a token to go on with, inconsistently."""
    return Refusal(410, "Expired", message, metadata={"continue": again} if again else None)


def too_large(asked: int, newest: int) -> Refusal:
    """A version that there is not yet."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    message = f"Timeout: Too large resource version: {asked}, current: {newest}"
    details = {"causes": causes, "retryAfterSeconds": 1}
    return Refusal(504, "Timeout", message, details=details)


def not_allowed(verb: str) -> Refusal:
    """The resource knows no such verb."""
    message = f"the server does not allow this method on the requested resource: {verb}"
    return Refusal(405, "MethodNotAllowed", message)


def unsupported(media: str) -> Refusal:
    """A body of a kind that is not taken."""
    message = f"the body of the request was in an unknown format: {media}"
    return Refusal(415, "UnsupportedMediaType", message)


def _qualified(plural: str, group: str) -> str:
    return f"{plural}.{group}" if group else plural
