"""AWS Lambda in one region: functions with their URLs, and web functions with their endpoints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.trail import FUNCTIONS

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region

_HOST_LENGTH = 32
_UNQUALIFIED = ""


@dataclass(eq=False)
class Function:
    """A function; made by `Functions.add`.

    Attributes:
        fields: Members of the `FunctionConfiguration` shape that `ListFunctions` gives.
        urls: Members of the `FunctionUrlConfig` shape by qualifier, empty for `$LATEST`.
        policies: Statements of the resource policy by qualifier.
    """

    region: Region = field(repr=False)
    name: str
    fields: Fields
    tags: dict[str, str] = field(default_factory=dict)
    urls: dict[str, Fields] = field(default_factory=dict)
    policies: dict[str, list[Fields]] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN without a qualifier."""
        return f"arn:aws:lambda:{self.region.name}:{self.region.account.id}:function:{self.name}"

    def url(
        self,
        auth: str = "AWS_IAM",
        *,
        alias: str = _UNQUALIFIED,
        open_to: str = "",
        **fields: object,
    ) -> Self:
        """Give the function, or an alias of it, a URL.

        Args:
            auth: NONE or AWS_IAM.
            alias: The alias; left out, the URL is of `$LATEST`.
            open_to: Principal that a statement of the policy lets in, as the console writes one.
            **fields: Further members, for instance `Cors` or `InvokeMode`.
        """
        now = self.region.now().isoformat()
        host = identifier(self.arn, alias, "url", length=_HOST_LENGTH)
        self.urls[alias] = {
            "FunctionUrl": f"https://{host}.lambda-url.{self.region.name}.on.aws/",
            "FunctionArn": f"{self.arn}:{alias}" if alias else self.arn,
            "CreationTime": now,
            "LastModifiedTime": now,
            "AuthType": auth,
            "InvokeMode": "BUFFERED",
            **fields,
        }
        if open_to:
            condition = {"StringEquals": {"lambda:FunctionUrlAuthType": auth}}
            self.allow(open_to, condition, alias=alias)
        return self._changed("CreateFunctionUrlConfig")

    def allow(
        self,
        principal: str,
        condition: Fields | None = None,
        *,
        alias: str = _UNQUALIFIED,
        action: str = "lambda:InvokeFunctionUrl",
        effect: str = "Allow",
    ) -> Self:
        """Add a statement to the resource policy."""
        statements = self.policies.setdefault(alias, [])
        statements.append(
            {
                "Sid": f"statement-{len(statements)}",
                "Effect": effect,
                "Principal": principal,
                "Action": action,
                "Resource": f"{self.arn}:{alias}" if alias else self.arn,
                **({"Condition": condition} if condition else {}),
            }
        )
        return self._changed("AddPermission20150331v2")

    def policy(self, qualifier: str) -> str | None:
        """Give the resource policy as the service writes it, None where there is none."""
        statements = self.policies.get(qualifier)
        if not statements:
            return None
        return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})

    def drop_url(self, alias: str = _UNQUALIFIED) -> Self:
        """Take a URL away."""
        del self.urls[alias]
        return self._changed("DeleteFunctionUrlConfig")

    def edit(self, **fields: object) -> Self:
        """Change members of the function, and its revision."""
        now = self.region.now()
        self.fields |= {
            "LastModified": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "RevisionId": identifier(self.arn, "revision", now, length=36),
            **fields,
        }
        return self

    def _changed(self, name: str) -> Self:
        self.edit()
        self.region.changed(name, {"functionName": self.arn}, source=FUNCTIONS)
        return self


