"""One request answered: identity, allow-list, quota, fault, handler, shape check.

In that order of blame: what is refused for one reason is not looked at for the next. Every call is
logged, whatever becomes of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import Any

from apiscape.demo.aws.answers import (
    handlers_account,
    handlers_agentcore,
    handlers_apprunner,
    handlers_appsync,
    handlers_cloudtrail,
    handlers_cloudwatch,
    handlers_doors,
    handlers_elb,
    handlers_functions,
    handlers_lattice,
    handlers_org,
    handlers_portals,
    handlers_rest,
    handlers_v2,
)
from apiscape.demo.aws.answers.context import Context, Handler, Output
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault, FaultPlan, Subject
from apiscape.demo.aws.refusing.identities import (
    Caller,
    CredentialScope,
    Identities,
    credential_scope,
)
from apiscape.demo.aws.refusing.quotas import Quotas
from apiscape.demo.aws.refusing.refusals import (
    Refusal,
    denied,
    internal_failure,
    not_allowed,
    not_signed,
    throttled,
)
from apiscape.demo.aws.refusing.sabotage import (
    permission,
    refusal_of,
    spoil_delivery,
    spoil_listing,
    spoil_params,
)
from apiscape.demo.aws.wire.calls import Call, CallLog
from apiscape.demo.aws.wire.connection import Delivery
from apiscape.demo.aws.wire.reading import read_input
from apiscape.demo.aws.wire.routing import Match, Request, find_operation
from apiscape.demo.aws.wire.writing import write_output, write_refusal

_SERVICES = (
    handlers_account,
    handlers_appsync,
    handlers_agentcore,
    handlers_apprunner,
    handlers_cloudtrail,
    handlers_cloudwatch,
    handlers_doors,
    handlers_lattice,
    handlers_functions,
    handlers_elb,
    handlers_org,
    handlers_portals,
    handlers_rest,
    handlers_v2,
)

HANDLERS: dict[str, Handler] = {
    name: handler for service in _SERVICES for name, handler in service.HANDLERS.items()
}

#: Reads that answer credentials' values: emulated, but no read-only agent may call them.
SECRET_READS = frozenset(
    {"apigateway:GetApiKeys", "apigateway:GetUsagePlanKeys", "appsync:ListApiKeys"}
)

#: Services that an account has once: what any of its regions is denied, it is denied.
WITHOUT_REGIONS = frozenset({"cloudfront", "route53"})

READ_ALLOW_LIST = frozenset(HANDLERS) - SECRET_READS


class Dispatcher:
    """Answers requests about an estate and keeps account of them.

    Attributes:
        calls: Every call.
        violations: Operations called that are not on the allow-list.
        defects: What went wrong in the emulation itself, as text.
    """

    def __init__(
        self,
        estate: AwsEstate,
        identities: Identities,
        quotas: Quotas,
        allowed: Collection[str] = READ_ALLOW_LIST,
        latency_s: float = 0.0,
    ) -> None:
        self.calls = CallLog()
        self.violations: list[str] = []
        self.defects: list[str] = []
        self.faults = FaultPlan()
        self.latency_s = latency_s
        self._estate = estate
        self._identities = identities
        self._quotas = quotas
        self._allowed = frozenset(allowed)
        self._indexes = itertools.count()

    def respond(self, request: Request) -> Delivery:
        """Answer one request and log it."""
        index = next(self._indexes)
        scope = credential_scope(request) or CredentialScope("-", "-", "-")
        match = find_operation(scope.signing_name, request)
        subject = Subject(
            index,
            self._identities.account_of(scope.access_key_id),
            scope.region,
            match.service if match else scope.signing_name,
            match.operation if match else f"{request.method} {request.path}",
            request.path,
        )
        delivery = self._deliver(request, scope, match, subject)
        status = delivery.answer.status if delivery.answer else 0
        self.calls.add(
            Call(
                subject.index,
                subject.account,
                subject.region,
                subject.service,
                subject.operation,
                subject.path,
                status,
            )
        )
        return delivery

    def _deliver(
        self, request: Request, scope: CredentialScope, match: Match | None, subject: Subject
    ) -> Delivery:
        if match is None:
            return self._unknown(scope, subject)
        request_id = f"00000000-0000-4000-8000-{subject.index:012d}"
        fault: Fault | None = None
        try:
            caller = self._admit(request, scope, match, subject)
            fault = self.faults.strike(subject)
            if fault is not None:
                refusal = refusal_of(fault, match, caller.arn, subject)
                if refusal is not None:
                    raise refusal  # noqa: TRY301 - a refusal is how every layer here says no
            output = self._output(request, scope, match, caller, fault)
            answer = write_output(match, output, request_id)
        except Refusal as refusal:
            answer = write_refusal(match.service, refusal, request_id)
        except Exception as error:  # noqa: BLE001 - the edge of a request: a defect of ours is kept
            self.defects.append(f"{match.name}: {error!r}")
            answer = write_refusal(match.service, internal_failure(), request_id)
        return spoil_delivery(fault, answer, self.latency_s)

    def _admit(
        self, request: Request, scope: CredentialScope, match: Match, subject: Subject
    ) -> Caller:
        """Check allow-list, identity, quota and standing denials."""
        if match.name not in self._allowed:
            self.violations.append(match.name)
            raise not_allowed(match.name)
        caller = self._identities.authenticate(scope, match.service, request)
        if not self._quotas.admit(subject.account, scope.region, match.service, match.operation):
            raise throttled(service=match.service)
        for region in caller.account.regions.values():
            here = region.name == scope.region or match.service in WITHOUT_REGIONS
            if here and match.name in region.denials:
                action, resource = permission(match, subject)
                scp = region.denials[match.name]
                raise denied(caller.arn, action, resource, service=match.service, scp=scp)
        return caller

    def _output(
        self,
        request: Request,
        scope: CredentialScope,
        match: Match,
        caller: Caller,
        fault: Fault | None,
    ) -> Output:
        context = Context(self._estate, self._identities, caller, scope.region)
        params: dict[str, Any] = read_input(match, request)
        output = HANDLERS[match.name](context, spoil_params(fault, match.name, params))
        return spoil_listing(fault, match.name, output, params)

    def _unknown(self, scope: CredentialScope, subject: Subject) -> Delivery:
        if scope.signing_name == "-":
            refusal = not_signed()
        else:
            name = f"{subject.service}:{subject.operation}"
            self.violations.append(name)
            refusal = not_allowed(name)
        answer = write_refusal("apigateway", refusal, "-")
        return Delivery(answer, self.latency_s)
