"""How OpenTelemetry's exporters get out: by the configured proxy and certificates, and what is said where they do not.

OpenTelemetry's own variables, which name one receiver's certificate, stand above `network.ca_bundle`,
which holds for everything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from apiscape.errors import SettingsError
from apiscape.network.trial import Fault, find_fault
from apiscape.network.ways import Network, Proxy, Way, Ways, read_ways

if TYPE_CHECKING:
    import grpc
    import requests

_DEFAULTS = {True: "http://localhost:4317", False: "http://localhost:4318"}
"""Where a receiver is if no variable says so, by whether it is spoken to by gRPC."""

_GRPC_PORT = 443
"""Where gRPC goes if no port is named."""

_DIRECT = (("grpc.enable_http_proxy", 0),)
"""gRPC looks for no proxy by itself: whether there is one was decided."""


class Outlet:
    """The way to the receiver of one signal.

    Args:
        signal: `METRICS`, `LOGS` or `TRACES`.
        by_grpc: Whether by gRPC; by HTTP otherwise.
        ways: The ways out; those of the environment without it.
        environment: Where OpenTelemetry's variables are.
    """

    def __init__(
        self,
        signal: str,
        *,
        by_grpc: bool,
        ways: Ways | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._signal = signal
        self._by_grpc = by_grpc
        self._environment = environment
        self._url = self._said("ENDPOINT") or _DEFAULTS[by_grpc]
        ways = ways or read_ways(Network(), environment)
        self._way: Way = ways.to(self._grpc_url() if by_grpc else self._url)

    def by_http(self) -> dict[str, Any]:
        """Return what an exporter by HTTP is made with."""
        told: dict[str, Any] = {"session": self._session()}
        if not self._said("CERTIFICATE"):
            told["certificate_file"] = self._way.ca_bundle
        return told

    def by_channel(self) -> dict[str, Any]:
        """Return what an exporter by gRPC is made with.

        Raises:
            SettingsError: Its proxy is spoken to by TLS, which gRPC cannot; or the bundle cannot be read.
        """
        proxy = self._way.proxy
        told: dict[str, Any] = {"channel_options": _DIRECT}
        if proxy is not None:
            told = {
                "channel_options": (*_DIRECT, *self._through(proxy)),
                "endpoint": proxy.address,
                "insecure": not self._is_encrypted(),
            }
        if self._way.ca_bundle and not self._said("CERTIFICATE"):
            told["credentials"] = self._credentials(self._way.ca_bundle)
        return told

    def fault(self) -> Fault | None:
        """Try the way, and return what of it is at fault."""
        said = self._said("CERTIFICATE")
        way = Way(self._way.proxy, said) if said else self._way
        return find_fault(self._url_with_scheme(), way, encrypted=self._is_encrypted())

    def _said(self, name: str) -> str | None:
        """Return what a variable says of the signal, or of every signal."""
        own = self._environment.get(f"OTEL_EXPORTER_OTLP_{self._signal}_{name}")
        return own or self._environment.get(f"OTEL_EXPORTER_OTLP_{name}") or None

    def _url_with_scheme(self) -> str:
        return self._url if "://" in self._url else f"grpc://{self._url}"

    def _grpc_url(self) -> str:
        return f"grpc://{self._url.partition('://')[2] or self._url}"

    def _is_encrypted(self) -> bool:
        """Say whether it goes by TLS, as the exporter decides it."""
        if self._url.startswith("https:"):
            return True
        insecure = self._said("INSECURE")
        if self._by_grpc and insecure is not None:
            return insecure.lower() != "true"
        return not self._url.startswith("http:")

    def _session(self) -> requests.Session:
        import requests

        session = requests.Session()
        session.trust_env = (
            False  # all of it is read already, and what the file says stands above it
        )
        if self._way.proxy is not None:
            session.proxies = dict.fromkeys(("http", "https"), self._way.proxy.url)
        return session

    def _through(self, proxy: Proxy) -> Iterator[tuple[str, str]]:
        """Yield how a channel to a proxy goes on to the receiver.

        gRPC's own option for a proxy (`grpc.http_proxy`) is led past it by `no_proxy` of the environment.

        Raises:
            SettingsError: The proxy is spoken to by TLS, which gRPC cannot.
        """
        if proxy.scheme != "http":
            raise SettingsError(
                f"gRPC cannot speak to the proxy {proxy} by TLS",
                path="network.proxy",
                hint="set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf",
            )
        receiver = urlsplit(self._grpc_url())
        port = "" if receiver.port else f":{_GRPC_PORT}"
        yield "grpc.http_connect_server", f"{receiver.netloc}{port}"
        yield "grpc.default_authority", receiver.netloc
        if proxy.authorization is not None:
            yield "grpc.http_connect_headers", f"Proxy-Authorization:{proxy.authorization}"

    def _credentials(self, ca_bundle: str) -> grpc.ChannelCredentials:
        import grpc

        key, chain = self._said("CLIENT_KEY"), self._said("CLIENT_CERTIFICATE")
        return grpc.ssl_channel_credentials(
            root_certificates=_read(ca_bundle),
            private_key=_read(key) if key else None,
            certificate_chain=_read(chain) if chain else None,
        )


class Explaining:
    """An exporter of spans that says why what it pushes is not taken.

    Args:
        exporter: OpenTelemetry's.
        failed: Called where it was not taken.
    """

    def __init__(self, exporter: Any, failed: Any) -> None:  # noqa: ANN401 - the SDK's own types
        self._exporter = exporter
        self._failed = failed

    def export(self, spans: Sequence[Any]) -> Any:  # noqa: ANN401 - the SDK's own types
        """Push spans."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._failed()
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Push what is held back."""
        return bool(self._exporter.force_flush(timeout_millis))


def _read(file: str) -> bytes:
    """Return what is in a file.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", path=file) from error
