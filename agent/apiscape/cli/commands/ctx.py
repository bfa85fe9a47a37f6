"""`apiscape ctx`: named agents to ask instead of the store of this machine."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from apiscape.cli.completion import complete_context, complete_source
from apiscape.cli.options import Session, asked, output_option, session_options
from apiscape.cli.output import say, write, write_record, write_records, write_table
from apiscape.cli.standing_words import render_standing
from apiscape.cli.table import Column
from apiscape.client.address import UNIX
from apiscape.client.contexts import (
    Context,
    Contexts,
    default_contexts,
    read_contexts,
    write_contexts,
)
from apiscape.client.wire import Paused
from apiscape.errors import StoreError, UnreachableError

if TYPE_CHECKING:
    from apiscape.client.address import Address

COLUMNS = (Column(""), Column("NAME"), Column("URL", gives_way=True), Column("TOKEN"))


@click.group("ctx", invoke_without_command=True)
@output_option
@click.pass_context
def command(context: click.Context, *, output: str) -> None:
    """List the named agents, choose which one the other commands ask, and see to one: its status, its pauses.

    Without a chosen one they read the store of this machine. `--context NAME` and `--url URL`
    choose for one command. Tokens come from APISCAPE_TOKEN, or from a file that you name.
    """
    if context.invoked_subcommand is None:
        _list(output)


@command.command("list")
@output_option
def show(*, output: str) -> None:
    """List the named agents."""
    _list(output)


def _list(output: str) -> None:
    contexts = read_contexts(default_contexts())
    records = [
        {"name": name, "current": name == contexts.current, **msgspec.structs.asdict(context)}
        for name, context in contexts.contexts.items()
    ]
    if write_records(output, records, contexts.contexts):
        return
    if not records:
        say("No context: apiscape ctx add NAME URL")
        return
    write_table(COLUMNS, (_cells(name, contexts) for name in contexts.contexts))


def _cells(name: str, contexts: Contexts) -> list[str]:
    context = contexts.contexts[name]
    mark = "*" if name == contexts.current else ""
    token = "" if context.url.startswith(UNIX) else "APISCAPE_TOKEN"
    return [mark, name, context.url, context.token_file or token]


@command.command("status")
@session_options(asks=True)
def status(*, session: Session) -> None:
    """Say how the chosen agent fares, or the one that has the store: what it goes by, does and lacks."""
    with asked(_agent(session)) as agent:
        standing = agent.standing()
    if not write_record(session.output, standing, str(standing.pid)):
        write(render_standing(standing, datetime.now(UTC)))


@command.command("pause")
@click.argument("sources", nargs=-1, shell_complete=complete_source)
@session_options(asks=True)
def pause(*, session: Session, sources: tuple[str, ...]) -> None:
    """Let the agent begin no visit of SOURCES, or of any; those under way end in order.

    What was seen stays, and is as old as it is. It lasts until `apiscape ctx resume`, or until the agent
    is started anew; `apiscape ctx status` names what is paused.
    """
    with asked(_agent(session)) as agent:
        _say_paused(session.output, agent.pause(sources).sources)


@command.command("resume")
@click.argument("sources", nargs=-1, shell_complete=complete_source)
@session_options(asks=True)
def resume(*, session: Session, sources: tuple[str, ...]) -> None:
    """Let the agent visit SOURCES again, or all; what is due meanwhile begins."""
    with asked(_agent(session)) as agent:
        _say_paused(session.output, agent.resume(sources).sources)


def _say_paused(form: str, paused: tuple[str, ...]) -> None:
    if form in {"json", "yaml"}:
        write_record(form, Paused(sources=paused), "")
    elif not write_records(form, (), paused):
        say(f"paused: {', '.join(paused)}" if paused else "No source is paused.")


def _agent(session: Session) -> Address:
    """Return the agent that was chosen, or the one that has the store.

    Raises:
        UnreachableError: Neither is there.
    """
    from apiscape.cli.asking import living_agent

    address = session.agent() or living_agent(session.store_location())
    if address is not None:
        return address
    who = None
    with suppress(StoreError), session.store() as store:
        who = store.other_agent()
    if who is not None:
        hint = "name it: --url https://HOST:PORT or unix:PATH, or `apiscape ctx add`"
        raise UnreachableError(f"{who} has the store, and does not answer here", hint=hint)
    hint = "start one with `apiscape agent`, or name one with --url"
    raise UnreachableError("no agent has the store of this machine", hint=hint)


@command.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with the token.")
@click.option("--ca-file", type=click.Path(path_type=Path), help="Certificates to trust.")
def add(*, name: str, url: str, token_file: Path | None, ca_file: Path | None) -> None:
    """Name the agent at URL (https://HOST:PORT, or unix:PATH), and choose it if it is the first."""
    from apiscape.client.address import Address, open_connection

    open_connection(Address(url)).close()
    file = default_contexts()
    held = read_contexts(file)
    context = Context(url, _absolute(token_file), _absolute(ca_file))
    current = held.current if held.contexts else name
    write_contexts(file, Contexts(current, held.contexts | {name: context}))
    say(f"{name} is {url}" + (", and is asked from now on" if current == name else ""))


def _absolute(path: Path | None) -> str | None:
    return str(path.expanduser().absolute()) if path else None


@command.command("use")
@click.argument("name", required=False, shell_complete=complete_context)
def use(*, name: str | None) -> None:
    """Choose the agent that commands ask; without NAME they read the store of this machine again."""
    file = default_contexts()
    held = read_contexts(file)
    if name is not None:
        held.named(name)
    write_contexts(file, msgspec.structs.replace(held, current=name))
    say(f"{name} is asked from now on" if name else "the store of this machine is read from now on")


@command.command("remove")
@click.argument("name", shell_complete=complete_context)
def remove(*, name: str) -> None:
    """Forget a named agent; a file with its token stays."""
    file = default_contexts()
    held = read_contexts(file)
    held.named(name)
    rest = {each: context for each, context in held.contexts.items() if each != name}
    write_contexts(file, Contexts(held.current if held.current != name else None, rest))
    say(f"{name} is forgotten")
