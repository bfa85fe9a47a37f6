"""Reading the configuration: file, then environment, then checked as a whole."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from apiscape.collectors import registry
from apiscape.collectors.contract import (
    BadFile,
    ChecksFiles,
    CollectorError,
    Provider,
    ProviderSettings,
)
from apiscape.errors import SettingsError
from apiscape.network.ways import Network, parse_proxy
from apiscape.settings import paths
from apiscape.settings.document import Document, Trail, Yaml, parse_document
from apiscape.settings.schema import (
    NAME_PATTERN,
    PATH_FORM,
    REFERENCE_FORM,
    SOURCE_KEYS,
    Settings,
    Source,
)
from apiscape.settings.targets import check_targets
from apiscape.settings.views import check_views

PREFIX = "APISCAPE_"
NOT_SETTINGS = frozenset({"CONFIG", "TOKEN", "FIXTURES"})
"""Variables with the prefix that are not keys of the file."""

OVERRIDABLE = frozenset(Settings.__struct_fields__) - {
    "sources",
    "accepted_gaps",
    "health",
    "notify",
}

FORMS: Mapping[str, str] = {
    PATH_FORM: "a path is written /health, without a query",
    REFERENCE_FORM: "where a secret is: env:NAME or file:/PATH, never the secret itself",
}
"""What people are told of a text that is not of a form, in place of the form."""

KINDS: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}

LISTS = frozenset({("network", "no_proxy"), ("agent", "hosts"), ("probes", "allow")})
"""Keys that hold a list, which a variable writes with commas."""

SWITCHES = frozenset({("agent", "behind_proxy"), ("probes", "proxy_resolves")})
"""Keys that are true or false."""

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TRAIL_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"unknown field `(.*)`")
_KIND = re.compile(r"`([a-z |]+)`")
_MISSING_FIELD = re.compile(r"Object missing required field `(\w+)`")


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return the configuration of a file and the environment.

    A file that was named must exist; without a name a missing file is an empty configuration.

    Raises:
        SettingsError: with the file and line of what is wrong.
    """
    file = path or paths.default_config(environment)
    named = path is not None or bool(environment.get(paths.CONFIG_VARIABLE))
    text = read_text(file) if named or file.exists() else ""
    return read_settings(parse_document(text, str(file)), environment)


def read_settings(document: Document, environment: Mapping[str, str]) -> Settings:
    """Return the configuration of a document, overridden by the environment.

    Raises:
        SettingsError: with the line of what is wrong, or the variable.
    """
    data = _resolve_references(document, document.data, (), environment)
    data, document.overridden = _override(document, data, environment)
    data["sources"] = [
        _set_apart_own_keys(document, source, index)
        for index, source in enumerate(_sources(document, data))
    ]
    settings = _convert(document, data, Settings)
    _check_sources(document, settings.sources)
    _check_proxies(document, settings)
    check_views(document, settings)
    check_targets(document, settings.notify)
    return settings


def provider_settings(source: Source, provider: Provider, settings: Settings) -> ProviderSettings:
    """Return a source's own keys as its provider's settings; `network` holds where the source has none.

    Raises:
        SettingsError: a key that the provider does not know, or of the wrong type.
    """
    own = dict(source.own)
    if "network" in provider.settings_type.__struct_fields__ and settings.network != Network():
        own.setdefault("network", msgspec.to_builtins(settings.network))
    try:
        return msgspec.convert(own, provider.settings_type, str_keys=True)
    except msgspec.ValidationError as error:
        message, _ = explain_invalid(str(error), provider.settings_type.__struct_fields__)
        raise SettingsError(
            f"source {source.name}: {message}",
            path="configuration",
            hint="apiscape sources validate says the line",
        ) from error


def read_files(source: Source, provider: Provider, own: ProviderSettings) -> dict[str, str]:
    """Have a provider read the files that a source's own settings name; return a digest of each.

    Raises:
        SettingsError: with the file and line of what is wrong.
    """
    if not isinstance(provider, ChecksFiles):
        return {}
    try:
        return dict(provider.check_files(own))
    except BadFile as error:
        raise SettingsError(
            f"source {source.name}: {error.why}",
            path=error.path,
            line=error.line,
            hint=error.next_step,
        ) from None
    except CollectorError as error:
        words = f"source {source.name}: {error.message}"
        raise SettingsError(words, path="configuration", hint=error.next_step) from None


