"""Who calls APIs of a cluster, as the model has it."""

from __future__ import annotations

from apiscape.collectors.kubernetes.deploying.calling import consumer_of
from apiscape.collectors.kubernetes.exposed import Called
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.model.identity import entity_uid
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.worlds import PLACE, READS

PLANS = next(each for each in READS.resources if each.name == "securitypolicies.tyk.tyk.io")
METADATA = Metadata(name="gold", namespace="bank", labels={"team": "rates"})


def test_a_consumer_is_let_in_to_apis_as_their_deployments_call_them() -> None:
    admits = (("tyk.tyk.io/apidefinitions", "bank/rates"),)
    made = consumer_of(Called(metadata=METADATA, name="Gold", admits=admits), PLANS, PLACE)
    assert made.admits == (("cluster:tyk.tyk.io/apidefinitions:bank/rates", ""),)
    assert (made.name, made.native_kind) == ("Gold", "tyk.tyk.io/securitypolicies")
    assert made.native_id == "cluster:tyk.tyk.io/securitypolicies:bank/gold"
    assert made.uid == entity_uid("consumer", made.native_id)
    assert made.labels == {"team": "rates", "k8s.namespace.name": "bank"}


def test_a_consumer_without_a_name_is_called_as_its_object_is() -> None:
    made = consumer_of(Called(metadata=METADATA), PLANS, PLACE)
    assert (made.name, made.admits, made.quota) == ("bank/gold", UNKNOWN, UNKNOWN)
