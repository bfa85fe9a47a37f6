"""Which regions an account has enabled: asked, never guessed."""

from __future__ import annotations

from apiscape.collectors.aws.paging import listed_of
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.signin import SignIn
from apiscape.collectors.contract import Malformed

ENABLED = frozenset({"ENABLED", "ENABLED_BY_DEFAULT", "DISABLING"})
"""Words for a region that answers, or still does."""

LIST_REGIONS = "account:ListRegions"
PAGE_SIZE = 50
MOST_PAGES = 10
"""AWS has some forty regions; a listing beyond 500 has no end."""


def list_regions(sign_in: SignIn) -> frozenset[str]:
    """Return the regions that are enabled for the account that is signed in to.

    Raises:
        CollectorError: they could not be listed to the end.
    """
    found: dict[str, str] = {}
    token: dict[str, object] = {}
    for _ in range(MOST_PAGES):
        answer = sign_in.ask("account", "ListRegions", MaxResults=PAGE_SIZE, **token)
        for region in listed_of(answer, "Regions", LIST_REGIONS):
            name, word = text(region, "RegionName"), text(region, "RegionOptStatus")
            if name is None or word is None:
                raise Malformed("a region has no name or no status", operation=LIST_REGIONS)
            found[name] = word
        following = text(answer, "NextToken")
        if following is None:
            return frozenset(name for name, word in found.items() if word in ENABLED)
        token = {"NextToken": following}
    raise Malformed("the listing of regions has no end", operation=LIST_REGIONS)
