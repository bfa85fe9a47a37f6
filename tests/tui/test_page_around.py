"""The lines around a screen, the facets, and what stands where rows would."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.client.inventory import Summary
from apiscape.errors import NotKept, UnreachableError
from apiscape.model.run import ErrorRecord
from apiscape.query import parse
from apiscape.tui.pages import head
from apiscape.tui.pages.empty import asking_page, empty_page, no_scope_matches, refused_page
from apiscape.tui.pages.facets import MOST_VALUES, Choice, Counted, facets_page
from apiscape.tui.pages.help import help_page
from apiscape.tui.session import Session
from apiscape.tui.store import Found
from tests.tui.rows import BEFORE, department
from tests.tui.saying import WIDTH, a_row, a_run, a_session, a_status, flat, said, spoken, tone_of


def failed(session: Session, hint: str | None = None) -> Session:
    session.fail(UnreachableError("the agent does not answer", hint=hint))
    return session


def paused(session: Session, rows: int) -> Session:
    session.is_paused = True
    latest = session.last
    assert latest is not None
    session.held = [a_session(department(rows)).last or latest]
    return session


def unkept(session: Session) -> Session:
    session.is_kept = False
    return session


@pytest.mark.parametrize(
    ("session", "words", "tone"),
    [
        (a_session(loaded=False), "◌ reading the inventory", "muted"),
        (a_session(), "● live", "good"),
        (unkept(a_session()), "○ no agent visits anything", "warn"),
        (a_session(live=False), "○ snapshot taken 14:05", "muted"),
        (paused(a_session(), 12), "⏸ paused (12 waiting)", "warn"),
        (failed(a_session()), "✗ no answer since 14:05, asking again", "bad"),
        (failed(paused(a_session(), 1)), "✗ no answer since 14:05, asking again", "bad"),
        (failed(a_session(loaded=False)), "✗ no answer since 14:05, asking again", "bad"),
    ],
)
def test_the_data_is_never_called_fresher_than_it_is(
    session: Session, words: str, tone: str
) -> None:
    assert head.freshness(session) == (words, tone)


def test_the_first_line_says_when_anything_was_last_seen_and_from_where() -> None:
    summary = Summary(deployments=1, apis=1, scopes=1, observed_at=BEFORE)
    session = a_session(summary=summary, origin="store apiscape.db")
    left, _, _ = head.status_line(session)
    assert spoken(left) == "apiscape  ● live · last seen 08:05 · store apiscape.db"


def test_the_first_line_says_what_the_agent_has_to_say_of_itself() -> None:
    session = a_session(origin="store apiscape.db")
    session.notice = "configuration not taken: config.yaml line 3: unknown key"
    left, _, _ = head.status_line(session)
    assert spoken(left).startswith(
        "apiscape  ● live · ✗ configuration not taken: config.yaml line 3"
    )
    assert tone_of(left, "not taken") == "warn"


def test_before_the_first_answer_it_claims_no_time_and_no_scopes() -> None:
    left, words, signs = head.status_line(a_session(loaded=False))
    assert spoken(left) == "apiscape  ◌ reading the inventory"
    assert (words, signs) == ([], [])


def test_a_store_with_a_problem_says_that_instead_of_live() -> None:
    problem = ErrorRecord(kind="defect", message="the store is from a newer version")
    session = a_session(summary=Summary(deployments=0, apis=0, scopes=0, problem=problem))
    left, _, _ = head.status_line(session)
    assert spoken(left) == "apiscape  ✗ the store is from a newer version"
    assert tone_of(left, "newer") == "bad"


RUNS = (a_run(), a_run(), a_run("partial"), a_run("failed"), a_run("absent"), None)


def test_scopes_are_counted_by_how_they_ended() -> None:
    summary = Summary(deployments=9, apis=9, scopes=6, not_observed=1_204)
    session = a_session(scopes=map(a_status, RUNS), summary=summary)
    words = head.scopes_in_words(session)
    assert spoken(words) == (
        "6 scopes  ✓ 2 complete  ◐ 1 partial  ✗ 1 failed  ○ 1 absent  ○ 1 never run"
        "  ◌ 1,204 not observed"
    )
    assert spoken(head.scopes_in_signs(session)) == "scopes ✓ 2 ◐ 1 ✗ 1 ○ 1 ○ 1 ◌ 1,204 "
    assert tone_of(words, "failed") == "bad"


def test_no_scopes_are_no_success() -> None:
    assert spoken(head.scopes_in_words(a_session())) == "0 scopes"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("", "Inventory"),
        ("tax health:failing", "Inventory > tax > health:failing"),
        ('owner:"team tax"  x', 'Inventory > owner:"team tax" > x'),
        ("one", "Inventory > one"),
    ],
)
def test_the_breadcrumb_is_the_view_item_by_item(view: str, words: str) -> None:
    left, right = head.breadcrumb("Inventory", view)
    assert spoken(left) == words.replace(">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}")
    assert right == []


@pytest.mark.parametrize(
    ("total", "found", "marked", "words"),
    [
        (0, Found(()), 0, "0 of 0"),
        (48_213, Found(range(62)), 0, "62 of 48,213"),
        (None, Found(range(1_062)), 0, "1,062 deployments"),
        (None, Found(range(1)), 2, "1 deployment · ◆ 2 marked"),
        (9, Found(range(2), 1_031), 0, "2 of 9 · ? 1,031 undecided"),
        (9, Found(range(2), 0, 5), 0, "2 of 9 · … 5 more not fetched"),
        (9, Found(range(2), 1), 3, "2 of 9 · ? 1 undecided · ◆ 3 marked"),
    ],
)
def test_counts_say_what_is_not_shown(
    total: int | None, found: Found, marked: int, words: str
) -> None:
    assert spoken(head.counts(total, found, marked=marked)) == words


@pytest.mark.parametrize(
    ("group", "keymap", "here", "absent"),
    [
        ("inventory", {}, "/ filter", "undecided"),
        ("inventory", {"view.filter": "x,slash"}, "x filter", "/ filter"),
        ("scopes", {}, "r rescan", "facets"),
        ("help", {}, "", "enter open"),
    ],
)
def test_the_last_line_names_the_keys_as_they_are_bound(
    group: str, keymap: dict[str, str], here: str, absent: str
) -> None:
    left, right, fewer = head.key_line(group, keymap)
    assert here in spoken(left)
    assert absent not in spoken(left)
    assert ": command" in spoken(right)
    assert "esc back" in spoken(right)
    assert "esc back" not in spoken(fewer)
    assert "q quit" in spoken(fewer)


def counted(**values: Counted) -> Any:
    return lambda field: values.get(field, ())


def test_facets_count_values_in_words_with_their_signs() -> None:
    page = facets_page(
        parse(""),
        counted(
            health=[("failing", 1_204), ("unknown", 3)],
            owner=[("Team Tax", 5), (None, 2), ("unknown", 1)],
        ),
        30,
    )
    assert [line.text for line in page] == [
        "HEALTH",
        "  ✗ failing              1,204",
        "  ? unknown                  3",
        "",
        "OWNER",
        "  Team Tax                   5",
        "  – none                     2",
        "  ? unknown                  1",
    ]
    assert tone_of(page, "– none") == "muted"


@pytest.mark.parametrize(
    ("field", "values", "view", "shown"),
    [
        ("presence", [("present", 9)], "", False),
        ("presence", [("present", 9)], "presence:present", True),
        ("presence", [("present", 9), ("missing", 1)], "", True),
        ("health", [("healthy", 9)], "", True),
        ("health", [], "", False),
    ],
)
def test_a_facet_of_one_value_says_nothing_unless_it_is_asked_for(
    field: str, values: Counted, view: str, *, shown: bool
) -> None:
    page = facets_page(parse(view), counted(**{field: values}), 30)
    assert (field.upper() in said(page)) is shown


def test_what_the_view_asks_for_is_marked_whatever_its_case() -> None:
    view = parse('owner:"team tax",none')
    page = facets_page(view, counted(owner=[("Team Tax", 5), ("Team Vat", 4), (None, 2)]), 30)
    assert [line.text[:2] for line in page[1:]] == ["▸ ", "  ", "▸ "]


def test_facets_end_with_a_count_of_the_rest() -> None:
    values = [(f"team {number}", 1) for number in range(MOST_VALUES + 3)]
    page = facets_page(parse(""), counted(owner=values), 30)
    assert page[-1].text == "  … 3 more"
    assert len(page) == 1 + MOST_VALUES + 1


@pytest.mark.parametrize("width", [8, 12, 24])
def test_facets_keep_their_figures_in_the_narrowest_pane(width: int) -> None:
    page = facets_page(parse(""), counted(owner=[("a very long team name", 1_204)]), width)
    assert page[1].text.endswith(" 1,204")
    assert "…" in page[1].text


@pytest.mark.parametrize(
    "choice",
    [Choice("owner", "Team Tax"), Choice("owner", None), Choice("owner", ""), Choice("tag", "a=b")],
)
def test_a_choice_is_found_again_by_its_key(choice: Choice) -> None:
    assert Choice.of(choice.key) == choice


NEVER = a_status(None)
DONE = a_status(a_run())
PROBLEM = ErrorRecord(kind="defect", message="the store cannot be read", next_step="restore it")
BROKEN = Summary(deployments=0, apis=0, scopes=0, problem=PROBLEM)


@pytest.mark.parametrize(
    ("session", "undecided", "words", "steps"),
    [
        (a_session(loaded=False), 0, "Reading the inventory", ""),
        (failed(a_session(loaded=False), "apiscape agent"), 0, "the agent does not answer", "→ apiscape agent"),
        (failed(a_session(loaded=False)), 0, "The inventory does not answer", ""),
        (a_session(summary=BROKEN), 0, "the store cannot be read", "→ restore it"),
        (a_session(), 0, "No source is configured", "apiscape sources init"),
        (a_session(scopes=[NEVER]), 0, "Nothing was looked at yet 1 scope planned, 1 never run.", "apiscape scan"),
        (a_session(scopes=[NEVER, DONE]), 0, "2 scopes planned, 1 never run.", "apiscape agent"),
        (a_session(scopes=[DONE]), 0, "1 scope visited, and none has an API, or none could be seen", ":scopes"),
        (a_session([a_row()], scopes=[DONE]), 0, "Nothing matches None of 1 deployments.", "esc"),
        (a_session([a_row()], scopes=[DONE]), 1_204, "? 1,204 of them may match", "u lists those"),
    ],
)  # fmt: skip
def test_an_empty_place_says_why_and_what_to_do(
    session: Session, undecided: int, words: str, steps: str
) -> None:
    lines = empty_page(session, Found((), undecided), len(session.store), WIDTH)
    assert words in flat(lines)
    assert steps in flat(lines)
    assert ("may match" in flat(lines)) is bool(undecided)


def test_an_answer_that_failed_later_does_not_hide_what_was_seen() -> None:
    session = failed(a_session([a_row()], scopes=[DONE]))
    assert "Nothing matches" in flat(empty_page(session, width=WIDTH))


@pytest.mark.parametrize("width", [8, 20, 40, 200])
def test_empty_places_wrap(width: int) -> None:
    lines = empty_page(a_session(scopes=[DONE]), width=width)
    assert max(len(line.text) for line in lines if "visited" in line.text) <= max(width, 72)


def test_scopes_that_no_word_finds_are_not_called_an_empty_inventory() -> None:
    lines = no_scope_matches("\x1b[2Jzzz", 19, WIDTH)
    assert "No scope matches" in flat(lines)
    assert "None of 19 scopes" in flat(lines)
    assert all(line.text.isprintable() for line in lines)


@pytest.mark.parametrize("width", [30, 60, 80, 170])
def test_help_explains_every_sign_at_every_width(width: int) -> None:
    words = said(help_page("inventory", {}, width))
    for sign in ("✓ healthy", "◐ degraded", "✗ failing", "⏸ idle", "∅ missing", "‼ suspect"):
        assert sign in words
    assert "◌ not observed" in words
    assert "? unknown" in words


def test_help_without_a_pane_begins_with_the_inventory() -> None:
    titles = [line.text for line in help_page("", {}, WIDTH) if line.text.startswith("Keys: ")]
    assert titles[0] == "Keys: Inventory"
    assert len(titles) == len(set(titles)) == 9


def test_nothing_among_all_that_is_kept_is_not_counted_against_what_is_there_now() -> None:
    lines = empty_page(a_session([a_row()], scopes=[DONE]), total=None, width=WIDTH)
    assert "None of all that is kept." in flat(lines)


def test_an_open_question_is_no_empty_answer() -> None:
    words = flat(asking_page("presence:superseded \x1b[2J", WIDTH))
    assert "Asking the inventory for presence:superseded" in words
    assert "\x1b" not in words


@pytest.mark.parametrize("hint", [None, "the horizon is 2026-01-01"])
def test_a_view_that_is_refused_says_why(hint: str | None) -> None:
    words = flat(refused_page(NotKept("nothing is kept of 2020", hint=hint), WIDTH))
    assert "This view cannot be shown nothing is kept of 2020" in words
    assert ("→ the horizon is 2026-01-01" in words) is bool(hint)
