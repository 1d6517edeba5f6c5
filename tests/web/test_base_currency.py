"""P&L in the account's own currency over REST, where the rates of the trades are known."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from runs.fakes import Bench, activity, holding
from tieout.runs.statistics import timestamp
from web.house import House, Web, bench_at

ACCOUNT = "paper/EUR"
KNOWN = {"net": 1100, "price": 600, "exchange": 500, "currency": "USD"}
Base = dict[str, Any] | None
known_or_not = pytest.mark.parametrize(("rate", "base"), [("1.20", KNOWN), (None, None)])


def traded(house: House, *, rate: str | None, left: str = "0") -> Bench:
    """100 bought at 50 with the dollar at 1.10, and sold at 55 but for what is left."""
    bench = bench_at(house.store, ACCOUNT, runs_named="euro")
    bench.run(holding("AAPL", "10"))
    at = bench.clock.now()
    bought = activity("b", "BTC/EUR", "100", "50", at=at + timedelta(seconds=1))
    quantity = str(Decimal(left) - 100)
    sold = activity("s", "BTC/EUR", quantity, "55", at=at + timedelta(seconds=2))
    bench.venue.activities = (
        replace(bought, base_rate=Decimal("1.10")),
        replace(sold, base_rate=None if rate is None else Decimal(rate)),
    )
    bench.clock.skip(seconds=60)
    rest = [holding("BTC/EUR", left, average="50")] if left != "0" else []
    bench.run(holding("AAPL", "10"), *rest)
    return bench


def asked(house: House, web: Web, path: str, **query: str) -> Any:
    told = web.get(path, params=query | {"account": ACCOUNT}, headers=house.key("read"))
    assert told.status_code == 200, told.text
    return told.json()


@known_or_not
def test_a_line_has_its_base_value_where_all_rates_are_known(
    house: House, web: Web, rate: str | None, base: Base
) -> None:
    traded(house, rate=rate)
    (row,) = asked(house, web, "/api/pnl", by="symbol")["rows"]
    assert (row["currency"], row["net"]) == ("EUR", 500)
    assert row.get("base") == base
    assert ("base" in row) == (base is not None)


@known_or_not
def test_a_position_that_ended_has_its_base_value_where_all_rates_are_known(
    house: House, web: Web, rate: str | None, base: Base
) -> None:
    traded(house, rate=rate)
    (ended,) = asked(house, web, "/api/positions", status="closed")["positions"]
    assert (ended["currency"], ended["realized_pnl"]) == ("EUR", 500)
    assert ended.get("base") == base
    assert ("base" in ended) == (base is not None)


def test_an_open_position_has_the_base_value_of_what_was_closed(house: House, web: Web) -> None:
    bench = traded(house, rate="1.20", left="50")
    at = bench.clock.now()
    expected = {"net": 550, "price": 300, "exchange": 250, "currency": "USD"}
    for path, query in (("/api/positions", {}), ("/api/positions/past", {"as_of": timestamp(at)})):
        found = {each["symbol"]: each for each in asked(house, web, path, **query)["positions"]}
        assert found["BTC/EUR"]["base"] == expected
        assert "base" not in found["AAPL"]


@known_or_not
def test_a_run_has_the_base_value_of_its_changes_in_numbers(
    house: House, web: Web, rate: str | None, base: Base
) -> None:
    traded(house, rate=rate)
    run, *_ = asked(house, web, "/api/runs")["runs"]
    (change,) = run["statement"]["changes"]
    assert change.get("base") == base
