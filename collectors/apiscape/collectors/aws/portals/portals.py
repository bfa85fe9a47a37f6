"""Normalise a portal of API Gateway: pure, from what its listings say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from apiscape.collectors.aws.apigateway.rest import KIND as STAGES
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, is_missing, part, text
from apiscape.collectors.changing import EVERY, Change
from apiscape.model.identity import deployment_uid, entity_uid, staged
from apiscape.model.surroundings import CatalogueRecord, Relation, Signal, Whereabouts
from apiscape.model.vocabulary import Lifecycle

KIND = "aws.apigateway.portal"
PRODUCT = "aws.apigateway.portals"
PUBLISHES = "publishes"
AUTHORIZATION, TRY_IT = "portal.authorization", "portal.try_it_pages"
MOST_EVIDENCE = 20
"""Pages named as evidence of one stage; the rest is counted."""

_LIFECYCLES = {"PUBLISHED": Lifecycle.LIVE, "DISABLED": Lifecycle.RETIRED}


def named(change: Change) -> tuple[str, ...]:
    """Return the portal that a change is of; what is of a product may be of all portals that include it."""
    said = change.subjects
    found = said.get("portalId") or said.get("made.portalId")
    if found:
        return (found,)
    of_a_product = "Product" in change.name and change.name != "CreatePortalProduct"
    return (EVERY,) if of_a_product else ()


def normalise(portal: Item, place: Place) -> CatalogueRecord:
    """Return what a portal is in the catalogue: declared for developers, and no deployment itself.

    Args:
        portal: Item of `ListPortals`.
        place: Where the answers come from.
    """
    key = text(portal, "PortalId") or ""
    identity = place.native_id(f"portals/{key}")
    content = part(portal, "PortalContent")
    status = text(portal, "PublishStatus")
    name = text(content, "DisplayName") or key
    return CatalogueRecord(
        uid=entity_uid("catalogue_record", identity),
        native_id=identity,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        name=name,
        description=text(content, "Description"),
        lifecycle=_LIFECYCLES.get(status, status.casefold()) if status else None,
        urls=tuple(_urls(part(portal, "EndpointConfiguration"))),
        catalogue=name,
    )


def read_authorization(portal: Item, uid: str, now: datetime) -> Signal:
    """Return whether a portal asks who its readers are."""
    given = part(portal, "Authorization")
    asked = next(
        (word for key, word in (("CognitoConfig", "cognito"), ("None", "none")) if key in given),
        None,
    )
    return Signal(subject_uid=uid, name=AUTHORIZATION, value=asked, observed_at=now, source=PRODUCT)


def read_pages(pages: Iterable[Item], uid: str, place: Place) -> Iterator[Relation]:
    """Yield which stages a portal publishes, by the pages of products of one owner, whose place it is."""
    found: dict[str, list[str]] = {}
    for page in pages:
        named = part(part(page, "RestEndpointIdentifier"), "IdentifierParts")
        api, stage = _named(page)
        if api and stage:
            shown = f"page {text(named, 'Method') or '?'} {text(named, 'Path') or '?'}"
            found.setdefault(staged(place.native_id(api), stage), []).append(shown)
    for stage_id, told in found.items():
        rest = len(told) - MOST_EVIDENCE
        evidence = (*told[:MOST_EVIDENCE], *((f"and {rest} more",) if rest > 0 else ()))
        yield Relation(
            type=PUBLISHES,
            from_uid=uid,
            to_uid=deployment_uid(stage_id),
            evidence=evidence,
            whereabouts=Whereabouts(stage_id, STAGES, place.account, place.region),
        )


def products_are_named(portal: Item) -> bool:
    """Say whether every product that a portal includes can be read."""
    given = portal.get("IncludedPortalProductArns")
    return given is None or (
        isinstance(given, list) and all(isinstance(arn, str) and arn for arn in given)
    )


def count_untold(pages: Iterable[Item]) -> int:
    """Return how many pages of REST endpoints do not say of which stage they are."""
    return sum(None in _named(page) for page in pages)


def _named(page: Item) -> tuple[str | None, str | None]:
    """Return the API and the stage that a page shows."""
    named = part(part(page, "RestEndpointIdentifier"), "IdentifierParts")
    return text(named, "RestApiId"), text(named, "Stage")


def count_tried(pages: Sequence[Item], uid: str, now: datetime) -> Signal:
    """Return how many pages let readers call what they show; to be asked for only where all were seen."""
    said = [text(page, "TryItState") for page in pages]
    odd = any(
        word is None and not is_missing(page, "TryItState")
        for word, page in zip(said, pages, strict=True)
    )
    tried = None if odd else float(said.count("ENABLED"))
    return Signal(subject_uid=uid, name=TRY_IT, value=tried, observed_at=now, source=PRODUCT)


def _urls(endpoint: Item) -> Iterator[str]:
    for member in ("DomainName", "PortalDefaultDomainName"):
        host = text(endpoint, member)
        if host:
            yield f"https://{host.casefold()}"
