"""From where something can be reached: what addresses prove, what was asked for, and what nobody can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.reaching import ASKED, NAMED, WIDTH, reach


@pytest.mark.parametrize(
    ("address", "exposure"),
    [
        ("8.8.8.8", "internet"),
        ("172.32.0.1", "internet"),
        ("2606:4700::1111", "internet"),
        ("::ffff:8.8.8.8", "internet"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "private"),
        ("169.254.169.254", "private"),
        ("fd00::1", "private"),
        ("fe80::1%eth0", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("127.0.0.1", "private"),
        ("240.0.0.1", "unknown"),
        ("224.0.0.1", "unknown"),
        ("255.255.255.255", "unknown"),
        ("::", "unknown"),
        ("lb.example.org", "unknown"),
        ("1.2.3.4.5", "unknown"),
        ("internal-k8s-shop-1.eu-west-1.elb.amazonaws.com", "private"),
        ("k8s-shop-1.elb.eu-west-1.amazonaws.com", "unknown"),
        ("internal-lb.example.org", "unknown"),
        ("web.shop.svc.cluster.local.", "cluster"),
    ],
)
def test_what_one_address_proves(address: str, exposure: str) -> None:
    found = reach([address], {})
    assert found.exposure == exposure
    assert found.addresses == (address,)
    assert found.evidence is not None
    assert address in found.evidence


@pytest.mark.parametrize(
    ("key", "value", "exposure"),
    [
        ("alb.ingress.kubernetes.io/scheme", "internal", "private"),
        ("alb.ingress.kubernetes.io/scheme", " Internet-Facing ", "internet"),
        ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internet-facing", "internet"),
        ("service.beta.kubernetes.io/aws-load-balancer-internal", "0.0.0.0/0", "private"),
        ("service.beta.kubernetes.io/aws-load-balancer-internal", "false", "unknown"),
        ("service.beta.kubernetes.io/azure-load-balancer-internal", "true", "private"),
        ("service.beta.kubernetes.io/azure-load-balancer-internal", "false", "unknown"),
        ("networking.gke.io/load-balancer-type", "Internal", "private"),
        ("appgw.ingress.kubernetes.io/use-private-ip", "true", "private"),
        ("networking.knative.dev/visibility", "cluster-local", "cluster"),
        ("gatewayClassName", "gke-l7-rilb", "private"),
        ("gatewayClassName", "gke-l7-global-external-managed", "internet"),
        ("gatewayClassName", "envoy", "unknown"),
        ("alb.ingress.kubernetes.io/scheme", "", "unknown"),
        ("alb.ingress.kubernetes.io/scheme", "sideways", "unknown"),
    ],
)
def test_what_was_asked_for_says_it_of_a_name(key: str, value: str, exposure: str) -> None:
    found = reach(["lb.example.org"], {key: value, "other": "internal"})
    assert found.exposure == exposure
    assert (key in (found.evidence or "")) == (exposure != "unknown")


def test_of_what_contradicts_itself_the_widest_is_taken_and_named_first() -> None:
    internal = {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}
    found = reach(["10.0.0.1", "8.8.8.8"], internal)
    assert found.exposure == "internet"
    assert found.evidence == (
        "address 8.8.8.8 is public; address 10.0.0.1 is private; "
        "service.beta.kubernetes.io/azure-load-balancer-internal is true"
    )


def test_a_name_beside_a_private_address_leaves_it_open() -> None:
    assert reach(["10.0.0.1", "lb.example.org"], {}).exposure == "unknown"
    assert reach(["8.8.8.8", "lb.example.org"], {}).exposure == "internet"
    asked = {"alb.ingress.kubernetes.io/scheme": "internal"}
    assert reach(["10.0.0.1", "lb.example.org"], asked).exposure == "private"


def test_a_service_of_the_cluster_alone() -> None:
    assert reach([], {}, "ClusterIP").exposure == "cluster"
    assert reach(["8.8.8.8"], {}, "ClusterIP").exposure == "internet"


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort", "ExternalName"])
def test_without_an_address_nobody_can_tell(kind: str) -> None:
    found = reach([], {}, kind)
    assert (found.exposure, found.evidence) == ("unknown", f"no address of the {kind}")
    assert reach([], {}).evidence is None


def test_many_addresses_are_kept_and_evidence_stays_short() -> None:
    many = [f"10.0.0.{number}" for number in range(200)]
    found = reach([*many, "8.8.8.8", "8.8.8.8", ""], {})
    assert found.addresses == (*many, "8.8.8.8")
    assert found.evidence is not None
    assert found.evidence.startswith("address 8.8.8.8 is public")
    assert found.evidence.endswith(f"and {201 - NAMED} more")


ADDRESSES = st.lists(
    st.sampled_from(["8.8.8.8", "10.0.0.1", "lb.example.org", "a.b.svc.cluster.local", "fd00::1"])
    | st.ip_addresses().map(str)
    | st.text(max_size=20),
    max_size=5,
)
SAID = st.dictionaries(
    st.sampled_from(sorted(ASKED)),
    st.sampled_from(["true", "internal", "internet-facing", "external", ""]),
    max_size=3,
)


@given(ADDRESSES, SAID)
def test_one_more_public_address_never_makes_it_narrower(
    addresses: list[str], said: dict[str, str]
) -> None:
    assert reach([*addresses, "8.8.8.8"], said).exposure == "internet"
    found = reach(addresses, said)
    assert found.exposure in {*WIDTH, "unknown"}
    assert found == reach(addresses, dict(reversed(said.items())))
