"""What it means that nothing usable came, by what the HTTP library raises; its words may repeat the whole address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from apiscape.collectors.contract import CollectorError, CredentialsInvalid, Unreachable
from apiscape.network.connect import ASKED_STEP, ASKS, DOWN_STEP, ISSUER_STEP, TURNED_STEP

_SAID: Mapping[str, str] = {
    "ReadTimeoutError": "the API server says nothing more",
    "ConnectTimeoutError": "the API server cannot be connected to",
    "NewConnectionError": "the API server cannot be connected to",
    "NameResolutionError": "the name of the API server is not known",
    "ProtocolError": "the API server broke off",
    "IncompleteRead": "the API server broke off",
}
_ISSUER = "name who issued it: `certificate-authority-data` of the cluster, or `network.ca_bundle`"
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_NOT_TAKEN = re.compile(r"ALERT_\w*(CERTIFICATE|UNKNOWN_CA)")
_WHY = ("has expired", "Hostname mismatch", "IP address mismatch", "self-signed", "self signed")
"""What OpenSSL says of a certificate that a person can do something about."""

_TUNNEL = "Tunnel connection failed: "


def no_answer(error: Exception, operation: str) -> CollectorError:
    """Return what an error of the HTTP library means to the operator.

    Args:
        error: Looked at, never passed on.
        operation: What was asked.
    """
    names = [each.__name__ for each in type(error).__mro__]
    if "ProxyError" in names:
        return _by_proxy(str(getattr(error, "original_error", error)), operation)
    if "SSLError" in names:
        return _by_tls(str(error), operation)
    said = next((_SAID[name] for name in names if name in _SAID), None)
    return Unreachable(said or f"no answer of the API server ({names[0]})", operation=operation)


def _by_tls(why: str, operation: str) -> CollectorError:
    if _UNTRUSTED in why:
        reason = next((f" ({each})" for each in _WHY if each in why), "")
        said = f"the certificate of the API server is not trusted{reason}"
        return _stepped(Unreachable(said, operation=operation), _ISSUER)
    if _NOT_TAKEN.search(why):
        said = "the API server does not take the client certificate, or asks for one"
        return _stepped(CredentialsInvalid(said, operation=operation), "sign in again")
    if "EOF" in why:
        said = "the API server broke off, as one does that asks for another certificate"
        return _stepped(Unreachable(said, operation=operation), "sign in again")
    return Unreachable("the API server does not speak TLS as it should", operation=operation)


def _by_proxy(why: str, operation: str) -> CollectorError:
    status = why.partition(_TUNNEL)[2][:3]
    if status == str(ASKS):
        said, step = f"the proxy asks for credentials ({status})", ASKED_STEP
    elif status:
        said, step = f"the proxy does not let the API server through ({status})", TURNED_STEP
    elif _UNTRUSTED in why:
        said, step = "the certificate of the proxy is not trusted", ISSUER_STEP
    else:
        said, step = "the proxy does not answer", DOWN_STEP
    return _stepped(Unreachable(said, operation=operation), step)


def _stepped(error: CollectorError, step: str) -> CollectorError:
    error.next_step = step
    return error
