"""A post goes where it may, once, and follows nobody; what comes of it is an answer in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apiscape.network.ways import Ways
from apiscape.notify.events import trial_message
from apiscape.notify.posting import Answer, Poster
from apiscape.settings.schema import Notify
from tests.unit.health.probing.servers import certificate, serving, showing
from tests.unit.notify.bench import LOOPBACK
from tests.unit.notify.receiver import SECRET, VARIABLE, Receiver, receiving

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


async def post(url: str, **target: Any) -> Answer:
    known: dict[str, Any] = {"secrets": (f"env:{VARIABLE}",), "allow": (LOOPBACK,)}
    asked = Notify(name="desk", url=url, **(known | target))
    poster = Poster(asked, {VARIABLE: SECRET}, lambda: NOW)
    return await poster.post(trial_message("desk", NOW))


async def test_it_is_taken_signed_and_names_the_agent(receiver: Receiver) -> None:
    answer = await post(receiver.url)
    assert (answer.status, answer.failure, answer.is_taken) == (204, None, True)
    (told,) = receiver.posts
    assert told.is_signed_by(SECRET)
    assert told.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert told.headers["user-agent"].startswith("apiscape/")
    assert "cookie" not in told.headers
    assert "authorization" not in told.headers


@pytest.mark.parametrize(
    ("status", "headers", "words", "wait_s"),
    [
        (500, {}, "the answer was 500", None),
        (307, {"Location": "http://127.0.0.1:9/"}, "307: redirects are not followed", None),
        (503, {"Retry-After": "7"}, "503", 7.0),
        (503, {"Retry-After": "Tue, 01 Sep 2026 08:01:00 GMT"}, "503", 60.0),
        (503, {"Retry-After": "Tue, 01 Sep 2026 08:01:00 -0000"}, "503", 60.0),
        (503, {"Retry-After": "Tue, 01 Sep 2026 07:01:00 GMT"}, "503", 0.0),
        (503, {"Retry-After": "soon"}, "503", None),
        (503, {"Retry-After": "9" * 30}, "503", 999999999.0),
    ],
)
async def test_what_is_not_taken_says_why(
    status: int, headers: dict[str, str], words: str, wait_s: float | None, receiver: Receiver
) -> None:
    receiver.reply = lambda _receiver, _post: (status, headers)
    answer = await post(receiver.url)
    assert (answer.status, answer.is_taken, answer.retry_after_s) == (status, False, wait_s)
    assert words in (answer.failure or "")
    assert len(receiver.posts) == 1


async def test_private_ground_is_not_posted_to_unless_it_is_allowed(receiver: Receiver) -> None:
    answer = await post(receiver.url, allow=("10.0.0.0/8",))
    assert answer.failure == "127.0.0.1 is not a public address; `notify.allow` would allow it"
    assert receiver.posts == []
    for url in ("http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://0.0.0.0/"):
        refused = await post(url, allow=("0.0.0.0/0", "::/0"))
        assert "is never connected to" in (refused.failure or "")


async def test_http_goes_to_allowed_networks_only() -> None:
    answer = await post("http://203.0.113.9/", allow=("10.0.0.0/8",))
    assert "not a public address" in (answer.failure or "")
    public = await post("http://1.1.1.1/", allow=("10.0.0.0/8",))
    assert public.failure == "1.1.1.1 is reached by https only; `notify.allow` would allow http"


@pytest.mark.parametrize(
    ("reply", "words"),
    [(b"", "connection closed without an answer"), (b"nonsense\r\n\r\n", "no usable answer")],
)
async def test_a_target_that_answers_nonsense_is_told_of_in_words(reply: bytes, words: str) -> None:
    async with serving(reply) as heard:
        answer = await post(heard.url)
    assert words in (answer.failure or "")
    assert heard.url not in (answer.failure or "")


async def test_nobody_there_is_said_in_words() -> None:
    async with serving() as heard:
        gone = heard.url
    assert (await post(gone)).failure == "connection refused"


async def test_over_https_the_certificate_must_be_trusted(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    ways = Ways(ca_bundle=str(file))
    async with serving(context=showing(file)) as heard:
        url = heard.url.replace("http:", "https:")
        refused = await post(url)
        assert (refused.failure or "").startswith("certificate not trusted")
        assert heard.requests == []
        target = Notify(name="desk", url=url, secrets=(f"env:{VARIABLE}",), allow=(LOOPBACK,))
        poster = Poster(target, {VARIABLE: SECRET}, lambda: NOW, ways)
        assert (await poster.post(trial_message("desk", NOW))).is_taken
        assert [lines[0].split()[0] for lines in heard.requests] == ["POST"]
