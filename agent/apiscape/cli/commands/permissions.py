"""`apiscape permissions`: which are granted, what is hidden without each, and the smallest policy."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from apiscape.cli.completion import complete_source
from apiscape.cli.naming import NO_SOURCES, no_source
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, write, write_records, write_table
from apiscape.cli.table import Column, fold, output_width
from apiscape.collectors.changing import LooksAgain, TellsChanges
from apiscape.collectors.contract import (
    Collector,
    CollectorError,
    Permission,
    Provider,
    WritesPolicies,
)
from apiscape.collectors.measuring import MeasuresTraffic
from apiscape.collectors.registry import (
    load_collector,
    load_provider,
    own_providers,
    products_of,
)
from apiscape.errors import Exit, SettingsError, StoreError, UsageError
from apiscape.model.run import ErrorRecord, RunReport
from apiscape.model.vocabulary import ErrorKind
from apiscape.settings.load import provider_settings
from apiscape.settings.schema import Settings, Source

if TYPE_CHECKING:
    from apiscape.cli.preflight_report import TriedLine
    from apiscape.collect.preflight import SourceTrial
    from apiscape.collect.source import SourcePlan

POLICY = "policy"
UNTOLD = "?"
"""A visit does not keep what it was refused before it began or after it ended: signing in, measuring traffic."""

NEXT = "apiscape permissions --policy prints the smallest policy for what is configured; nothing in it can write."

SIGN_IN = "No source could be signed in to: check credentials, network and proxy, then try again."

COLUMNS = (
    Column("SOURCE", leaves=2),
    Column("PRODUCT", leaves=1),
    Column("PERMISSION", gives_way=True, cut_inside=True, comfort=30),
    Column("ON", gives_way=True, comfort=24, leaves=3),
    Column("LAST VISIT"),
    Column("HIDDEN WITHOUT IT", gives_way=True, comfort=30),
)


class Line(msgspec.Struct, frozen=True):
    """One permission of one collector of one source.

    Attributes:
        state: `denied`, or `not denied` where the last visit got on without a refusal (which does not
            say that every call was made); `not tried` where none did; `?` where visits do not tell.
        denied_in: Scopes where it was denied.
    """

    source: str
    product: str
    permission: str
    on: tuple[str, ...]
    operations: tuple[str, ...]
    optional: bool
    reveals: str
    state: str
    denied_in: tuple[str, ...] = ()


@click.command("permissions")
@click.argument("sources", nargs=-1, shell_complete=complete_source)
@click.option(
    "--policy",
    "as_policy",
    is_flag=True,
    help="Print the smallest policy of the identity that signs in (= --format policy).",
)
@click.option(
    "--format",
    "form",
    metavar="FORM",
    help="Print the policy as policy, reader, cloudformation, terraform, ….",
)
@click.option("--offline", is_flag=True, help="Make no call: say what the last visit was refused.")
@session_options()
def command(
    *, session: Session, sources: tuple[str, ...], as_policy: bool, form: str | None, offline: bool
) -> int:
    """Try each permission that the collectors of SOURCES ask for; say what is hidden without it.

    Each is tried by at most one read call in every account and region, within the quotas. Exits with 0
    if all are granted, with 2 if one is denied or could not be told, with 4 if nobody could sign in.
    With --policy or --format it makes no call, and prints the smallest policy that grants them all: an
    AWS identity that only takes on roles needs no more than that, and the roles what reader, cloudformation
    or terraform print.
    """
    session.say_here()
    settings = session.settings()
    chosen = _choose(settings, sources)
    if as_policy or form:
        with session.placed():
            policy = _one_policy(chosen, settings, form or POLICY)
        write(policy)
        if as_policy and not form:
            say(_other_forms(chosen))
        return Exit.COMPLETE
    if settings.sources and not offline:
        return _try(session, settings, chosen)
    runs = _last_runs(session)
    lines = [line for source in chosen for line in permission_lines(source, runs)]
    if not write_records(session.output, lines, _actions(lines)):
        write_table(COLUMNS, map(_row, lines), wide=session.output == "wide")
        say(NEXT)
    if offline:
        return Exit.COMPLETE
    say(f"No source is configured, so nothing was tried: {NO_SOURCES}")
    return Exit.INCOMPLETE


def _try(session: Session, settings: Settings, chosen: Sequence[Source]) -> int:
    """Try the permissions of some sources, and write what came of it."""
    from apiscape.cli.preflight_report import exit_code, head_line, tried_lines
    from apiscape.cli.traffic_words import measuring_words

    declared = {source.name: list(declared_by(source)) for source in chosen}
    names = [source.name for source in chosen]
    runs = _last_runs(session) if any(source.traffic for source in chosen) else []
    measuring = {
        source.name: measuring_words(source, collectors_of(source), runs) for source in chosen
    }
    trials = _try_all(session.plans(settings, names))
    lines = [line for trial in trials for line in tried_lines(trial, declared[trial.source.name])]
    code = exit_code(trials, lines)
    if not write_records(session.output, lines, _actions(lines)):
        heads = [head_line(trial, measuring[trial.source.name]) for trial in trials]
        _write_tried(heads, lines, code, session.output)
    return code


def _try_all(sources: Sequence[SourcePlan]) -> list[SourceTrial]:
    """Try one source after the other; on a terminal say which."""
    from apiscape.cli.progress import CLEAR_LINE
    from apiscape.collect.clock import SystemClock
    from apiscape.collect.preflight import try_source
    from apiscape.collect.quotas import Quotas
    from apiscape.collect.scan import Tools

    clock = SystemClock()
    tools = Tools(clock=clock, quotas=Quotas(clock))  # two sources may share an account
    trials = []
    for source in sources:
        if sys.stderr.isatty():
            sys.stderr.write(f"{CLEAR_LINE}trying the permissions of {source.name} …")
            sys.stderr.flush()
        trials.append(try_source(source, tools))
    tools.workers.close()
    if sys.stderr.isatty():
        sys.stderr.write(CLEAR_LINE)
    return trials


def _write_tried(heads: Sequence[str], lines: Sequence[TriedLine], code: Exit, output: str) -> None:
    """Write heads, table, reasons and verdict; and the next step, unless all is granted."""
    from apiscape.cli import preflight_report as report

    whole, width = output == "wide", output_width()
    write("".join(f"{line}\n" for head in heads for line in fold(head, width, further="  ")))
    write_table(report.COLUMNS, map(report.row, lines), wide=whole)
    words = [*report.reason_lines(lines, width=width, whole=whole)]
    words += fold(report.verdict_line(lines, code), width, further="  ")
    write("".join(f"{line}\n" for line in words))
    if code != Exit.COMPLETE:
        say(SIGN_IN if code == Exit.UNREACHABLE else NEXT)


def _actions(lines: Iterable[Line | TriedLine]) -> list[str]:
    return sorted({line.permission for line in lines})


def _one_policy(sources: Iterable[Source], settings: Settings, form: str) -> str:
    """Return the policy that serves some sources.

    Raises:
        UsageError: they need more than one.
    """
    policies = {policy_text(source, settings, form): source.name for source in sources}
    if len(policies) > 1:
        names = ", ".join(policies.values())
        raise UsageError("these sources need a policy each", hint=f"name one of them: {names}")
    return "".join(f"{text.rstrip()}\n" for text in policies)


def _other_forms(sources: Iterable[Source]) -> str:
    """Return what else can be printed for sources of which one policy was."""
    names = sorted({source.provider for source in sources})
    forms = {form: None for name in names for form in _forms_of(name) if form != POLICY}
    return f"Other forms, as those for roles that are taken on: --format {', '.join(forms)}"


def _forms_of(provider: str) -> tuple[str, ...]:
    writer: Provider = load_provider(provider)
    return writer.policy_forms if isinstance(writer, WritesPolicies) else ()


def _choose(settings: Settings, names: tuple[str, ...]) -> list[Source]:
    """Return the sources that are asked for; without a configuration, our providers as they are by default."""
    known = settings.sources or [Source(name=name, provider=name) for name in own_providers()]
    missing = sorted(set(names) - {source.name for source in known})
    if missing:
        raise no_source(missing[0], settings.sources)
    return [source for source in known if not names or source.name in names]


def policy_text(source: Source, settings: Settings, form: str) -> str:
    """Return the smallest policy for a source, in one of its provider's forms.

    Raises:
        UsageError: the provider has no such form.
        SettingsError: a file that the source names cannot be used.
    """
    provider: Provider = load_provider(source.provider)
    if not isinstance(provider, WritesPolicies):
        raise UsageError(f"provider {source.provider} writes no policies")
    if form not in provider.policy_forms:
        forms = ", ".join(provider.policy_forms)
        raise UsageError(f"no form {form!r}", hint=f"forms of {source.provider}: {forms}")
    own = provider_settings(source, provider, settings)
    wanted = [each for collector in collectors_of(source) for each in asked_by(collector, source)]
    wanted += asked_to_hear(provider, source)
    try:
        return provider.write_policy(form, own, wanted)
    except CollectorError as error:
        words = f"source {source.name}: {error.message}"
        raise SettingsError(words, path="configuration", hint=error.next_step) from None


def collectors_of(source: Source) -> list[Collector]:
    """Return the collectors of a source: those it names, else those that came with its provider."""
    products = source.products or products_of(source.provider)
    return [load_collector(product) for product in products]


def declared_by(source: Source) -> Iterator[tuple[str, Permission]]:
    """Yield every permission of a source by product: its provider's own, then those of its collectors."""
    provider = load_provider(source.provider)
    for permission in provider.permissions if isinstance(provider, WritesPolicies) else ():
        yield source.provider, permission
    for permission in asked_to_hear(provider, source):
        yield source.provider, permission
    for collector in collectors_of(source):
        for permission in asked_by(collector, source):
            yield collector.product, permission


