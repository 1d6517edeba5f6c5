"""Hedging accounts by ccxt: every fill finds its leg, and realized P&L comes from the fills."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tieout.core.numbers import exact
from venues import ccxt_recordings as lists
from venues.ccxt_desk import Desk
from venues.ccxt_market import LOGIN, read
from venues.ccxt_recordings import bybit_execution, bybit_position, good
from venues.ccxt_stub import ExchangeStub


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


class Bybit:
    """Two legs of one contract. An execution has no leg, only how much of it closed."""

    def __init__(self, stub: ExchangeStub) -> None:
        lists.bybit(stub)
        self.legs = {1: exact(0), 2: exact(0)}
        self.rows: list[dict] = []
        stub.say("/v5/position/list", lambda query: good(
            self._positions() if query.get("settleCoin") == "USDT" else []
        ))  # fmt: skip
        stub.say("/v5/execution/list", lambda query: good(
            self.rows if (query["category"], query["execType"]) == ("linear", "Trade") else []
        ))  # fmt: skip

    def trade(self, leg: int, side: str, size: str, price: str, *, at, **fields) -> None:
        is_closing = (leg, side) in ((1, "Sell"), (2, "Buy"))
        self.legs[leg] += -exact(size) if is_closing else exact(size)
        self.rows.append(bybit_execution(
            len(self.rows), at=at, side=side, execQty=size, execPrice=price, execFee="0",
            closedSize=size if is_closing else "0", **fields,
        ))  # fmt: skip

    def _positions(self):
        return [
            bybit_position(
                size=str(size), side="Buy" if leg == 1 else "Sell", positionIdx=leg,
                avgPrice="50000",
            )
            for leg, size in self.legs.items()
            if size
        ]  # fmt: skip


def opened(stub) -> tuple[Bybit, Desk]:
    market, desk = Bybit(stub), Desk(stub, "bybit", "7")
    assert desk.sync().tied_out
    market.trade(1, "Buy", "0.5", "50000", at=desk.soon)
    market.trade(2, "Sell", "0.3", "50000", at=desk.soon)
    assert desk.sync().tied_out
    return market, desk


def gross(change):
    (closing,) = change.closings
    return closing.gross.exact


def test_fills_of_bybit_open_the_leg_that_they_do_not_close(stub):
    _, desk = opened(stub)
    assert desk.legs() == {"long": exact("0.5"), "short": exact("-0.3")}


def test_a_partial_closing_at_bybit_realizes_what_its_fill_says(stub):
    market, desk = opened(stub)
    market.trade(1, "Sell", "0.2", "51000", at=desk.soon)
    market.trade(2, "Buy", "0.1", "49000", at=desk.soon)
    plan = desk.sync()
    assert plan.tied_out, plan
    assert plan.breaks == ()
    assert desk.legs() == {"long": exact("0.3"), "short": exact("-0.2")}
    assert {each.side: (each.kind, gross(each), each.is_estimated) for each in plan.changes} == {
        "long": ("reduced", exact("200"), False),
        "short": ("reduced", exact("100"), False),
    }


def test_a_leg_at_bybit_that_is_closed_whole_is_still_known_as_one(stub):
    """Its row is gone, and so is the index that said that the account hedges."""
    market, desk = opened(stub)
    market.trade(1, "Sell", "0.5", "51000", at=desk.soon)
    market.trade(2, "Buy", "0.3", "49000", at=desk.soon)
    plan = desk.sync()
    assert plan.tied_out, plan
    assert desk.legs() == {}
    assert [each.kind for each in plan.changes] == ["closed", "closed"]


def test_a_fill_of_a_one_way_account_has_no_leg(stub):
    lists.bybit(stub)
    desk = Desk(stub, "bybit", "7")
    row = bybit_execution(1, at=desk.soon, side="Sell", execQty="0.2", closedSize="0")
    stub.say("/v5/execution/list", lambda query: good(
        [row] if (query["category"], query["execType"]) == ("linear", "Trade") else []
    ))  # fmt: skip
    stub.say("/v5/position/list", lambda query: good(
        [bybit_position(size="0.2", side="Sell")] if query.get("settleCoin") == "USDT" else []
    ))  # fmt: skip
    assert desk.sync().tied_out
    assert desk.legs() == {None: exact("-0.2")}


@pytest.mark.parametrize("closed", ["", None, "0.1", "x"])
def test_a_fill_of_bybit_that_does_not_say_its_leg_is_not_guessed(stub, closed):
    market, desk = opened(stub)
    market.trade(1, "Sell", "0.2", "51000", at=desk.soon)
    market.rows[-1]["closedSize"] = closed
    plan = desk.sync()
    assert not plan.tied_out
    assert any("must say its side" in each.message for each in plan.errors)


def test_funding_that_does_not_say_its_leg_is_named_and_stops_nothing(stub):
    market, desk = opened(stub)
    paid = bybit_execution(9, at=desk.soon, execType="Funding", execFee="0.12", feeRate="0.0001")
    said = {"Trade": market.rows, "Funding": [paid]}
    stub.say("/v5/execution/list", lambda query: good(
        said.get(query["execType"], []) if query["category"] == "linear" else []
    ))  # fmt: skip
    desk.clock.at += timedelta(hours=2)
    assert desk.sync().tied_out
    found = read(desk.venue, account="7")
    assert [each.type for each in found.activities] == ["fill", "fill"]
    words = "1 x funding of BTC/USDT:USDT: does not say its leg, so it is not booked"
    assert words in found.ignored


def test_legs_at_binance_are_told_by_their_fills(stub):
    lists.binance(stub)
    held = {"LONG": "0.5", "SHORT": "-0.3"}
    fills: list[dict] = []

    def positions(_):
        return [
            {"symbol": "BTCUSDT", "positionSide": leg, "positionAmt": amount, "notional": amount,
             "entryPrice": "50000", "markPrice": "50000", "updateTime": 1}
            for leg, amount in held.items()
        ]  # fmt: skip

    stub.say("/fapi/v3/positionRisk", positions)
    stub.say("/fapi/v1/userTrades", lambda _: fills)
    desk = Desk(stub, "binance", "354937868", currency="USDT")
    desk.sync()
    desk.sync()
    held["LONG"] = "0.3"
    fills.append({
        "symbol": "BTCUSDT", "id": 1, "orderId": 1, "side": "SELL", "price": "51000", "qty": "0.2",
        "quoteQty": "10200", "commission": "0", "commissionAsset": "USDT", "maker": False,
        "time": int(desk.soon.timestamp() * 1000), "positionSide": "LONG", "buyer": False,
    })  # fmt: skip
    plan = desk.sync()
    assert plan.tied_out, plan
    assert desk.legs() == {"long": exact("0.3"), "short": exact("-0.3")}


def test_legs_at_okx_are_told_by_their_fills(stub):
    lists.okx(stub)
    held = {"long": "5", "short": "3"}
    fills: list[dict] = []

    def said(rows):
        return {"code": "0", "msg": "", "data": rows}

    def positions(_):
        return said([
            {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "mgnMode": "cross", "pos": amount,
             "posSide": leg, "avgPx": "50000"}
            for leg, amount in held.items()
        ])  # fmt: skip

    stub.say("/api/v5/account/positions", positions)
    stub.say("/api/v5/trade/fills-history", lambda query: said(
        fills if query["instType"] == "SWAP" else []
    ))  # fmt: skip
    login = {**LOGIN, "password": "planted-password"}
    desk = Desk(stub, "okx", "4433", currency="USDT", login=login)
    desk.sync()
    desk.sync()
    held["short"] = "1"
    fills.append({
        "instType": "SWAP", "instId": "BTC-USDT-SWAP", "tradeId": "1", "ordId": "1", "billId": "1",
        "fillPx": "49000", "fillSz": "2", "side": "buy", "posSide": "short", "execType": "T",
        "fee": "0", "feeCcy": "USDT", "ts": str(int(desk.soon.timestamp() * 1000)),
    })  # fmt: skip
    plan = desk.sync()
    assert plan.tied_out, plan
    assert desk.legs() == {"long": exact("5"), "short": exact("-1")}