def validate_providers(document: Document, settings: Settings) -> None:
    """Check every source against its provider's own settings, with the files that those name.

    Raises:
        SettingsError: with the line of what is wrong; of a file, the source's, and in words where in the file.
        PlugInError: no such provider, or it cannot be loaded.
    """
    for index, source in enumerate(settings.sources):
        provider = registry.load_provider(source.provider)
        try:
            told = msgspec.convert(source.own, provider.settings_type, str_keys=True)
            if isinstance(provider, ChecksFiles):
                provider.check_files(told)
        except CollectorError as error:
            words = f"source {source.name}: {error.message}"
            raise document.error(words, ("sources", index), hint=error.next_step) from None
        except msgspec.ValidationError as error:
            message, trail = explain_invalid(
                str(error), (*SOURCE_KEYS, *provider.settings_type.__struct_fields__)
            )
            raise document.error(
                f"source {source.name}: {message}", ("sources", index, *trail)
            ) from error


def check_file(file: Path, environment: Mapping[str, str]) -> Settings:
    """Return what a file configures, once every source's own keys are checked as well.

    Raises:
        SettingsError: with the line of what is wrong.
        PlugInError: no such provider, or it cannot be loaded.
    """
    document = parse_document(read_text(file), str(file))
    settings = read_settings(document, environment)
    validate_providers(document, settings)
    return settings


def settings_digest(settings: Settings) -> str:
    """Return a short hash of the configuration, to be kept with every run; it reveals nothing."""
    return hashlib.sha256(msgspec.json.encode(settings, order="deterministic")).hexdigest()[:16]


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises:
        SettingsError: there is none, or it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(
            "no such file", path=str(file), hint="apiscape sources init writes one"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"cannot be read: {words}", path=str(file)) from error


def _sources(document: Document, data: Mapping[str, Any]) -> list[Any]:
    sources = data.get("sources") or []
    if not isinstance(sources, list):
        raise document.error("`sources` is a list", ("sources",))
    return sources


def _set_apart_own_keys(document: Document, source: Yaml, index: int) -> dict[str, Any]:
    if not isinstance(source, dict):
        raise document.error("a source is a mapping with `name` and `provider`", ("sources", index))
    own = {key: value for key, value in source.items() if key not in SOURCE_KEYS}
    return {key: value for key, value in source.items() if key in SOURCE_KEYS} | {"own": own}


def _resolve_references(
    document: Document,
    value: Yaml,
    trail: Trail,
    environment: Mapping[str, str],
) -> Yaml:
    """Replace `${NAME}` in strings by the environment's value."""
    if isinstance(value, dict):
        return {
            k: _resolve_references(document, v, (*trail, k), environment) for k, v in value.items()
        }
    if isinstance(value, list):
        return [
            _resolve_references(document, v, (*trail, i), environment) for i, v in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    missing = [name for name in _REFERENCE.findall(value) if name not in environment]
    if missing:
        raise document.error(f"environment variable {missing[0]} is not set", trail)
    return _REFERENCE.sub(lambda match: environment[match.group(1)], value)


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return variables with our prefix that set nothing: typing errors, or a cluster's service links."""
    return tuple(
        name
        for name in sorted(environment)
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX) not in NOT_SETTINGS
        and _target(name) is None
    )


def _target(variable: str) -> tuple[str, str] | None:
    """Return the key (and the key below it, or nothing) that a variable sets, `None` if it sets none."""
    first, _, second = variable.removeprefix(PREFIX).lower().partition("__")
    if not variable.startswith(PREFIX) or first not in OVERRIDABLE:
        return None
    return first, second


def _override(
    document: Document, data: dict[str, Any], environment: Mapping[str, str]
) -> tuple[dict[str, Any], dict[Trail, str]]:
    """Set keys from `APISCAPE_<KEY>`, and return which variable set which.

    `__` steps into a mapping (`APISCAPE_NETWORK__PROXY`); a list is written with commas.
    """
    result = dict(data)
    overridden: dict[Trail, str] = {}
    for variable, text in sorted(environment.items()):
        target = _target(variable)
        if target is None:
            continue
        first, second = target
        value = _value(text, target)
        if second:
            held = result.get(first) or {}
            if not isinstance(held, dict):
                raise document.error(f"`{first}` has no keys for {variable} to set", (first,))
            result[first] = {**held, second: value}
        else:
            result[first] = value
        overridden[(first, second) if second else (first,)] = variable
    return result, overridden


