"""Lists, read page by page to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from apiscape.collectors.contract import Malformed
from apiscape.collectors.kubernetes.discovering import Served
from apiscape.collectors.kubernetes.errors import Expired, TooLarge
from apiscape.collectors.kubernetes.objects import Decoder, Page, T
from apiscape.collectors.kubernetes.wire import Asked, Wire

PAGE = 500
SMALLER = 10
"""By how much a page is smaller than one that was too large to be read."""

MOST_RESTARTS = 3
"""How often a list is begun anew that expires on its way."""

_BARE = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"

Check = Callable[[], None]


class Where(msgspec.Struct, frozen=True, gc=False):
    """Which objects: of a resource, in one namespace or in all of them.

    Attributes:
        is_bare: Whether their metadata is enough: a definition of a kind has a schema of hundreds of kilobytes.
    """

    served: Served
    namespace: str = ""
    is_bare: bool = False

    @property
    def path(self) -> str:
        """Where they are listed and watched."""
        if not self.namespace:
            return self.served.path
        root, _, plural = self.served.path.rpartition("/")
        return f"{root}/namespaces/{self.namespace}/{plural}"

    def asked(self, verb: str, **query: str) -> Asked:
        """Return the request for them."""
        words = f"{verb} {self.served.name}"
        where = f" in namespace {self.namespace}" if self.namespace else ""
        asked = Asked(path=self.path, query=query, operation=words, permission=words + where)
        if not self.is_bare:
            return asked
        form = _BARE.format("" if verb == "watch" else "List")
        return msgspec.structs.replace(asked, headers={"Accept": f"{form}, application/json"})


def read_pages(wire: Wire, where: Where, decoder: Decoder[T], check: Check) -> Iterator[Page[T]]:
    """Yield the pages of a list; the version of each is that of the first.

    A list that expires on its way is gone on with, as the server offers: then it holds of what changed
    meanwhile either state, and everything that did not change. Where none is offered, it begins anew,
    and what was listed comes again. A page that is too large to be read is asked for in smaller ones.

    Raises:
        CollectorError: It could not be read to its end.
    """
    first = ""
    token = ""
    restarts, size = 0, PAGE
    seen: set[str] = set()
    while True:
        check()
        query = {"limit": str(size)} | ({"continue": token} if token else {})
        asked = where.asked("list", **query)
        try:
            page = decoder.page(wire.get(asked).body, asked.operation)
        except Expired as error:
            restarts += 1
            if restarts > MOST_RESTARTS:
                raise
            token = error.again
            first = first if token else ""
            seen.clear()
            continue
        except TooLarge:
            if size == 1:
                raise
            size = max(1, size // SMALLER)
            continue
        first = first or page.version
        yield msgspec.structs.replace(page, version=first)
        if not page.go_on:
            return
        if page.go_on in seen:
            raise Malformed(
                f"the list of {where.served.name} has no end", operation=asked.operation
            )
        seen.add(page.go_on)
        token = page.go_on
