"""Kubeconfigs: read, merged as `kubectl` does, and checked before anything in them is used. No network.

The official loader is not used for it: it lets the last file decide on the current context, reads a file
that expands without end, runs programs that a user's entry names, and repeats credentials in its errors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from apiscape.collectors.kubernetes.kubeconfig_entries import Cluster, ContextEntry, User
from apiscape.collectors.kubernetes.refusing import shown, unusable
from apiscape.model.codec import ready

VARIABLE = "KUBECONFIG"
USUAL = "~/.kube/config"
LARGEST_BYTES = 4_000_000
DEEPEST = 30
MOST_VALUES = 200_000
"""As many as a few thousand clusters have, with all that is repeated by aliases."""

SETTLED_S = 2.0
"""How old a change is at least of which the time tells it from the next."""

_USE = "name one in `contexts` of the source, or say `kubectl config use-context NAME`"
_CHECK = "`kubectl config view` says whether a kubeconfig can be read"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Entry = TypeVar("Entry")
_Mark = tuple[int, int, int]


class Access(msgspec.Struct, frozen=True):
    """A context, with what it leads to.

    Attributes:
        context: Its name.
        folder, user_folder: What relative paths of the cluster and of the user are relative to.
    """

    context: str
    cluster: Cluster
    user: User
    folder: Path
    user_folder: Path


class Kubeconfig:
    """What one or several files say together: of two entries of one name the first counts.

    Attributes:
        contexts: By name, in the order in which they stand.
        current: The name of the current one, empty where there is none.
    """

    def __init__(self) -> None:
        self.contexts: dict[str, ContextEntry] = {}
        self.current = ""
        self._clusters: dict[str, tuple[Cluster, Path]] = {}
        self._users: dict[str, tuple[User, Path]] = {}

    def add(self, told: _File, folder: Path) -> None:
        """Add what a file says that none before it did."""
        self.current = self.current or told.current_context or ""
        for context in told.contexts or ():
            self.contexts.setdefault(context.name, context.context or ContextEntry())
        for cluster in told.clusters or ():
            self._clusters.setdefault(cluster.name, (cluster.cluster or Cluster(), folder))
        for user in told.users or ():
            self._users.setdefault(user.name, (user.user or User(), folder))

    def current_context(self) -> str:
        """Return the current context.

        Raises:
            CredentialsInvalid: There is none.
        """
        if not self.current:
            raise unusable("the kubeconfig has no current context", _USE)
        return self.current

    def access(self, context: str) -> Access:
        """Return what a context leads to.

        Raises:
            CredentialsInvalid: It, or something that it names, is not there.
        """
        entry = _named(self.contexts, context, "context", "the kubeconfig has")
        said = f"context {shown(context)} names"
        cluster, folder = _named(self._clusters, entry.cluster, "cluster", said)
        if not entry.user:
            return Access(context, cluster, User(), folder, folder)
        user, user_folder = _named(self._users, entry.user, "user", said)
        return Access(context, cluster, user, folder, user_folder)


def _named(entries: Mapping[str, Entry], name: str, kind: str, who: str) -> Entry:
    found = entries.get(name)
    if found is None:
        what = f"the {kind} {shown(name)}" if name else f"no {kind}"
        told = f"{who} {what}, which is not there" if name else f"{who} {what}"
        if kind == "context":
            told = f"the kubeconfig has no context {shown(name)}"
        raise unusable(told, f"add the {kind} to the kubeconfig, or name another context")
    return found


def find_files(told: str | None, environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return the kubeconfigs that are there.

    Args:
        told: As the source says, if it does: then every one must be there.
        environment: Where `KUBECONFIG` is looked for.

    Raises:
        CredentialsInvalid: One that the source names is not there.
    """
    where = told or environment.get(VARIABLE) or USUAL
    files = [Path(each).expanduser() for each in where.split(os.pathsep) if each]
    missing = [file for file in files if not file.is_file()]
    if told and missing:
        raise unusable(
            f"the kubeconfig {shown(str(missing[0]))} is not there",
            "correct `kubeconfig` of the source",
        )
    return tuple(file for file in files if file not in missing)


def read_kubeconfig(files: tuple[Path, ...]) -> Kubeconfig:
    """Return what some files say together; those that did not change since are not read again.

    Raises:
        CredentialsInvalid: One of them cannot be read.
    """
    marks = tuple(_mark(file) for file in files)
    return _read(files) if None in marks else _kept(files, marks)


def _read(files: tuple[Path, ...]) -> Kubeconfig:
    found = Kubeconfig()
    for file in files:
        found.add(_decoded(file), file.absolute().parent)
    return found


@lru_cache(maxsize=4)
def _kept(files: tuple[Path, ...], marks: tuple[_Mark | None, ...]) -> Kubeconfig:
    """Return what files say that stand as they are marked: one of many clusters takes long to read."""
    del marks
    return _read(files)


def _mark(file: Path) -> _Mark | None:
    """Return what changes with a file; nothing where it may change within the same moment still."""
    try:
        told = file.stat()
    except OSError:
        return None
    is_settled = time.time() - told.st_mtime > SETTLED_S
    return (told.st_mtime_ns, told.st_size, told.st_ino) if is_settled else None


def _decoded(file: Path) -> _File:
    where = f"the kubeconfig {shown(str(file))}"
    data = _load(_text(file, where), where)
    if data is None:
        return _File()
    try:
        return msgspec.convert(data, ready(_File))
    except msgspec.ValidationError as error:
        raise unusable(f"{where} is none: {shown(str(error))}", _CHECK) from None


def _text(file: Path, where: str) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise unusable(f"{where} cannot be read: {why}", "let the agent's user read it") from None
    if len(raw) > LARGEST_BYTES:
        raise unusable(f"{where} is larger than {LARGEST_BYTES:,} bytes", _CHECK)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise unusable(f"{where} is no text", _CHECK) from None


def _load(text: str, where: str) -> object:
    """Return the data of a YAML document; what would expand or go down without end is refused before."""
    try:
        for problem in _problems(text):
            raise unusable(f"{where} {problem}", _CHECK)
        data: object = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
        if _size(data, {}) > MOST_VALUES:
            raise unusable(f"{where} repeats itself without end", _CHECK)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark is not None else ""
        raise unusable(f"{where} is no YAML{line}", _CHECK) from None
    except (ValueError, RecursionError):  # a date that is none, a key that cannot be one
        raise unusable(f"{where} holds a value that cannot be read", _CHECK) from None
    return data


def _size(data: object, known: dict[int, int]) -> int:
    """Return how many values there are, what is repeated counted each time; one within itself is endless."""
    if not isinstance(data, dict | list):
        return 1
    if id(data) not in known:
        known[id(data)] = MOST_VALUES + 1
        within = data.values() if isinstance(data, dict) else data
        known[id(data)] = 1 + sum(_size(each, known) for each in within)
    return known[id(data)]


def _problems(text: str) -> Iterator[str]:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<":
            yield "merges parts of itself (`<<`)"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            yield "is nested too deeply"


# ── The file ─────────────────────────────────────────────────────────────────


class _NamedContext(msgspec.Struct):
    name: str
    context: ContextEntry | None = None


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: Cluster | None = None


class _NamedUser(msgspec.Struct):
    name: str
    user: User | None = None


class _File(msgspec.Struct, rename="kebab"):
    """A kubeconfig, as far as it is read; a list may be null, as `kubectl` writes an empty one."""

    contexts: list[_NamedContext] | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    current_context: str | None = None
