"""Tags of the services of VPC Lattice, read as these are listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.errors import ONE_OBJECT
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.lattice.service import KIND
from apiscape.collectors.aws.looking import TAGS_UNSAID, Near
from apiscape.collectors.aws.picking import Item, text, told_labels
from apiscape.collectors.contract import (
    CollectorError,
    Malformed,
    Visit,
)

TAGS = "tags"
ASKED_BY = "vpc-lattice:ListTagsForResource"


class Tagging:
    """Reads the tags of services as they are listed, for these may say that one is to be left out."""

    def __init__(self, near: Near) -> None:
        self._calls = near.calls
        self._session = near.session
        self._gaps: dict[str, Gaps] = {}
        self._failed: dict[str, CollectorError] = {}

    def pages(self, visit: Visit, pages: Iterable[Page]) -> Iterator[Page]:
        """Yield the pages of services, each with its tags.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        for page in pages:
            yield Page(tuple(visit.concurrently(self._tag, page.items)), page.last)

    def gaps(self, service_id: str) -> Gaps:
        """Return what of a service could not be seen so far.

        Raises:
            CollectorError: it was deleted meanwhile, or may be readable the next time.
        """
        if service_id in self._failed:
            raise self._failed[service_id]
        return self._gaps[service_id]

    def _tag(self, item: Item) -> Item:
        service_id = text(item, "id") or ""
        gaps = self._gaps.setdefault(service_id, Gaps())
        arn = text(item, "arn") or service_id
        plain = {name: value for name, value in item.items() if name != TAGS}
        if self._session.left_to(self._session.place.owning(text(item, "arn")), KIND):
            return plain
        try:
            answer = gaps.attempt(TAGS, lambda: self._calls.call(ASKED_BY, resourceArn=arn))
        except ONE_OBJECT as error:
            self._failed[service_id] = error
            return plain
        if answer is None:
            return plain
        tags = told_labels(answer, TAGS)
        if tags is None:
            gaps.note(TAGS, Malformed(TAGS_UNSAID, operation=ASKED_BY))
            return plain
        return {**plain, TAGS: tags}