class Functions:
    """The functions of a region, by name."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.by_name: dict[str, Function] = {}

    def add(self, name: str, tags: dict[str, str] | None = None, **fields: object) -> Function:
        """Add a function; `fields` are further members, for instance `Environment`."""
        function = Function(self._region, name, {}, tags or {})
        function.fields = {
            "FunctionName": name,
            "FunctionArn": function.arn,
            "Runtime": "python3.13",
            "Role": f"arn:aws:iam::{self._region.account.id}:role/{name}",
            "Handler": "app.handler",
            "CodeSize": 4096,
            "Description": "",
            "Timeout": 3,
            "MemorySize": 128,
            "CodeSha256": identifier(name, "code", length=44),
            "Version": "$LATEST",
            "PackageType": "Zip",
            "Architectures": ["arm64"],
        }
        self.by_name[name] = function.edit(**fields)
        return function

    def remove(self, name: str) -> Self:
        """Delete a function."""
        del self.by_name[name]
        self._region.changed("DeleteFunction20150331", {"functionName": name}, source=FUNCTIONS)
        return self

    def find(self, name_or_arn: str) -> Function | None:
        """Give a function by its name or ARN."""
        return self.by_name.get(name_or_arn.rpartition(":function:")[2])


@dataclass(eq=False)
class WebFunction:
    """A web function; made by `WebFunctions.add`.

    Attributes:
        fields: Members of the summary shape.
        endpoints: Members of the endpoint summary's shape, by name.
        statements: Of its resource policy.
    """

    region: Region = field(repr=False)
    name: str
    fields: Fields
    tags: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, Fields] = field(default_factory=dict)
    statements: list[Fields] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """Its ARN."""
        place = f"{self.region.name}:{self.region.account.id}"
        return f"arn:aws:lambda:{place}:web-function/{self.name}"

    def endpoint(self, name: str = "main", auth: str = "IamAuth", **fields: object) -> Self:
        """Serve the function; `fields` are further members, for instance `throttleConfig`."""
        now = self.region.now()
        host = identifier(self.arn, name, length=20)
        self.endpoints[name] = {
            "endpointArn": f"{self.arn}/endpoint/{name}",
            "endpointName": name,
            "endpointType": "HomeRegion",
            "domainName": f"{host}.lambda-web.{self.region.name}.on.aws",
            "authType": auth,
            "autoDeploymentMode": "LatestRevision",
            "revisionWeights": [{"revisionId": "1", "weight": 100}],
            "regions": [self.region.name],
            "state": "Active",
            "stateReason": "",
            "createdAt": now,
            "updatedAt": now,
            **fields,
        }
        return self._changed("CreateWebFunctionEndpoint")

    def edit_endpoint(self, name: str, **fields: object) -> Self:
        """Change members of an endpoint."""
        self.endpoints[name] |= {"updatedAt": self.region.now(), **fields}
        return self._changed("UpdateWebFunctionEndpoint")

    def _changed(self, name: str) -> Self:
        self.region.changed(name, {"functionName": self.name}, source=FUNCTIONS)
        return self

    def allow(self, principal: object, condition: Fields | None = None) -> Self:
        """Add a statement to the resource policy."""
        self.statements.append(
            {
                "Effect": "Allow",
                "Principal": principal,
                "Action": "lambda:InvokeWebFunction",
                "Resource": self.arn,
                **({"Condition": condition} if condition else {}),
            }
        )
        self.region.changed("PutResourcePolicy", {"resourceArn": self.arn}, source=FUNCTIONS)
        return self


class WebFunctions:
    """The web functions of a region, by name."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.by_name: dict[str, WebFunction] = {}

    def add(self, name: str, tags: dict[str, str] | None = None, **fields: object) -> WebFunction:
        """Add a web function; `fields` are further members of the summary."""
        now = self._region.now()
        function = WebFunction(self._region, name, {}, tags or {})
        function.fields = {
            "functionName": name,
            "functionArn": function.arn,
            "state": "Active",
            "stateReason": "",
            "createdAt": now,
            "updatedAt": now,
            **fields,
        }
        self.by_name[name] = function
        self._region.changed("CreateWebFunction", {"functionName": name}, source=FUNCTIONS)
        return function

    def remove(self, name: str) -> Self:
        """Delete a web function."""
        del self.by_name[name]
        self._region.changed("DeleteWebFunction", {"functionName": name}, source=FUNCTIONS)
        return self
