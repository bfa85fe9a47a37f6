"""The smallest rules that let the collectors read, as manifests of RBAC; and what EKS asks of IAM.

They hold `get`, `list` and `watch` of named resources. Anything else is refused, whoever declares it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
import yaml

from apiscape.collectors.contract import Permission

FORMS = ("policy", "rbac", "iam")
READING = frozenset({"get", "list", "watch"})
NEVER = frozenset({"secrets", "pods", "*"})
"""Resources of the core that hold credentials or payloads; and everything."""

OF_NO_NAMESPACE = frozenset(
    {
        "namespaces",
        "nodes",
        "customresourcedefinitions.apiextensions.k8s.io",
        "apiservices.apiregistration.k8s.io",
    }
)
"""What lies in no namespace, so that no Role can let anybody read it; beside what a collector reads of it."""

_NAME = "apiscape"
_HEAD = """\
# Lets apiscape read what exposes APIs, and nothing else: no secret, no write.
# Change the subject of the bindings to whoever signs in.
"""
_API = "rbac.authorization.k8s.io"

Json = dict[str, Any]


class Subject(msgspec.Struct, frozen=True):
    """Who is let in: a service account."""

    name: str = _NAME
    namespace: str = _NAME


class Right(msgspec.Struct, frozen=True, order=True):
    """One resource, and what may be done with it; `names`: with which objects alone."""

    group: str
    plural: str
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """Plural and group, as in a permission."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def write_policy(
    form: str, permissions: Iterable[Permission], namespaces: Sequence[str], subject: Subject
) -> str:
    """Return the policy in one of `FORMS`.

    Args:
        form: `rbac` (`policy` is the same), or `iam`: what a role of IAM needs to find clusters of EKS.
        permissions: Of the provider and of the configured collectors.
        namespaces: That are looked into; none for the whole cluster.
        subject: Whom the bindings are for.

    Raises:
        ValueError: There is no such form, or a permission is one that is never asked for.
    """
    if form not in FORMS:
        raise ValueError(f"no form {form!r}: {', '.join(FORMS)}")
    wanted = list(permissions)
    if form == "iam":
        return _iam(wanted)
    rights = {_right(each) for each in wanted if ":" not in each.action}
    beyond = {each for each in rights if namespaces and _needs_cluster(each)}
    documents = list(_documents(_smallest(rights - beyond), namespaces, subject))
    left_out = [each.resource for each in sorted(beyond)]
    told = f"# Not readable from within namespaces, and left out: {', '.join(left_out)}.\n"
    text = yaml.safe_dump_all(documents, sort_keys=False)
    return _HEAD + (told if left_out else "") + text


def _right(permission: Permission) -> Right:
    """Return the right of a permission (`get,list,watch httproutes.gateway.networking.k8s.io`).

    Raises:
        ValueError: It is one that is never asked for.
    """
    verbs, _, resource = permission.action.partition(" ")
    plural, _, group = resource.partition(".")
    asked = frozenset(verbs.split(","))
    is_never = "*" in resource or "/" in resource or (not group and plural in NEVER)
    if not asked <= READING or not plural or is_never:
        raise ValueError(f"{permission.action!r} is no right that is ever asked for")
    names = tuple(sorted(permission.resources)) if permission.resources != ("*",) else ()
    return Right(group, plural, tuple(sorted(asked)), names)


def _smallest(rights: Iterable[Right]) -> list[Right]:
    """Return each right once; what a wider one holds falls away."""
    found = sorted(rights)
    return [each for each in found if not any(_holds(other, each) for other in found)]


def _holds(wide: Right, narrow: Right) -> bool:
    if wide == narrow or wide.resource != narrow.resource:
        return False
    names = not wide.names or (narrow.names and {*narrow.names} <= {*wide.names})
    return bool(names) and {*narrow.verbs} <= {*wide.verbs}


def _needs_cluster(right: Right) -> bool:
    return right.resource in _of_no_namespace() and not right.names


@cache
def _of_no_namespace() -> frozenset[str]:
    from apiscape.collectors.kubernetes.families import reads

    return OF_NO_NAMESPACE | {each.name for each in reads().resources if not each.is_namespaced}


def _documents(
    rights: Sequence[Right], namespaces: Sequence[str], subject: Subject
) -> Iterator[Json]:
    """Yield the roles and their bindings: one role of the cluster, or one of each namespace."""
    cluster = [each for each in rights if not namespaces or each.names]
    if cluster:
        yield from _granted("ClusterRole", cluster, subject)
    within = [each for each in rights if not each.names]
    if within:
        for namespace in namespaces:
            yield from _granted("Role", within, subject, namespace)


def _granted(
    kind: str, rights: Sequence[Right], subject: Subject, namespace: str = ""
) -> Iterator[Json]:
    where = {"namespace": namespace} if namespace else {}
    head = {"apiVersion": f"{_API}/v1"}
    yield head | {
        "kind": kind,
        "metadata": {"name": _NAME} | where,
        "rules": list(_rules(rights)),
    }
    yield head | {
        "kind": f"{kind}Binding",
        "metadata": {"name": _NAME} | where,
        "roleRef": {"apiGroup": _API, "kind": kind, "name": _NAME},
        "subjects": [
            {"kind": "ServiceAccount", "name": subject.name, "namespace": subject.namespace}
        ],
    }


def _rules(rights: Sequence[Right]) -> Iterator[Json]:
    """Yield a rule for each API group, set of verbs and set of objects."""
    grouped: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for each in rights:
        grouped.setdefault((each.group, each.verbs, each.names), []).append(each.plural)
    for (group, verbs, names), plurals in grouped.items():
        rule: Json = {"apiGroups": [group], "resources": sorted(plurals)}
        yield rule | ({"resourceNames": [*names]} if names else {}) | {"verbs": [*verbs]}


def _iam(permissions: Iterable[Permission]) -> str:
    statements = [
        {
            "Sid": "".join(letter for letter in each.action.title() if letter.isalnum()),
            "Effect": "Allow",
            "Action": each.action,
            "Resource": [*each.resources],
        }
        for each in permissions
        if ":" in each.action
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"
