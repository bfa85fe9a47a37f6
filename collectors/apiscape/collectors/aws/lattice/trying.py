"""What the rights to VPC Lattice are tried with: each by one call, on the first service of the listing."""

from __future__ import annotations

from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.trials import Parameters, Recipes, Told

LIST = "vpc-lattice:ListServices"
_LISTENERS = "vpc-lattice:ListListeners"
_RULES = "vpc-lattice:ListRules"
_NETWORKS = "vpc-lattice:ListServiceNetworkServiceAssociations"


def _nothing(_told: Told) -> Parameters:
    return {}


def _one(_told: Told) -> Parameters:
    return {"maxResults": 1}


def _service(told: Told) -> Parameters:
    return {"serviceIdentifier": text(told.first(LIST), "id") or ""}


def _resource(told: Told) -> Parameters:
    return {"resourceIdentifier": text(told.first(LIST), "id") or ""}


def _tags(told: Told) -> Parameters:
    return {"resourceArn": text(told.first(LIST), "arn") or ""}


def _listener(told: Told) -> Parameters:
    listener = told.first(_LISTENERS, "listener")
    return {**_service(told), "listenerIdentifier": text(listener, "id") or ""}


def _rule(told: Told) -> Parameters:
    rule = told.first(_RULES, "rule")
    return {**_listener(told), "ruleIdentifier": text(rule, "id") or ""}


def _network(told: Told) -> Parameters:
    network = told.first(_NETWORKS, "service network")
    return {"serviceNetworkIdentifier": text(network, "serviceNetworkId") or ""}


RECIPES: Recipes = {
    LIST: _nothing,
    "vpc-lattice:GetService": _service,
    "vpc-lattice:ListTagsForResource": _tags,
    _LISTENERS: _service,
    _RULES: _listener,
    "vpc-lattice:GetRule": _rule,
    "vpc-lattice:ListTargetGroups": _one,
    _NETWORKS: _service,
    "vpc-lattice:ListServiceNetworkVpcAssociations": _network,
    "vpc-lattice:GetServiceNetwork": _network,
    "vpc-lattice:GetAuthPolicy": _resource,
    "vpc-lattice:ListAccessLogSubscriptions": _resource,
}
