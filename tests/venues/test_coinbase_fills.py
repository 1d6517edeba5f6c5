"""Fills of Coinbase, and what else moves a wallet, as activities."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tieout.core.activity import ActivityId
from tieout.venues.moments import milliseconds_of
from venues.coinbase import NOW, Bench
from venues.coinbase_gateway_lists import AUTH, POSITIONS, TRADES
from venues.coinbase_rows import NANO, fill, rpc, rpc_error, wallet
from venues.coinbase_stub import ACCOUNTS, FILLS
from venues.stub import Said, said

PERPETUAL = "BTC_USDC-PERPETUAL"


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def one(bench, **fields):
    """The only activity of a portfolio with one fill."""
    bench.stub.fills = [fill(1, NOW - timedelta(hours=1), **fields)]
    (activity,) = bench.read().activities
    return activity


def trade(number, at, **fields):
    """A row of trades at the gateway."""
    row = {
        "trade_id": f"USDC-{number}", "instrument_name": PERPETUAL, "direction": "buy",
        "timestamp": milliseconds_of(at), "amount": 0.5, "price": 65000.5, "fee": 1.25,
        "fee_currency": "USDC", "profit_loss": 0.0, "liquidity": "T",
    }  # fmt: skip
    return {**row, **fields}


def hold(bench, size):
    """What the gateway lists: where the trades lead."""
    bench.stub.positions = [
        {"instrument_name": PERPETUAL, "direction": "buy", "size": size, "average_price": 65000.5,
         "mark_price": 65000.5, "kind": "future"},
    ]  # fmt: skip


def test_a_fill_has_its_price_and_its_commission(bench):
    found = one(bench, size="0.005", price="45123.45", commission="1.14", side="SELL")
    assert (found.symbol, found.quantity, found.price) == (
        "BTC-USD", Decimal("-0.005"), Decimal("45123.45"),
    )  # fmt: skip
    assert (found.fee, found.fee_currency, found.at) == (
        Decimal("1.14"), "USD", NOW - timedelta(hours=1),
    )  # fmt: skip


def test_a_size_in_quote_is_turned_into_coins(bench):
    found = one(bench, size="0.9940357852882704", price="0.255", size_in_quote=True)
    assert found.quantity == Decimal("3.8981795501500800")


def test_case_73_what_is_paid_in_usdc_is_the_same_coin(bench):
    bench.stub.trade("BTC-USD", "1", "50000")
    bench.clock.advance(10)
    bench.stub.trade("BTC-USDC", "1", "50010")
    plan = bench.tie_out()
    assert plan.tied_out
    (created,) = plan.changes
    assert (created.symbol, created.after, created.average_price) == (
        "BTC-USD", Decimal(2), Decimal(50005),
    )  # fmt: skip
    bench.clock.advance(1)
    bench.stub.trade("BTC-USD", "-2", "51000")
    plan = bench.tie_out()
    assert plan.tied_out
    assert [(each.kind, each.is_estimated) for each in plan.changes] == [("closed", False)]


def test_a_coin_paid_in_euros_moves_its_wallet_without_a_cost(bench):
    found = one(bench, product_id="BTC-EUR", size="2", commission="0.5")
    assert (found.type, found.symbol, found.quantity) == ("transfer", "BTC-USD", Decimal(2))
    assert (found.price, found.cost, found.fee) == (None, None, None)


def test_a_coin_paid_with_a_coin_moves_both_wallets(bench):
    bench.stub.fills = [
        fill(1, NOW, product_id="ETH-BTC", size="10", price="0.05", commission="0.001")
    ]
    found = {each.symbol: each.quantity for each in bench.read().activities}
    assert found == {"ETH-USD": Decimal(10), "BTC-USD": Decimal("-0.501")}


def test_money_that_is_traded_for_money_is_no_position(bench):
    bench.stub.fills = [fill(1, NOW, product_id="USDC-EUR", size="10", price="0.9")]
    found = bench.read()
    assert found.activities == ()
    assert "USDC is money, not a position" in found.ignored[0]


def test_an_adjusted_fill_is_told_and_not_guessed(bench):
    bench.stub.fills = [fill(1, NOW, trade_type="REVERSAL")]
    found = bench.read()
    assert found.activities == ()
    assert "trade_type REVERSAL" in found.ignored[0]


def test_a_fill_of_a_retired_perpetual_moves_nothing_any_more(bench):
    bench.stub.fills = [fill(1, NOW, product_id="BTC-PERP-INTX")]
    found = bench.read()
    assert found.activities == ()
    assert "which was settled on 2026-10-01" in found.ignored[0]


def test_a_fill_of_a_future_counts_contracts(bench):
    bench.stub.trade(NANO, "-3", "51000", commission="0.45")
    (found,) = bench.read().activities
    assert (found.symbol, found.quantity, found.fee) == (NANO, Decimal(-3), Decimal("0.45"))


@pytest.mark.parametrize(
    "fields",
    [
        {"size": "NaN"}, {"size": None}, {"size": "-1"}, {"price": ""}, {"side": "HOLD"},
        {"commission": "NaN"}, {"trade_time": "yesterday"}, {"product_id": "BTC"},
        {"size_in_quote": True, "price": "0"},
    ],
)  # fmt: skip
def test_a_fill_that_cannot_be_read_makes_the_reading_incomplete(bench, fields):
    bench.stub.fills = [fill(1, NOW - timedelta(hours=1), **fields)]
    found = bench.read()
    assert not found.snapshot.complete
    assert found.activities == ()


@pytest.mark.parametrize("row", [7, None, {"entry_id": "x"}, {"product_id": "BTC-USD"}])
def test_a_row_that_is_no_fill_makes_the_reading_incomplete(bench, row):
    bench.stub.say(FILLS, said({"fills": [row], "cursor": ""}))
    assert not bench.read().snapshot.complete


def test_case_71_two_fills_of_one_order_are_two_fills(bench):
    bench.stub.trade("BTC-USD", "1", "100", order_id="o1")
    bench.clock.advance(10)
    bench.stub.trade("BTC-USD", "1", "101", order_id="o1")
    plan = bench.tie_out()
    (created,) = plan.changes
    assert (created.after, created.average_price) == (Decimal(2), Decimal("100.5"))
    assert len(created.explained_by) == 2
    assert bench.tie_out().changes == ()


def test_realized_profit_comes_from_the_fills(bench):
    bench.stub.trade("BTC-USD", "10", "100", commission="1")
    bench.tie_out()
    bench.clock.advance(1)
    bench.stub.trade("BTC-USD", "-4", "130", commission="0.5")
    plan = bench.tie_out()
    (reduced,) = plan.changes
    assert (reduced.kind, reduced.is_estimated) == ("reduced", False)
    figures = reduced.closings[0].figures
    assert figures.gross.value == Decimal(120)


def test_case_43_a_deposit_is_looked_up_and_has_no_cost(bench):
    bench.stub.hold("BTC", "1", cost="30000")
    bench.tie_out()
    bench.clock.advance(600)
    bench.stub.hold("BTC", "1.5", cost="45000")
    uuid = bench.stub.wallets[-1]["uuid"]
    bench.stub.transactions[uuid] = [
        transaction("t3", "0.2", status="pending"),
        transaction("t2", "0.5"),
        transaction("t1", "9", type="advanced_trade_fill"),
    ]
    plan = bench.tie_out()
    assert plan.tied_out
    (change,) = plan.changes
    assert change.explained_by == (ActivityId("transaction/t2"),)
    assert change.after == Decimal("1.5")


def transaction(name, amount, **fields):
    """A row of transactions of the older API."""
    return {
        "id": name, "type": "send", "status": "completed", "created_at": "2026-11-20T15:25:00Z",
        "amount": {"amount": amount, "currency": "BTC"}, **fields,
    }  # fmt: skip


def test_a_deposit_that_cannot_be_looked_up_stays_a_difference(bench):
    bench.stub.hold("BTC", "1", cost="30000")
    bench.tie_out()
    bench.stub.hold("BTC", "1.5", cost="45000")
    found = bench.read(cursor=bench.cursor)
    assert found.snapshot.complete
    assert any("transfers of BTC could not be read" in each for each in found.ignored)
    assert not bench.tie_out().tied_out


def test_a_fill_that_lands_between_two_replies_makes_all_be_read_again(bench):
    bench.stub.trade("BTC-USD", "1")
    bench.tie_out()

    def trade_meanwhile(asked):
        if asked.path == FILLS:
            bench.stub.before = lambda asked: None
            bench.stub.trade("BTC-USD", "1")

    bench.stub.before = trade_meanwhile
    plan = bench.tie_out()
    assert plan.tied_out
    assert [each.after for each in plan.changes] == [Decimal(2)]


def test_a_balance_that_lags_its_fill_is_waited_for(bench):
    bench.stub.trade("BTC-USD", "1")
    bench.tie_out()
    bench.clock.advance(30)
    bench.stub.trade("BTC-USD", "2")
    before = {"accounts": [wallet("BTC", "1")], "has_next": False, "cursor": "", "size": 1}
    after = {"accounts": [wallet("BTC", "3")], "has_next": False, "cursor": "", "size": 1}
    bench.stub.say(ACCOUNTS, said(before), said(after))
    plan = bench.tie_out()
    assert plan.tied_out
    assert [each.after for each in plan.changes] == [Decimal(3)]


def test_trading_that_does_not_stop_is_incomplete_in_the_end(bench):
    bench.stub.trade("BTC-USD", "1")

    def trade_on(asked):
        if asked.path == ACCOUNTS:
            bench.stub.trade("BTC-USD", "1")

    bench.stub.before = trade_on
    found = bench.read()
    assert not found.snapshot.complete
    assert "trades went on while the balances were read 3 times" in found.snapshot.problems


def test_trades_of_perpetuals_come_with_the_venues_own_profit(bench):
    bench.stub.trades = [
        trade(1, NOW - timedelta(days=2)),
        trade(2, NOW - timedelta(hours=1), direction="sell", profit_loss=-21.199999999999932),
    ]
    first, second = bench.read().activities
    assert (first.quantity, first.price, first.fee) == (
        Decimal("0.5"), Decimal("65000.5"), Decimal("1.25"),
    )  # fmt: skip
    assert (second.quantity, second.realized_pnl) == (
        Decimal("-0.5"), Decimal("-21.199999999999932"),
    )  # fmt: skip


def test_more_trades_than_a_page_has_are_all_read_those_of_one_millisecond_too(bench):
    bench.stub.page_rows_max = 4
    times = [NOW - timedelta(minutes=60 - number // 3) for number in range(20)]
    bench.stub.trades = [trade(number, at) for number, at in enumerate(times)]
    hold(bench, 10)
    assert len(bench.read().activities) == 20


@pytest.mark.parametrize(
    ("liquidation", "kind"), [("T", "liquidation"), ("MT", "liquidation"), ("M", "fill")]
)
def test_a_liquidation_is_ours_only_if_it_is_our_side(bench, liquidation, kind):
    bench.stub.trades = [trade(1, NOW, liquidation=liquidation)]
    hold(bench, 0.5)
    assert bench.read().activities[0].type == kind


def test_a_token_is_kept_and_a_new_one_fetched_when_it_is_no_longer_taken(bench):
    cursor = bench.read().cursor
    bench.stub.forget()
    bench.read(cursor=cursor)
    assert bench.stub.paths().count(AUTH) == 0
    bench.clock.advance(3000)
    bench.read(cursor=cursor)
    assert bench.stub.paths().count(AUTH) == 1
    bench.stub.say(POSITIONS, rpc_error(13009, "unauthorized"), rpc([]))
    assert bench.read(cursor=cursor).snapshot.complete
    assert bench.stub.paths().count(AUTH) >= 2  # calls at the same time may both sign in


@pytest.mark.parametrize(
    "row",
    [
        trade(1, NOW, direction="zero"), trade(1, NOW, amount=None), trade(1, NOW, price=""),
        trade(1, NOW, timestamp="soon"), trade(1, NOW, fee="NaN"), 7,
    ],
)  # fmt: skip
def test_a_trade_that_cannot_be_read_makes_the_reading_incomplete(bench, row):
    bench.stub.say(TRADES, rpc({"trades": [row], "has_more": False}))
    assert not bench.read().snapshot.complete


def test_the_gateway_being_away_does_not_close_what_was_there(bench):
    bench.stub.positions = [
        {"instrument_name": PERPETUAL, "direction": "buy", "size": 0.5, "average_price": 65000.5,
         "mark_price": 65000.5, "kind": "future"},
    ]  # fmt: skip
    bench.stub.trades = [trade(1, NOW)]
    assert bench.tie_out().tied_out
    bench.stub.say(POSITIONS, Said(status=503))
    with pytest.raises(Exception, match="503"):
        bench.tie_out()
    bench.stub.heal()
    assert bench.tie_out().changes == ()
