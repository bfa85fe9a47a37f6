"""Amazon EKS: calls that find clusters, and tokens made on this machine. The one place here that uses the AWS SDK.

A token is a signed request for "who am I" that the cluster makes in our place: nothing is sent for it. It
is good for 15 minutes; the cluster's name is part of what is signed, so that no other cluster can use it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from apiscape.collectors.contract import (
    Unreachable,
)
from apiscape.collectors.kubernetes.auth.refusals import (
    SIGN_IN_STEP,
    failed,
    refused,
    unreadable,
)
from apiscape.collectors.kubernetes.place import read_network
from apiscape.collectors.kubernetes.refusing import unusable
from apiscape.collectors.kubernetes.settings import EksRoleSettings, EksSettings
from apiscape.collectors.kubernetes.showing import Lasting, Shown, SignsIn, bearer
from apiscape.network.ways import Network, Ways

T = TypeVar("T")

TOKEN_S = 600.0
"""How long a token is shown; it is good for 900 s."""

URL_S = 60
"""How long the request within may be made once it is looked at first."""

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
SESSION_NAME = "apiscape"
_TIMEOUTS_S = {"connect_timeout": 5, "read_timeout": 30}
ATTEMPTS = 4


class AwsAccount:
    """An identity of AWS: whoever is signed in, or a role that they take on.

    Args:
        settings: Profile and endpoint.
        role: The role to take on, if any.
        network: The way out.
    """

    def __init__(
        self, settings: EksSettings, role: EksRoleSettings | None, network: Network
    ) -> None:
        self._settings = settings
        self._network = network
        self._session = _session(settings, network)
        if role is not None:
            self._take_on(role)

    def ask(self, service: str, region: str, operation: str, **given: object) -> dict[str, Any]:
        """Make one call (`eks`, `DescribeCluster`), at most so many times.

        Raises:
            CollectorError: It failed.
        """
        from botocore import xform_name

        def call() -> dict[str, Any]:
            client = self._client(service, region)
            try:
                answer: dict[str, Any] = getattr(client, xform_name(operation))(**given)
            except (TypeError, AttributeError, LookupError):  # the SDK stumbles over it
                raise unreadable(f"{service}:{operation}") from None
            finally:
                client.close()
            return answer

        return _caught(f"{service}:{operation}", call)

    def names(self, region: str) -> Iterator[str]:
        """Yield the names of a region's clusters, to the end.

        Raises:
            CollectorError: They cannot be listed.
        """
        token: dict[str, object] = {}
        seen: set[object] = set()
        while True:
            answer = self.ask("eks", region, "ListClusters", maxResults=100, **token)
            names = answer.get("clusters")
            if (
                names is None
            ):  # the SDK takes a page to sign in at, or half an answer, for an empty one
                raise unreadable("eks:ListClusters")
            yield from names
            following = answer.get("nextToken")
            if not following:
                return
            if following in seen:
                raise Unreachable("the list of clusters has no end", operation="eks:ListClusters")
            seen.add(following)
            token = {"nextToken": following}

    def signs_in(self, region: str, cluster: str) -> SignsIn:
        """Return the way of signing in to a cluster of a region."""

        def make() -> tuple[Shown, float]:
            return bearer(self.token(region, cluster)), TOKEN_S

        return Lasting(make)

    def token(self, region: str, cluster: str) -> str:
        """Return a token for a cluster; nothing is sent, unless credentials of AWS have to be got.

        Raises:
            CollectorError: Nobody is signed in.
        """
        from botocore.model import ServiceId
        from botocore.signers import RequestSigner

        def sign() -> str:
            credentials = self._session.get_credentials()
            if credentials is None:
                raise unusable("nobody is signed in to AWS", SIGN_IN_STEP, operation="sign in")
            signer = RequestSigner(
                ServiceId("sts"),
                region,
                "sts",
                "v4",
                credentials,
                self._session.get_component("event_emitter"),
            )
            signed: str = signer.generate_presigned_url(
                _who_am_i(self._sts_url(region), cluster),
                operation_name="GetCallerIdentity",
                region_name=region,
                expires_in=URL_S,
            )
            return signed

        url = _caught("sts:GetCallerIdentity", sign)
        return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")

    def _sts_url(self, region: str) -> str:
        """Return where AWS itself answers in a region: clusters make the request to no other host."""
        own = _config(ignore_configured_endpoint_urls=True)
        client = self._session.create_client("sts", region_name=region, config=own)
        url: str = client.meta.endpoint_url
        client.close()
        return url

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - made at run time
        config = _config(
            **_TIMEOUTS_S, retries={"mode": "standard", "total_max_attempts": ATTEMPTS}
        )
        return self._session.create_client(
            service, region_name=region, endpoint_url=self._settings.endpoint_url, config=config
        )

    def _take_on(self, role: EksRoleSettings) -> None:
        """Act as a role from now on: taken on at the first call, and again before it ends."""
        from botocore.credentials import DeferredRefreshableCredentials

        hub, region = AwsAccount(self._settings, None, self._network), self._settings.regions[0]
        given = {"RoleArn": role.role_arn, "RoleSessionName": SESSION_NAME}
        if role.external_id:
            given["ExternalId"] = role.external_id

        def fetch() -> dict[str, str]:
            told = hub.ask("sts", region, "AssumeRole", **given)["Credentials"]
            return {
                "access_key": told["AccessKeyId"],
                "secret_key": told["SecretAccessKey"],
                "token": told["SessionToken"],
                "expiry_time": told["Expiration"].isoformat(),
            }

        self._session._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - the SDK has no other way
            fetch, "assume-role"
        )


def _who_am_i(url: str, cluster: str) -> dict[str, Any]:
    return {
        "method": "GET",
        "url": f"{url}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {CLUSTER_HEADER: cluster},
        "context": {},
    }


def _session(settings: EksSettings, network: Network) -> Any:  # noqa: ANN401 - the SDK's own type
    """Return a session of the SDK of which every client takes the configured way out, its own ones too."""
    from botocore.session import Session

    session: Any = Session(profile=settings.profile)
    session.register_component("data_loader", _shared_loader())
    if network != Network():
        session.create_client = _Outward(session.create_client, read_network(network))
    return session


@lru_cache(maxsize=1)
def _shared_loader() -> Any:  # noqa: ANN401 - the SDK's own type
    """Return what reads descriptions of services: once for all identities, for it is most of what one costs."""
    from botocore.loaders import Loader

    return Loader()


def _config(**given: Any) -> Any:  # noqa: ANN401 - the SDK's own type
    from botocore.config import Config

    return Config(**given)


class _Outward:
    """Makes clients; takes the place of a session's own method."""

    def __init__(self, make: Callable[..., Any], ways: Ways) -> None:
        self._make = make
        self._ways = ways

    def __call__(self, service_name: str, region_name: str | None = None, **named: Any) -> Any:  # noqa: ANN401 - the SDK's own
        """Return a client; made once more where it is known only then by which way it goes."""
        if self._ways.ca_bundle is not None and named.get("verify") is None:
            named["verify"] = self._ways.ca_bundle
        client = self._make(service_name, region_name, **named)
        url = client.meta.endpoint_url
        client.close()
        proxy = self._ways.to(url).proxy
        own = _config(proxies={} if proxy is None else {url.partition(":")[0]: proxy.url})
        given = named.get("config")
        config = own if given is None else given.merge(own)
        return self._make(service_name, region_name, **(named | {"config": config}))


# ── What went wrong ──────────────────────────────────────────────────────────


def _caught(operation: str, call: Callable[[], T]) -> T:
    """Return what a call gives.

    Raises:
        CollectorError: In place of whatever the SDK raises; its words may hold what is signed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        raise refused(str(told.get("Code", "")), operation) from None
    except (BotoCoreError, ValueError, OSError) as error:
        raise failed(type(error), operation) from None
