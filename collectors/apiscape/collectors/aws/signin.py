"""Signing in: one SDK session per identity and visit, clients with explicit time-outs and retries.

The SDK is imported on first use.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from functools import cached_property
from typing import Any

import msgspec

from apiscape.collectors.aws.bounded import bound_answers
from apiscape.collectors.aws.denials import not_taken_on
from apiscape.collectors.aws.errors import Ended, RegionDoubt, not_signed_in
from apiscape.collectors.aws.metering import refuse_garbled
from apiscape.collectors.aws.outward import watch_proxy
from apiscape.collectors.aws.partitions import FALLBACK_REGION, Partition, find_partition
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.roles import Cache, TakenRole
from apiscape.collectors.aws.sdk import new_session
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.aws.translating import Site, translate
from apiscape.collectors.contract import CollectorError, Malformed, Unsupported

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
POOL_CONNECTIONS = 16
SESSION_NAME = "apiscape"
"""Shown in CloudTrail; the same everywhere, so that it can be searched for."""

MOST_HOME_REGIONS = 3

_MAKING = threading.Lock()


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who is signed in.

    Attributes:
        arn: As AWS names the caller; holds no key.
    """

    account: str
    arn: str
    partition: str


class SignIn:
    """One identity: the configured one, or a role that it takes on.

    Args:
        settings: The source's.
        role: The role to take on, if any.
        taken: What others that take it on share with this one.
    """

    def __init__(
        self,
        settings: AwsSettings,
        role: RoleSettings | None = None,
        taken: TakenRole | None = None,
    ) -> None:
        self.settings = settings
        self._session = new_session(settings)
        self._taken = taken or TakenRole()
        self._key_id = ""
        if role:
            self._take_on(role)

    @property
    def home_regions(self) -> tuple[str, ...]:
        """Where global services are asked, best first: configured regions, the environment's, the first of all."""
        environment = self._session.get_config_variable("region")
        named = dict.fromkeys((*self.settings.regions, environment or "", FALLBACK_REGION))
        return tuple(region for region in named if region)[:MOST_HOME_REGIONS]

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - made at run time
        """Return a new client; its owner closes it.

        Raises:
            CollectorError: the service or region is not known, or nobody is signed in.
        """
        try:
            with _MAKING:  # sessions are not safe to use from several threads, clients are
                client = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self.settings.endpoint_url,
                    config=_client_config(self._session, self.settings),
                )
        except _sdk_errors() as error:
            raise translate(error, Site(f"{service}:*", region)) from None
        bound_answers(client)
        watch_proxy(client, self.settings.network)
        client.meta.events.register("response-received.*", refuse_garbled)
        return client

    def offers(self, service: str, region: str) -> bool:
        """Say whether the SDK's data knows a service in a region; of some services it knows no region at all."""
        partition = self.partition(region).name
        return region in self._session.get_available_regions(service, partition)

    def forget(self) -> None:
        """Let nobody be handed the credentials of the role that were used here: they ended before their time."""
        self._taken.forget(self._key_id)

    def partition(self, region: str) -> Partition:
        """Return the partition of a region, as the SDK's data says."""
        return find_partition(self._session.get_data("partitions"), region)

    def regions_of(self, service: str, partition: str) -> tuple[str, ...]:
        """Return the regions of a partition that the SDK knows a service to be in."""
        return tuple(self._session.get_available_regions(service, partition))

    def identity(self) -> Identity:
        """Ask AWS who is signed in.

        Raises:
            CollectorError: nobody is, or AWS does not answer.
        """
        answer = self.ask("sts", "GetCallerIdentity")
        account, arn = text(answer, "Account"), text(answer, "Arn")
        if account is None or arn is None:
            raise Malformed("AWS does not say who is signed in", operation="sts:GetCallerIdentity")
        return Identity(account=account, arn=arn, partition=f"{arn}::".split(":")[1] or "aws")

    def ask(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Make one call of a global service, in the first home region that knows the credentials.

        Raises:
            CollectorError: it failed.
        """
        doubt: CollectorError = Unsupported(f"no region to ask {service} in")
        for region in self.home_regions:
            client = self.client(service, region)
            try:
                return call_client(client, f"{service}:{operation}", None, parameters)
            except RegionDoubt as error:  # what a region answers that is not enabled
                doubt = not_signed_in(error)
            except Ended as error:
                raise not_signed_in(error) from None
            finally:
                client.close()
        raise doubt

    def _take_on(self, role: RoleSettings) -> None:
        """Act as a role: taken on at the first call, renewed before it ends."""
        from botocore.credentials import DeferredRefreshableCredentials

        def fetch() -> dict[str, str]:
            given = self._taken.fetch(lambda cache: _assume(self.settings, role, cache))
            self._key_id = given["access_key"]
            return given

        self._session._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - the SDK has no other way
            fetch, "assume-role"
        )


def call_client(
    client: Any,  # noqa: ANN401 - made at run time
    operation: str,
    permission: str | None,
    parameters: dict[str, object],
    *,
    where: str | None = None,
) -> dict[str, Any]:
    """Call `service:Operation` on a client of that service.

    Args:
        client: Of the service.
        operation: What is called.
        permission: The right that it needs, in IAM's words.
        parameters: What it is asked with.
        where: What errors say of where it was made; left out, the client's region.

    Raises:
        CollectorError: whatever went wrong.
    """
    from botocore import xform_name

    site = Site(operation, where or client.meta.region_name, permission or operation)
    method = getattr(client, xform_name(operation.partition(":")[2]), None)
    if method is None:
        raise Unsupported(f"the SDK knows no {site.where}: a newer one does", operation=operation)
    try:
        answer: dict[str, Any] = method(**parameters)
    except _call_errors() as error:
        raise translate(error, site) from None
    return answer


def _sdk_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError, ValueError)


def _call_errors() -> tuple[type[Exception], ...]:
    """Return what a call may raise; the latter ones when the SDK stumbles over a hostile answer."""
    from botocore.parsers import ResponseParserError

    unreadable = (TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
    return (*_sdk_errors(), CollectorError, ResponseParserError, *unreadable, OSError)


def _assume(settings: AwsSettings, role: RoleSettings, cache: Cache) -> dict[str, str]:
    """Return credentials of a role as the SDK wants them, out of the cache where it holds some that last."""
    from botocore.credentials import AssumeRoleCredentialFetcher

    arguments = {"RoleSessionName": SESSION_NAME}
    if role.external_id:
        arguments["ExternalId"] = role.external_id
    with ExitStack() as made:
        hub = _Hub(settings)

        def client(service: str, **_: object) -> Any:  # noqa: ANN401 - made at run time
            own = hub.sign_in
            return made.enter_context(closing(own.client(service, own.home_regions[0])))

        fetcher = AssumeRoleCredentialFetcher(
            client,
            hub,
            role.role_arn,
            extra_args=arguments,
            cache=cache,
        )
        try:
            credentials: dict[str, str] = fetcher.fetch_credentials()
        except _call_errors() as error:
            found = translate(error, Site("sts:AssumeRole", None))
            raise not_taken_on(found, role.role_arn) from None
    return credentials


class _Hub:
    """Whoever is signed in, as the SDK asks for them where a role has to be taken on, and not before.

    They are looked up anew each time, for their credentials may have been replaced meanwhile.
    """

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(self._settings)

    def get_frozen_credentials(self) -> Any:  # noqa: ANN401 - the SDK's own type
        session = self.sign_in._session  # noqa: SLF001 - of this module's own class
        return session.get_credentials().get_frozen_credentials()


def _client_config(session: Any, settings: AwsSettings) -> Any:  # noqa: ANN401 - the SDK's own types
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=POOL_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": max(1, settings.total_max_attempts)},
        user_agent=_user_agent(session),
        user_agent_extra=SESSION_NAME,
    )


def _user_agent(session: Any) -> str | None:  # noqa: ANN401 - the SDK's own type
    """Return what the SDK says of itself, once and for all: it writes it anew twice a call, a seventh of its CPU.

    Where the environment names an application, the SDK writes it as it always does.
    """
    if session.get_config_variable("user_agent_appid"):
        return None
    said: str = session.user_agent()
    return said
