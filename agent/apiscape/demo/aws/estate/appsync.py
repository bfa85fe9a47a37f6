"""AWS AppSync: a region's GraphQL, merged and Event APIs, and its domain names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.trail import APPSYNC

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region

API_ID = 26
"""Length of the ids of APIs, and of the labels of their generated host names."""

COGNITO, IAM, API_KEY, OIDC, LAMBDA = (
    "AMAZON_COGNITO_USER_POOLS",
    "AWS_IAM",
    "API_KEY",
    "OPENID_CONNECT",
    "AWS_LAMBDA",
)


@dataclass(eq=False)
class GraphqlApi:
    """A GraphQL or merged API; made by `AppSync.graphql` and `AppSync.merged`.

    Attributes:
        fields: Members of the `GraphqlApi` shape.
        sdl: Its schema with directives; empty before one was uploaded.
        data_sources: Members of the `DataSource` shape.
        sources: Members of the `SourceApiAssociationSummary` shape, of a merged API.
        keys: Its API keys: each id is the credential itself.
        resolvers: Members of the `Resolver` shape.
        functions: Members of the `FunctionConfiguration` shape.
    """

    region: Region = field(repr=False)
    fields: Fields
    sdl: str = ""
    data_sources: list[Fields] = field(default_factory=list)
    sources: list[Fields] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    resolvers: list[Fields] = field(default_factory=list)
    functions: list[Fields] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The API's id."""
        return str(self.fields["apiId"])

    @property
    def arn(self) -> str:
        """The API's ARN."""
        return str(self.fields["arn"])

    def schema(self, sdl: str) -> Self:
        """Upload a schema."""
        self.sdl = sdl
        return self._changed("StartSchemaCreation")

    def edit(self, **fields: object) -> Self:
        """Change members of the API."""
        self.fields |= fields
        return self._changed("UpdateGraphqlApi")

    def data_source(self, name: str, kind: str = "NONE", **fields: object) -> Self:
        """Add a data source; `fields` are further members, for instance `lambdaConfig`."""
        self.data_sources.append(
            {
                "dataSourceArn": f"{self.arn}/datasources/{name}",
                "name": name,
                "type": kind,
                **fields,
            }
        )
        return self._changed("CreateDataSource", name=name)

    def resolver(self, field: str, *sources: str, of: str = "Query", **fields: object) -> Self:
        """Add a resolver: of one data source, or a pipeline of a function for each of several."""
        members: Fields = {
            "typeName": of,
            "fieldName": field,
            "resolverArn": f"{self.arn}/types/{of}/resolvers/{field}",
        }
        if len(sources) == 1:
            members |= {"kind": "UNIT", "dataSourceName": sources[0]}
        else:
            functions = [self._function(source) for source in sources]
            members |= {"kind": "PIPELINE", "pipelineConfig": {"functions": functions}}
        self.resolvers.append(members | fields)
        return self._changed("CreateResolver", typeName=of, fieldName=field)

    def _function(self, source: str) -> str:
        key = identifier(self.id, "function", source, length=API_ID)
        if all(each["functionId"] != key for each in self.functions):
            arn = f"{self.arn}/functions/{key}"
            names = {"functionId": key, "functionArn": arn, "name": f"ask_{source}"}
            self.functions.append(names | {"dataSourceName": source})
        return key

    def merge(self, source: GraphqlApi) -> Self:
        """Take up the schema of another API, which may be of another account."""
        key = identifier(self.id, "association", source.id, length=API_ID)
        self.sources.append(
            {
                "associationId": key,
                "associationArn": f"{self.arn}/sourceApiAssociations/{key}",
                "sourceApiId": source.id,
                "sourceApiArn": source.arn,
                "mergedApiId": self.id,
                "mergedApiArn": self.arn,
            }
        )
        asked = {"mergedApiIdentifier": self.arn, "sourceApiIdentifier": source.id}
        self.region.changed("AssociateSourceGraphqlApi", asked, source=APPSYNC)
        return self

    def key(self, name: str, value: str = "") -> Self:
        """Add an API key; its id is what callers send."""
        self.keys.append(value or f"da2-{identifier(self.id, 'key', name, length=API_ID)}")
        made = {"apiKey": {"id": self.keys[-1]}}
        self.region.changed("CreateApiKey", {"apiId": self.id}, made, source=APPSYNC)
        return self

    def _changed(self, name: str, /, **asked: object) -> Self:
        self.region.changed(name, {"apiId": self.id, **asked}, source=APPSYNC)
        return self


