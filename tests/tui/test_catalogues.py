"""The screen of records of catalogues: what leads to nothing first, in full beside, and honest where nobody knows."""

from __future__ import annotations

import pytest

from apiscape.tui.pages.catalogues import no_records, record_entry, record_page
from tests.tui.declared import a_declaration, an_end, some_declarations
from tests.tui.driving import NARROW, app_of, bar_of, opened, press, seen, type_in
from tests.tui.fake import FakeInventory
from tests.tui.rows import NOW, department
from tests.tui.saying import flat, said, tone_of
from tests.tui.shots import make_app

WIDTH = 60
_NATIVE = "aws:111122223333:eu-west-2"
ROWS = department()


def an_inventory() -> FakeInventory:
    return FakeInventory(ROWS, catalogues=some_declarations(ROWS))


async def test_what_leads_to_nothing_comes_first_and_is_told_in_full() -> None:
    async with opened(make_app(an_inventory())) as pilot:
        await type_in(pilot, ":catalogues")
        await press(pilot, "enter")
        text = seen(pilot)
        assert "Catalogues" in bar_of(pilot, "crumb")
        assert "4 records of 2 catalogues: 2 dangle, of 1 nobody can tell" in bar_of(pilot, "crumb")
        places = [text.index(name) for name in ("Parking", "Open data", "letter-", "ledger-")]
        assert places == sorted(places)
        assert "It is published, and no API" in text
        await press(pilot, "j")
        assert "Not all that it publishes" in seen(pilot)
        await press(pilot, "exclamation_mark")
        assert app_of(pilot).history.here.argument == "dangling:yes"
        assert "letter-writer" not in seen(pilot)


async def test_a_view_narrows_and_a_wrong_one_is_pointed_at() -> None:
    inventory = an_inventory()
    async with opened(make_app(inventory), NARROW) as pilot:
        await type_in(pilot, ":catalogues")
        await press(pilot, "enter", "slash")
        await type_in(pilot, "health:failing")
        assert "a record of a catalogue has no health" in seen(pilot)
        await press(pilot, "ctrl+u")
        await type_in(pilot, "letter")
        await press(pilot, "enter")
        assert "Parking" not in seen(pilot)
        await press(pilot, "y", "enter")
        assert app_of(pilot).history.here.screen == "catalogues"  # it leads nowhere


async def test_a_record_opens_the_deployment_that_it_leads_to() -> None:
    async with opened(make_app(an_inventory())) as pilot:
        await type_in(pilot, ":catalogues ledger-tools")
        await press(pilot, "enter", "enter")
        here = app_of(pilot).history.here
        assert (here.screen, here.argument) == ("deployment", ROWS[0].uid)


async def test_a_record_that_leads_to_several_opens_them_all() -> None:
    ends = [an_end(row.uid, "no", row.name, uid=row.uid) for row in ROWS[:2]]
    inventory = FakeInventory(ROWS, catalogues=[a_declaration("portal", "no", *ends)])
    async with opened(make_app(inventory)) as pilot:
        await type_in(pilot, ":cat")
        await press(pilot, "enter", "enter")
        here = app_of(pilot).history.here
        assert here.screen == "inventory"
        assert here.argument == f"uid:{ROWS[0].uid},{ROWS[1].uid}"
        assert "2 of " in bar_of(pilot, "crumb")


@pytest.mark.parametrize(
    ("dangling", "words", "tone"),
    [
        ("yes", "✗ yes", "bad"),
        ("unknown", "? unknown", "warn"),
        ("no", "✓ no", "good"),
        ("half_way", "? half way", "muted"),
    ],
)
def test_a_state_is_a_sign_and_a_word(dangling: str, words: str, tone: str) -> None:
    record = a_declaration("x", dangling)
    entry = record_entry(record, NOW)
    assert (entry.cells["dangling"].text, entry.cells["dangling"].tone) == (words, tone)
    page = record_page(record, NOW, WIDTH)
    assert tone_of(page, words) == tone
    assert "It names no API that could be looked for." in flat(page)
    assert ("Nobody can tell" in flat(page)) is (dangling in {"unknown", "half_way"})


def test_each_end_says_whether_it_is_there() -> None:
    ends = (
        an_end("a", "no", "payments", stage="prod"),
        an_end("b", "yes", evidence=("page GET /b",)),
        an_end("c", "unknown", product=None, account=None, region=None),
    )
    page = record_page(a_declaration("x", "yes", *ends), NOW, WIDTH)
    assert tone_of(page, "payments/prod") == "good"
    assert tone_of(page, f"{_NATIVE}:b") == "bad"
    assert tone_of(page, f"{_NATIVE}:c") == "warn"
    assert "✓ there payments/prod" in flat(page)
    assert f"✗ not there {_NATIVE}:b" in flat(page)
    assert f"? may be {_NATIVE}:c" in flat(page)
    assert "by page GET /b" in flat(page)
    assert "nobody said where" in flat(page)


def test_what_no_visit_saw_of_late_is_marked_and_what_is_not_shown_says_so() -> None:
    record = a_declaration("x", "unknown", freshness="not_observed", seen_at=None, scope=None)
    assert record_entry(record, NOW).mark.text == "◌"
    text = said(record_page(record, NOW, WIDTH))
    assert "not observed" in text
    assert "never" in text
    assert "not shown to this token" in text


def test_no_record_says_what_lists_records_and_never_that_there_is_no_catalogue() -> None:
    assert ":scopes" in flat(no_records("", 0, WIDTH))
    assert "Nothing matches" in flat(no_records("dangling:yes", 0, WIDTH))
    assert "2 records may match" in flat(no_records("dangling:yes", 2, WIDTH))
