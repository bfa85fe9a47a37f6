"""A catalogue's service put into a region as an API: paths, authorizers, backends, tags."""

from __future__ import annotations

from apiscape.demo.aws.estate.authorizers import (
    allow_from,
    cognito,
    jwt,
    lambda_token,
    v2_lambda,
)
from apiscape.demo.aws.estate.backends import (
    Backend,
    Fields,
    http_backend,
    lambda_backend,
    link_backend,
    mock_backend,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.estate.v2_api import V2Api
from apiscape.demo.aws.seeds.catalogue import Service
from apiscape.demo.aws.seeds.dice import Dice

#: How teams write down who owns a thing: not all in the same way.
OWNER_TAGS = ("owner", "owner", "owner", "Owner", "team", "service-owner")

_ACTIONS = {"GET": "get", "POST": "create", "PUT": "replace", "DELETE": "delete"}
_VPC_ENDPOINT = "vpce-0a1b2c3d4e5f60718"
_ISSUER = "https://signin.account.example.gov.uk"
_AUDIENCE = "urn:department:services"


class Publisher:
    """Publishes services into regions.

    Args:
        dice: Where habits differ, it decides.
        environment: Value of the tag `environment`.
    """

    def __init__(self, dice: Dice, environment: str) -> None:
        self._dice = dice
        self._environment = environment

    # ── REST ─────────────────────────────────────────────────────────────────

    def rest(self, region: Region, service: Service) -> RestApi:
        """Add a service as a REST API; it is not deployed yet."""
        api = region.rest_api(
            service.name,
            endpoint="PRIVATE" if service.private else "REGIONAL",
            policy=self._policy(service),
            description=service.title,
            tags=self.tags(service),
        )
        auth = self._rest_auth(api, service)
        key = service.auth == "key"
        for noun in service.nouns:
            item = f"/{noun}/{{{noun.rstrip('s')}Id}}"
            for verb, path in self._verbs(service, noun, item):
                backend = self._backend(region, service, path)
                operation = self._operation_name(service, verb, path)
                api.method(verb, path, auth=auth, api_key=key, backend=backend, **operation)
        if not service.private:
            api.method("OPTIONS", f"/{service.nouns[0]}", backend=mock_backend())
        api.method("GET", "/health", backend=mock_backend())
        return api

    def _verbs(self, service: Service, noun: str, item: str) -> list[tuple[str, str]]:
        """Give the operations on a noun: reading always, the rest as the service is."""
        found = [("GET", f"/{noun}"), ("GET", item)]
        if service.auth not in {"none", "key"} or noun == "interests":
            found.append(("POST", f"/{noun}"))
        if service.auth in {"cognito", "iam"}:
            found.append(("PUT", item))
        if service.auth == "iam" and self._dice.chance(60, service.name, noun, "delete"):
            found.append(("DELETE", item))
        return found

    def _operation_name(self, service: Service, verb: str, path: str) -> Fields:
        """Name an operation, where the team names its operations."""
        if not self._dice.chance(65, service.name, "names"):
            return {}
        noun, _, item = path.strip("/").partition("/")
        action = _ACTIONS[verb] if item or verb != "GET" else "list"
        return {"operationName": action + (noun.rstrip("s") if item else noun).capitalize()}

    def _rest_auth(self, api: RestApi, service: Service) -> str:
        account, region = api.region.account.id, api.region.name
        if service.auth == "cognito":
            pool = f"arn:aws:cognito-idp:{region}:{account}:userpool/{region}_citizens"
            api.authorizer("citizens", cognito(pool))
            return "citizens"
        if service.auth == "lambda":
            api.authorizer("token-check", lambda_token(account, region, "token-check"))
            return "token-check"
        return "AWS_IAM" if service.auth == "iam" else "NONE"

    def _policy(self, service: Service) -> Fields | None:
        if not service.private:
            return None
        return allow_from({"StringEquals": {"aws:SourceVpce": _VPC_ENDPOINT}})

    # ── HTTP and WebSocket ───────────────────────────────────────────────────

    def http(self, region: Region, service: Service) -> V2Api:
        """Add a service as an HTTP API without a stage."""
        api = region.http_api(service.name, Description=service.title, Tags=self.tags(service))
        if service.auth == "none":
            api.edit(CorsConfiguration={"AllowOrigins": ["*"], "AllowMethods": ["GET"]})
        auth = self._v2_auth(api, service)
        for noun in service.nouns:
            for verb, path in (
                ("GET", f"/{noun}"),
                ("POST", f"/{noun}"),
                ("GET", f"/{noun}/{{id}}"),
            ):
                api.route(f"{verb} {path}", auth=auth, backend=self._v2_backend(region, service))
        return api.route("GET /health", backend=lambda_backend("health"))

    def websocket(self, region: Region, service: Service) -> V2Api:
        """Add a service as a WebSocket API without a stage."""
        api = region.websocket_api(service.name, Description=service.title, Tags=self.tags(service))
        auth = self._v2_auth(api, service)
        api.route("$connect", auth=auth, backend=lambda_backend(f"{service.name}-connect"))
        for key in ("$disconnect", "$default", *service.nouns):
            api.route(key, backend=lambda_backend(f"{service.name}-messages"))
        return api

    def _v2_auth(self, api: V2Api, service: Service) -> str:
        account, region = api.region.account.id, api.region.name
        if service.auth == "jwt":
            api.authorizer("one-login", jwt(_ISSUER, _AUDIENCE))
            return "one-login"
        if service.auth == "lambda":
            api.authorizer("token-check", v2_lambda(account, region, "token-check"))
            return "token-check"
        return "AWS_IAM" if service.auth == "iam" else "NONE"

    # ── Backends and tags ────────────────────────────────────────────────────

    def _backend(self, region: Region, service: Service, path: str) -> Backend:
        host = f"{service.name}.{self._environment}.internal.example.gov.uk"
        if service.backend == "lambda":
            return lambda_backend(f"{service.name}-{self._environment}")
        if service.backend == "link":
            link = next(iter(region.vpc_links), "")
            return link_backend(link, f"http://{host}{path}")
        scheme = "http" if service.backend == "plain" else "https"
        return http_backend(f"{scheme}://{host}{path}")

    def _v2_backend(self, region: Region, service: Service) -> Backend:
        if service.backend != "link":
            return self._backend(region, service, "/{proxy}")
        link = next(iter(region.v2_vpc_links), "")
        account, name = region.account.id, region.name
        listener = f"arn:aws:elasticloadbalancing:{name}:{account}:listener/app/{service.name}"
        return link_backend(link, f"{listener}/50dc6c495c0c9188/0467ef3c8400ae65")

    def tags(self, service: Service) -> dict[str, str]:
        """Tag a service as its team does: some name their owner, in one spelling or another."""
        tags = {"environment": self._environment, "service": service.name}
        if service.team:
            tags[self._dice.pick(OWNER_TAGS, service.name)] = service.team
        if self._dice.chance(40, service.name, "classification"):
            tags["data-classification"] = "official-sensitive" if service.private else "official"
        return tags