@dataclass(eq=False)
class EventApi:
    """An Event API; made by `AppSync.event`.

    Attributes:
        fields: Members of the `Api` shape.
        namespaces: Members of the `ChannelNamespace` shape, by name.
    """

    region: Region = field(repr=False)
    fields: Fields
    namespaces: dict[str, Fields] = field(default_factory=dict)
    data_sources: list[Fields] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The API's id."""
        return str(self.fields["apiId"])

    @property
    def arn(self) -> str:
        """The API's ARN."""
        return str(self.fields["apiArn"])

    def edit(self, **fields: object) -> Self:
        """Change members of the API."""
        self.fields |= fields
        self.region.changed("UpdateApi", {"apiId": self.id}, source=APPSYNC)
        return self

    def namespace(self, name: str, **fields: object) -> Self:
        """Add or replace a channel namespace; `fields` are further members, for instance `publishAuthModes`."""
        now = self.region.now()
        self.namespaces[name] = {
            "apiId": self.id,
            "name": name,
            "channelNamespaceArn": f"{self.arn}/channelNamespace/{name}",
            "created": now,
            "lastModified": now,
            **fields,
        }
        asked = {"apiId": self.id, "name": name}
        self.region.changed("CreateChannelNamespace", asked, source=APPSYNC)
        return self

    def data_source(self, name: str, kind: str = "NONE", **fields: object) -> Self:
        """Add a data source; `fields` are further members, for instance `lambdaConfig`."""
        arn = f"{self.arn}/datasources/{name}"
        self.data_sources.append({"dataSourceArn": arn, "name": name, "type": kind, **fields})
        return self


