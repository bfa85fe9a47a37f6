"""What one answer tells of several load balancers: firewalls, target groups, tags. Read once a visit.

What may not be looked at stays unknown, and is said of each load balancer that it would tell of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Generic, TypeVar

import msgspec

from apiscape.collectors.aws.balancers.targets import Fitness, read_fitness
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.errors import ONE_DETAIL, ONE_OBJECT
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.picking import Item, entries, items, paired_labels, text, texts
from apiscape.collectors.contract import CollectorError, Gone, Malformed
from apiscape.model.vocabulary import Switch

T = TypeVar("T")

TAGGED_AT_ONCE = 20
"""Load balancers whose tags one call tells."""

TAGS = "tags"
"""What their tags are called among an item's members, as a map."""


class Read(msgspec.Struct, Generic[T], frozen=True):
    """What a reading brought, and what of it may not be looked at."""

    value: T
    gap: CollectorError | None = None


class Once(Generic[T]):
    """Something that is read by whoever needs it first. Safe to use from several threads."""

    def __init__(self, read: Callable[[], Read[T]]) -> None:
        self._read = read
        self._held: Read[T] | None = None
        self._turn = threading.Lock()

    def get(self) -> Read[T]:
        """Return it; a failure that may pass is raised, and the next one reads anew."""
        with self._turn:
            if self._held is None:
                self._held = self._read()
            return self._held


class Around:
    """What stands around the load balancers of a region."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._guarded = Once(self._read_guarded)
        self._groups = Once(self._read_groups)
        self._fitness: dict[str, Once[Fitness]] = {}
        self._lock = threading.Lock()

    def firewall(self, arn: str, gaps: Gaps) -> str:
        """Return whether a firewall stands before a load balancer.

        Raises:
            CollectorError: it may be readable the next time.
        """
        read = self._guarded.get()
        if arn in read.value:
            return Switch.ENABLED
        if read.gap is None:
            return Switch.DISABLED
        gaps.note("firewall", read.gap)
        return Switch.UNKNOWN

    def groups(self, arns: Sequence[str], gaps: Gaps) -> dict[str, Item]:
        """Return those target groups of which anything is known.

        Raises:
            CollectorError: they may be readable the next time.
        """
        if not arns:
            return {}
        read = self._groups.get()
        if read.gap is not None:
            gaps.note("target groups", read.gap)
        return {arn: read.value[arn] for arn in arns if arn in read.value}

    def fitness(self, arns: Sequence[str], gaps: Gaps) -> dict[str, Fitness]:
        """Return how the targets of each group fare, one call for each that nobody asked of before.

        Raises:
            CollectorError: it may be readable the next time.
        """
        found: dict[str, Fitness] = {}
        for arn in arns:
            with self._lock:
                once = self._fitness.setdefault(arn, Once(partial(self._read_fitness, arn)))
            read = once.get()
            found[arn] = read.value
            if read.gap is not None:
                gaps.note("target health", read.gap)
        return found

    def _read_guarded(self) -> Read[frozenset[str]]:
        """Return which load balancers have a firewall before them."""
        found: set[str] = set()
        try:
            for acl in self._calls.everything("wafv2:ListWebACLs", Scope="REGIONAL"):
                found.update(self._guarded_by(text(acl, "ARN") or ""))
        except ONE_DETAIL as gap:
            return Read(frozenset(found), gap)
        return Read(frozenset(found))

    def _guarded_by(self, acl: str) -> tuple[str, ...]:
        try:
            answer = self._calls.call(
                "wafv2:ListResourcesForWebACL",
                WebACLArn=acl,
                ResourceType="APPLICATION_LOAD_BALANCER",
            )
        except Gone:  # taken away meanwhile, and with it what it stood before
            return ()
        arns = entries(answer, "ResourceArns")
        listed = isinstance(answer.get("ResourceArns"), list)
        if not listed or not all(isinstance(arn, str) for arn in arns):
            raise Malformed("the answer has no list of what a firewall stands before")
        return texts(answer, "ResourceArns")

    def _read_groups(self) -> Read[dict[str, Item]]:
        try:
            listed = self._calls.everything("elbv2:DescribeTargetGroups")
        except ONE_DETAIL as gap:
            return Read({}, gap)
        return Read({text(each, "TargetGroupArn") or "": each for each in listed})

    def _read_fitness(self, arn: str) -> Read[Fitness]:
        try:
            answer = self._calls.call("elbv2:DescribeTargetHealth", TargetGroupArn=arn)
        except Gone as gone:
            return Read(Fitness(why=gone.message))
        except ONE_DETAIL as gap:
            return Read(Fitness(why="the health of its targets may not be read"), gap)
        return Read(read_fitness(items(answer, "TargetHealthDescriptions")))


def with_tags(
    calls: Calls, pages: Iterable[Page], untagged: dict[str, CollectorError]
) -> Iterator[Page]:
    """Yield pages of load balancers with their tags; those without are noted with the reason.

    Raises:
        CollectorError: the listing could not be read to its end.
    """
    for page in pages:
        arns = [arn for item in page.items if (arn := text(item, "LoadBalancerArn"))]
        tags: dict[str, dict[str, str]] = {}
        for start in range(0, len(arns), TAGGED_AT_ONCE):
            tags |= _read_tags(calls, arns[start : start + TAGGED_AT_ONCE], untagged)
        yield Page(
            tuple(
                {**item, TAGS: tags[arn]}
                if (arn := text(item, "LoadBalancerArn")) in tags
                else item
                for item in page.items
            ),
            page.last,
        )


def _read_tags(
    calls: Calls, arns: Sequence[str], untagged: dict[str, CollectorError]
) -> dict[str, dict[str, str]]:
    """Return the tags of load balancers; one of them that is gone fails the call for all, so each is asked then."""
    try:
        answer = calls.call("elbv2:DescribeTags", ResourceArns=list(arns))
    except Gone as gone:
        if len(arns) == 1:
            untagged[arns[0]] = gone
            return {}
        alone = [_read_tags(calls, [arn], untagged) for arn in arns]
        return {arn: tags for found in alone for arn, tags in found.items()}
    except ONE_OBJECT as error:
        untagged.update(dict.fromkeys(arns, error))
        return {}
    answers = items(answer, "TagDescriptions")
    found = ((text(each, "ResourceArn"), paired_labels(each, "Tags")) for each in answers)
    told = {arn: tags for arn, tags in found if arn is not None and tags is not None}
    left_out = Malformed("the answer does not say the tags of the load balancer")
    untagged.update({arn: left_out for arn in arns if arn not in told})
    return told
