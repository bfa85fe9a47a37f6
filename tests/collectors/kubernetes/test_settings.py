"""What may stand in a source, read as a configuration is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from apiscape.collectors.kubernetes.provider import KubernetesProvider
from apiscape.collectors.kubernetes.settings import (
    USUAL,
    ContextSettings,
    EksRoleSettings,
    KubernetesSettings,
)
from apiscape.collectors.registry import load_provider
from apiscape.network.ways import Network
from apiscape.settings.load import load_settings, provider_settings
from apiscape.settings.schema import SOURCE_KEYS

README = Path(__file__).parents[3] / "collectors/apiscape/collectors/kubernetes/README.md"
HOW_TO = Path(__file__).parents[3] / "docs/how-to/reach-clusters.md"


def read(text: str) -> KubernetesSettings:
    return msgspec.convert(yaml.safe_load(text), KubernetesSettings)


def test_every_form_of_every_key() -> None:
    told = read(
        "kubeconfig: /a:/b\n"
        "contexts: [prod, {context: edge, name: Edge, uid: x, namespaces: [shop]}]\n"
        "namespaces: [a]\nexec: [aws]\nentries: own.yaml\nkeys: {owner: [crm/squad]}\n"
        "eks: {regions: [eu-west-1], roles: [arn:1, {role_arn: arn:2, external_id: e}]}\n"
    )
    assert told.context_list() == (
        ContextSettings(context="prod"),
        ContextSettings(context="edge", name="Edge", uid="x", namespaces=("shop",)),
    )
    assert (told.keys.owner, told.keys.lifecycle) == (("crm/squad",), USUAL.lifecycle)
    assert told.eks is not None
    assert told.eks.role_list() == (
        EksRoleSettings(role_arn="arn:1"),
        EksRoleSettings(role_arn="arn:2", external_id="e"),
    )
    assert hash(told) == hash(read(yaml.safe_dump(msgspec.to_builtins(told))))


def test_whoever_is_signed_in_looks_where_no_role_is_named() -> None:
    told = read("eks: {regions: [eu-west-1]}")
    assert told.eks is not None
    assert told.eks.role_list() == (None,)


@pytest.mark.parametrize(
    "text", ["context: a", "contexts: [{name: a}]", "eks: {}", "exec: aws", "keys: {owners: [a]}"]
)
def test_what_is_no_key_or_of_the_wrong_kind_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(text)


def test_no_key_is_one_that_every_source_has() -> None:
    assert not {*KubernetesSettings.__struct_fields__} & {*SOURCE_KEYS}


@pytest.mark.parametrize("page", [README, HOW_TO], ids=lambda page: page.name)
def test_the_examples_of_the_pages_can_be_read(page: Path) -> None:
    blocks = [each.partition("```")[0] for each in page.read_text("utf-8").split("```yaml\n")[1:]]
    assert blocks
    for block in blocks:
        told = yaml.safe_load(block)
        (own,) = told.get("sources", [told])
        read(yaml.safe_dump({key: own[key] for key in own if key not in SOURCE_KEYS}))


def test_the_configurations_network_holds_for_a_source_that_has_none(tmp_path: Path) -> None:
    file = tmp_path / "apiscape.yaml"
    file.write_text(
        "network: {proxy: 'http://proxy.test:3128'}\n"
        "sources: [{name: k, provider: kubernetes, contexts: [a]}]\n",
        "utf-8",
    )
    settings = load_settings(file, {})
    (source,) = settings.sources
    own = provider_settings(source, load_provider("kubernetes"), settings)
    assert isinstance(own, KubernetesProvider.settings_type)
    assert own == KubernetesSettings(
        contexts=("a",), network=Network(proxy="http://proxy.test:3128")
    )
