"""Whatever a gateway calls its APIs, and whatever a person types: found as it stands, and never taken for syntax."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from apiscape.errors import NotFound, QueryError, UsageError
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation
from apiscape.query import parse
from apiscape.store import Store, open_store
from apiscape.store.reading.reader import Reader
from apiscape.store.schema import metadata
from tests.store.conftest import DATABASES
from tests.store.looking import counts
from tests.store.making import T0, batch, make, visit

ODD = (
    *(
        "'; DROP TABLE row; --",
        '" OR ""="',
        "%' OR 1=1 --",
        "\\'; DELETE FROM deep",
        "$1 %s %(x)s ?",
    ),
    *('NEAR("a" b, 2)', "text : tax*", "^start AND end", "{paths} : x", "a AND NOT b", '"quoted"'),
    *("100%", "a_b", "[x-z]", "a/b//c", "\\%\\_", "/regex/", "-minus", "key:value", "5>4", "a,b"),
    *(
        "Straße",
        "İstanbul",
        "ﬁle",
        "ΌΣΟΣ",
        "ǆungla",
        "税金 API",
        "🧾🧾🧾",
        "e\u0301cole",
        "ß" * 200,
    ),
    *("\u202etxt.exe", "zero\u200bwidth", "tab\tbed", "x" * 10_000, "none", "unknown", "NULL"),
)
"""Names that are code, patterns or letters that change their length, somewhere."""

NEIGHBOURS = ("100 percent", "axb", "Strase", "istanbul", "file tax", "ascii only", "start end")


@pytest.fixture(scope="module", params=DATABASES)
def held(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Give a store with every odd name in each field that is searched; nothing here writes to it."""
    if request.param == "sqlite":
        address = str(tmp_path_factory.mktemp("searching") / "store.db")
    else:
        server = request.getfixturevalue("server")
        address = server.url(server.create(request.getfixturevalue("template_database")))
    with open_store(address, write=True) as store:
        visit(store, batch(*map(odd_one, range(len(ODD) + len(NEIGHBOURS)))))
        yield store


def odd_one(number: int) -> Deployment:
    name = (*ODD, *NEIGHBOURS)[number]
    return make(
        number,
        name=name,
        title=name,
        gateway=name,
        labels={"team": name},
        operations=(Operation(verb="GET", template=f"/{name}/{number:04}"),),
        backends=(Backend(key="b", kind="http", address=name),),
        endpoints=(Endpoint(url=f"https://{number:04}.example/{name}"),),
    )


def reader_of(store: Store) -> Reader:
    return Reader(store.database, lambda: T0)


def quoted(text: str) -> str:
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def allowed(text: str) -> str | None:
    """Return a piece of a name as a view may hold it."""
    piece = text[:300]
    try:
        parse(quoted(piece))
    except QueryError:
        return None
    return piece


TYPED = [name for name in ODD if allowed(name)]


@pytest.mark.parametrize("name", TYPED, ids=ascii)
def test_a_name_is_found_by_itself_and_by_nothing_like_it(held: Store, name: str) -> None:
    asked = quoted(name[:300])
    reader = reader_of(held)
    expected = {each for each in (*ODD, *NEIGHBOURS) if name[:300].casefold() in each.casefold()}
    for view in (asked, f"name:{asked}", f"title:{asked}", f"backend:{asked}", f"path:{asked}"):
        found = {row.name for row in reader.page(view, limit=100).items}
        assert found == expected, view
    assert {row.name for row in reader.page(f"gateway:{asked}", limit=100).items} == expected
    tagged = reader.page(f"tag:{quoted('team=' + name[:300])}", limit=100).items
    assert {row.name for row in tagged} == ({name} if len(name) <= 300 else set())
    rest = reader.page(f"-name:{asked}", limit=100)
    assert (rest.matched, rest.undecided) == (len(ODD) + len(NEIGHBOURS) - len(expected), 0)


def test_a_name_is_shown_whole_by_detail_and_facets(held: Store) -> None:
    reader = reader_of(held)
    shown = {value.value for value in reader.facets("", ("gateway",))[0].values}
    for name in ODD:
        assert reader.detail(name).deployment.name == name
        assert name.casefold() in shown
        with pytest.raises(NotFound):
            reader.detail(f"{name}{name}")


def test_order_is_by_code_point_of_the_casefolded_name(held: Store) -> None:
    rows = reader_of(held).page("sort:name", limit=100).items
    assert [row.name for row in rows] == sorted(
        (*ODD, *NEIGHBOURS), key=lambda name: (name.casefold().encode(), name)
    )


def test_no_argument_is_ever_code(held: Store) -> None:
    """Every read takes it or refuses it in our own words, and every table is as it was."""
    before = counts(held)
    for text in ODD:
        for ask in reads_of(held, text):
            with suppress(QueryError, UsageError, NotFound):
                ask()
    assert counts(held) == before
    assert set(before) == set(metadata.tables)


def reads_of(held: Store, text: str) -> tuple[Callable[[], object], ...]:
    """Return every call that takes a text, with this one."""
    reader = reader_of(held)
    return (
        lambda: reader.page(text),
        lambda: reader.page("", after=text),
        lambda: reader.select(text),
        lambda: reader.facets(text, ("name",)),
        lambda: reader.facets("", (text,)),
        lambda: reader.changes(view=text),
        lambda: reader.detail(text),
        lambda: held.runs.newest(scope=text),
        lambda: held.runs.scopes(text),
        lambda: held.runs.documents([text]),
        lambda: held.documents.get(text),
        lambda: held.conclusions.load([text]),
        lambda: held.conclusions.keys_of([text]),
        lambda: held.conclusions.members_of([text]),
        lambda: held.conclusions.cursor(text),
        lambda: held.upkeep.confirm(text, by=text, at=T0),
        lambda: held.upkeep.forget(text, by=text, at=T0),
    )
