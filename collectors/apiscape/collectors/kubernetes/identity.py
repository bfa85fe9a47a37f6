"""Which cluster it is: known by the UID of its namespace `kube-system`, whatever it is called and reached by."""

from __future__ import annotations

from uuid import UUID

import msgspec

from apiscape.collectors.contract import AccessDenied, CollectorError, Permission
from apiscape.collectors.kubernetes.errors import garbled
from apiscape.collectors.kubernetes.refusing import unusable
from apiscape.collectors.kubernetes.wire import Asked, Wire
from apiscape.model.codec import ready
from apiscape.model.vocabulary import ErrorKind

NAMESPACE = "kube-system"
IDENTITY = Permission(
    action="get namespaces",
    resources=(NAMESPACE,),
    operations=("get namespaces",),
    reveals="which cluster it is; without it the source must state its uid, or it is not visited",
)
_ASKED = Asked(
    path=f"/api/v1/namespaces/{NAMESPACE}",
    operation="get namespaces",
    permission=f"get namespaces {NAMESPACE}",
)
_GRANT = "grant it (apiscape permissions --format rbac), or state the cluster's `uid` in the source"


class AnotherCluster(CollectorError):
    """Where a cluster was, another one answers."""

    kind = ErrorKind.UNREACHABLE


def read_uid(wire: Wire) -> str:
    """Return the UID of a cluster.

    Raises:
        CollectorError: It cannot be read; `AccessDenied` where it may not be.
    """
    body = wire.get(_ASKED).body
    try:
        told = msgspec.json.decode(body, type=ready(_Namespace))
        return str(UUID(told.metadata.uid))
    except (msgspec.DecodeError, ValueError):
        raise garbled(_ASKED.operation) from None


def identify(wire: Wire, stated: str | None) -> str:
    """Return the UID of a cluster, or the one that is stated of it where nobody may read it.

    Raises:
        CollectorError: It is not known, or the stated one is another's.
    """
    try:
        uid = read_uid(wire)
    except AccessDenied as error:
        if stated is None:
            raise _unknown(error) from None
        return checked(stated)
    if stated is not None and checked(stated) != uid:
        raise AnotherCluster(
            f"the source states the uid {checked(stated)}, and the cluster is {uid}",
            operation=_ASKED.operation,
        )
    return uid


def checked(stated: str) -> str:
    """Return a stated UID as a cluster would write it.

    Raises:
        CredentialsInvalid: It is none.
    """
    try:
        return str(UUID(stated))
    except ValueError:
        step = f"somebody who may reads it by `kubectl get namespace {NAMESPACE} -o yaml`"
        raise unusable("the `uid` that the source states is none", step, operation="plan") from None


def _unknown(error: AccessDenied) -> CollectorError:
    named = AccessDenied(
        "which cluster it is cannot be known: needs " + _ASKED.permission,
        permission=error.permission,
        operation=error.operation,
    )
    named.next_step = _GRANT
    return named


class _Metadata(msgspec.Struct):
    uid: str = ""


class _Namespace(msgspec.Struct):
    metadata: _Metadata
