"""One writer per SQLite file: `STORE.lock` says who, and the operating system says whether it lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

import msgspec

from apiscape.errors import StoreError, StoreLocked, in_words
from apiscape.store.database.place import identity_of

NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "ceph", "lustre", "gpfs"),
        *("glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "beegfs"),
    }
)
"""Where locks and shared memory of several machines cannot be trusted."""

MOUNTS = Path("/proc/self/mountinfo")


class Holder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who writes a store: attach to it at `address` instead of opening the file."""

    pid: int
    version: str
    address: str | None = None


class StoreLock:
    """The lock of one store, held until `release` or the end of the process, however it ends."""

    def __init__(self, store: Path, holder: Holder) -> None:
        """Take the lock; the one of a process that is gone is taken over.

        Raises:
            StoreLocked: another process has it; the message names it.
            StoreError: its file cannot be made.
        """
        self.path = lock_path(store)
        self.holder = holder
        self._store = store
        self._file = self._take()
        self._write()

    def _take(self) -> int:
        try:
            file = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"the store's lock cannot be made: {in_words(error)}", hint=None
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise _refusal(self._store, _read(self.path)) from error
        return file

    def check(self) -> None:
        """Take the lock anew where its file was removed: whoever came then would have found it free.

        Raises:
            StoreLocked: another process has it; the message names it.
            StoreError: its file cannot be made.
        """
        held = os.fstat(self._file)
        if identity_of(self.path) == (held.st_dev, held.st_ino):
            return
        before, self._file = self._file, self._take()
        os.close(before)
        self._write()

    def announce(self, address: str | None) -> None:
        """Say where this process answers."""
        self.holder = msgspec.structs.replace(self.holder, address=address)
        self._write()

    def release(self) -> None:
        """Let the next one in; the file stays, empty, so that nobody locks a name that is gone."""
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def _write(self) -> None:
        data = msgspec.json.encode(self.holder)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, data, 0)


def lock_path(store: Path) -> Path:
    """Return the lock's path beside a store's."""
    return store.with_name(store.name + ".lock")


def read_holder(store: Path) -> Holder | None:
    """Return who writes a store at this moment, `None` where nobody does or it does not say."""
    path = lock_path(store)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(path)
    finally:
        os.close(handle)
    return None


def refuse_network(store: Path, mounts: Path = MOUNTS) -> None:
    """Refuse a store on a network file system.

    Raises:
        StoreError: `store` lies on one, as far as the operating system tells.
    """
    kind = file_system(store, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"{store} is on a network file system ({kind}), where an SQLite file can be damaged",
            hint="name a local path with --store, or use PostgreSQL",
        )


def file_system(path: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the type of the file system that holds a path (proc(5), mountinfo), `None` if not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    found: tuple[int, str | None] = (-1, None)
    target = Path(os.path.realpath(path))
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4:5]
        if after and point and target.is_relative_to(_unescaped(point[0])):
            found = max(found, (len(point[0]), after.split(" ")[0]), key=lambda pair: pair[0])
    return found[1]


def _unescaped(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point


def _read(path: Path) -> Holder | None:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    return None


def _refusal(store: Path, holder: Holder | None) -> StoreLocked:
    if holder is None:
        return StoreLocked(f"another process writes to {store}", hint="end it, or wait for it")
    where = f", which answers at {holder.address}" if holder.address else ""
    return StoreLocked(
        f"process {holder.pid} (apiscape {holder.version}{where}) writes to {store}",
        hint="ask it instead of opening the store, end it, or wait for it",
        address=holder.address,
    )
