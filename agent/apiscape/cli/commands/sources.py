"""`apiscape sources`: write, check and list the configured sources."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from apiscape.cli.naming import NO_SOURCES
from apiscape.cli.options import config_option, output_option
from apiscape.cli.output import say, write, write_json, write_records, write_table
from apiscape.cli.table import Column
from apiscape.client.words import count, duration
from apiscape.errors import SettingsError, UsageError
from apiscape.settings.document import parse_document
from apiscape.settings.load import check_file, load_settings, unknown_variables
from apiscape.settings.paths import default_config
from apiscape.settings.schema import Source

COLUMNS = (
    Column("NAME"),
    Column("PROVIDER"),
    Column("PRODUCTS", gives_way=True),
    Column("WHERE", gives_way=True),
)


@click.group("sources", invoke_without_command=True)
@config_option
@output_option
@click.pass_context
def command(context: click.Context, *, config: Path | None, output: str) -> None:
    """List the configured sources; write (init) and check (validate) the configuration."""
    if context.invoked_subcommand is not None:
        return
    sources = written_sources(config)
    if not write_records(output, sources, (source.name for source in sources)):
        write_table(COLUMNS, map(_row, sources), wide=output == "wide")
        for source in sources:
            for words in filter(None, (_measuring(source), _hearing(source))):
                say(f"{source.name}: {words}")
    if not sources:
        say(f"No source is configured: {NO_SOURCES}")


def written_sources(config: Path | None) -> list[Source]:
    """Return the configured sources, with `${NAME}` as the file has it: the value may be secret."""
    settings = load_settings(config)
    file = config or default_config()
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    written = parse_document(text, str(file)).data.get("sources") or []
    return [
        msgspec.structs.replace(source, own={key: raw[key] for key in source.own})
        for source, raw in zip(settings.sources, written, strict=True)
    ]


@command.command("init")
@config_option
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def init(*, config: Path | None, force: bool) -> None:
    """Write a first configuration from what this machine is signed in to. Makes no network call."""
    from apiscape.settings.detect import detect_sources, first_configuration, others_installed

    file = config or default_config()
    if file.exists() and not force:
        raise UsageError(
            f"{file} is there already", hint="--force replaces it; --config FILE writes elsewhere"
        )
    found = detect_sources()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(first_configuration(found), encoding="utf-8")
    file.chmod(0o600)
    if found:
        say(f"written: {file} ({count(len(found), 'source')} found on this machine)")
        say("next: apiscape sources validate, apiscape permissions, apiscape scan")
    else:
        say(f"written: {file}, with an example to fill in")
        say(
            "This machine is signed in to nothing that apiscape can read: aws configure, or edit the file."
        )
    for name in others_installed():
        say(f"{name} is installed, too, and not loaded: a source with `provider: {name}` uses it")


@command.command("validate")
@config_option
def validate(*, config: Path | None) -> None:
    """Check the whole configuration; say the line of what is wrong."""
    file = config or default_config()
    settings = load_settings(file)
    check_file(file, os.environ)
    for variable in unknown_variables(os.environ):
        say(f"{variable} sets nothing")
    say(f"{file}: {count(len(settings.sources), 'source')}, all keys known")
    if not settings.sources:
        say("There is nothing to scan yet: add a source to it.")


@command.command("schema")
@config_option
def schema(*, config: Path | None) -> None:
    """Print the configuration's JSON Schema, for editors; with the keys of every provider that a source has."""
    from apiscape.settings.schema_export import configuration_schema

    chosen: set[str] = set()
    with suppress(SettingsError):  # whoever mends the file wants the schema all the more
        chosen = {source.provider for source in load_settings(config).sources}
    write_json(configuration_schema(chosen))


@command.command("path")
@config_option
def path(*, config: Path | None) -> None:
    """Print where the configuration is looked for."""
    write(f"{config or default_config()}\n")


def _row(source: Source) -> list[str]:
    own = " · ".join(own_words(key, value) for key, value in source.own.items())
    return [source.name, source.provider, ", ".join(source.products) or "all", own]


def _hearing(source: Source) -> str | None:
    """Return how often the log of changes is read; `None` where it is not."""
    if source.events is None:
        return None
    return f"changes read every {duration(source.events.every_s)}, and looked at by an agent alone"


def _measuring(source: Source) -> str | None:
    if source.traffic is None:
        return None
    from apiscape.cli.commands.permissions import collectors_of
    from apiscape.cli.traffic_words import measuring_words

    return measuring_words(source, collectors_of(source))


def own_words(key: str, value: object) -> str:
    """Return one of a source's own keys in words: `regions eu-west-1, eu-west-2`, `3 roles`."""
    if isinstance(value, list):
        simple = not any(isinstance(item, dict | list) for item in value)
        return (
            f"{key} {', '.join(map(str, value))}"
            if simple
            else count(len(value), key.removesuffix("s"))
        )
    return key if isinstance(value, dict) else f"{key} {value}"
