"""Named agents: where they answer and where their tokens are; never the tokens themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from apiscape.client.address import UNIX, Address
from apiscape.errors import NotFound, SettingsError, UsageError

TOKEN_VARIABLE = "APISCAPE_TOKEN"  # noqa: S105 - the name of a variable
FILE_NAME = "contexts.json"


class Context(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One agent.

    Attributes:
        url: As `client.address.Address` has it.
        token_file: Holds the token and nothing else; without it `APISCAPE_TOKEN` does.
        ca_file: Certificates to trust instead of the system's.
    """

    url: Annotated[str, Meta(min_length=1)]
    token_file: str | None = None
    ca_file: str | None = None


class Contexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The file of named agents.

    Attributes:
        current: The one that is asked where none is named; `None` is the store of this machine.
    """

    current: str | None = None
    contexts: dict[str, Context] = msgspec.field(default_factory=dict)

    def named(self, name: str) -> Context:
        """Return one of them.

        Raises:
            NotFound: There is none of that name.
        """
        if name not in self.contexts:
            known = ", ".join(self.contexts) or "none yet: apiscape ctx add NAME URL"
            raise NotFound(f"no context {name!r}", hint=f"known: {known}")
        return self.contexts[name]


def default_contexts() -> Path:
    """Return where a user's named agents are: in the user's configuration directory."""
    import platformdirs

    return platformdirs.user_config_path("apiscape") / FILE_NAME


def read_contexts(file: Path) -> Contexts:
    """Return what a file says; one that is not there says nothing.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return Contexts()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise SettingsError(message, path=str(file)) from error
    try:
        return msgspec.json.decode(data, type=Contexts)
    except msgspec.MsgspecError as error:
        hint = "mend it, or move it away and add the contexts again"
        raise SettingsError(f"not a file of contexts: {error}", path=str(file), hint=hint) from None


def write_contexts(file: Path, contexts: Contexts) -> None:
    """Write the file, for its owner alone.

    Raises:
        SettingsError: It cannot be written.
    """
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    data = msgspec.json.format(msgspec.json.encode(contexts), indent=2) + b"\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            fresh.unlink()
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        fresh.replace(file)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise SettingsError(message, path=str(file)) from error


def address_of(context: Context, environment: Mapping[str, str] = os.environ) -> Address:
    """Return where an agent is and what it is asked with.

    Raises:
        UsageError: Its token's file cannot be read.
    """
    token = environment.get(TOKEN_VARIABLE) or None
    if context.token_file is not None:
        token = read_token(Path(context.token_file))
    if context.url.startswith(UNIX):
        token = None
    ca_file = Path(context.ca_file) if context.ca_file else None
    return Address(context.url, token=token, ca_file=ca_file)


def read_token(file: Path) -> str:
    """Return the token that a file holds.

    Raises:
        UsageError: It cannot be read, or holds none.
    """
    try:
        token = file.expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        hint = "write the token into it, and nothing else"
        words = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the token cannot be read from {file}: {words}", hint=hint) from error
    if not token or not token.isascii() or any(letter.isspace() for letter in token):
        raise UsageError(f"no token in {file}", hint="write the token into it, and nothing else")
    return token