def _value(text: str, target: tuple[str, str]) -> object:
    if target in LISTS:
        return [item.strip() for item in text.split(",") if item.strip()]
    if target in SWITCHES:
        return {"true": True, "false": False}.get(text.lower(), text)
    return int(text) if _WHOLE.fullmatch(text) else text


def _convert(document: Document, data: dict[str, Any], kind: type[Settings]) -> Settings:
    try:
        return msgspec.convert(data, kind, str_keys=True)
    except msgspec.ValidationError as error:
        message, trail = explain_invalid(str(error), kind.__struct_fields__)
        raise document.error(message, trail) from error


def explain_invalid(text: str, known: tuple[str, ...]) -> tuple[str, Trail]:
    """Split the struct library's message into words for people and the trail of the value.

    Args:
        text: The message.
        known: Keys that may have been meant by one that is not known.
    """
    message, _, path = text.partition(" - at `$")
    trail: list[str | int] = [
        name or int(index) for name, index in _TRAIL_STEP.findall(path.rstrip("`"))
    ]
    trail = [step for step in trail if step != "own"]
    unknown = _UNKNOWN_FIELD.search(message)
    if unknown:
        key = unknown.group(1)
        trail.append(key)
        nearest = _nearest(key, known)
        message = f"unknown key {key!r}" + (f", {nearest}" if nearest else "")
        return message, tuple(trail)
    lacking = _MISSING_FIELD.fullmatch(message)
    if lacking:
        return f"{lacking.group(1)!r} is missing", tuple(trail)
    words = "a date is written 2027-03-31" if "date" in message else message
    words = next((told for form, told in FORMS.items() if repr(form) in message), words)
    named = next((step for step in reversed(trail) if isinstance(step, str)), None)
    words = _KIND.sub(lambda found: _in_words(found.group(1)), words[:1].lower() + words[1:])
    return (f"{named!r}: {words}" if named else words), tuple(trail)


def _in_words(kinds: str) -> str:
    """Return the struct library's word for a kind of value as people say it."""
    return " or ".join(KINDS.get(kind, kind) for kind in kinds.split(" | "))


def _nearest(key: str, known: tuple[str, ...]) -> str | None:
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]!r}?" if close else None


def _check_sources(document: Document, sources: tuple[Source, ...]) -> None:
    seen: set[str] = set()
    for index, source in enumerate(sources):
        trail: Trail = ("sources", index, "name")
        if not re.fullmatch(NAME_PATTERN, source.name):
            raise document.error(
                f"source name {source.name!r}: lower-case letters, digits, - and _", trail
            )
        if source.name in seen:
            raise document.error(f"source {source.name!r} stands twice", trail)
        seen.add(source.name)
        if source.provider not in registry.provider_names():
            installed = ", ".join(registry.provider_names())
            raise document.error(
                f"no provider {source.provider!r}",
                ("sources", index, "provider"),
                hint=f"installed: {installed}",
            )


def _check_proxies(document: Document, settings: Settings) -> None:
    """Refuse proxies that cannot be used or hold a password, those of single sources too."""
    _check_proxy(document, settings.network.proxy, ("network", "proxy"))
    for index, source in enumerate(settings.sources):
        network = source.own.get("network")
        if isinstance(network, dict):
            _check_proxy(document, network.get("proxy"), ("sources", index, "network", "proxy"))


def _check_proxy(document: Document, proxy: object, trail: Trail) -> None:
    if not isinstance(proxy, str) or not proxy:
        return
    if ":" in proxy.rpartition("//")[2].rpartition("@")[0]:
        hint = "set HTTPS_PROXY in the environment instead"
        raise document.error("a password in the proxy's URL", trail, hint=hint)
    try:
        parse_proxy(proxy, "network.proxy")
    except SettingsError as error:
        raise document.error(error.message, trail, hint=error.hint) from None
