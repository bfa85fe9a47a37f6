"""Probes many deployments politely: a few hosts at once, and one request at a time to each."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import aiohttp
import msgspec

from apiscape.health.probing.answers import Answer, signals_of
from apiscape.health.probing.asking import Request, describe, open_session
from apiscape.health.probing.certificates import Look, look_at_certificate
from apiscape.health.probing.guard import Guard, Refused
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Signal
from apiscape.network.ways import Proxy, Ways

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_PORTS = {"http": 80, "https": 443}
_PATTERN = frozenset("*{}")


BLIND = 5
"""From so many names on, of which not one is found, it is rather here that names are not known."""


class Target(Entity, frozen=True):
    """A deployment to probe, at one of its addresses.

    Attributes:
        is_public: Whether it is on the internet, so that its name has to be known here.
    """

    uid: str
    url: str
    is_public: bool = True


class Manner(Entity, frozen=True):
    """How to probe.

    Attributes:
        method: `HEAD` or `OPTIONS`; a declared `path` is asked for by `GET` instead.
        path: Declared safe to ask for by whoever answers for the API, such as `/healthz`.
        timeout_s: Longest that one answer may take.
        failures: From how many failed probes in a row on they are believed.
        hosts_at_once: Hosts that are asked at the same time; each is asked one thing at a time.
        pause_s: Between two requests to one host.
    """

    method: str = "HEAD"
    path: str | None = None
    timeout_s: float = 5.0
    failures: int = 3
    hosts_at_once: int = 20
    pause_s: float = 1.0


class Prober:
    """Probes, and remembers how many in a row failed.

    Args:
        manner: How to probe.
        guard: Where it may connect.
        trust: Whose certificates are trusted.
        ways: Through which proxies it goes; none without it.
    """

    def __init__(
        self, manner: Manner, guard: Guard, trust: ssl.SSLContext, ways: Ways | None = None
    ) -> None:
        self._manner = manner
        self._guard = guard
        self._trust = trust
        self._ways = ways or Ways()
        self._failures: dict[str, int] = {}

    async def look(self, targets: Iterable[Target], now: datetime) -> tuple[Signal, ...]:
        """Return the signals of every target; what is no longer a target is forgotten."""
        wanted = {target.uid: target for target in targets}
        self._failures = {uid: n for uid, n in self._failures.items() if uid in wanted}
        by_host: dict[str, list[tuple[Target, SplitResult]]] = {}
        found: list[tuple[str, Answer]] = []
        for target in wanted.values():
            address = address_of(target.url)
            if address is None:
                found.append((target.uid, Answer(refused="not an address that can be asked")))
            else:
                by_host.setdefault(address.netloc, []).append((target, address))
        gate = asyncio.Semaphore(self._manner.hosts_at_once)
        async with (
            open_session(self._guard, self._trust, self._manner.timeout_s) as direct,
            open_session(None, self._trust, self._manner.timeout_s) as proxied,
        ):
            sessions = _Sessions(direct, proxied)
            hosts = (self._host(sessions, gate, items) for items in by_host.values())
            answered = await asyncio.gather(*hosts)
        found += (each for answers in answered for each in answers)
        blind = _find_blind(by_host, dict(found))
        return tuple(
            signal
            for uid, answer in found
            for signal in self._tell(uid, _as_seen_from_here(answer, wanted[uid], blind), now)
        )

    def _tell(self, uid: str, answer: Answer, now: datetime) -> tuple[Signal, ...]:
        if answer.refused is None:
            self._failures[uid] = 0 if answer.is_good else self._failures.get(uid, 0) + 1
        failures = self._failures.get(uid, 0)
        return signals_of(uid, answer, failures, self._manner.failures, now)

    async def _host(
        self,
        sessions: _Sessions,
        gate: asyncio.Semaphore,
        items: list[tuple[Target, SplitResult]],
    ) -> list[tuple[str, Answer]]:
        """Ask everything that is to be asked of one host, one after the other."""
        first = items[0][1]
        found: list[tuple[str, Answer]] = []
        async with gate:
            try:
                request = await self._request(sessions, first)
            except (Refused, TimeoutError) as error:
                return [(target.uid, describe(error)) for target, _ in items]
            certificate = await self._certificate(first)
            for index, (target, address) in enumerate(items):
                if index:
                    await asyncio.sleep(self._manner.pause_s)
                answer = await request.send(self._method, self._url(address))
                found.append((target.uid, _with_certificate(answer, certificate)))
        return found

    async def _request(self, sessions: _Sessions, address: SplitResult) -> Request:
        """Return what sends to a host: directly, or through a proxy that may be asked for it.

        Raises:
            Refused: It may not.
            TimeoutError: Nobody says in time where its name leads.
        """
        proxy, timeout_s = self._proxy(address), self._manner.timeout_s
        if proxy is None:
            return Request(sessions.direct, timeout_s)
        async with asyncio.timeout(timeout_s):
            known = await self._guard.check_name(address.hostname or "", _port(address))
        return Request(sessions.proxied, timeout_s, proxy, resolves=True if known else None)

    def _proxy(self, address: SplitResult) -> Proxy | None:
        return self._ways.to(address.geturl()).proxy

    async def _certificate(self, address: SplitResult) -> Answer:
        host = address.hostname
        if address.scheme != "https" or host is None:
            return Answer()
        way = Look(self._guard, self._trust, self._manner.timeout_s, self._proxy(address))
        try:
            return await look_at_certificate(host, _port(address), way)
        except (OSError, ValueError) as error:
            return describe(error)

    @property
    def _method(self) -> str:
        return self._manner.method if self._manner.path is None else "GET"

    def _url(self, address: SplitResult) -> str:
        path = address.path if self._manner.path is None else self._manner.path
        return address._replace(path=path or "/").geturl()


class _Sessions(NamedTuple):
    """One session whose sockets are guarded, and one that connects to proxies alone."""

    direct: aiohttp.ClientSession
    proxied: aiohttp.ClientSession


def _find_blind(
    by_host: Mapping[str, list[tuple[Target, SplitResult]]], answers: Mapping[str, Answer]
) -> int:
    """Return how many names were looked up, where not one of them was found and they are many; else nothing."""
    found: dict[str, bool] = {}
    for (target, address), *_ in by_host.values():
        host, resolves = address.hostname or "", answers[target.uid].resolves
        if is_name(host) and resolves is not None:
            found[host] = resolves
    return len(found) if len(found) >= BLIND and not any(found.values()) else 0


def _as_seen_from_here(answer: Answer, target: Target, blind: int) -> Answer:
    """Return an answer; that a name is not found is none where it need not be known here, or no name is."""
    if answer.resolves is not False:
        return answer
    if blind:
        return Answer(refused=f"none of {blind} names is known here: names may not be looked up")
    if not target.is_public:
        return Answer(refused="its name is not known here, and it is not on the internet")
    return answer


def is_name(host: str) -> bool:
    """Say whether a host has to be looked up."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return False


def _port(address: SplitResult) -> int:
    return address.port or _PORTS[address.scheme]


def _with_certificate(answer: Answer, shown: Answer) -> Answer:
    """Return an answer with what its host's certificate said, unless nothing was asked at all."""
    if answer.refused is not None:
        return answer
    return msgspec.structs.replace(
        answer,
        certificate_not_after=shown.certificate_not_after,
        certificate_trusted=shown.certificate_trusted,
        certificate_fault=shown.certificate_fault,
    )


def address_of(url: str) -> SplitResult | None:
    """Return an address that can be asked, without userinfo, query and fragment; none if it is not one.

    One whose host stands for many (`*.shop.example`, `{tenant}.shop.example`) is the address of nothing.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme, host = _SCHEMES.get(parts.scheme), parts.hostname
    if scheme is None or not host or not _PATTERN.isdisjoint(host):
        return None
    named = f"[{host}]" if ":" in host else host
    place = named if port is None else f"{named}:{port}"
    return SplitResult(scheme, place, parts.path, "", "")
