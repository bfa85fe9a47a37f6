"""The restricted profile of the Pod Security Standards, of Kubernetes' documentation, as far as a manifest shows it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helm.charting import Json

VOLUMES = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"),
        *("persistentVolumeClaim", "projected", "secret"),
    }
)


def breaches(spec: Json) -> list[str]:
    """Return what of a pod the profile would refuse, and what of its containers can be written to."""
    pod = spec.get("securityContext", {})
    found = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    for volume in spec.get("volumes", ()):
        found += [f"volume {kind}" for kind in set(volume) - {"name"} - VOLUMES]
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        name = container["name"]
        found += [f"{name}: {told}" for told in _breaches_of(container, pod)]
    return found


def _breaches_of(container: Json, pod: Json) -> Iterator[str]:
    own = container.get("securityContext", {})
    both = {**pod, **own}
    if own.get("privileged") or own.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
        yield "keeps capabilities"
    if both.get("runAsNonRoot") is not True or both.get("runAsUser") == 0:
        yield "may be root"
    if both.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "has every system call"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "writes to its root"
    if any("hostPort" in port for port in container.get("ports", ())):
        yield "takes a port of the node"
