"""Answers on their way out: sliced, large ones held once, and refused where too many are held."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from apiscape.serve.http.sending import LARGE_BYTES, SLICE_BYTES, Sending

START = {"type": "http.response.start", "status": 200, "headers": []}


class Caller:
    """Takes messages, and waits before each slice of a body while it is told to."""

    def __init__(self, *, reads: bool = True) -> None:
        self.messages: list[Any] = []
        self.goes_on = asyncio.Event()
        if reads:
            self.goes_on.set()

    async def send(self, message: Any) -> None:
        self.messages.append(message)
        if message["type"] == "http.response.body":
            await self.goes_on.wait()

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])


async def answer(sending: Sending, caller: Caller, body: bytes) -> None:
    send: Any = sending.bounded(caller.send)
    await send(START)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def begun(sending: Sending, caller: Caller, body: bytes) -> asyncio.Task[None]:
    """Begin to answer somebody who does not read."""
    task = asyncio.create_task(answer(sending, caller, body))
    while len(caller.messages) < 2:  # noqa: ASYNC110 - what a double was sent has no event
        await asyncio.sleep(0)
    return task


async def test_a_body_goes_out_in_slices_that_are_each_waited_for() -> None:
    caller, body = Caller(reads=False), bytes(range(256)) * 1024
    task = await begun(Sending(1), caller, body)
    assert len(caller.messages) == 2, "the second slice waits until the first was taken"
    caller.goes_on.set()
    await task
    assert caller.body == body
    assert {len(message["body"]) for message in caller.messages[1:]} == {SLICE_BYTES}
    assert [message["more_body"] for message in caller.messages[1:]] == [True, True, True, False]


async def test_an_empty_body_and_a_stream_go_out_as_they_are() -> None:
    caller = Caller()
    send: Any = Sending(1).bounded(caller.send)
    await send(START)
    for body, more in ((b"event", True), (b"", False)):
        await send({"type": "http.response.body", "body": body, "more_body": more})
    assert [(each["body"], each["more_body"]) for each in caller.messages[1:]] == [
        (b"event", True),
        (b"", False),
    ]


async def test_one_large_answer_is_counted_once_however_many_read_it() -> None:
    sending, body = Sending(LARGE_BYTES), bytes(LARGE_BYTES)
    callers = [Caller(reads=False) for _ in range(50)]
    tasks = [await begun(sending, caller, body) for caller in callers]
    assert sending.held_bytes == LARGE_BYTES
    for caller in callers:
        caller.goes_on.set()
    await asyncio.gather(*tasks)
    assert sending.held_bytes == 0
    assert {caller.status for caller in callers} == {200}


async def test_another_large_answer_waits_until_there_is_room_and_small_ones_do_not() -> None:
    sending, slow = Sending(LARGE_BYTES), Caller(reads=False)
    task = await begun(sending, slow, bytes(LARGE_BYTES))
    refused, small = Caller(), Caller()
    await answer(sending, refused, bytes(LARGE_BYTES + 1))
    await answer(sending, small, b"small")
    assert (refused.status, small.status, small.body) == (503, 200, b"small")
    assert msgspec.json.decode(refused.body)["detail"] == "too many large answers at once"
    assert (b"retry-after", b"5") in refused.messages[0]["headers"]
    slow.goes_on.set()
    await task
    again = Caller()
    await answer(sending, again, bytes(LARGE_BYTES + 1))
    assert again.status == 200, "one alone goes out however large it is"


async def test_a_caller_that_goes_away_makes_room() -> None:
    sending, slow = Sending(LARGE_BYTES), Caller(reads=False)
    task = await begun(sending, slow, bytes(LARGE_BYTES))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sending.held_bytes == 0


async def test_what_is_no_part_of_an_answer_is_passed_on() -> None:
    caller = Caller()
    send: Any = Sending(1).bounded(caller.send)
    await send({"type": "http.response.trailers"})
    assert caller.messages == [{"type": "http.response.trailers"}]
