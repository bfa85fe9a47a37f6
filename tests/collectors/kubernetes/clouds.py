"""As much of Amazon EKS and STS as finds clusters and signs in to them; and what a cluster does with a token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from tests.answering import Answer, Asked, answering

ACCOUNT = "111122223333"
OTHER = "444455556666"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "c4nary-s3cret"
ROLE_KEY, ROLE_SECRET, ROLE_TOKEN = "ASIAIOSFODNN7EXAMPLE", "c4nary-r0le", "c4nary-t0ken"
EMPTY = hashlib.sha256(b"").hexdigest()
ROLE = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>
<SessionToken>{}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""

Json = dict[str, Any]
Said = tuple[int, str]


class Cloud:
    """Clusters by account and region, and what is refused.

    Attributes:
        clusters: By account and region, then by name.
        refuses: Error codes by operation, of one region where it is named (`ListClusters@eu-west-1`).
        calls: Operation, region and key of every call.
        roles: The forms by which roles were taken on.
        page: Names of clusters on a page.
        endless: Whether the last page names itself as the next.
    """

    def __init__(self) -> None:
        self.clusters: dict[tuple[str, str], dict[str, Json]] = {}
        self.refuses: dict[str, str] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.roles: list[Json] = []
        self.page = 1
        self.endless = False
        self.garbled: str | None = None

    def add(self, region: str, name: str, *, account: str = ACCOUNT, **more: Any) -> Json:
        held = {
            "name": name,
            "arn": f"arn:aws:eks:{region}:{account}:cluster/{name}",
            "status": "ACTIVE",
        } | more
        self.clusters.setdefault((account, region), {})[name] = held
        return held

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: str) -> Said:
        found = re.search(r"Credential=(\w+)/\d+/([\w-]+)/", headers["Authorization"])
        assert found is not None
        key, region = found[1], found[2]
        account = OTHER if key == ROLE_KEY else ACCOUNT
        parts = urlsplit(target)
        operation = self._operation(parts.path, body)
        self.calls.append((operation, region, key))
        code = self.refuses.get(operation) or self.refuses.get(f"{operation}@{region}")
        if code is not None:
            said = {"message": f"no {SECRET}", "__type": code}
            xml = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
            return 403, xml if operation == "AssumeRole" else json.dumps(said)
        if operation == "AssumeRole":
            self.roles.append(dict(parse_qsl(body)))
            return 200, ROLE.format(ROLE_KEY, ROLE_SECRET, ROLE_TOKEN)
        if self.garbled is not None:
            return 200, self.garbled
        here = self.clusters.get((account, region), {})
        if operation == "ListClusters":
            return 200, json.dumps(self._listed(sorted(here), parse_qs(parts.query)))
        name = parts.path.rpartition("/")[2]
        if name not in here:
            return 404, json.dumps({"message": "none", "__type": "ResourceNotFoundException"})
        return 200, json.dumps({"cluster": here[name]})

    def _operation(self, path: str, body: str) -> str:
        if path == "/":
            return str(dict(parse_qsl(body))["Action"])
        return "ListClusters" if path == "/clusters" else "DescribeCluster"

    def _listed(self, names: list[str], query: Mapping[str, list[str]]) -> Json:
        begin = int(query.get("nextToken", ["0"])[0])
        end = begin + self.page
        more = {"nextToken": str(end)} if end < len(names) else {}
        return {"clusters": names[begin:end]} | ({"nextToken": "0"} if self.endless else more)


@contextmanager
def serve(cloud: Cloud) -> Iterator[str]:
    """Give the address of the cloud, until the end."""

    def answer(asked: Asked) -> Answer:
        status, said = cloud.answer(asked.method, asked.target, asked.headers, asked.body.decode())
        told = json.loads(said).get("__type", "") if said.startswith("{") else ""
        return Answer(status, said.encode(), {"x-amzn-ErrorType": told})

    with answering(answer) as url:
        yield url


def opened(token: str) -> str:
    """Return the request within a token."""
    prefix, _, packed = token.rpartition(".")
    assert prefix == "k8s-aws-v1"
    assert "=" not in packed
    return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()


def is_signed(url: str, secret: str, headers: Mapping[str, str]) -> bool:
    """Say whether a request of GET is signed by a secret, headers included: Signature Version 4, worked out anew."""
    parts = urlsplit(url)
    told = dict(parse_qsl(parts.query, keep_blank_values=True))
    signature = told.pop("X-Amz-Signature")
    query = "&".join(
        f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(told.items())
    )
    given = {"host": parts.netloc} | {name.lower(): value for name, value in headers.items()}
    names = told["X-Amz-SignedHeaders"].split(";")
    lines = "".join(f"{name}:{given[name]}\n" for name in names)
    canonical = f"GET\n{parts.path}\n{query}\n{lines}\n{';'.join(names)}\n{EMPTY}"
    _, _, scope = told["X-Amz-Credential"].partition("/")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{told['X-Amz-Date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature)


def checking(cluster: str, secret: str) -> Callable[[Mapping[str, str]], str | None]:
    """Return what a cluster does with a token: whose it is, nothing where it is nobody's."""

    def user(headers: Mapping[str, str]) -> str | None:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        signed = is_signed(opened(token), secret, {"x-k8s-aws-id": cluster})
        return "agent" if signed else None

    return user