def asked_by(collector: Collector, source: Source) -> tuple[Permission, ...]:
    """Return what a collector asks for in a source: to measure, and to look again, only where that is asked for."""
    wanted = collector.permissions
    if source.traffic is not None and isinstance(collector, MeasuresTraffic):
        wanted += collector.traffic_permissions
    if source.events is not None and isinstance(collector, LooksAgain):
        wanted += collector.again_permissions
    return wanted


def asked_to_hear(provider: Provider, source: Source) -> tuple[Permission, ...]:
    """Return what a provider asks for to tell of changes, where a source asks for that."""
    if source.events is None or not isinstance(provider, TellsChanges):
        return ()
    return provider.change_permissions


def permission_lines(source: Source, runs: Iterable[RunReport]) -> Iterator[Line]:
    """Yield a line per permission of a source, with what its last visits tell of it."""
    own = [run for run in runs if run.scope.source == source.name]
    visited = {collector.product: collector.permissions for collector in collectors_of(source)}
    for product, permission in declared_by(source):
        if product == source.provider or permission not in visited.get(product, ()):
            yield _line(source, product, permission, UNTOLD)
            continue
        visits = [run for run in own if run.scope.product == product]
        denied = tuple(run.scope.key for run in visits if _denied(run, permission))
        state = "not denied" if any(map(_ended_well, visits)) else "not tried"
        yield _line(source, product, permission, "denied" if denied else state, denied)


