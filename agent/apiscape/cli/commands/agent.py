"""`apiscape agent`: visits what is due, draws what follows, and answers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from apiscape.cli.options import Session, session_options
from apiscape.errors import Exit, UsageError

if TYPE_CHECKING:
    from apiscape.daemon.configured import Configured
    from apiscape.daemon.process import Agent, Place
    from apiscape.serve.http.tokens import Tokens
    from apiscape.settings.schema import Agent as Asked
    from apiscape.store import Store

FILE = click.Path(path_type=Path, dir_okay=False)
NEEDS = "the agent is not installed"
INSTALL = "install it with `pip install 'apiscape[agent]'`"


@click.command("agent")
@click.option("--listen", metavar="HOST:PORT", help="Open the API there, for callers with a token.")
@click.option("--probe-listen", metavar="HOST:PORT", help="Open /healthz, /readyz and /metrics.")
@click.option("--socket", type=FILE, metavar="PATH", help="The socket for the same user.")
@click.option("--tls-certificate", type=FILE, metavar="FILE", help="Chain that the API shows, PEM.")
@click.option("--tls-key", type=FILE, metavar="FILE", help="The key that belongs to it, PEM.")
@click.option("--behind-proxy", is_flag=True, default=None, help="A proxy before the API does TLS.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A name of the API.")
@click.option("--tokens", type=FILE, metavar="FILE", help="Hashes of the tokens that may come in.")
@click.option("--log-format", type=click.Choice(("text", "json")), help="How log lines look.")
@click.option("--once", is_flag=True, help="Visit everything once, as `scan` does, and end.")
@session_options()
def command(*, session: Session, once: bool, **given: object) -> int:
    """Visit every scope when it is due, draw what follows, and answer whoever asks.

    Commands and the UI find it by the store that it holds. Options beside `--once` may stand under
    `agent` in the configuration as well. SIGTERM and Ctrl-C end it within ten seconds: visits under way
    end as partial, and nothing is lost. SIGHUP, or a changed file of the configuration or the overlay, has
    both read anew.
    """
    _check_options(session, given, once=once)
    if once:
        from apiscape.cli.commands.scan import scan_here

        return scan_here(session, (), whole=False)
    return _run(session, given)


def _check_options(session: Session, given: dict[str, Any], *, once: bool) -> None:
    """Refuse options that would say nothing.

    Raises:
        UsageError: Those of doors and log lines with --once, or a form of output without it.
    """
    if once and any(value not in (None, ()) for value in given.values()):
        hint = "leave out --once, or the options of doors and log lines"
        raise UsageError("--once opens no door and writes no log", hint=hint)
    if session.output != "table" and not once:
        hint = "--log-format json writes log lines as JSON"
        raise UsageError("-o and --json say how --once prints its ledger", hint=hint)


def _run(session: Session, given: dict[str, Any]) -> int:
    try:
        from apiscape.daemon.logs import set_up
        from apiscape.daemon.process import Agent
        from apiscape.daemon.redacting import Redactor, passwords_in, secrets_in
    except ModuleNotFoundError as error:
        raise UsageError(f"{NEEDS}: {error.name} is missing", hint=INSTALL) from error
    first = load_configured(session)()
    asked = chosen(first.agent, given)
    secrets = [*secrets_in(os.environ), *passwords_in(session.store_location())]
    as_json = asked.log_format == "json"
    set_up(Redactor(secrets), as_json=as_json, level=asked.log_level)
    with session.store(write=True) as store:
        store.hold_alone()
        place = _within(_place(session, store, asked), asked)
        agent = Agent(
            store, first, load_configured(session), place, say=_silent if as_json else _say
        )
        try:
            code = asyncio.run(_serve(agent))
        finally:
            if place.token is not None:
                place.token.unlink(missing_ok=True)
        if not agent.is_quiet:  # still concluding: what is not committed is drawn at the next start
            sys.stderr.flush()
            os._exit(code)
    return code


async def _serve(agent: Agent) -> Exit:
    from apiscape.daemon.ending import signals_to

    with signals_to(agent):
        return await agent.run()


def load_configured(session: Session) -> Callable[[], Configured]:
    """Return what reads the configuration of an agent, again and again."""
    from apiscape.cli.scanning import configured_overlay, health_policy
    from apiscape.daemon.configured import Configured
    from apiscape.network.ways import checked_ways
    from apiscape.settings.overlay import overlay_folder
    from apiscape.settings.paths import default_config

    def load() -> Configured:
        settings = session.settings()
        ways = checked_ways(settings.network)
        return Configured(
            sources=session.plans(settings),
            policy=health_policy(settings),
            keep=timedelta(days=settings.retention_days),
            probes=settings.probes,
            notify=settings.notify,
            agent=settings.agent,
            telemetry=settings.telemetry,
            overlay=configured_overlay(settings, session.config),
            overlay_folder=overlay_folder(settings, session.config or default_config()),
            ways=ways,
        )

    return load


def chosen(configured: Asked, given: dict[str, Any]) -> Asked:
    """Return how an agent is asked: by its configuration, and by options before that.

    Raises:
        UsageError: A certificate without its key, or the other way round.
    """
    from apiscape.settings.schema import Certificate

    certificate, key = given.pop("tls_certificate"), given.pop("tls_key")
    if (certificate is None) != (key is None):
        raise UsageError("--tls-certificate and --tls-key go together", hint="give both")
    if certificate is not None:
        given["tls"] = Certificate(certificate=str(certificate), key=str(key))
    said = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in given.items()
        if value not in (None, ())
    }
    return msgspec.structs.replace(configured, **said)


def _place(session: Session, store: Store, asked: Asked) -> Place:
    """Return where an agent answers.

    Raises:
        UsageError: An address is none, it would answer in clear to a network, or nobody could come in.
    """
    from apiscape.daemon.process import Place
    from apiscape.serve.http.listen import (
        ApiDoor,
        Listen,
        Tls,
        check_door,
        parse_address,
        socket_path,
    )
    from apiscape.settings.paths import default_config

    file = store.database.path
    beside = socket_path(file) if file is not None else _socket_of(store)
    api = None
    if asked.listen is not None:
        shown = asked.tls
        tls = Tls(certificate=Path(shown.certificate), key=Path(shown.key)) if shown else None
        api = ApiDoor(
            address=parse_address(asked.listen),
            tls=tls,
            behind_proxy=asked.behind_proxy,
            hosts=asked.hosts,
        )
        check_door(api)
    listen = Listen(
        socket=Path(asked.socket) if asked.socket else beside,
        api=api,
        probe=parse_address(asked.probe_listen) if asked.probe_listen else None,
    )
    tokens, written = _tokens(file, asked)
    return Place(
        listen=listen, tokens=tokens, config=session.config or default_config(), token=written
    )


def _socket_of(store: Store) -> Path | None:
    """Return where the socket of the same user is for a store in a database, `None` where there is no room for one.

    It is among the user's data, under a name that follows from which database that is.
    """
    from apiscape.serve.http.listen import socket_path
    from apiscape.settings.paths import default_store

    url = store.database.url
    where = (url.host, url.port, url.database, *map(url.query.get, ("host", "port", "service")))
    named = blake2b(repr(where).encode(), digest_size=6).hexdigest()
    path = socket_path(default_store().with_name(f"postgresql-{named}"))
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(path.parent, os.W_OK | os.X_OK):
            return path
    return None


def _within(place: Place, asked: Asked) -> Place:
    """Return a place whose parts keep within the memory that there is, and have readers do so."""
    from apiscape.collect.memory import keep_within

    shares = keep_within(asked.memory_limit_mb)
    limits = msgspec.structs.replace(
        place.limits,
        kept_bytes=shares.kept_bytes,
        sent_bytes=shares.sent_bytes,
        buffered_bytes=shares.buffered_bytes,
    )
    return msgspec.structs.replace(place, limits=limits, shares=shares)


def _tokens(file: Path | None, asked: Asked) -> tuple[Tokens, Path | None]:
    """Return who may come in at the API's door, and where the token of the same user was written.

    Raises:
        UsageError: Nobody could.
    """
    from apiscape.client.contexts import TOKEN_VARIABLE
    from apiscape.serve.http.tokens import (
        TokenEntry,
        Tokens,
        hash_token,
        token_path,
        write_local_token,
    )

    if asked.listen is None:
        return Tokens(), None
    own: list[TokenEntry] = []
    written = token_path(file) if file is not None else None
    if written is not None:
        own.append(write_local_token(written))
    told = os.environ.get(TOKEN_VARIABLE)
    if told:
        own.append(TokenEntry("environment", hash_token(told), ("read", "operate")))
    if not own and asked.tokens is None:
        hint = f"set {TOKEN_VARIABLE}, or name a file with --tokens"
        raise UsageError("nobody could come in at the API: there is no token", hint=hint)
    return Tokens(Path(asked.tokens) if asked.tokens else None, own=own), written


def _say(line: str) -> None:
    from apiscape.cli.output import say

    say(line)


def _silent(_line: str) -> None:
    """Say nothing: the log has it."""
