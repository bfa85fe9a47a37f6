"""The application behind the doors: routes from the table of operations, every failure an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import HttpMethod, Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from apiscape.client.problem import MEDIA_TYPE
from apiscape.client.wire import EVENT_STREAM
from apiscape.errors import UsageError
from apiscape.serve.errors import Rejected, problem_for
from apiscape.serve.http import actions, documents, reads
from apiscape.serve.http.ahead import LONG_S, Ahead, Question
from apiscape.serve.http.answering import SECURE
from apiscape.serve.http.audit import Audit
from apiscape.serve.http.call import Call, Reply, compressed
from apiscape.serve.http.feed import Feed
from apiscape.serve.http.kept import Answers
from apiscape.serve.http.limits import DEFAULT_LIMITS, Limits
from apiscape.serve.http.operations import OPERATIONS, Operation, Right
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.ready import PRINCIPAL, ROUTE, Asking, question
from apiscape.serve.http.stream import stream_changes
from apiscape.serve.narrowed import Narrowed
from apiscape.serve.principal import Principal

MODULES = (reads, actions, documents)
"""Where the handlers are: functions with the names of operations."""

MOST_BOUND_S = 60.0
"""How long an answer is good at most for a token that is bound to a view."""

Handler = Callable[[Call], Reply]


class Kitchen:
    """What answers are made with: threads for the store, few, and a count of who waits for them."""

    def __init__(self, offer: Offer, audit: Audit, limits: Limits = DEFAULT_LIMITS) -> None:
        """Make answers from an offer; `close` it, or use it in a `with`."""
        self.offer = offer
        self.audit = audit
        self.limits = limits
        self.answers = Answers(offer.version, most_bytes=limits.kept_bytes)
        self.ahead = Ahead(self.answers, partial(self.work, whole=True))
        self.feed = Feed(offer.inventory, self.work, limits)
        self._threads = ThreadPoolExecutor(limits.reads, thread_name_prefix="http-read")
        self._one_thread = ThreadPoolExecutor(1, thread_name_prefix="http-whole")
        self._at_work = 0
        self._making: dict[Hashable, asyncio.Future[Reply]] = {}

    async def make_once(
        self, key: Hashable, job: Callable[[], Reply], *, whole: bool = False
    ) -> Reply:
        """Make an answer in a thread, once for all who ask the same meanwhile.

        Raises:
            Rejected: As of `work`.
        """
        making = self._making.get(key)
        if making is None:
            making = asyncio.ensure_future(self.work(job, whole=whole))
            making.add_done_callback(self._made(key))
            self._making[key] = making
        return await asyncio.shield(making)

    def _made(self, key: Hashable) -> Callable[[asyncio.Future[Reply]], None]:
        def forget(made: asyncio.Future[Reply]) -> None:
            del self._making[key]
            if not made.cancelled():
                made.exception()

        return forget

    async def work(self, job: Callable[[], Any], *, whole: bool = False) -> Any:  # noqa: ANN401 - whatever the job returns
        """Do a job that blocks in a thread; one that tells of everything in a thread that does no other.

        Raises:
            Rejected: Too many wait already, or it takes too long; it then ends unheard.
        """
        if self._at_work >= self.limits.waiting:
            raise Rejected("overloaded", "too many requests at once", headers={"Retry-After": "1"})
        self._at_work += 1
        threads = self._one_thread if whole else self._threads
        future = asyncio.get_running_loop().run_in_executor(threads, job)
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self.limits.request_s):
                return await asyncio.shield(future)
        except TimeoutError:
            future.cancel()
            hint = "ask for less at once, or wait until the agent has less to do"
            raise Rejected("too-slow", "the answer took too long", hint=hint) from None

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._at_work -= 1
        if not future.cancelled():
            future.exception()

    def close(self) -> None:
        """Let no more work begin."""
        self.ahead.close()
        for threads in (self._threads, self._one_thread):
            threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def make_app(kitchen: Kitchen) -> Litestar:
    """Return the application; whoever calls it says in its scope who asks."""
    return Litestar(
        route_handlers=[_route(operation, kitchen) for operation in OPERATIONS],
        exception_handlers={Exception: _refuse},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=kitchen.limits.body_bytes,
    )


def have_ready(kitchen: Kitchen, forms: Iterable[str]) -> None:
    """Have ready what tells of everything, in some forms, for whoever takes it a little older.

    Args:
        kitchen: Where answers are made and kept; its loop must be running.
        forms: `Accept` of the callers who will ask; all of ours take gzip.
    """
    operation = next(each for each in OPERATIONS if each.is_whole)
    agent = Principal(name="agent", rights=frozenset({Right.READ}))
    scope = {"path": operation.path, "query_string": b"", "scheme": "http"}
    for accept in forms:
        asking = Asking(accept=accept, encodings="gzip")
        call = Call(
            operation=operation,
            offer=kitchen.offer,
            inventory=kitchen.offer.inventory,
            principal=agent,
            path=operation.path,
            query=(),
            accept=accept,
        )
        make = partial(_cook, call, _handler(operation), asking)
        key = question(scope, asking, agent)
        kitchen.ahead.have_ready(Question(key, make, operation.kept_s, agent.stands))


def _handler(operation: Operation) -> Handler:
    found: Handler = next(
        getattr(module, operation.name) for module in MODULES if hasattr(module, operation.name)
    )
    return found


def _route(operation: Operation, kitchen: Kitchen) -> HTTPRouteHandler:
    handler = _handler(operation)

    async def handle(request: Request[Any, Any, Any]) -> Response[Any]:
        cast("dict[str, Any]", request.scope)[ROUTE] = operation.path
        asking = Asking.of(request.scope["headers"])
        call = await _call(operation, kitchen, request, asking)
        if operation.name == "list_changes" and call.takes(EVENT_STREAM):
            last = request.headers.get("last-event-id")
            return await stream_changes(call, kitchen.feed, kitchen.work, last)
        key = question(cast("dict[str, Any]", request.scope), asking, call.principal)
        return await _answered(call, handler, kitchen, key, asking)

    path = operation.path.replace("}", ":str}")
    return HTTPRouteHandler(path, http_method=HttpMethod(operation.method), name=operation.name)(
        handle
    )


async def _answered(
    call: Call, handler: Handler, kitchen: Kitchen, key: Hashable, asking: Asking
) -> Response[bytes]:
    """Make the answer in a thread; say of an action in the audit log what came of it.

    Looking how far something is that was set going is no action.
    """
    work = partial(_cook, call, handler, asking)
    if call.operation.right is Right.READ:
        reply = await _read(call, kitchen, work, key, asking.stale_s)
    elif call.operation.method == "GET":
        reply = await kitchen.work(work)
    else:
        with kitchen.audit.action(call):
            reply = await kitchen.work(work)
    headers = {**SECURE, **reply.headers}
    return Response(reply.body, media_type=reply.media, status_code=reply.status, headers=headers)


def _cook(call: Call, handler: Handler, asking: Asking) -> Reply:
    """Make an answer in the form that is asked for."""
    reply = handler(call)
    reply = compressed(reply) if asking.zips else reply
    return msgspec.structs.replace(reply, route=call.operation.path)


async def _read(
    call: Call, kitchen: Kitchen, make: Callable[[], Reply], key: Hashable, stale_s: float
) -> Reply:
    """Make an answer, and keep it for whoever asks the same (see `Ready`); an older one where the caller takes it."""
    operation, principal = call.operation, call.principal
    version, began = kitchen.answers.version(), time.monotonic()
    if version is None:
        return cast("Reply", await kitchen.work(make, whole=operation.is_whole))
    kept_s = kept_for(operation, principal)
    lags = operation.is_whole and principal.view is None
    asked = Question(key, make, kept_s, principal.stands)
    older = kitchen.answers.find_older(key, stale_s) if lags and stale_s else None
    if older is not None:
        kitchen.ahead.hear(asked, older.version, LONG_S)
        headers = {**older.reply.headers, "Age": str(int(older.age_s))}
        return msgspec.structs.replace(older.reply, headers=headers)
    reply = await kitchen.make_once((key, version), make, whole=operation.is_whole)
    kitchen.answers.keep(key, version, kept_s, reply, lags=lags)
    if lags:
        kitchen.ahead.hear(asked, version, time.monotonic() - began)
    return reply


def kept_for(operation: Operation, principal: Principal) -> float:
    """Return for how many seconds an answer is good: a view may let rows in and out by their age."""
    return operation.kept_s if principal.view is None else min(operation.kept_s, MOST_BOUND_S)


async def _call(
    operation: Operation, kitchen: Kitchen, request: Request[Any, Any, Any], asking: Asking
) -> Call:
    """Return what is asked.

    Raises:
        Rejected: The caller may not ask this.
        UsageError: The query is no text.
    """
    principal = _principal(request.scope)
    if operation.right not in principal.rights:
        kitchen.audit.forbidden(principal, operation)
        raise Rejected("forbidden", f"this token may not {operation.right}")
    inventory = kitchen.offer.inventory
    if principal.view is not None:
        inventory = Narrowed(inventory, principal.view)
    return Call(
        operation=operation,
        offer=kitchen.offer,
        inventory=inventory,
        principal=principal,
        path=request.scope["path"],
        query=_query(request.scope),
        body=await request.body() if operation.body else b"",
        content_type=request.headers.get("content-type", ""),
        accept=asking.accept,
        base=str(request.base_url).rstrip("/"),
    )


def _principal(scope: Mapping[str, Any] | Scope) -> Principal:
    principal = scope.get(PRINCIPAL)
    return principal if isinstance(principal, Principal) else Principal(name="nobody")


def _query(scope: Scope) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict"
        )
    except UnicodeDecodeError:
        raise UsageError("the query is not UTF-8") from None


def _refuse(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem, headers = problem_for(error)
    return Response(
        msgspec.json.encode(problem),
        media_type=MEDIA_TYPE,
        status_code=problem.status,
        headers={**SECURE, **headers},
    )
