"""API Gateway estates inside moto, seeded without its HTTP, and its server with the calls counted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.apigateway.models import apigateway_backends
from moto.apigatewayv2.models import apigatewayv2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
"""Whose back ends moto answers from by default."""

REGION = "eu-west-1"
_VERBS = ("GET", "POST", "PUT", "DELETE")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def seed(rest: int, methods: int, v2: int) -> None:
    """Put REST and HTTP APIs with that many methods or routes each into moto's back ends."""
    for number in range(rest):
        _seed_rest(f"rest-{number:04d}", number, methods)
    for number in range(v2):
        _seed_v2(f"http-{number:04d}", number, methods)


def _seed_rest(name: str, number: int, methods: int) -> None:
    backend: Any = apigateway_backends[ACCOUNT][REGION]
    api = backend.create_rest_api(name, f"number {number}", tags={"owner": f"team-{number % 40}"})
    root = next(iter(api.resources.values())).id
    resources: list[str] = []
    for index in range(methods):
        if index % len(_VERBS) == 0:
            resources.append(backend.create_resource(api.id, root, f"things-{index}").id)
        verb = _VERBS[index % len(_VERBS)]
        backend.put_method(api.id, resources[-1], verb, "AWS_IAM" if index % 2 else "NONE")
        uri = f"https://back-end-{number % 50}.example/things/{index}"
        backend.put_integration(api.id, resources[-1], verb, "HTTP_PROXY", uri, verb)
    backend.create_deployment(api.id, "prod")


def _seed_v2(name: str, number: int, routes: int) -> None:
    backend: Any = apigatewayv2_backends[ACCOUNT][REGION]
    api = backend.create_api(
        *("$request.header.x-api-key", None, "", False, False, name, "HTTP", "$request.method"),
        tags={"owner": f"team-{number % 40}"},
        version="1",
    )
    target = api.create_integration(
        *("INTERNET", "", "GET", "HTTP_PROXY", f"https://back-end-{number % 50}.example")
    ).id
    for index in range(routes):
        key = f"{_VERBS[index % len(_VERBS)]} /things-{index // len(_VERBS)}"
        authorization = "AWS_IAM" if index % 2 else "NONE"
        api.create_route(False, [], key, f"integrations/{target}", authorization)
    api.create_stage({"stageName": "$default", "autoDeploy": True})


class Counting:
    """An application that counts the requests of another, can forget them, and can be as far away as a cloud is.

    Attributes:
        calls: Requests since it was last set to zero.
        latency_s: What each waits before it is answered, beside the others.
    """

    def __init__(self, inner: Wsgi) -> None:
        self.calls = 0
        self.latency_s = 0.0
        self._inner = inner
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Count a request and pass it on."""
        with self._lock:
            self.calls += 1
        if self.latency_s:  # even a sleep of no time lets every other thread go first
            time.sleep(self.latency_s)
        return self._inner(environ, start_response)


@contextmanager
def serve() -> Iterator[tuple[str, Counting]]:
    """Serve moto's back ends on a free port; gives the address and the counter."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    counting = Counting(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, counting, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", counting
    finally:
        server.shutdown()
        thread.join()
