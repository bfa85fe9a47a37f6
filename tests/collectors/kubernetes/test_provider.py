"""Planning and visiting clusters: each once, by what it is and not by what it is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apiscape.collectors.contract import (
    Cancelled,
    ChecksFiles,
    CollectorError,
    CredentialsInvalid,
    Plan,
    PlannedReach,
    Provider,
    WritesPolicies,
)
from apiscape.collectors.kubernetes import targets
from apiscape.collectors.kubernetes.identity import AnotherCluster
from apiscape.collectors.kubernetes.provider import KubernetesProvider
from apiscape.collectors.kubernetes.settings import (
    ContextSettings,
    KeySettings,
    KubernetesSettings,
)
from apiscape.collectors.registry import load_provider
from apiscape.collectors.trying import Grant, TriesSignIn
from apiscape.demo.kubernetes.access import EVERYTHING, Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.run import Reach
from apiscape.model.vocabulary import ErrorKind, ReachState
from tests.collectors.kubernetes.kubeconfigs import (
    CANARY,
    cluster,
    in_base64,
    kubeconfig,
    settings,
    write,
)

UID = "11111111-2222-3333-4444-555555555555"


class Wallet:
    """A budget that is never empty, and says what was taken under which account."""

    def __init__(self) -> None:
        self.accounts: list[str] = []

    def acquire(self, families: Any, *, account: str, region: str | None) -> None:
        self.accounts.append(account)

    def throttled(self, families: Any, **_: Any) -> None:
        raise AssertionError


class Ended(Wallet):
    """A budget of which the time is over."""

    def acquire(self, families: Any, *, account: str, region: str | None) -> None:
        raise Cancelled("told to stop")


class Two:
    """Two emulated clusters, and a kubeconfig with three contexts that lead to them, and one that leads nowhere."""

    def __init__(self, folder: Path, one: KubernetesServer, two: KubernetesServer) -> None:
        self.one, self.two = one, two
        alias = one.url.replace("127.0.0.1", "localhost")
        servers = {"one": one.url, "alias": alias, "two": two.url, "gone": "http://127.0.0.1:1"}
        clusters = {name: cluster(url) for name, url in servers.items()}
        self.file = write(folder / "config", kubeconfig(clusters, current="two"))

    def plan(self, *contexts: Any, **more: Any) -> Plan:
        return KubernetesProvider().plan("src", settings(self.file, *contexts, **more))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with KubernetesServer() as one, KubernetesServer() as other:
        yield Two(tmp_path, one, other)


def keys(plan: Plan) -> list[str]:
    return [each.reach.key for each in plan.reaches]


def estate(plan: Plan) -> dict[str, tuple[str, str | None]]:
    return {each.key: (each.state, each.reason) for each in plan.estate}


def only(plan: Plan) -> PlannedReach:
    (planned,) = plan.reaches
    return planned


def test_it_is_a_provider_by_its_entry_point() -> None:
    provider = load_provider("kubernetes")
    assert isinstance(provider, KubernetesProvider)
    assert isinstance(provider, Provider)
    assert isinstance(provider, WritesPolicies)
    assert isinstance(provider, TriesSignIn)


def test_a_cluster_is_known_by_the_uid_of_its_own_namespace(two: Two) -> None:
    plan = two.plan("one", ContextSettings(context="two", name="shop"))
    assert [each.reach for each in plan.reaches] == [
        Reach(key="one", account=two.one.cluster.uid),
        Reach(key="shop", account=two.two.cluster.uid),
    ]
    assert all(each.error is None for each in plan.reaches)
    assert [len(server.calls) for server in (two.one, two.two)] == [1, 1]
    assert plan.estate_error is None


def test_contexts_that_are_not_configured_are_said(two: Two) -> None:
    plan = two.plan("one", exclude_contexts=("go*",))
    why = "in the kubeconfig, and not among the source's `contexts`"
    assert estate(plan) == {
        "alias": (ReachState.NOT_CONFIGURED, why),
        "two": (ReachState.NOT_CONFIGURED, why),
        "gone": (ReachState.EXCLUDED, "excluded by the source"),
    }


def test_a_cluster_of_several_contexts_is_visited_once_and_that_is_said(two: Two) -> None:
    plan = two.plan("one", "alias", "two", "one")
    assert keys(plan) == ["one", "two"]
    assert estate(plan)["alias"] == (
        ReachState.EXCLUDED,
        "the same cluster as one, which is visited",
    )


def test_globs_take_what_is_there_and_not_excluded(two: Two) -> None:
    assert keys(two.plan("*", exclude_contexts=("alias", "gone"))) == ["one", "two"]
    planned = only(two.plan("prod-*"))
    assert planned.error is not None
    assert planned.error.message == "the kubeconfig has no context prod-*"


def test_without_contexts_the_current_one_is_visited(two: Two) -> None:
    plan = two.plan()
    assert keys(plan) == ["two"]
    assert set(estate(plan)) == {"one", "alias", "gone"}


def test_a_cluster_that_does_not_answer_keeps_its_reach_and_hides_no_other(two: Two) -> None:
    plan = two.plan("gone", "one", "absent")
    assert keys(plan) == ["gone", "one", "absent"]
    assert [each.reach.account for each in plan.reaches] == ["gone", two.one.cluster.uid, "absent"]
    errors = {each.reach.key: each.error for each in plan.reaches}
    assert errors["one"] is None
    assert errors["gone"] is not None
    assert errors["gone"].kind == ErrorKind.UNREACHABLE
    assert errors["absent"] is not None
    assert errors["absent"].message == "the kubeconfig has no context absent"


# ── Which cluster it is ──────────────────────────────────────────────────────


def forbid(server: KubernetesServer) -> None:
    server.inject(Fault(kind=FaultKind.DENY, resource="namespaces"))


def test_a_cluster_that_nobody_may_name_is_not_visited(two: Two) -> None:
    forbid(two.one)
    error = only(two.plan("one")).error
    assert error is not None
    assert (error.kind, error.permission) == (
        ErrorKind.ACCESS_DENIED,
        "get namespaces kube-system",
    )
    assert "state the cluster's `uid`" in str(error.next_step)


def test_a_stated_uid_counts_where_nobody_may_read_it_and_is_the_same_once_they_may(
    two: Two,
) -> None:
    uid = two.one.cluster.uid
    stated = ContextSettings(context="one", uid=uid.upper())
    forbid(two.one)
    assert only(two.plan(stated)).reach.account == uid
    two.one.clear_faults()
    assert only(two.plan(stated)).reach.account == uid


def test_a_stated_uid_that_is_another_clusters_is_refused_once_it_can_be_read(two: Two) -> None:
    stated = ContextSettings(context="one", uid=UID)
    forbid(two.one)
    assert only(two.plan(stated)).reach.account == UID
    two.one.clear_faults()
    error = only(two.plan(stated)).error
    assert error is not None
    assert error.message == (
        f"the source states the uid {UID}, and the cluster is {two.one.cluster.uid}"
    )


def test_a_stated_uid_that_is_none_is_said(two: Two) -> None:
    forbid(two.one)
    error = only(two.plan(ContextSettings(context="one", uid="prod"))).error
    assert error is not None
    assert error.message == "the `uid` that the source states is none"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FaultKind.WRONG_TYPE, "is not the JSON of an API server"),
        (FaultKind.NO_ROUTE, "the API server answered 404"),
        (FaultKind.TRUNCATE, "is not the JSON of an API server"),
    ],
)
def test_what_is_no_api_server_is_said(two: Two, kind: FaultKind, said: str) -> None:
    two.one.inject(Fault(kind=kind))
    error = only(two.plan("one")).error
    assert error is not None
    assert said in error.message


# ── Visiting ─────────────────────────────────────────────────────────────────


def test_a_session_asks_and_lets_go(two: Two) -> None:
    provider, wallet = KubernetesProvider(), Wallet()
    keys = KeySettings(owner=("crm/squad",))
    own = settings(two.file, "one", namespaces=("shop",), entries="own.yaml", keys=keys)
    reach = only(provider.plan("src", own)).reach
    with provider.session(own, reach, wallet) as session:
        assert (session.uid, session.title) == (two.one.cluster.uid, "one")
        assert (session.namespaces, session.entries) == (("shop",), "own.yaml")
        assert session.keys == keys
        found = session.catalogue.look().find("", "services", ["v1"])
        assert found is not None
        assert wallet.accounts == [two.one.cluster.uid] * 3
    assert two.one._listener._open == set() or len(two.one._listener._open) <= 1


def test_the_table_that_a_source_names_is_read_before_anything_is_visited(
    two: Two, tmp_path: Path
) -> None:
    provider, own = KubernetesProvider(), tmp_path / "own.yaml"
    assert isinstance(provider, ChecksFiles)
    named = settings(two.file, "one", entries=str(own))
    with pytest.raises(CollectorError, match=r"own.yaml: cannot be read"):
        provider.check_files(named)
    own.write_text("- id: a\n  titel: b\n", "utf-8")
    with pytest.raises(CollectorError, match=r"own.yaml:2: a.titel: there is no such key"):
        provider.check_files(named)
    own.write_text("[]\n", "utf-8")
    provider.check_files(named)
    provider.check_files(settings(two.file, "one"))
    assert two.one.calls == []


def test_a_session_is_of_the_cluster_that_was_planned_or_of_none(two: Two, tmp_path: Path) -> None:
    provider = KubernetesProvider()
    own = settings(two.file, "one")
    reach = only(provider.plan("src", own)).reach
    write(two.file, kubeconfig({"one": cluster(two.two.url)}))
    with pytest.raises(AnotherCluster, match="where one was, another cluster answers"):
        provider.session(own, reach, Wallet())
    assert AnotherCluster.kind == ErrorKind.UNREACHABLE
    write(two.file, kubeconfig({"other": cluster(two.one.url)}))
    with pytest.raises(CredentialsInvalid, match="the kubeconfig has no context one"):
        provider.session(own, reach, Wallet())
    with pytest.raises(CredentialsInvalid, match="nothing leads to the cluster lost any more"):
        provider.session(own, Reach(key="lost", account=UID), Wallet())


def test_a_session_needs_no_plan_and_takes_a_token_that_was_written_anew(
    two: Two, tmp_path: Path
) -> None:
    guarded = Cluster(takes_anonymous=False)
    guarded.access.grant("agent", "new", [EVERYTHING])
    with KubernetesServer(guarded) as server:
        file = write(
            tmp_path / "own", kubeconfig({"c": cluster(server.url)}, {"c": {"token": "old"}})
        )
        own = settings(file, "c")
        planned = only(KubernetesProvider().plan("src", own))
        assert planned.error is not None
        assert planned.error.kind == ErrorKind.CREDENTIALS
        write(file, kubeconfig({"c": cluster(server.url)}, {"c": {"token": "new"}}))
        reach = Reach(key="c", account=guarded.uid)
        with KubernetesProvider().session(own, reach, Wallet()) as session:
            assert session.catalogue.look().served


def test_nothing_but_get_is_ever_sent(two: Two) -> None:
    provider = KubernetesProvider()
    own = settings(two.file, "*")
    plan = provider.plan("src", own)
    list(provider.try_sign_in(own, [each.reach for each in plan.reaches[:2]], Wallet()))
    with provider.session(own, plan.reaches[0].reach, Wallet()) as session:
        session.catalogue.look()
    verbs = {call.verb for server in (two.one, two.two) for call in server.calls}
    assert verbs == {"get", "discover"}


# ── Rights ───────────────────────────────────────────────────────────────────


def test_the_right_to_know_the_cluster_is_tried_in_each(two: Two) -> None:
    provider = KubernetesProvider()
    uid = two.two.cluster.uid
    own = settings(two.file, "one", ContextSettings(context="two", uid=uid))
    reaches = [each.reach for each in provider.plan("src", own).reaches]

    def tried() -> dict[str | None, str]:
        said = provider.try_sign_in(own, reaches, Wallet())
        return {each.place: each.grant for each in said if "namespaces" in each.permission.action}

    assert tried() == {"one": Grant.GRANTED, "two": Grant.GRANTED}
    reaches.insert(0, Reach(key="gone", account="gone"))
    assert tried() == {"gone": Grant.UNKNOWN, "one": Grant.GRANTED, "two": Grant.GRANTED}
    del reaches[0]
    with pytest.raises(Cancelled):
        list(provider.try_sign_in(own, reaches, Ended()))
    forbid(two.one)
    forbid(two.two)
    assert tried() == {"one": Grant.DENIED, "two": Grant.NOT_NEEDED}
    others = [
        each.grant
        for each in provider.try_sign_in(own, reaches, Wallet())
        if ":" in each.permission.action
    ]
    assert others == [Grant.NOT_NEEDED] * 3


def test_one_rule_suffices_for_planning(tmp_path: Path) -> None:
    guarded = Cluster(takes_anonymous=False)
    guarded.access.grant("agent", "t", [Rule(("",), ("namespaces",), ("get",))])
    with KubernetesServer(guarded) as server:
        file = write(
            tmp_path / "own", kubeconfig({"c": cluster(server.url)}, {"c": {"token": "t"}})
        )
        assert only(KubernetesProvider().plan("src", settings(file, "c"))).error is None


# ── Who is signed in ─────────────────────────────────────────────────────────


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem: Path) -> Iterator[KubernetesServer]:
    """A cluster, and this process as one of its pods."""
    guarded = Cluster(takes_anonymous=False)
    guarded.access.grant("agent", "pod-token", [EVERYTHING])
    with KubernetesServer(guarded, certificate=pem) as server:
        folder = tmp_path / "serviceaccount"
        folder.mkdir()
        (folder / "token").write_text("pod-token", "utf-8")
        (folder / "ca.crt").write_bytes(pem.read_bytes())
        monkeypatch.setattr(targets, "POD", folder)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", server.url.rpartition(":")[2])
        yield server


def test_without_a_kubeconfig_the_pods_own_cluster_is_visited(pod: KubernetesServer) -> None:
    provider = KubernetesProvider()
    assert provider.detect() == {"contexts": ["in-cluster"]}
    planned = only(provider.plan("src", KubernetesSettings()))
    assert planned.error is None
    assert planned.reach == Reach(key="in-cluster", account=pod.cluster.uid)
    assert [call.user for call in pod.calls] == ["agent"]


def test_the_pods_own_cluster_beside_a_kubeconfig(pod: KubernetesServer, two: Two) -> None:
    plan = two.plan(ContextSettings(context="in-cluster", name="home"), "one")
    assert keys(plan) == ["home", "one"]
    assert all(each.error is None for each in plan.reaches)


def test_a_pods_token_is_read_anew(pod: KubernetesServer) -> None:
    provider = KubernetesProvider()
    reach = only(provider.plan("src", KubernetesSettings())).reach
    with provider.session(KubernetesSettings(), reach, Wallet()) as session:
        pod.cluster.access.revoke("pod-token")
        pod.cluster.access.grant("agent", "next", [EVERYTHING])
        (targets.POD / "token").write_text("next", "utf-8")
        assert session.catalogue.look().served


def test_an_address_of_the_newer_kind_is_written_in_brackets(pod: KubernetesServer) -> None:
    told = targets.own_access({"KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": "443"})
    assert told.cluster.server == "https://[::1]:443"


def test_nobody_signed_in_is_said(own_home: Path) -> None:
    provider = KubernetesProvider()
    assert provider.detect() is None
    with pytest.raises(CredentialsInvalid, match="nobody is signed in") as caught:
        provider.plan("src", KubernetesSettings())
    assert "KUBECONFIG" in str(caught.value.next_step)
    planned = only(provider.plan("src", KubernetesSettings(contexts=("in-cluster",))))
    assert planned.error is not None
    assert "does not run in a cluster" in planned.error.message


def test_what_this_machine_is_signed_in_to_is_found_without_a_call(
    two: Two, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    provider = KubernetesProvider()
    monkeypatch.setenv("KUBECONFIG", str(two.file))
    assert provider.detect() == {"contexts": ["two"]}
    assert two.two.calls == []
    (tmp_path / "broken").write_text("[", "utf-8")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "broken"))
    assert provider.detect() == {}


def test_a_kubeconfig_that_cannot_be_read_ends_the_plan_by_name(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(f"users: {CANARY}", "utf-8")
    with pytest.raises(CollectorError) as caught:
        KubernetesProvider().plan("src", settings(file))
    assert CANARY not in json.dumps(str(caught.value.record()))


def test_no_credential_stands_in_a_plan(tmp_path: Path, pem: Path) -> None:
    users: dict[str, Any] = {
        "token": {"token": CANARY},
        "bad": {"token": f"{CANARY} x"},
        "exec": {
            "exec": {"command": "aws", "args": [CANARY], "env": [{"name": "A", "value": CANARY}]}
        },
        "file": {"tokenFile": str(tmp_path / "absent")},
        "basic": {"username": "u", "password": CANARY},
        "cert": {"client-certificate-data": in_base64(pem), "client-key-data": CANARY},
        "legacy": {"auth-provider": {"name": "gcp", "config": {"access-token": CANARY}}},
    }
    server = cluster("http://127.0.0.1:1", **{"proxy-url": f"http://u:{CANARY}@127.0.0.1:1"})
    file = write(tmp_path / "config", kubeconfig(dict.fromkeys(users, server), users))
    plan = KubernetesProvider().plan("src", settings(file, "*"))
    assert len(plan.reaches) == len(users)
    assert all(each.error is not None for each in plan.reaches)
    assert CANARY not in f"{plan} {plan!r}"
    told = {each.reach.key: each.error.message for each in plan.reaches if each.error}
    assert told["exec"] == "context exec has aws run to sign in"
    assert told["cert"] == "the key in the kubeconfig is no base64"
