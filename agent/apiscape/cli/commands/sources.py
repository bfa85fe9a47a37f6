"""`apiscape sources`: write, check and list the configured sources."""

from __future__ import annotations

import os
from pathlib import Path

import click

from apiscape.cli.output import say, write, write_json, write_json_lines, write_table
from apiscape.cli.table import Column
from apiscape.cli.words import count
from apiscape.errors import UsageError
from apiscape.settings.load import (
    load_settings,
    read_settings,
    unknown_variables,
    validate_providers,
)
from apiscape.settings.paths import default_config
from apiscape.settings.schema import Source

COLUMNS = (
    Column("NAME"),
    Column("PROVIDER"),
    Column("PRODUCTS", gives_way=True),
    Column("WHERE", gives_way=True),
)

_FILE = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Configuration file.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("sources", invoke_without_command=True)
@_FILE
@_JSON
@click.pass_context
def command(context: click.Context, *, config: Path | None, as_json: bool) -> None:
    """List the configured sources; write (init) and check (validate) the configuration."""
    if context.invoked_subcommand is not None:
        return
    sources = load_settings(config).sources
    if as_json:
        write_json_lines(sources)
        return
    write_table(COLUMNS, map(_row, sources))
    if not sources:
        say("No source is configured: apiscape sources init")


@command.command("init")
@_FILE
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def init(*, config: Path | None, force: bool) -> None:
    """Write a first configuration from what this machine is signed in to. Makes no network call."""
    from apiscape.settings.detect import detect_sources, first_configuration

    file = config or default_config()
    if file.exists() and not force:
        raise UsageError(
            f"{file} is there already", hint="--force replaces it; --config FILE writes elsewhere"
        )
    found = detect_sources()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(first_configuration(found), encoding="utf-8")
    file.chmod(0o600)
    say(f"written: {file} ({count(len(found), 'source')} found on this machine)")
    say("next: apiscape sources validate, then apiscape scan")


@command.command("validate")
@_FILE
def validate(*, config: Path | None) -> None:
    """Check the whole configuration; say the line of what is wrong."""
    from apiscape.settings.document import parse_document

    file = config or default_config()
    settings = load_settings(file)
    document = parse_document(file.read_text(encoding="utf-8"), str(file))
    validate_providers(document, read_settings(document, os.environ))
    for variable in unknown_variables(os.environ):
        say(f"{variable} sets nothing")
    say(f"{file}: {count(len(settings.sources), 'source')}, all keys known")


@command.command("schema")
def schema() -> None:
    """Print the configuration's JSON Schema, for editors."""
    from apiscape.settings.schema_export import configuration_schema

    write_json(configuration_schema())


@command.command("path")
@_FILE
def path(*, config: Path | None) -> None:
    """Print where the configuration is looked for."""
    write(f"{config or default_config()}\n")


def _row(source: Source) -> list[str]:
    own = ", ".join(f"{key}={value}" for key, value in sorted(source.own.items()))
    return [source.name, source.provider, ", ".join(source.products) or "all", own]
