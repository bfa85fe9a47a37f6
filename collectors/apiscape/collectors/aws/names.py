"""Names of things in AWS: native ids, addresses, console links.

The ids of REST, HTTP and WebSocket APIs share one space, that of the host names
`ID.execute-api.REGION`; so all have the product word `apigateway`, and a custom domain's
mapping finds its API without knowing which of the three it is.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from apiscape.model.identity import aws_native_id

CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}
"""Host of the management console by partition."""

GATEWAY = "apigateway"
_ACCOUNT = 4
"""Field of an ARN."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an answer comes from.

    Attributes:
        dns_suffix: Of the region's host names (`amazonaws.com`).
        title: What people call it; may name an environment.
    """

    partition: str
    account: str
    region: str
    dns_suffix: str
    title: str | None = None

    def owning(self, arn: str | None) -> Place:
        """Return the place of whoever owns what an ARN names: others may share theirs with this account."""
        account = f"{arn or ''}:::::".split(":")[_ACCOUNT]
        if not account.isdigit() or account == self.account:
            return self
        return msgspec.structs.replace(self, account=account, title=None)

    def native_id(self, resource: str) -> str:
        """Return the canonical id of an API Gateway resource; its own ARNs have no account."""
        return aws_native_id(self.partition, self.account, self.region, GATEWAY, resource)

    def execute_host(self, label: str) -> str:
        """Return the generated host name of an API, or of an API behind a VPC endpoint."""
        return f"{label.lower()}.execute-api.{self.region}.{self.dns_suffix}"

    def console_page(self, path: str) -> str | None:
        """Return a page of the console, where the partition's console is known."""
        host = CONSOLES.get(self.partition)
        return None if host is None else f"https://{self.region}.{host}/{path}"


def staged_url(base: str, stage: str | None) -> str:
    """Return the address of a stage; the default stage has no path of its own."""
    path = "" if stage in {None, "$default"} else f"/{quote(str(stage), safe='-_.~')}"
    return base.rstrip("/") + path
