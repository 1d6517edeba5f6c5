"""From an exchange's wire, by ccxt, to a book that is tied out; and every fault at every call."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.numbers import exact
from tieout.testing.venue import GARBLED, PASSING, Trouble
from tieout.venues.ccxt.quirks import Quirks
from tieout.venues.ccxt.trades import translated
from venues import ccxt_recordings as lists
from venues.ccxt_desk import Desk
from venues.ccxt_market import NOW, KrakenFutures, venue_at
from venues.ccxt_stub import ExchangeStub


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


class SpotMarket:
    """Kraken's spot exchange, where coins are traded for others."""

    PAIRS = {"BTC/USD": "XXBTZUSD", "BTC/USDT": "XBTUSDT", "ETH/USDT": "ETHUSDT"}  # noqa: RUF012
    CODES = {"BTC": "XXBT", "ETH": "XETH"}  # noqa: RUF012

    def __init__(self, stub: ExchangeStub) -> None:
        lists.kraken(stub)
        self.coins: dict[str, Decimal] = {}
        self.trades: dict[str, dict[str, str]] = {}
        stub.say("/0/private/BalanceEx", lambda _: {"error": [], "result": {
            self.CODES[code]: {"balance": str(amount), "hold_trade": "0"}
            for code, amount in self.coins.items()
        }})  # fmt: skip
        stub.say("/0/private/TradesHistory", lambda _: {
            "error": [], "result": {"trades": self.trades, "count": len(self.trades)},
        })  # fmt: skip

    def trade(self, pair: str, quantity: str, price: str, *, at: datetime) -> None:
        code = pair.partition("/")[0]
        self.coins[code] = self.coins.get(code, Decimal(0)) + Decimal(quantity)
        self.trades[f"T{len(self.trades)}"] = {
            "ordertxid": "O", "pair": self.PAIRS[pair], "time": str(at.timestamp()),
            "type": "sell" if quantity.startswith("-") else "buy", "price": price,
            "vol": quantity.lstrip("-"), "cost": "0", "fee": "1.5", "margin": "0",
        }  # fmt: skip


def test_coins_are_tied_out_with_their_cost_and_fees(stub):
    market = SpotMarket(stub)
    desk = Desk(stub, "kraken", "main", currency="USD")
    market.trade("BTC/USD", "2", "30000", at=NOW - timedelta(hours=1))
    assert desk.sync().tied_out
    market.trade("BTC/USD", "-0.5", "31000", at=desk.soon)
    plan = desk.sync()
    assert plan.tied_out
    assert desk.held() == {"BTC": exact("1.5")}
    (change,) = plan.changes
    assert change.kind == "reduced"
    assert [each.explained_by for each in plan.changes] == [("BTC/USD:T1",)]


def test_a_coin_that_was_paid_in_another_currency_is_tied_out_without_a_cost(stub):
    market = SpotMarket(stub)
    desk = Desk(stub, "kraken", "main", currency="USD")
    assert desk.sync().tied_out
    market.trade("BTC/USDT", "1", "30000", at=desk.soon)
    plan = desk.sync()
    assert plan.tied_out, plan
    assert desk.held() == {"BTC": exact("1")}


def test_contracts_are_tied_out_over_a_flip(stub):
    market = KrakenFutures(stub)
    desk = Desk(stub, "krakenfutures", "uid-0001")
    assert desk.sync().tied_out
    for quantity, held in [("3", "3"), ("-1", "2"), ("-5", "-3"), ("3", "0")]:
        market.trade("BTC/USD:USD", quantity, at=desk.soon)
        assert desk.sync().tied_out
        assert desk.held() == ({"BTC/USD:USD": exact(held)} if held != "0" else {})


@pytest.mark.parametrize("kind", [*PASSING, *GARBLED])
@pytest.mark.parametrize("call", range(5))
def test_no_fault_at_any_call_of_a_sync_closes_or_changes_a_position(stub, call, kind: Trouble):
    market = KrakenFutures(stub)
    market.trade("BTC/USD:USD", "10", at=NOW - timedelta(hours=1))
    market.trade("ETH/USD:USD", "-7", at=NOW - timedelta(hours=1))
    desk = Desk(stub, "krakenfutures", "uid-0001")
    desk.venue = venue_at(
        stub, clock=desk.clock, limits=replace(desk.venue._calls.limits, read_s=0.1)
    )
    assert desk.sync().tied_out
    before = desk.held()
    desk.clock.at += timedelta(hours=2)  # so that markets are asked for again
    answer, count = stub.trouble_now, [0]

    def trouble_now() -> Trouble | None:
        count[0] += 1
        return kind if count[0] > call else answer()

    stub.trouble_now = trouble_now
    plan = desk.sync()
    assert plan.outcome == "failed"
    assert count[0] > call
    assert desk.held() == before
    stub.trouble_now = answer
    assert desk.sync().tied_out
    assert desk.held() == before


def test_a_fee_in_the_coin_that_a_trade_is_paid_in_is_counted():
    row = {
        "id": "T1", "symbol": "ETH/BTC", "timestamp": 1795186800000, "side": "buy", "price": "0.05",
        "amount": "1", "fee": {"cost": "0.0001", "currency": "BTC"}, "info": {"fee": "0.0001"},
    }  # fmt: skip
    markets = {"ETH/BTC": {"base": "ETH", "quote": "BTC", "contract": False}}
    found = translated([row], markets, venue="ccxt:kraken", currency="USD", quirks=Quirks())
    moved = found.activities
    assert {each.id.partition("T1")[2]: (each.symbol, str(each.quantity)) for each in moved} == {
        "": ("ETH", "1"), "#quote": ("BTC", "-0.05"), "#fee": ("BTC", "-0.0001"),
    }  # fmt: skip
