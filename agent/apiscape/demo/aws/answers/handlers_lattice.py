"""VPC Lattice: services, listeners, rules, networks, auth policies, access logs, tags."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.lattice import Lattice, Listener, Network, Service
from apiscape.demo.aws.refusing.refusals import Refusal

_SUMMARY = ("id", "name", "arn", "createdAt", "lastUpdatedAt", "dnsEntry", "customDomainName")
_RULE_SUMMARY = ("arn", "id", "name", "isDefault", "priority", "createdAt", "lastUpdatedAt")


def list_services(context: Context, params: Params) -> Output:
    """List services: without their way in and their certificate."""
    services = list(_held(context).services.values())
    return _page((_only(each.fields, (*_SUMMARY, "status")) for each in services), params)


def get_service(context: Context, params: Params) -> Output:
    """Give a service."""
    return dict(_service(context, params).fields)


def list_listeners(context: Context, params: Params) -> Output:
    """List a service's listeners."""
    listeners = list(_service(context, params).listeners.values())
    return _page((dict(each.fields) for each in listeners), params)


def list_rules(context: Context, params: Params) -> Output:
    """List a listener's rules: without what they match and do."""
    rules = list(_listener(context, params).rules.values())
    return _page((_only(each, _RULE_SUMMARY) for each in rules), params)


def get_rule(context: Context, params: Params) -> Output:
    """Give a rule; the default one matches nothing in particular."""
    rule = _listener(context, params).rules.get(params["ruleIdentifier"])
    if rule is None:
        raise _missing("Rule", params["ruleIdentifier"])
    return dict(rule)


def get_service_network(context: Context, params: Params) -> Output:
    """Give a service network."""
    network = _network(context, params["serviceNetworkIdentifier"])
    return {**network.fields, "numberOfAssociatedVPCs": len(network.vpcs)}


def list_service_associations(context: Context, params: Params) -> Output:
    """List the networks that a service is associated with."""
    service = _service(context, params)
    return _page((_service_association(service, each) for each in list(service.networks)), params)


def list_vpc_associations(context: Context, params: Params) -> Output:
    """List the VPCs that are associated with a network."""
    network = _network(context, params["serviceNetworkIdentifier"])
    return _page((_vpc_association(network, vpc) for vpc in list(network.vpcs)), params)


def get_auth_policy(context: Context, params: Params) -> Output:
    """Give the auth policy of a service or network; an answer without one where there is none."""
    key = _id_of(context, params["resourceIdentifier"])
    policy = _held(context).policies.get(key)
    return {} if policy is None else {"policy": policy, "state": "Active"}


def list_access_log_subscriptions(context: Context, params: Params) -> Output:
    """List where access logs of a service or network go."""
    key = _id_of(context, params["resourceIdentifier"])
    destination = _held(context).logs.get(key)
    found = [] if destination is None else [_subscription(context, key, destination)]
    return _page(found, params)


def list_tags(context: Context, params: Params) -> Output:
    """Give a service's tags."""
    return {"tags": dict(_service(context, {"serviceIdentifier": params["resourceArn"]}).tags)}


def list_target_groups(context: Context, params: Params) -> Output:
    """List the region's target groups."""
    return _page((dict(each) for each in list(_held(context).target_groups.values())), params)


def _held(context: Context) -> Lattice:
    return context.region.shelves.of(Lattice)


def _service(context: Context, params: Params) -> Service:
    key = str(params["serviceIdentifier"]).rpartition("/")[2]
    service = _held(context).services.get(key)
    if service is None:
        raise _missing("Service", key)
    return service


def _listener(context: Context, params: Params) -> Listener:
    key = params["listenerIdentifier"]
    listener = _service(context, params).listeners.get(key)
    if listener is None:
        raise _missing("Listener", key)
    return listener


def _network(context: Context, identifier: str) -> Network:
    """Give a network: of this region, or of another account that a service here is associated with."""
    key, held = identifier.rpartition("/")[2], _held(context)
    joined = [each for service in list(held.services.values()) for each in service.networks]
    found = next((each for each in (*held.networks.values(), *joined) if each.id == key), None)
    if found is None:
        raise _missing("Service network", key)
    return found


def _id_of(context: Context, resource: str) -> str:
    key = resource.rpartition("/")[2]
    if key not in _held(context).services:
        _network(context, key)
    return key


def _service_association(service: Service, network: Network) -> Fields:
    key = f"snsa-{service.id[4:]}-{network.id[3:]}"
    return {
        "id": key,
        "arn": service.arn.replace("service/", "servicenetworkserviceassociation/"),
        "status": "ACTIVE",
        "serviceId": service.id,
        "serviceName": service.fields["name"],
        "serviceArn": service.arn,
        "serviceNetworkId": network.id,
        "serviceNetworkName": network.fields["name"],
        "serviceNetworkArn": network.fields["arn"],
    }


def _vpc_association(network: Network, vpc: str) -> Fields:
    return {
        "id": f"snva-{vpc}",
        "status": "ACTIVE",
        "serviceNetworkId": network.id,
        "serviceNetworkName": network.fields["name"],
        "serviceNetworkArn": network.fields["arn"],
        "vpcId": vpc,
    }


def _subscription(context: Context, key: str, destination: str) -> Fields:
    now = context.estate.now
    place = f"arn:aws:vpc-lattice:{context.region_name}:{context.account.id}"
    return {
        "id": f"als-{key}",
        "arn": f"{place}:accesslogsubscription/als-{key}",
        "resourceId": key,
        "resourceArn": f"{place}:{key}",
        "destinationArn": destination,
        "createdAt": now,
        "lastUpdatedAt": now,
    }


def _only(fields: Fields, members: Iterable[str]) -> Fields:
    return {name: fields[name] for name in members if name in fields}


def _missing(kind: str, key: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"{kind} {key} not found", status=404)


def _page(items: Iterable[Fields], params: Params) -> Output:
    return page("vpc-lattice", list(items), params)


HANDLERS: dict[str, Handler] = {
    "vpc-lattice:GetAuthPolicy": get_auth_policy,
    "vpc-lattice:GetRule": get_rule,
    "vpc-lattice:GetService": get_service,
    "vpc-lattice:GetServiceNetwork": get_service_network,
    "vpc-lattice:ListAccessLogSubscriptions": list_access_log_subscriptions,
    "vpc-lattice:ListListeners": list_listeners,
    "vpc-lattice:ListRules": list_rules,
    "vpc-lattice:ListServiceNetworkServiceAssociations": list_service_associations,
    "vpc-lattice:ListServiceNetworkVpcAssociations": list_vpc_associations,
    "vpc-lattice:ListServices": list_services,
    "vpc-lattice:ListTagsForResource": list_tags,
    "vpc-lattice:ListTargetGroups": list_target_groups,
}
