"""Replies by ccxt that are about something else than was asked: never read as flat."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tieout.core.errors import VenueReplyInvalid
from tieout.core.numbers import exact
from venues import ccxt_recordings as lists
from venues.ccxt_desk import Desk
from venues.ccxt_market import NOW, read, venue_at
from venues.ccxt_recordings import bybit_execution as execution
from venues.ccxt_recordings import bybit_position as position
from venues.ccxt_recordings import good
from venues.ccxt_stub import ExchangeStub

LINEAR = position(symbol="BTCUSDT", size="0.5")
INVERSE = position(symbol="BTCUSD", size="700")


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    lists.bybit(stub)
    yield stub
    stub.close()


def rows_asked(query):
    """The rows of the category and the coin that were asked for."""
    if query["category"] == "inverse":
        return [INVERSE]
    return [LINEAR] if query.get("settleCoin") == "USDT" else []


def test_linear_rows_in_the_answer_about_inverse_ones_close_no_inverse_position(stub):
    stub.say("/v5/position/list", lambda query: good(rows_asked(query)))
    desk = Desk(stub, "bybit", "7")
    desk.sync()
    assert desk.sync().tied_out
    held = {"BTC/USDT:USDT": exact("0.5"), "BTC/USD:BTC": exact("700")}
    assert desk.held() == held

    wrong = {"category": "linear", "settleCoin": "USDT"}
    stub.say("/v5/position/list", lambda query: good(
        rows_asked(wrong if query["category"] == "inverse" else query)
    ))  # fmt: skip
    for _ in range(3):
        assert not desk.sync().tied_out
        assert desk.held() == held


def test_foreign_rows_are_named_and_not_held(stub):
    stub.say("/v5/position/list", lambda query: good(
        [LINEAR] if query["category"] == "inverse" else []
    ))  # fmt: skip
    found = read(venue_at(stub, "bybit"), account="7").snapshot
    assert not found.complete
    assert found.holdings == ()
    assert found.problems == (
        "fetch_positions(type=swap, subType=inverse): 1 row of something else, BTC/USDT:USDT",
    )


def test_rows_of_another_settlement_coin_are_noticed(stub):
    stub.say("/v5/position/list", lambda query: good(
        [LINEAR] if query.get("settleCoin") == "USDC" else []
    ))  # fmt: skip
    found = read(venue_at(stub, "bybit"), account="7").snapshot
    assert not found.complete
    assert "settleCoin=USDC): 1 row of something else" in found.problems[0]


def test_an_empty_answer_that_says_it_is_about_another_category_is_not_flat(stub):
    stub.say("/v5/position/list", good([], category="linear"))
    with pytest.raises(VenueReplyInvalid, match="is about linear, asked was inverse"):
        read(venue_at(stub, "bybit"), account="7")


def test_linear_trades_in_the_answer_about_inverse_ones_are_noticed(stub):
    trade = execution(1, at=NOW - timedelta(hours=1))
    stub.say("/v5/execution/list", lambda query: good(
        [trade] if (query["category"], query["execType"]) == ("inverse", "Trade") else []
    ))  # fmt: skip
    found = read(venue_at(stub, "bybit"), account="7").snapshot
    assert not found.complete
    assert "BTC/USDT:USDT is among them" in found.problems[0]


def test_one_answer_about_everything_is_not_foreign_where_ccxt_asks_the_same_twice(stub):
    """An exchange that is not known may be asked one thing only, whatever we name."""
    rows = [LINEAR, INVERSE]
    stub.say("/v5/position/list", good(rows))
    venue = venue_at(stub, "bybit")
    asked = venue._exchange.fetch_positions
    venue._exchange.fetch_positions = lambda symbols, _: asked(symbols, {"subType": "linear"})
    found = read(venue, account="7").snapshot
    assert found.complete
    assert len(found.holdings) == 2
