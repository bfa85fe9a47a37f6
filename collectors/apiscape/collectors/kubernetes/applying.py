"""Who applies an object: a GitOps tool or Helm, by what they write on it. Evidence of who looks after it, and weak."""

from __future__ import annotations

from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.model.provenance import Claim
from apiscape.model.vocabulary import ProvenanceMethod

APPLIED_CONFIDENCE = 0.3
NAME_SIZE = 256
"""A longer name is none."""

APPLIERS = (
    ("Argo CD", "argocd.argoproj.io/tracking-id", ""),
    (
        "Flux Kustomization",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
    ),
    ("Flux HelmRelease", "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"),
    ("Helm release", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"),
)
"""Tools that apply objects: the key by which they say which of theirs it is of, and that of its namespace."""

_KEYS = frozenset(key for _, key, _ in APPLIERS)


def applied_by(own: Metadata) -> tuple[Claim, ...]:
    """Return who applies an object, as claims."""
    labels, annotations = own.labels or {}, own.annotations or {}
    if _KEYS.isdisjoint(labels) and _KEYS.isdisjoint(annotations):
        return ()
    told = {**labels, **annotations}
    found = [
        (f"{tool} {key_of(told.get(namespace_key, '')[:NAME_SIZE], name)}", key)
        for tool, key, namespace_key in APPLIERS
        if (name := told.get(key, "").partition(":")[0]) and len(name) <= NAME_SIZE
    ]
    return tuple(
        Claim(value, ProvenanceMethod.INFERRED, key, APPLIED_CONFIDENCE) for value, key in found
    )
