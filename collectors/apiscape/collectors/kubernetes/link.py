"""How one cluster is reached: the official client's connections, with what signs in to it.

One client per cluster. Of the client its pool of connections alone is used: no models, no watch, and never its
configuration for all. Private keys are handed to TLS through files that are gone at once.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apiscape.collectors.kubernetes.place import Place, is_loopback
from apiscape.collectors.kubernetes.refusing import no_way, unusable
from apiscape.collectors.kubernetes.showing import Certificate, Shown, SignsIn

MOST_CONNECTIONS = 64
"""Kept at once: each resource that is followed holds one."""


class ClusterLink:
    """A cluster that can be asked (`wire.Link`). May be used by several threads.

    Args:
        account: What its calls are counted under.
        place: Where it is.
        signs_in: What says who asks.
    """

    def __init__(self, account: str, place: Place, signs_in: SignsIn) -> None:
        self.account = account
        self._place = place
        self._signs_in = signs_in
        self._lock = threading.Lock()
        self._client: Any = None
        self._certificate: Certificate | None = None

    def url(self) -> str:
        """Return where its API is."""
        return self._place.url

    def headers(self, *, anew: bool) -> Mapping[str, str]:
        """Return what says who asks; got anew where what was shown before was not taken.

        Raises:
            CredentialsInvalid: There is nothing to show.
        """
        return self._show(anew=anew).headers

    def pool(self) -> Any:  # noqa: ANN401 - of the client's own HTTP library
        """Return the pool of connections; another one where the certificate of who asks is another.

        Raises:
            CollectorError: The certificates cannot be used.
        """
        certificate = self._show(anew=False).certificate
        with self._lock:
            if self._client is None or certificate != self._certificate:
                self._drop()
                self._client = _client(self._place, certificate)
                self._certificate = certificate
            return self._client.rest_client.pool_manager

    def close(self) -> None:
        """Close every connection; it may be used again."""
        with self._lock:
            self._drop()

    def _show(self, *, anew: bool) -> Shown:
        told = self._signs_in.show(anew=anew)
        is_bare = not self._place.is_encrypted and not is_loopback(self._place.url)
        if is_bare and (told.headers or told.certificate):
            raise no_way(
                "the server is spoken to without TLS, and would be shown a credential",
                "correct `server` of the cluster in the kubeconfig: https://…",
            )
        return told

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _client(place: Place, certificate: Certificate | None) -> Any:  # noqa: ANN401 - the client's own type
    from kubernetes.client import ApiClient, Configuration
    from urllib3 import disable_warnings
    from urllib3.exceptions import InsecureRequestWarning

    if not place.is_verified:
        disable_warnings(
            InsecureRequestWarning
        )  # the source says so; it need not be said each time
    proxy = place.proxy
    configuration = Configuration(
        host=place.url,
        proxy=proxy.address if proxy else "",  # empty, so that no variable of its own decides
        no_proxy="",
        proxy_headers=_proxy_headers(place),
        proxy_ssl_context=place.ways.trust() if proxy and proxy.scheme == "https" else None,
        tls_server_name=place.server_name or None,
        connection_pool_maxsize=MOST_CONNECTIONS,
        verify_ssl=place.is_verified,
    )
    configuration.keep_alive = True
    client = ApiClient(configuration)
    if place.is_encrypted:
        trust = place.trust()
        if certificate is not None:
            lend(certificate, trust)
        client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = trust
    return client


def _proxy_headers(place: Place) -> Mapping[str, str] | None:
    told = place.proxy.authorization if place.proxy else None
    return {"Proxy-Authorization": told} if told else None


def lend(certificate: Certificate, trust: ssl.SSLContext) -> None:
    """Have TLS show a client certificate; its key stands in a file of nobody else's for that moment only.

    Raises:
        CredentialsInvalid: It cannot be used, or has expired.
    """
    _check_dates(certificate)
    with tempfile.TemporaryDirectory(prefix="apiscape-") as folder:
        chain, key = Path(folder, "chain"), Path(folder, "key")
        chain.write_bytes(certificate.chain)
        key.touch(mode=0o600)
        key.write_bytes(certificate.key)
        try:
            trust.load_cert_chain(chain, key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError):
            raise unusable(
                "the client certificate and its key do not belong together, or cannot be read",
                "sign in again, so that the kubeconfig is written anew",
            ) from None


def _no_password() -> str:
    """Return none: without this a key with a password would be asked for on the terminal."""
    return ""


def _check_dates(certificate: Certificate) -> None:
    from cryptography import x509

    try:
        first = x509.load_pem_x509_certificate(certificate.chain)
    except ValueError:
        raise unusable(
            "the client certificate is none", "sign in again, so that it is written anew"
        ) from None
    ended, now = first.not_valid_after_utc, datetime.now(UTC)
    if ended <= now:
        raise unusable(
            f"the client certificate expired on {ended:%Y-%m-%d}",
            "sign in again, so that the kubeconfig is written anew",
        )
