"""P&L in the account's own currency over REST, where the rates of the trades are known."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from runs.fakes import activity, holding
from web.house import House, Web, bench_at


@pytest.mark.parametrize(("rate", "net"), [("1.20", 1100), (None, None)])
def test_a_line_has_its_base_value_where_all_rates_are_known(
    house: House, web: Web, rate: str | None, net: int | None
) -> None:
    bench = bench_at(house.store, "paper/EUR", runs_named="euro")
    bench.run(holding("AAPL", "10"))
    at = bench.clock.now()
    bought = activity("b", "BTC/EUR", "100", "50", at=at + timedelta(seconds=1))
    sold = activity("s", "BTC/EUR", "-100", "55", at=at + timedelta(seconds=2))
    bench.venue.activities = (
        replace(bought, base_rate=Decimal("1.10")),
        replace(sold, base_rate=None if rate is None else Decimal(rate)),
    )
    bench.clock.skip(seconds=60)
    bench.run(holding("AAPL", "10"))
    query = {"account": "paper/EUR", "by": "symbol"}
    reply = web.get("/api/pnl", params=query, headers=house.key("read"))
    (row,) = reply.json()["rows"]
    assert (row["currency"], row["net"]) == ("EUR", 500)
    if net is None:
        assert "base" not in row
    else:
        assert row["base"] == {"net": net, "price": 600, "exchange": 500, "currency": "USD"}
