"""Second opinions of programs that are perhaps on this machine: `kubectl` merges kubeconfigs, `aws` makes tokens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from apiscape.collectors.kubernetes.auth.eks import AwsAccount
from apiscape.collectors.kubernetes.kubeconfig import read_kubeconfig
from apiscape.collectors.kubernetes.provider import KubernetesProvider
from apiscape.collectors.kubernetes.settings import EksSettings
from apiscape.network.ways import Network
from tests.collectors.kubernetes.clouds import KEY, SECRET, is_signed, opened
from tests.collectors.kubernetes.kubeconfigs import (
    cluster,
    in_base64,
    kubeconfig,
    settings,
    write,
)
from tests.collectors.kubernetes.test_eks import Guarded
from tests.unit.health.probing.servers import certificate

REGION = "eu-west-1"
GET_TOKEN = ("eks", "get-token", "--cluster-name", "shop", "--region", REGION)


def said_by(program: str, *words: str, **variables: str) -> Any:
    """Return the JSON that a program prints."""
    done = subprocess.run(
        [program, *words],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine")
def test_kubeconfigs_are_merged_as_kubectl_merges_them(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    ca = {"certificate-authority": "ca.crt"}
    files = (
        write(
            tmp_path / "first",
            kubeconfig({"one": cluster("https://one")}, {"ann": {"token": "a"}}),
        ),
        write(
            tmp_path / "b" / "second",
            kubeconfig(
                {"one": cluster("https://other", **ca), "two": cluster("https://two", **ca)},
                {"ann": {"token": "b"}, "bob": {"tokenFile": "t"}},
                current="both",
                contexts={
                    "both": {"cluster": "two", "user": "ann"},
                    "one": {"cluster": "two"},
                    "bob": {"cluster": "one", "user": "bob"},
                },
            ),
        ),
        write(tmp_path / "third", kubeconfig({}, current="one")),
    )
    paths = os.pathsep.join(map(str, (*files, tmp_path / "absent")))
    theirs = said_by("kubectl", "config", "view", "--raw", "-o", "json", KUBECONFIG=paths)
    ours = read_kubeconfig(files)
    assert ours.current == theirs["current-context"]
    clusters = {each["name"]: each["cluster"] for each in theirs["clusters"]}
    users = {each["name"]: each["user"] for each in theirs["users"]} | {"": {}}
    assert set(ours.contexts) == {each["name"] for each in theirs["contexts"]}
    for each in theirs["contexts"]:
        context, access = each["context"], ours.access(each["name"])
        told = clusters[context["cluster"]]
        assert access.cluster.server == told["server"]
        assert access.cluster.certificate_authority == told.get("certificate-authority", "")
        assert access.user.token == users[context["user"]].get("token", "")
        assert access.user.token_file == users[context["user"]].get("tokenFile", "")


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("aws") is None:
        pytest.skip("aws is not on this machine")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


@pytest.mark.usefixtures("signed_in")
def test_a_token_is_that_of_aws_but_for_its_moment() -> None:
    theirs = opened(said_by("aws", *GET_TOKEN)["status"]["token"])
    account = AwsAccount(EksSettings(regions=(REGION,)), None, Network())
    ours = opened(account.token(REGION, "shop"))
    for each in (theirs, ours):
        assert is_signed(each, SECRET, {"x-k8s-aws-id": "shop"})
    moment = re.compile(r"(Date=|Signature=|KEY%2F|%2F)[0-9a-fTZ]{8,}")
    assert moment.sub(r"\1", ours) == moment.sub(r"\1", theirs)


@pytest.mark.usefixtures("signed_in")
def test_the_program_of_aws_signs_in_where_the_source_allows_it(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    guarded = Guarded("shop", pem)
    program = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": [*GET_TOKEN],
    }
    with guarded.server as server:
        held = cluster(server.url, **{"certificate-authority-data": in_base64(pem)})
        file = write(tmp_path / "config", kubeconfig({"c": held}, {"c": {"exec": program}}))
        (refused,) = KubernetesProvider().plan("src", settings(file, "c")).reaches
        assert refused.error is not None
        assert server.calls == []
        (planned,) = KubernetesProvider().plan("src", settings(file, "c", exec=("aws",))).reaches
        assert planned.error is None
        assert planned.reach.account == guarded.cluster.uid
