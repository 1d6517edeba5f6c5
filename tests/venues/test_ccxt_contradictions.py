"""Rows of positions by ccxt that contradict themselves: invalid rows, and nothing is changed."""

from collections.abc import Iterator

import pytest

from tieout.core.numbers import exact
from venues import ccxt_recordings as lists
from venues.ccxt_desk import Desk
from venues.ccxt_market import LOGIN, read, venue_at
from venues.ccxt_recordings import bybit_position as position
from venues.ccxt_recordings import good
from venues.ccxt_stub import ExchangeStub


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


def at_bybit(stub, *rows):
    lists.bybit(stub)
    stub.say("/v5/position/list", lambda query: good(
        list(rows) if query.get("settleCoin") == "USDT" else []
    ))  # fmt: skip


@pytest.mark.parametrize(("fields", "said"), [
    ({"size": "-0.3", "side": "Sell", "positionIdx": 1}, "side is Sell, but the position is long"),
    ({"size": "0.3", "side": "Sell", "positionIdx": 1}, "side is Sell, but the position is long"),
    ({"size": "0.3", "side": "Buy", "positionIdx": 2}, "side is Buy, but the position is short"),
    ({"size": "-0.3", "side": "Buy", "positionIdx": 1}, "size is -0.3, but the position is long"),
    ({"size": "-0.3", "side": "Buy", "positionIdx": 0}, "size is -0.3, but the position is long"),
])  # fmt: skip
def test_a_row_of_bybit_that_contradicts_itself_is_invalid(stub, fields, said):
    at_bybit(stub, position(**fields))
    rows = read(venue_at(stub, "bybit"), account="7").snapshot.holdings
    assert {row.problem for row in rows} == {f"BTC/USDT:USDT: {said}"}
    assert {row.quantity for row in rows} == {None}


@pytest.mark.parametrize(("fields", "said"), [
    ({"positionAmt": "-0.3", "positionSide": "LONG", "notional": "-9"}, "positionSide is LONG"),
    ({"positionAmt": "0.3", "positionSide": "SHORT", "notional": "9"}, "positionSide is SHORT"),
    ({"positionAmt": "-0.3", "positionSide": "BOTH", "notional": "9"}, "positionAmt is -0.3"),
    ({"positionAmt": "0.3", "positionSide": "BOTH", "notional": "-9"}, "positionAmt is 0.3"),
])  # fmt: skip
def test_a_row_of_binance_that_contradicts_itself_is_invalid(stub, fields, said):
    lists.binance(stub)
    row = {"symbol": "BTCUSDT", "entryPrice": "30", "markPrice": "30", "updateTime": 1, **fields}
    stub.say("/fapi/v3/positionRisk", [row])
    rows = read(venue_at(stub, "binance"), account="354937868").snapshot.holdings
    assert rows
    assert all(said in (each.problem or "") for each in rows)


def test_a_row_of_okx_that_contradicts_itself_is_invalid(stub):
    lists.okx(stub)
    row = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "mgnMode": "cross", "pos": "-5",
           "posSide": "long", "avgPx": "23436.6"}  # fmt: skip
    stub.say("/api/v5/account/positions", {"code": "0", "msg": "", "data": [row]})
    login = {**LOGIN, "password": "planted-password"}
    rows = read(venue_at(stub, "okx", login=login), account="4433").snapshot.holdings
    assert {each.problem for each in rows} == {"BTC/USDT:USDT: pos is -5, but the position is long"}


@pytest.mark.parametrize("wrong", [
    {"size": "-0.3", "side": "Sell", "positionIdx": 1},
    {"size": "", "side": "Buy", "positionIdx": 1},
])  # fmt: skip
def test_a_row_that_cannot_be_used_closes_no_leg(stub, wrong):
    long = position(size="0.5", positionIdx=1)
    short = position(size="0.3", positionIdx=2, side="Sell")
    at_bybit(stub, long, short)
    desk = Desk(stub, "bybit", "7")
    desk.sync()
    assert desk.sync().tied_out
    held = {"long": exact("0.5"), "short": exact("-0.3")}
    assert desk.legs() == held
    at_bybit(stub, position(**wrong))
    for _ in range(3):
        assert not desk.sync().tied_out
        assert desk.legs() == held
    at_bybit(stub, long, short)
    assert desk.sync().tied_out
    assert desk.legs() == held


def test_the_other_leg_of_a_contradiction_is_read_where_it_has_a_row(stub):
    at_bybit(
        stub,
        position(size="-0.3", side="Sell", positionIdx=1),
        position(size="0.4", side="Sell", positionIdx=2),
    )
    rows = read(venue_at(stub, "bybit"), account="7").snapshot.holdings
    assert [(row.side, row.quantity, bool(row.problem)) for row in rows] == [
        ("long", None, True),
        ("short", "-0.4", False),
    ]
