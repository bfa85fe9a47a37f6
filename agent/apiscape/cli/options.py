"""Options that every command takes, and what a command gets from them."""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec
from click.core import ParameterSource

from apiscape.cli.completion import complete_context
from apiscape.errors import SettingsError, StoreLocked, UsageError

if TYPE_CHECKING:
    from apiscape.client.address import Address
    from apiscape.client.http import HttpAgent
    from apiscape.client.inventory import Inventory
    from apiscape.collect.source import SourcePlan
    from apiscape.settings.schema import Settings
    from apiscape.store import Store

Body = TypeVar("Body", bound=Callable[..., object])

CONTEXT_VARIABLE = "APISCAPE_CONTEXT"
FORMATS = ("table", "wide", "name", "json", "yaml")


class Session(msgspec.Struct, frozen=True):
    """What a command was told by the options that every command takes.

    Attributes:
        config: The configuration file, `None` for the default one.
        store_url: Where the inventory is, `None` for the configured or default one.
        output: A word of `FORMATS`.
        url, context: The agent to ask instead of the store, by address or by name.
        patience_s: Longest silence of an agent, `None` for as long as agents are waited for.
    """

    config: Path | None = None
    store_url: str | None = None
    output: str = "table"
    url: str | None = None
    context: str | None = None
    patience_s: float | None = None

    def settings(self) -> Settings:
        """Return the configuration.

        Raises:
            SettingsError: it cannot be read.
        """
        from apiscape.settings.load import load_settings

        return load_settings(self.config)

    def plans(self, settings: Settings, names: Collection[str] = ()) -> tuple[SourcePlan, ...]:
        """Return what is to be visited: every configured source, or those named.

        Raises:
            UsageError: nothing is configured, or no source has a name that was asked for.
            SettingsError: a source's own keys are wrong, or the ways out cannot be used.
            PlugInError: a provider is not installed.
        """
        from apiscape.cli.scanning import plan_sources

        with self.placed():
            return plan_sources(settings, names)

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Say of a source's own key that is wrong, for the time of a `with`, on which line it stands.

        Raises:
            SettingsError: with the line, where the file still has that.
        """
        from apiscape.settings.load import check_file
        from apiscape.settings.paths import default_config

        try:
            yield
        except SettingsError as error:
            file = self.config or default_config()
            if error.line is None and file.exists():
                check_file(file, os.environ)
            raise

    def store_location(self) -> str:
        """Return the store's path or URL: option, then configuration (and environment), then default."""
        from apiscape.settings.paths import default_store

        return self.store_url or self.settings().store or str(default_store())

    def shown_store(self) -> str:
        """Return the store's path or URL as it may be shown: without a password.

        Raises:
            StoreError: it is no location of a store.
        """
        from apiscape.store.database.engine import shown_address

        return shown_address(self.store_location())

    @contextmanager
    def store(self, *, write: bool = False) -> Iterator[Store]:
        """Open the store for the time of a `with`.

        Raises:
            StoreError: it cannot be opened, or somebody else writes it.
        """
        from apiscape.store import open_store

        with open_store(self.store_location(), write=write) as store:
            yield store

    def agent(self) -> Address | None:
        """Return the agent to ask, `None` for the store; a store that is named is meant.

        Raises:
            UsageError: Two are named, or the token cannot be read.
            NotFound: No context is called so.
            SettingsError: The contexts cannot be read.
        """
        from apiscape.cli.asking import chosen_agent
        from apiscape.client.contexts import default_contexts

        if self.url is not None and self.context is not None:
            raise UsageError("--url and --context name two agents", hint="leave one of them out")
        if self.url is None and self.context is None and self.store_url is not None:
            return None
        return chosen_agent(self.url, self.context, default_contexts())

    def say_here(self) -> None:
        """Say on stderr that this machine is meant, where the person chose an agent that other commands ask."""
        from apiscape.cli.output import say
        from apiscape.client.contexts import default_contexts, read_contexts

        chosen = os.environ.get(CONTEXT_VARIABLE)
        with suppress(SettingsError):
            chosen = chosen or read_contexts(default_contexts()).current
        if chosen and self.store_url is None:
            say(f"Of this machine: the agent {chosen}, which you chose, is not asked.")

    @contextmanager
    def inventory(self, *, write: bool = False) -> Iterator[Inventory]:
        """Open the inventory for the time of a `with`; one that is to be written must be there already.

        Whoever chose an agent asks it; so does whoever finds the store in the hands of one.

        Raises:
            StoreError: it is not there, cannot be opened, or somebody else writes it.
        """
        with ExitStack() as held:
            address = self.agent()
            if address is not None:
                yield held.enter_context(self._asked(address))
                return
            yield self._open(held, write=write)

    def _open(self, held: ExitStack, *, write: bool) -> Inventory:
        """Open the store, or ask the agent that has it."""
        from apiscape.cli.asking import agent_in
        from apiscape.serve.local import LocalInventory

        try:
            if write:
                with self.store():
                    pass
            return LocalInventory(held.enter_context(self.store(write=write)))
        except StoreLocked as error:
            return held.enter_context(self._asked(agent_in(error, self.store_location())))

    def _asked(self, address: Address) -> AbstractContextManager[HttpAgent]:
        if self.patience_s is None:
            return asked(address)
        return asked(msgspec.structs.replace(address, timeout_s=self.patience_s))


