"""API Gateway v2 (`apigatewayv2`): portals and the pages of their products."""

from __future__ import annotations

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.refusing.refusals import not_found


def list_portals(context: Context, params: Params) -> Output:
    """List portals."""
    portals = list(context.region.shelves.of(Portals).portals.values())
    return page("apigatewayv2", portals, params)


def list_product_rest_endpoint_pages(context: Context, params: Params) -> Output:
    """List the pages of a product."""
    pages = context.region.shelves.of(Portals).products.get(params["PortalProductId"])
    if pages is None:
        raise not_found("Invalid portal product identifier specified")
    return page("apigatewayv2", pages, params)


HANDLERS: dict[str, Handler] = {
    "apigatewayv2:ListPortals": list_portals,
    "apigatewayv2:ListProductRestEndpointPages": list_product_rest_endpoint_pages,
}
