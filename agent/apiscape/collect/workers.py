"""Threads for provider calls: a few per account, bounded in all, and never in the way of an exit."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

PER_ACCOUNT = 16
IN_ALL = 32
IDLE_S = 10.0
"""How long a thread waits for more: longer than a visit goes without calls, shorter than an agent between visits."""


class Workers:
    """Pools of daemon threads, one pool an account.

    A stuck call holds its thread and nothing else: daemon threads do not hold up an exit.

    Args:
        per_account: Threads per account.
        in_all: Calls under way at once over all accounts.
        idle_s: How long a thread that has nothing to do stands by.
    """

    def __init__(
        self, per_account: int = PER_ACCOUNT, in_all: int = IN_ALL, idle_s: float = IDLE_S
    ) -> None:
        self._per_account = per_account
        self._idle_s = idle_s
        self._gate = threading.BoundedSemaphore(in_all)
        self._lock = threading.Lock()
        self._pools: dict[str, _Pool] = {}

    def map(self, account: str, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """Yield `work` of each item, in order; an error is raised in its place and drops the rest.

        At most twice as many items as threads are taken up ahead of the reader. Called from
        within `work`, it does without further threads.
        """
        pool = self._pool(account)
        if len(items) <= 1 or pool.owns_this_thread():
            yield from map(work, items)
            return
        ahead: deque[Future[R]] = deque()
        left = iter(items)
        try:
            for item in left:
                ahead.append(pool.submit(work, item))
                if len(ahead) >= 2 * self._per_account:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()

    def close(self) -> None:
        """Let every thread end after what it is doing."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def _pool(self, account: str) -> _Pool:
        with self._lock:
            if account not in self._pools:
                self._pools[account] = _Pool(account, self._per_account, self._gate, self._idle_s)
            return self._pools[account]


class _Hand:
    """Hands an error to whoever asks for the result; it ends there, not in the thread."""

    def __init__(self, future: Future[R]) -> None:
        self._future: Future[Any] = future

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True


class _Pool:
    """Threads of one account, started as they are needed and ended where they were not for a while."""

    def __init__(
        self, account: str, size: int, gate: threading.BoundedSemaphore, idle_s: float
    ) -> None:
        self._account = account
        self._size = size
        self._gate = gate
        self._idle_s = idle_s
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()

    def owns_this_thread(self) -> bool:
        return threading.current_thread() in self._threads

    def submit(self, work: Callable[[T], R], item: T) -> Future[R]:
        future: Future[R] = Future()
        visit = copy_context()  # whom the work is for, as the thread that asks for it has it

        def job() -> None:
            if future.set_running_or_notify_cancel():
                with _Hand(future):
                    future.set_result(visit.run(work, item))

        self._jobs.put(job)
        with self._lock:
            if len(self._threads) < self._size:
                thread = threading.Thread(
                    target=self._serve, name=f"calls {self._account}", daemon=True
                )
                self._threads.add(thread)
                thread.start()
        return future

    def close(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            with self._gate:
                job()

    def _next(self) -> Callable[[], None] | None:
        """Return what is to be done; nothing where this thread is to end.

        What is submitted is in the queue before anybody counts threads, so none that leaves overlooks it.
        """
        while True:
            try:
                return self._jobs.get(timeout=self._idle_s)
            except Empty:
                with self._lock:
                    if self._jobs.empty():
                        self._threads.discard(threading.current_thread())
                        return None
