"""Lists page by page: nothing is lost or repeated while rows are added."""

from collections.abc import Callable
from typing import Any

import pytest

from runs.fakes import Bench, holding
from web.house import House, Web, bench_at

LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "positions": ("/api/positions", {}),
    "breaks": ("/api/breaks", {"every": "true"}),
    "runs": ("/api/runs", {}),
    "entries": ("/api/journal", {"account": "pages/1"}),
}
EACH = pytest.mark.parametrize("name", LISTS)
SYMBOLS = [f"S{number:02}" for number in range(9)]


@pytest.fixture
def bench(house: House) -> Bench:
    """A second and a third account, whose names sort around each other, with breaks."""
    for account in ("pages/1", "pages"):
        bench = bench_at(house.store, account, runs_named=account.replace("/", "-"))
        bench.run(*(holding(each, "10") for each in SYMBOLS))
        bench.run(*(holding(each, "9") for each in SYMBOLS))
    return bench_at(house.store, "pages/1", runs_named="more")


def ask(house: House, web: Web, name: str, **query: Any) -> Any:
    path, needed = LISTS[name]
    return web.get(path, params={**needed, **query}, headers=house.key("read"))


def page(house: House, web: Web, name: str, **query: Any) -> Any:
    given = ask(house, web, name, **query)
    assert given.status_code == 200, given.text
    return given.json()


def walked(
    house: House, web: Web, name: str, limit: int, between: Callable[[int], None]
) -> list[Any]:
    """Every row, page by page; something happens between two pages."""
    rows: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        found = page(house, web, name, limit=limit, **cursor)
        assert 0 < len(found[name]) <= limit
        rows += found[name]
        if found["next_cursor"] is None:
            return rows
        cursor = {"cursor": found["next_cursor"]}
        between(len(rows))


def identity(row: Any) -> str:
    names = ("account", "symbol", "sequence", "id")
    return " ".join(str(row.get(name)) for name in names)


@EACH
@pytest.mark.parametrize("limit", [1, 3, 7, 1000])
def test_pages_together_are_the_whole_list_in_its_order(
    house: House, web: Web, bench: Bench, name: str, limit: int
) -> None:
    whole = page(house, web, name, limit=1000)[name]
    rows = walked(house, web, name, limit, lambda _: None)
    assert len(whole) >= 5
    assert rows == whole


@EACH
def test_nothing_is_lost_or_repeated_while_rows_are_added(
    house: House, web: Web, bench: Bench, name: str
) -> None:
    before = [identity(each) for each in page(house, web, name, limit=1000)[name]]

    def grow(number: int) -> None:
        if number <= 12:
            added = [holding(f"A{each:02}", "1") for each in range(number)]
            bench.run(*(holding(each, "9") for each in SYMBOLS), *added)

    after = [identity(each) for each in walked(house, web, name, 3, grow)]
    assert len(after) == len(set(after))
    assert [each for each in after if each in before] == before


@EACH
@pytest.mark.parametrize("cursor", ["", "no", "0x0", "-1", "é", "\x00", "A" * 2000])
def test_a_cursor_that_is_none_of_ours_is_refused(
    house: House, web: Web, bench: Bench, name: str, cursor: str
) -> None:
    given = ask(house, web, name, cursor=cursor)
    is_a_run_perhaps = name == "runs" and cursor in ("no", "0x0", "-1")
    assert given.status_code == (404 if is_a_run_perhaps else 400), given.text
    assert "cursor" in given.json()["message"]


@EACH
@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1.5", ""])
def test_a_page_has_one_to_a_thousand_rows(house: House, web: Web, name: str, limit: str) -> None:
    given = ask(house, web, name, limit=limit)
    assert given.status_code == 400
    assert "limit" in given.json()["message"]


@EACH
def test_an_account_that_nobody_has_is_not_found(house: House, web: Web, name: str) -> None:
    assert ask(house, web, name, account="no/such").status_code == 404


@EACH
def test_one_account_alone_can_be_listed(house: House, web: Web, bench: Bench, name: str) -> None:
    rows = page(house, web, name, account="pages/1", limit=1000)[name]
    assert rows
    assert {each.get("account", "pages/1") for each in rows} == {"pages/1"}


# Every account counts its own breaks


def test_a_break_of_several_accounts_is_not_decided_by_chance(
    house: House, web: Web, bench: Bench
) -> None:
    given = web.post("/api/breaks/B1/accept-broker", headers=house.key("positions:write"))
    assert given.status_code == 409
    assert "pages/1" in given.json()["message"]
    assert web.get("/api/breaks/B1", headers=house.key("read")).status_code == 409


def test_a_break_is_found_by_its_account_and_decided_there_alone(
    house: House, web: Web, bench: Bench
) -> None:
    query = {"account": "pages/1"}
    found = web.get("/api/breaks/B1", params=query, headers=house.key("read"))
    assert found.json()["account"] == "pages/1"
    decided = web.post(
        "/api/breaks/B1/accept-broker", params=query, headers=house.key("positions:write")
    )
    assert decided.status_code == 200, decided.text
    assert decided.json()["account"] == "pages/1"
    open_now = {
        each["account"]
        for each in page(house, web, "breaks", limit=1000)["breaks"]
        if each["id"] == "B1" and each["status"] == "open"
    }
    assert open_now == {"paper/PA1", "pages"}
