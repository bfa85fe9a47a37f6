"""Operation sets by content: stages and versions with equal operations share one, what recurs in them is interned."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.codec import decode, digest, encode
from apiscape.model.deployment import Operation
from apiscape.model.limits import RateLimits
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import PathMatch
from apiscape.store.database.bulk import find_in, insert_many, insert_tuples
from apiscape.store.database.transaction import Transaction
from apiscape.store.encoding import clean
from apiscape.store.schema import operation, operation_set, security, terms

K = TypeVar("K")
S = TypeVar("S", Security, "Terms")

Operations = tuple[Operation, ...]

REMEMBERED = 20_000
"""Keys of each kind that a writer remembers; about 5 MB."""


class Rest(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What of an operation is seldom set, and stands beside its columns."""

    operation_id: str | None = None
    backend: str | Unknown | None = UNKNOWN
    deprecated: bool | Unknown = UNKNOWN
    preflight: bool = False


class Terms(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What of an operation is alike in most of a set: how its path is compared, how often callers may."""

    match: str = PathMatch.UNKNOWN
    rate_limits: RateLimits | Unknown = UNKNOWN


class Recent(Generic[K]):
    """Keys by content, those used last."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._keys: OrderedDict[K, int] = OrderedDict()
        self._limit = limit

    def get(self, content: K) -> int | None:
        """Return the key of some content, if it is remembered."""
        key = self._keys.get(content)
        if key is not None:
            self._keys.move_to_end(content)
        return key

    def put(self, content: K, key: int) -> None:
        """Remember a key, and let go of the one that was used longest ago."""
        self._keys[content] = key
        if len(self._keys) > self._limit:
            self._keys.popitem(last=False)

    def clear(self) -> None:
        """Let go of all."""
        self._keys.clear()


class Interned(Generic[S]):
    """Documents that many operations share, each stored once by its content."""

    def __init__(self, table: sa.Table) -> None:
        self._table = table
        self._keys: Recent[S] = Recent()

    def forget(self) -> None:
        """Let go of every remembered key."""
        self._keys.clear()

    def intern(self, tx: Transaction, items: set[S]) -> dict[S, int]:
        """Return the key of each; those that are new are stored."""
        found = {item: key for item in items if (key := self._keys.get(item)) is not None}
        asked = {digest(encode(item)): item for item in items if item not in found}
        if not asked:
            return found
        held = self._table.c
        among = find_in(tx.connection, [held.hash, held.pk], held.hash, asked)
        stored = {bytes(content): key for content, key in among}
        fresh = sorted(content for content in asked if content not in stored)
        first = tx.keys.allot(self._table, len(fresh))
        stored.update({content: first + offset for offset, content in enumerate(fresh)})
        if fresh:
            rows = [{"pk": stored[c], "hash": c, "doc": encode(asked[c])} for c in fresh]
            insert_many(tx.connection, self._table, rows)
        for content, item in asked.items():
            found[item] = stored[content]
            self._keys.put(item, stored[content])
        return found


class OperationSets:
    """Writes operation sets. What it remembers holds as long as transactions commit and nothing is swept."""

    def __init__(self) -> None:
        self._sets: Recent[bytes] = Recent()
        self._securities: Interned[Security] = Interned(security)
        self._terms: Interned[Terms] = Interned(terms)

    def forget(self) -> None:
        """Let go of every remembered key: a transaction was undone, or sets were swept."""
        self._sets.clear()
        self._securities.forget()
        self._terms.forget()

    def intern(
        self, tx: Transaction, items: Sequence[tuple[bytes, Operations | Unknown]]
    ) -> list[int | None]:
        """Return the key of each set, given with its hash; those that are new are stored.

        Where operations are unknown there is no key.
        """
        known = {content: item for content, item in items if is_known(item)}
        keys = self._find_sets(tx.connection, list(known))
        fresh = {content: known[content] for content in known if content not in keys}
        keys.update(self._insert_sets(tx, fresh))
        return [keys.get(content) for content, _ in items]

    def _find_sets(self, connection: Connection, hashes: list[bytes]) -> dict[bytes, int]:
        found = {content: key for content in hashes if (key := self._sets.get(content)) is not None}
        asked = [content for content in hashes if content not in found]
        if asked:
            held = operation_set.c
            for content, key in find_in(connection, [held.hash, held.pk], held.hash, asked):
                found[bytes(content)] = key
                self._sets.put(bytes(content), key)
        return found

    def _insert_sets(self, tx: Transaction, fresh: dict[bytes, Operations]) -> dict[bytes, int]:
        if not fresh:
            return {}
        securities, agreed = self._intern_shared(tx, fresh.values())
        first = tx.keys.allot(operation_set, len(fresh))
        keys = {content: first + offset for offset, content in enumerate(fresh)}
        insert_many(
            tx.connection,
            operation_set,
            [{"pk": keys[c], "hash": c, "size": len(items)} for c, items in fresh.items()],
        )
        rows = [
            row
            for content, items in fresh.items()
            for row in _operation_rows(keys[content], items, securities, agreed)
        ]
        insert_tuples(tx.connection, operation, _COLUMNS, rows)
        for content, key in keys.items():
            self._sets.put(content, key)
        return keys

    def _intern_shared(
        self, tx: Transaction, sets: Iterable[Operations]
    ) -> tuple[dict[int, int], dict[Terms, int | None]]:
        """Return the keys of what operations share: of securities by the objects' identity, of terms by content.

        Most operations of a batch have the very object of another one, and hashing one costs as much as its row.
        """
        given = list(chain.from_iterable(sets))
        objects = {id(item.security): item.security for item in given}
        told = {_terms(item) for item in given if _has_terms(item)}
        keys = self._securities.intern(tx, set(objects.values()))
        agreed: dict[Terms, int | None] = {_NO_TERMS: None}
        agreed |= self._terms.intern(tx, told)
        return {name: keys[item] for name, item in objects.items()}, agreed


def load_operations(connection: Connection, keys: Iterable[int]) -> dict[int, Operations]:
    """Return operation sets by key, each in its order; a set without operations is there too."""
    asked = list(set(keys))
    query = (
        sa.select(operation, security.c.doc, terms.c.doc)
        .join(security, security.c.pk == operation.c.security_pk)
        .join(terms, terms.c.pk == operation.c.terms_pk, isouter=True)
        .where(operation.c.set_pk.in_(asked))
        .order_by(operation.c.set_pk, operation.c.ordinal)
    )
    sets: dict[int, list[Operation]] = {key: [] for key in asked}
    securities: dict[int, Security] = {}
    agreed: dict[int | None, Terms] = {None: _NO_TERMS}
    for key, _, verb, template, asks, rest, terms_pk, doc, told in connection.execute(query):
        if asks not in securities:
            securities[asks] = decode(doc, Security)
        if terms_pk not in agreed:
            agreed[terms_pk] = decode(told, Terms)
        sets[key].append(_operation(verb, template, securities[asks], rest, agreed[terms_pk]))
    return {key: tuple(items) for key, items in sets.items()}


_COLUMNS = ("set_pk", "ordinal", "verb", "template", "security_pk", "rest", "terms_pk")


def _operation_rows(
    key: int,
    items: Operations,
    securities: Mapping[int, int],
    agreed: Mapping[Terms, int | None],
) -> Iterator[tuple[Any, ...]]:
    """Yield the values of `_COLUMNS`; there are ten times as many as of anything else."""
    is_plain = "".join([item.verb + item.template for item in items]).isprintable()
    some_have_terms = len(agreed) > 1
    for ordinal, item in enumerate(items):
        rest = Rest(item.operation_id, item.backend, item.deprecated, item.preflight)
        yield (
            key,
            ordinal,
            item.verb if is_plain else clean(item.verb),
            item.template if is_plain else clean(item.template),
            securities[id(item.security)],
            None if rest == _NO_REST else encode(rest),
            agreed[_terms(item)] if some_have_terms and _has_terms(item) else None,
        )


def _has_terms(item: Operation) -> bool:
    return item.rate_limits is not UNKNOWN or item.match != PathMatch.UNKNOWN


def _terms(item: Operation) -> Terms:
    return Terms(item.match, item.rate_limits)


def _operation(
    verb: str, template: str, asked: Security, rest: bytes | None, agreed: Terms
) -> Operation:
    more = _NO_REST if rest is None else decode(rest, Rest)
    return Operation(
        verb=verb,
        template=template,
        security=asked,
        operation_id=more.operation_id,
        backend=more.backend,
        deprecated=more.deprecated,
        preflight=more.preflight,
        match=agreed.match,
        rate_limits=agreed.rate_limits,
    )


_NO_REST = Rest()
_NO_TERMS = Terms()
