"""Actions: what a person may settle or set going. Each is in the audit log."""

from __future__ import annotations

from apiscape.client.wire import (
    CollectRequest,
    ConfirmRequest,
    ForgetRequest,
    PauseRequest,
    Retired,
)
from apiscape.errors import Refused
from apiscape.serve.errors import Rejected
from apiscape.serve.http.call import Call, Reply, in_json
from apiscape.serve.http.operations import NoQuery
from apiscape.serve.http.ports import Visits


def confirm_losses(call: Call) -> Reply:
    """Retire the suspect rows of a scope."""
    call.asked(NoQuery)
    asked = call.told(ConfirmRequest)
    retired = call.inventory.confirm(asked.scope, by=_who(call, asked.by))
    return in_json(Retired(retired=retired), call)


def forget_deployment(call: Call) -> Reply:
    """Drop a retired deployment from every view."""
    call.asked(NoQuery)
    asked = call.told(ForgetRequest)
    call.inventory.forget(asked.uid, by=_who(call, asked.by))
    return Reply(b"", status=call.operation.status)


def collect(call: Call) -> Reply:
    """Begin to visit scopes."""
    call.asked(NoQuery)
    asked = call.told(CollectRequest)
    return in_json(_visits(call).collect(asked), call)


def get_collection(call: Call) -> Reply:
    """Answer with how far a collection is."""
    call.asked(NoQuery)
    return in_json(_visits(call).collection(call.parameter()), call)


def get_status(call: Call) -> Reply:
    """Answer with how the agent itself fares.

    Raises:
        Rejected: There is no agent around this API.
        Refused: The caller sees a part of the inventory only, and this tells of all of it.
    """
    call.asked(NoQuery)
    if call.principal.view is not None:
        raise Refused("a token that is bound to a view is told nothing of the agent")
    if call.offer.standing is None:
        raise Rejected("not-offered", "there is no agent around this API")
    return in_json(call.offer.standing(), call)


def pause(call: Call) -> Reply:
    """Start no visit of some sources, or of any."""
    call.asked(NoQuery)
    asked = call.told(PauseRequest)
    return in_json(_visits(call).pause(asked.sources, by=call.principal.name), call)


def resume(call: Call) -> Reply:
    """Start visits of some sources again, or of all."""
    call.asked(NoQuery)
    asked = call.told(PauseRequest)
    return in_json(_visits(call).resume(asked.sources, by=call.principal.name), call)


def _who(call: Call, by: str) -> str:
    """Return who the history names: whoever they say they are, and the token that they came with."""
    return by if call.principal.name == LOCAL else f"{by} ({call.principal.name})"


def _visits(call: Call) -> Visits:
    """Return the schedule.

    Raises:
        Rejected: This agent visits nothing.
        Refused: The caller sees a part of the inventory only, and a visit knows no parts.
    """
    if call.principal.view is not None:
        raise Refused("a token that is bound to a view starts and stops no visits")
    if call.offer.visits is None:
        raise Rejected("not-offered", "this agent visits nothing by itself")
    return call.offer.visits


LOCAL = "local"
"""The principal's name behind the socket of the same user."""
