"""What was held at a time in the past."""

import pytest

from web.house import House, Web


def quantities(given) -> dict[str, object]:
    assert given.status_code == 200, given.text
    return {each["symbol"]: each["quantity"] for each in given.json()["positions"]}


@pytest.fixture
def times(house: House) -> list[str]:
    """When each run was, the latest last."""
    runs = reversed(house.store.runs(limit=10))
    return [each.finished_at.isoformat() for each in runs]


def asked(house: House, web: Web, **parameters: str):
    return web.get("/api/positions/past", params=parameters, headers=house.key("read"))


def test_what_was_held_at_a_time_is_as_it_was_then(house: House, web: Web, times) -> None:
    first, second, _ = times
    assert quantities(asked(house, web, as_of=first))["AAPL"] == 10
    assert quantities(asked(house, web, as_of=second))["AAPL"] == 9
    assert quantities(asked(house, web, as_of="2020-01-01T00:00:00Z")) == {}
    now = quantities(asked(house, web))
    held = web.get("/api/positions", headers=house.key("read")).json()["positions"]
    assert now == {each["symbol"]: each["quantity"] for each in held}


def test_what_was_not_known_then_is_left_out(house: House, web: Web, times) -> None:
    first, second, _ = times
    known = asked(house, web, as_of=second, known_at=first)
    assert quantities(known)["AAPL"] == 10
    told = known.json()
    assert {each["current_price"] for each in told["positions"]} == {None}
    assert {each["reconciliation"] for each in told["positions"]} == {None}
    assert told["known_at"] < told["as_of"]


def test_it_comes_in_pages(house: House, web: Web) -> None:
    found, cursor = [], None
    for _ in range(3):
        options = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = asked(house, web, **options).json()
        found += [each["symbol"] for each in page["positions"]]
        cursor = page["next_cursor"]
    assert (found, cursor) == (["AAPL", "BTC/USD", "MSFT"], None)


@pytest.mark.parametrize("name", ["as_of", "known_at"])
@pytest.mark.parametrize("wrong", ["yesterday", "2026-11-20T10:00:00", ""])
def test_a_time_that_is_none_is_refused(house: House, web: Web, name: str, wrong: str) -> None:
    given = asked(house, web, **{name: wrong})
    assert given.status_code == 400
    assert "2026-11-20T00:00:00Z" in given.text


def test_an_account_that_is_not_there_is_refused(house: House, web: Web) -> None:
    assert asked(house, web, account="nobody").status_code == 404
    assert quantities(asked(house, web, account="paper/PA1")).keys() == {"AAPL", "BTC/USD", "MSFT"}
