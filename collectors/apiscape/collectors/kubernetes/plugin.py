"""Programs that a kubeconfig has run to sign in: only those that the source allows, and with bounds.

The official client runs whatever stands there, waits for it without end, lends it the terminal, and goes on
without a credential where it fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from apiscape.collectors.contract import CredentialsInvalid
from apiscape.collectors.kubernetes.kubeconfig import Access
from apiscape.collectors.kubernetes.kubeconfig_entries import Cluster, Program
from apiscape.collectors.kubernetes.refusing import shown, unusable
from apiscape.collectors.kubernetes.showing import (
    Certificate,
    Lasting,
    Shown,
    SignsIn,
    bearer,
    check_user,
)
from apiscape.model.codec import ready

TIMEOUT_S = 60.0
LARGEST_ANSWER_BYTES = 1_000_000
SOONER_S = 60.0
"""How long before its end a credential is got anew."""

VERSIONS = frozenset(f"client.authentication.k8s.io/{each}" for each in ("v1", "v1beta1"))
_OURS = "APISCAPE_"
_EXTENSION = "client.authentication.k8s.io/exec"
_LEADS_ASTRAY = re.compile(
    r"PATH|IFS|ENV|SHELLOPTS|BASH.*|LD_.*|DYLD_.*|PYTHON.*|PERL.*|RUBY.*|NODE_.*|JAVA_.*|_JAVA_.*|GCONV_PATH",
    re.IGNORECASE,
)
"""Variables by which another program, or other code, would run than the one that is allowed."""


def by_program(access: Access, program: Program, allowed: Iterable[str]) -> SignsIn:
    """Return the way of signing in by a program.

    Raises:
        CredentialsInvalid: The source does not allow it, or the entry asks for more; then nothing of it is run.
    """
    check_user(access)
    path = permit(program, allowed, access.context)
    environment = _environment(access, program)

    def run() -> tuple[Shown, float | None]:
        answer = _run([path, *(program.args or ())], environment, access, program.command)
        return _read(answer, program)

    return Lasting(run)


def permit(program: Program, allowed: Iterable[str], context: str) -> str:
    """Return the absolute path of a program that the source allows.

    A name is looked for along `PATH`; a path is allowed only where the source says that very path.

    Raises:
        CredentialsInvalid: It does not, or the program is not there.
    """
    command, who = program.command, f"context {shown(context)}"
    if not command or command not in set(allowed):
        step = f"if that may be run, say `exec: [{shown(command)}]` in the source"
        raise unusable(f"{who} has {shown(command) or 'nothing'} run to sign in", step)
    if program.api_version not in VERSIONS:
        said = f"{who} has {shown(command)} speak {shown(program.api_version) or 'no version'}"
        raise unusable(said, f"it must speak one of {', '.join(sorted(VERSIONS))}")
    if program.interactive_mode == "Always":
        raise unusable(
            f"{who} has {shown(command)} ask somebody, and nobody is there", "use another user"
        )
    for variable in program.env or ():
        if _LEADS_ASTRAY.fullmatch(variable.name):
            said = f"{who} sets {shown(variable.name)} for {shown(command)}, which may run others"
            raise unusable(said, "take the variable out of the kubeconfig")
    return _place(command)


def _place(command: str) -> str:
    is_path = os.sep in command or (os.altsep is not None and os.altsep in command)
    found = command if is_path else shutil.which(command)
    if found is None or not Path(found).is_absolute() or not Path(found).is_file():
        step = "install it, or name another context"
        raise unusable(f"the program {shown(command)} is not there", step)
    return found


def _environment(access: Access, program: Program) -> Mapping[str, str]:
    spec: dict[str, object] = {"interactive": False}
    if program.provide_cluster_info:
        spec["cluster"] = _cluster(access.cluster)
    told = {"apiVersion": program.api_version, "kind": "ExecCredential", "spec": spec}
    own = {each.name: each.value for each in program.env or ()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | own | {"KUBERNETES_EXEC_INFO": msgspec.json.encode(told).decode()}


def _cluster(cluster: Cluster) -> Mapping[str, object]:
    told: dict[str, object] = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": cluster.certificate_authority_data,
        "proxy-url": cluster.proxy_url,
    }
    config = [each.extension for each in cluster.extensions or () if each.name == _EXTENSION]
    return {key: value for key, value in told.items() if value} | (
        {"config": config[0]} if config else {}
    )


def _run(
    command: list[str], environment: Mapping[str, str], access: Access, name: str
) -> _Credential:
    """Return what a program answers; what it says besides is not kept, for it may hold a credential."""
    step = f"run {shown(name)} by hand as the agent's user, as the kubeconfig says it"
    try:
        done = subprocess.run(  # noqa: S603 - allowed by name
            command,
            env=environment,
            cwd=access.user_folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise unusable(f"{shown(name)} did not end in {TIMEOUT_S:.0f} s", step) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise unusable(f"{shown(name)} cannot be run: {why}", step) from None
    if done.returncode != 0:
        raise unusable(f"{shown(name)} ended with {done.returncode}", step)
    try:
        if len(done.stdout) > LARGEST_ANSWER_BYTES:
            raise _no_answer(name, step)
        return msgspec.json.decode(done.stdout, type=ready(_Credential))
    except msgspec.DecodeError:
        raise _no_answer(name, step) from None


def _no_answer(name: str, step: str) -> CredentialsInvalid:
    return unusable(f"{shown(name)} did not answer with an ExecCredential", step)


def _read(answer: _Credential, program: Program) -> tuple[Shown, float | None]:
    status, name = answer.status, shown(program.command)
    if answer.kind != "ExecCredential" or status is None:
        raise _no_answer(program.command, "correct the user's `exec` in the kubeconfig")
    certificate = None
    if status.certificate and status.key:
        certificate = Certificate(status.certificate.encode(), status.key.encode())
    if not status.token and certificate is None:
        raise unusable(f"{name} gave neither a token nor a certificate", "sign in with it again")
    headers = bearer(status.token).headers if status.token else {}
    return Shown(headers, certificate), _good_s(status.ends)


def _good_s(ends: datetime | None) -> float | None:
    if ends is None:
        return None
    aware = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds() - SOONER_S)


class _Status(msgspec.Struct):
    token: str | None = None
    certificate: str | None = msgspec.field(default=None, name="clientCertificateData")
    key: str | None = msgspec.field(default=None, name="clientKeyData")
    ends: datetime | None = msgspec.field(default=None, name="expirationTimestamp")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Credential(msgspec.Struct):
    kind: str = ""
    status: _Status | None = None