def _line(
    source: Source, product: str, permission: Permission, state: str, denied: tuple[str, ...] = ()
) -> Line:
    return Line(
        source=source.name,
        product=product,
        permission=permission.action,
        on=permission.resources,
        operations=permission.operations,
        optional=permission.optional,
        reveals=permission.reveals,
        state=state,
        denied_in=denied,
    )


def _denied(run: RunReport, permission: Permission) -> bool:
    """Say whether a run was refused a call that the permission is for."""
    calls = {operation.rpartition(":")[2] for operation in permission.operations}
    return any(
        error.kind == ErrorKind.ACCESS_DENIED
        and error.operation is not None
        and error.operation.rpartition(":")[2] in calls
        for error in errors_of(run)
    )


def errors_of(run: RunReport) -> Iterator[ErrorRecord]:
    """Yield every error that a run keeps: its own, its parts', its objects', its details'."""
    if run.error:
        yield run.error
    for part in run.parts:
        if part.error:
            yield part.error
        yield from (item.error for item in part.failed if item.error)
        yield from (gap.error for gap in part.gaps)


def _ended_well(run: RunReport) -> bool:
    return bool(run.ledger.recorded)


def _last_runs(session: Session) -> list[RunReport]:
    """Return each scope's last run; none where there is no store yet."""
    try:
        with session.inventory() as inventory:
            return [status.last_run for status in inventory.scopes() if status.last_run]
    except StoreError:
        return []


def _row(line: Line) -> list[str]:
    where = f" ({len(line.denied_in)})" if line.denied_in else ""
    on = ", ".join(resource.rpartition("::")[2] for resource in line.on)
    hidden = line.reveals + (" (a detail)" if line.optional else "")
    return [line.source, line.product, line.permission, on, line.state + where, hidden]
