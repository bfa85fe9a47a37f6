"""How much a caller may ask at once, and for how long."""

from __future__ import annotations

from apiscape.model.entity import Entity


class Limits(Entity, frozen=True):
    """Limits of the doors; none is meant to be met in ordinary use.

    Attributes:
        head_bytes: Request line and headers together.
        body_bytes: A request's body.
        reads: Store reads at work at once; `waiting`: requests at work or waiting, beyond which 503 is said.
        request_s: How long an answer may take to be made.
        head_s: How long a connection may take to send a whole request, the first and each later one.
        send_s: How long a caller may take to read on; `slowest_bytes_s`: how fast it must read, all in all.
        sent_bytes: Large answers that are sent at once, together; each counts once, however many read it.
        kept_bytes: Answers that are kept while the store stays as it is, together.
        connections: Open at once at one door; one more closes the one that has idled longest.
            `accepted`: taken in at once, above that.
        subscribers: Streams at once.
        batch_s: How often streams say what is new; `heartbeat_s`: how long they are silent at most.
        in_event: Changes told in one event of a stream, at most.
        buffered: Batches kept for streams that read slowly, and `buffered_bytes` of them at most; who
            falls behind them is dropped.
        stop_s: How long answers under way have once the doors close.
        wrong_per_peer, wrong_in_all: Wrong tokens that are let through at once; they come back at
            a tenth of that a second.
    """

    head_bytes: int = 16 * 1024
    body_bytes: int = 64 * 1024
    reads: int = 4
    waiting: int = 256
    request_s: float = 30.0
    head_s: float = 15.0
    send_s: float = 30.0
    slowest_bytes_s: float = 32 * 1024
    sent_bytes: int = 128 * 1024 * 1024
    kept_bytes: int = 64 * 1024 * 1024
    connections: int = 1000
    accepted: int = 64
    subscribers: int = 200
    batch_s: float = 0.25
    heartbeat_s: float = 15.0
    in_event: int = 500
    buffered: int = 512
    buffered_bytes: int = 16 * 1024 * 1024
    stop_s: int = 5
    wrong_per_peer: int = 10
    wrong_in_all: int = 200


DEFAULT_LIMITS = Limits()
