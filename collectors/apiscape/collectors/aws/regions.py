"""Which regions an account has enabled: asked, never guessed."""

from __future__ import annotations

from apiscape.collectors.aws.picking import items, text
from apiscape.collectors.aws.signin import SignIn
from apiscape.collectors.contract import Malformed

ENABLED = frozenset({"ENABLED", "ENABLED_BY_DEFAULT", "DISABLING"})
"""Words for a region that answers, or still does."""

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
        for region in items(answer, "Regions"):
            found[text(region, "RegionName") or ""] = text(region, "RegionOptStatus") or ""
        following = text(answer, "NextToken")
        if following is None:
            return frozenset(name for name, word in found.items() if name and word in ENABLED)
        token = {"NextToken": following}
    raise Malformed("the listing of regions has no end", operation="account:ListRegions")
