"""Who asks, and what they may: bearer tokens, impersonation, and rules as roles have them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from apiscape.demo.kubernetes.refusals import unauthorized

Json = dict[str, Any]

ADMIN = "kubernetes-admin"
NOBODY = "system:anonymous"


class Rule(msgspec.Struct, frozen=True):
    """What may be done; `*` stands for anything.

    Attributes:
        namespace: Empty for every one, and for what has none.
    """

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...] = ("get", "list", "watch")
    namespace: str = ""

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Say whether it allows something; what is asked of all namespaces needs a rule for all."""
        return (
            _fits(self.groups, group)
            and _fits(self.resources, resource)
            and _fits(self.verbs, verb)
            and self.namespace in {"", namespace}
        )


EVERYTHING = Rule(("*",), ("*",), ("*",))
_REVIEWS = Rule(
    ("authorization.k8s.io",),
    ("selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    ("create",),
)
"""Granted to everybody who signed in, by `system:basic-user`."""


class Access:
    """Users, their tokens and their rules.

    Attributes:
        takes_anonymous: Whether a request without a token is the administrator's, as through `kubectl proxy`.
        rules: By user; nobody else may do anything.
    """

    def __init__(self, *, takes_anonymous: bool = True) -> None:
        self.takes_anonymous = takes_anonymous
        self.rules: dict[str, tuple[Rule, ...]] = {ADMIN: (EVERYTHING,)}
        self._tokens: dict[str, str] = {}

    def grant(self, user: str, token: str, rules: Iterable[Rule]) -> None:
        """Have a user sign in by a token, and allow them this and nothing else."""
        self._tokens[token] = user
        self.rules[user] = tuple(rules)

    def revoke(self, token: str) -> None:
        """Take a token for nobody's from now on."""
        self._tokens.pop(token, None)

    def user(self, headers: Mapping[str, str]) -> str:
        """Return who asks.

        Raises:
            Refusal: The token is nobody's, or there is none where one is needed.
        """
        told = headers.get("authorization")
        asked_for = headers.get("impersonate-user")
        if told is None:
            if not self.takes_anonymous:
                raise unauthorized()
            return asked_for or ADMIN
        token = told.removeprefix("Bearer ")
        for known, user in self._tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return asked_for if asked_for and self._may_impersonate(user) else user
        raise unauthorized()

    def _may_impersonate(self, user: str) -> bool:
        return self.may(user, "impersonate", "", "users", "")

    def may(self, user: str, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Say whether a user may do something."""
        own = self.rules.get(user, ())
        held = (*own, _REVIEWS) if user in self.rules else own
        return any(rule.allows(verb, group, resource, namespace) for rule in held)

    def review(self, user: str, asked: Json) -> Json:
        """Return the `status` of a SelfSubjectAccessReview."""
        told = asked.get("spec", {}).get("resourceAttributes") or {}
        given = (told.get("verb", "*"), told.get("group", ""), told.get("resource", "*"))
        return {"allowed": self.may(user, *given, told.get("namespace", ""))}

    def list_rules(self, user: str, asked: Json) -> Json:
        """Return the `status` of a SelfSubjectRulesReview."""
        namespace = asked.get("spec", {}).get("namespace", "")
        rules = [
            {"verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources}
            for rule in (*self.rules.get(user, ()), _REVIEWS)
            if rule.namespace in {"", namespace}
        ]
        return {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}


def _fits(told: tuple[str, ...], asked: str) -> bool:
    return "*" in told or asked in told
