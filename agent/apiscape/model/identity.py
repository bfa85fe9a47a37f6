"""Identity: uids that never depend on names, tags, revisions or times.

`uid = uuid5(NAMESPACE, kind + "|" + canonical native id)`. The canonical forms per provider
are functions here, so that a collector cannot build them differently from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("5f0c6d7e-2a1b-5c3d-9e4f-8a7b6c5d4e3f")
"""Fixed for ever: a change would rename every entity of every store."""

_BEGIN = NAMESPACE.bytes

NO_STAGE = "-"
"""Stage of an API that is defined but deployed nowhere."""

_AZURE_REVISION = re.compile(r";rev=[^/]*", re.IGNORECASE)


def entity_uid(kind: str, native_id: str) -> str:
    """Return the uid of anything that a gateway has, from its kind and canonical native id.

    Raises:
        ValueError: kind or id is empty, or the kind holds the separator.
    """
    if not kind or not native_id or "|" in kind:
        message = f"not an identity: kind {kind!r}, native id {native_id!r}"
        raise ValueError(message)
    return _uid_of(sha1(_BEGIN + f"{kind}|{native_id}".encode(), usedforsecurity=False).hexdigest())


def entity_uids(kind: str, native_ids: Iterable[str]) -> list[str]:
    """Return what `entity_uid` does for each of many; nothing is refused."""
    begin = _BEGIN + f"{kind}|".encode()
    return [
        _uid_of(
            sha1(begin + each.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()
        )
        for each in native_ids
    ]


def _uid_of(digest: str) -> str:
    """Return the UUID of version 5 that a digest makes, without an object for it: a third of the time."""
    variant = _VARIANT[digest[16]]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""First digit of an uid's fourth group, by what the digest has in its place (RFC 9562)."""


def deployment_uid(native_id: str) -> str:
    """Return the uid of a deployment from its canonical native id."""
    return entity_uid("deployment", native_id)


def certificate_uid(native_id: str) -> str:
    """Return the uid of a certificate, from its id as its own service calls it."""
    return entity_uid("certificate", native_id)


def api_uid(founder: str) -> str:
    """Return the uid of an Api: of its explicit id, else of the founding deployment's uid."""
    return entity_uid("api", founder)


def aws_native_id(partition: str, account: str, region: str, product: str, resource: str) -> str:
    """Return `partition:account:region:product:resource`; API Gateway's own ARNs have no account."""
    return f"{partition}:{account}:{region}:{product}:{resource}"


def staged(native_api_id: str, stage: str | None) -> str:
    """Return the native id of an API's stage, `-` where it has none."""
    return f"{native_api_id}/{stage or NO_STAGE}"


def azure_native_id(resource_id: str) -> str:
    """Return an Azure resource id lower-cased and without its revision."""
    return _AZURE_REVISION.sub("", resource_id).lower()


def gcp_native_id(resource_name: str, environment: str | None = None) -> str:
    """Return a full resource name, with the environment where the name lacks it."""
    return f"{resource_name}@{environment}" if environment else resource_name


def kubernetes_native_id(cluster_uid: str, resource: str, key: str) -> str:
    """Return `cluster:group/plural:namespace/name` of an object, from `namespace/name`.

    Of one in no namespace the key is its name alone, and nothing stands before the slash.
    """
    return f"{cluster_uid}:{resource}:{key}" if "/" in key else f"{cluster_uid}:{resource}:/{key}"


def exposed_native_id(object_id: str, *, parent: str | None, host: str | None) -> str:
    """Return an object's native id with `@parent` per gateway and `#host` per Ingress host: what it exposes there."""
    named = f"{object_id}@{parent}" if parent else object_id
    return f"{named}#{host}" if host else named


def kubernetes_namespace(native_id: str) -> str | None:
    """Return the namespace in a native id of `kubernetes_native_id`; none of what is in no namespace."""
    _, _, named = native_id.partition(":")[2].partition(":")
    return named.partition("/")[0] or None
