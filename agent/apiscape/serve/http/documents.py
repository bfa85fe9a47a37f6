"""What the API says of itself."""

from __future__ import annotations

import msgspec

from apiscape.serve.http.call import Call, Reply
from apiscape.serve.http.openapi import openapi_document
from apiscape.serve.http.operations import LINKSET, OPENAPI, NoQuery


def get_openapi(call: Call) -> Reply:
    """Answer with the document of this API."""
    call.asked(NoQuery)
    return Reply(msgspec.json.encode(openapi_document()), media=OPENAPI)


def get_api_catalog(call: Call) -> Reply:
    """Answer with where this API and its document are (RFC 9727, in the form of RFC 9264)."""
    call.asked(NoQuery)
    document = {"href": f"{call.base}/openapi.json", "type": OPENAPI}
    links = [
        {
            "anchor": f"{call.base}/.well-known/api-catalog",
            "item": [{"href": f"{call.base}/v1/"}],
        },
        {"anchor": f"{call.base}/v1/", "service-desc": [document]},
    ]
    return Reply(msgspec.json.encode({"linkset": links}), media=LINKSET)