class AppSync:
    """What a region has of AppSync.

    Attributes:
        apis: GraphQL and merged APIs by id; those that other accounts share with this one included.
        event_apis: Event APIs by id.
        domains: Members of the `DomainNameConfig` shape, by name.
        associations: Members of the `ApiAssociation` shape, by the name of the domain.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self.apis: dict[str, GraphqlApi] = {}
        self.event_apis: dict[str, EventApi] = {}
        self.domains: dict[str, Fields] = {}
        self.associations: dict[str, Fields] = {}

    def graphql(
        self, name: str, sdl: str = "", *, auth: str = API_KEY, **fields: object
    ) -> GraphqlApi:
        """Add a GraphQL API.

        Args:
            name: Display name.
            sdl: Its schema.
            auth: Its default way in, for instance `AWS_IAM`.
            **fields: Further members of the `GraphqlApi` shape.
        """
        return self._api(name, sdl, {"apiType": "GRAPHQL", "authenticationType": auth, **fields})

    def merged(
        self, name: str, sdl: str = "", *, auth: str = API_KEY, **fields: object
    ) -> GraphqlApi:
        """Add a merged API; the schema that its sources come to is given, not made."""
        role = f"arn:aws:iam::{self._region.account.id}:role/merge"
        members = {"apiType": "MERGED", "mergedApiExecutionRoleArn": role, **fields}
        return self._api(name, sdl, {"authenticationType": auth, **members})

    def share(self, api: GraphqlApi) -> None:
        """Show an API of another account here, as a share of it does."""
        self.apis[api.id] = api

    def event(self, name: str, *modes: str, **fields: object) -> EventApi:
        """Add an Event API.

        Args:
            name: Display name.
            *modes: Ways in, of connecting, publishing and subscribing alike.
            **fields: Further members of the `Api` shape, for instance `eventConfig`.
        """
        region, modes = self._region, modes or (API_KEY,)
        key = self._new_id("event", name)
        host = f"{key}.appsync-api.{region.name}.amazonaws.com"
        given = [{"authType": mode} for mode in modes]
        api = EventApi(
            region,
            {
                "apiId": key,
                "name": name,
                "apiArn": self._arn(key),
                "created": region.now(),
                "dns": {
                    "HTTP": host,
                    "REALTIME": host.replace("appsync-api", "appsync-realtime-api"),
                },
                "tags": {},
                "xrayEnabled": False,
                "eventConfig": {
                    "authProviders": given,
                    "connectionAuthModes": given,
                    "defaultPublishAuthModes": given,
                    "defaultSubscribeAuthModes": given,
                },
                **fields,
            },
        )
        self.event_apis[key] = api
        region.changed("CreateApi", {"name": name}, {"api": {"apiId": key}}, source=APPSYNC)
        return api

    def remove(self, api: GraphqlApi | EventApi) -> Self:
        """Delete an API."""
        held = self.apis if isinstance(api, GraphqlApi) else self.event_apis
        del held[api.id]
        name = "DeleteGraphqlApi" if isinstance(api, GraphqlApi) else "DeleteApi"
        self._region.changed(name, {"apiId": api.id}, source=APPSYNC)
        return self

    def domain(self, name: str, api: GraphqlApi | EventApi | None = None, **fields: object) -> Self:
        """Add a domain name, and lead it to an API; `fields` are further members of the domain."""
        region = self._region
        account, key = region.account.id, identifier(region.name, name, length=13)
        arn = f"arn:aws:appsync:{region.name}:{account}:domainnames/{name}"
        self.domains[name] = {
            "domainName": name,
            "certificateArn": f"arn:aws:acm:us-east-1:{account}:certificate/{identifier(name, 'cert')}",
            "appsyncDomainName": f"d{key}.cloudfront.net",
            "hostedZoneId": "Z2FDTNDATAQYW2",
            "domainNameArn": arn,
            "tags": {},
            **fields,
        }
        if api is not None:
            members = {"domainName": name, "apiId": api.id, "associationStatus": "SUCCESS"}
            self.associations[name] = members
        region.changed("CreateDomainName", {"domainName": name}, source=APPSYNC)
        return self

    def remove_domain(self, name: str) -> Self:
        """Delete a domain name."""
        del self.domains[name]
        self.associations.pop(name, None)
        self._region.changed("DeleteDomainName", {"domainName": name}, source=APPSYNC)
        return self

    def _api(self, name: str, sdl: str, members: Fields) -> GraphqlApi:
        region = self._region
        key = self._new_id("graphql", name)
        host = identifier(key, "host", length=API_ID)
        plain = f"{host}.appsync-api.{region.name}.amazonaws.com"
        live = plain.replace("appsync-api", "appsync-realtime-api")
        api = GraphqlApi(
            region,
            {
                "apiId": key,
                "name": name,
                "arn": self._arn(key),
                "uris": {
                    "GRAPHQL": f"https://{plain}/graphql",
                    "REALTIME": f"wss://{live}/graphql",
                },
                "dns": {"GRAPHQL": plain, "REALTIME": live},
                "tags": {},
                "xrayEnabled": False,
                "visibility": "GLOBAL",
                "owner": region.account.id,
                "introspectionConfig": "ENABLED",
                "queryDepthLimit": 0,
                "resolverCountLimit": 0,
                **members,
            },
            sdl,
        )
        self.apis[key] = api
        made = {"graphqlApi": {"apiId": key, "name": name}}
        region.changed("CreateGraphqlApi", {"name": name}, made, source=APPSYNC)
        return api

    def _arn(self, key: str) -> str:
        return f"arn:aws:appsync:{self._region.name}:{self._region.account.id}:apis/{key}"

    def _new_id(self, kind: str, name: str) -> str:
        made = len(self.apis) + len(self.event_apis)
        return identifier(
            self._region.account.id, self._region.name, kind, name, made, length=API_ID
        )