@contextmanager
def asked(address: Address) -> Iterator[HttpAgent]:
    """Lend an agent's inventory for the time of a `with`."""
    from apiscape.client.http import HttpAgent

    inventory = HttpAgent(address)
    try:
        yield inventory
    finally:
        inventory.close()


def session_options(*, output: bool = True, asks: bool = False) -> Callable[[Body], Body]:
    """Give a command `--config`, `--store` and (unless it has none) `-o` and `--json`, as one `session`.

    With `asks` also `--url` and `--context`: an agent can answer it as well.
    """

    def decorate(body: Body) -> Body:
        @functools.wraps(body)
        def command(
            *,
            config: Path | None,
            store: str | None,
            output: str = "table",
            url: str | None = None,
            context: str | None = None,
            **rest: object,
        ) -> object:
            named = context if context and _is_meant(url) else None
            return body(session=Session(config, store, output, url, named), **rest)

        given = output_option(command) if output else command
        given = _URL(_CONTEXT(given)) if asks else given
        return config_option(_STORE(given))  # type: ignore[return-value]  # click keeps the function's place, not its type

    return decorate


def _is_meant(url: str | None) -> bool:
    """Say whether the context is: one that the environment names gives way to a place that was typed."""
    source_of = click.get_current_context().get_parameter_source
    is_elsewhere = url is not None or source_of("store") is ParameterSource.COMMANDLINE
    return not (is_elsewhere and source_of("context") is ParameterSource.ENVIRONMENT)


def output_option(body: Callable[..., object]) -> Callable[..., object]:
    """Give a command `-o` and `--json`, as one `output`: a word of `FORMATS`."""

    @functools.wraps(body)
    def command(*, as_json: bool, output: str, **rest: object) -> object:
        return body(output="json" if as_json else output, **rest)

    return _FORM(_JSON(command))


_FORM = click.option(
    "-o",
    "--output",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="Output format.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON (= -o json).")
_URL = click.option("--url", metavar="URL", help="Ask the agent at https://HOST:PORT or unix:PATH.")
_CONTEXT = click.option(
    "--context",
    metavar="NAME",
    envvar=CONTEXT_VARIABLE,
    shell_complete=complete_context,
    help="Ask the agent of that name (apiscape ctx).",
)
_STORE = click.option(
    "--store", metavar="URL", envvar="APISCAPE_STORE", help="SQLite file or PostgreSQL URL."
)


def _of_the_group(context: click.Context, _parameter: click.Parameter, value: object) -> object:
    """Return a value, or what stands before the name of a command within a command."""
    if value is None and context.parent is not None:
        return context.parent.params.get("config")
    return value


def caller() -> str:
    """Return who runs this command; of a user without a name, as containers have them, the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


by_option = click.option(
    "--by", default=caller, help="Who says so; kept in the history.  [default: you]"
)
"""Gives a command who settles something."""


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    callback=_of_the_group,
    help="Configuration file.",
)
"""Gives a command `--config`; a command within a command has that of the outer one."""
