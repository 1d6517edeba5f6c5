"""The scripted market itself, without a wire."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.simulators.holdings import Holding, average_price, exact
from tieout.simulators.market import Impossible, Market
from tieout.simulators.records import Booking, Fill

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)


def held(market: Market, symbol: str, account: str = "main") -> Decimal:
    holding = market.account(account).holdings.get(symbol)
    return Decimal(0) if holding is None else holding.quantity


def average(market: Market, symbol: str) -> Decimal:
    asset = market.asset(symbol)
    return average_price(market.account("main").holdings[symbol], asset.multiplier)


def bookings(market: Market, account: str = "main") -> list[Booking]:
    return [row for row in market.account(account).records if isinstance(row, Booking)]


def fills(market: Market) -> list[Fill]:
    return [row for row in market.account("main").records if isinstance(row, Fill)]


def rows(market: Market) -> list[tuple[str | None, Decimal | None, Decimal | None, Decimal]]:
    return [(row.symbol, row.quantity, row.price, row.cash) for row in bookings(market)]


def test_a_purchase_moves_money_into_shares(market):
    market.trade("main", "AAPL", "10", price="180")
    assert held(market, "AAPL") == 10
    assert market.account("main").cash == 100000 - 1800
    assert market.equity(market.account("main")) == 100000 + 100


def test_a_trade_in_parts_leaves_one_fill_a_part(market):
    market.trade("main", "AAPL", "10", parts=["4", "5"])
    assert [(fill.quantity, fill.left) for fill in fills(market)] == [(4, 6), (5, 1), (1, 0)]


def test_a_reduction_keeps_the_average_during_the_day(market):
    market.trade("main", "AAPL", "100", price="10")
    market.trade("main", "AAPL", "50", price="12")
    market.trade("main", "AAPL", "-30", price="15")
    assert average(market, "AAPL").quantize(Decimal("0.0001")) == Decimal("10.6667")


def test_a_flip_opens_the_rest_at_the_price_of_the_fill(market):
    market.trade("main", "TSLA", "-30", price="240")
    market.trade("main", "TSLA", "50", price="250")
    assert held(market, "TSLA") == 20
    assert average(market, "TSLA") == 250


def test_overnight_the_average_becomes_compressed_fifo(market):
    # Alpaca's own example: 683.33 / 60 during the day, 770 / 60 the morning after.
    market.trade("main", "AAPL", "100", price="10")
    market.trade("main", "AAPL", "50", price="12")
    market.close_day()
    market.trade("main", "AAPL", "30", price="15")
    market.close_day()
    market.trade("main", "AAPL", "-120", price="16")
    assert average(market, "AAPL").quantize(Decimal("0.01")) == Decimal("11.39")
    market.close_day()
    assert average(market, "AAPL").quantize(Decimal("0.01")) == Decimal("12.83")


def test_the_purchases_of_one_day_are_compressed_as_a_whole(market):
    # Alpaca's second example: the day's three purchases cost 2000 / 200 on average.
    for quantity, price in [("100", "10"), ("50", "9"), ("-50", "10"), ("50", "11")]:
        market.trade("main", "AAPL", quantity, price=price)
    market.close_day()
    assert average(market, "AAPL") == 10
    assert market.account("main").holdings["AAPL"].cost == 1500


def test_a_coin_purchase_is_charged_in_coins_and_the_fee_is_listed_later(market):
    market.trade("main", "BTC/USD", "1", price="60000")
    assert held(market, "BTC/USD") == Decimal("0.9975")
    assert average(market, "BTC/USD") == 60000
    assert bookings(market) == []
    assert market.post_withheld("main") == 1
    assert rows(market) == [("BTC/USD", Decimal("-0.0025"), 60000, 0)]


def test_a_coin_sale_is_charged_in_money(market):
    market.trade("main", "BTC/USD", "1", price="60000")
    cash = market.account("main").cash
    market.trade("main", "BTC/USD", "-0.5", price="60000")
    assert market.account("main").cash == cash + 30000 - 75


def test_a_split_keeps_the_cost_and_divides_the_price(market):
    market.trade("main", "AAPL", "0.54796447", price="60")
    market.set_price("AAPL", "62.32")
    market.split("AAPL", old="1", new="1.5")
    assert held(market, "AAPL") == Decimal("0.821946705")
    assert average(market, "AAPL") == 40
    assert rows(market) == [
        ("AAPL", Decimal("-0.54796447"), Decimal("62.32"), 0),
        ("AAPL", Decimal("0.821946705"), Decimal("41.5467"), 0),
    ]
    assert len({row.group for row in bookings(market)}) == 1


def test_a_reverse_split_leaves_whole_shares_and_pays_the_fraction_later(market):
    market.trade("main", "AAPL", "33", price="6")
    market.split("AAPL", old="20", new="1", fractions="cash")
    assert held(market, "AAPL") == 1
    assert average(market, "AAPL") == 120
    market.pay_cash_in_lieu("main", "AAPL", "91.00")
    assert rows(market)[-1] == ("AAPL", None, None, 91)


def test_a_paper_account_may_not_apply_a_split(market):
    market.trade("main", "AAPL", "4")
    market.split("AAPL", old="1", new="25", is_applied=False)
    assert held(market, "AAPL") == 4
    assert market.prices["AAPL"] == Decimal("7.6")
    assert bookings(market) == []


def test_a_new_ticker_keeps_the_asset_and_its_cost(market):
    market.trade("main", "AAPL", "7.30762391", price="300")
    asset_id = market.asset("AAPL").id
    market.rename("AAPL", "APLE")
    assert (held(market, "AAPL"), held(market, "APLE")) == (0, Decimal("7.30762391"))
    assert market.asset("APLE").id == asset_id
    assert average(market, "APLE") == 300
    assert [row.quantity for row in bookings(market)] == [
        Decimal("-7.30762391"),
        Decimal("7.30762391"),
    ]


def test_a_spin_off_arrives_at_no_cost(market):
    market.list_asset("CHLD", price="50")
    market.trade("main", "AAPL", "2", price="50")
    market.spin_off("AAPL", child="CHLD", rate="0.1")
    assert held(market, "CHLD") == Decimal("0.2")
    assert average(market, "CHLD") == 0
    assert bookings(market)[0].detail["source_symbol"] == "AAPL"


def test_a_unit_falls_apart_into_shares_and_warrants(market):
    for symbol in ("UNIT", "SHRS", "SHRS.WS"):
        market.list_asset(symbol, price="26.31")
    market.trade("main", "UNIT", "8", price="10")
    market.unit_split("UNIT", into="SHRS", rate="1", alternate="SHRS.WS", alternate_rate="0.25")
    assert [held(market, each) for each in ("UNIT", "SHRS", "SHRS.WS")] == [0, 8, 2]
    assert market.account("main").holdings["SHRS"].cost == 80
    assert [row.price for row in bookings(market)] == [Decimal("26.31"), Decimal("26.31"), 0]


@pytest.mark.parametrize(
    ("terms", "quantities", "cash", "left"),
    [
        ({"cash": "21"}, [0, -10], 210, 0),
        ({"acquirer": "MSFT", "rate": "0.5"}, [-10, 5], 0, 5),
        ({"cash": "21", "acquirer": "MSFT", "rate": "1"}, [0, -10, 10], 210, 10),
    ],
)
def test_a_merger_pays_cash_or_shares_or_both(market, terms, quantities, cash, left):
    market.trade("main", "AAPL", "10", price="20")
    market.merge("AAPL", **terms)
    assert [row.quantity for row in bookings(market)] == quantities
    assert sum(row.cash for row in bookings(market)) == cash
    assert (held(market, "AAPL"), held(market, "MSFT")) == (0, left)


def test_an_action_on_something_unlisted_changes_nothing(market):
    market.trade("main", "AAPL", "10")
    with pytest.raises(Impossible, match="NOPE is not listed"):
        market.merge("AAPL", acquirer="NOPE")
    with pytest.raises(Impossible, match="NOPE is not listed"):
        market.spin_off("AAPL", child="NOPE", rate="1")
    assert held(market, "AAPL") == 10
    assert bookings(market) == []


def test_a_dividend_is_paid_by_who_is_short(market):
    market.trade("main", "AAPL", "100")
    market.trade("main", "TSLA", "-10")
    market.pay_dividend("AAPL", "0.26")
    market.pay_dividend("TSLA", "1")
    assert [row.cash for row in bookings(market)] == [26, -10]


def test_shares_from_another_broker_arrive_without_money(market):
    market.transfer("main", "AAPL", "4", price="157.44")
    assert held(market, "AAPL") == 4
    assert market.account("main").cash == 100000
    assert rows(market) == [("AAPL", 4, Decimal("157.44"), 0)]


def test_an_option_expires_worthless(market):
    market.trade("main", "AAPL260417C00200000", "2", price="1.50")
    assert market.account("main").cash == 100000 - 300
    market.expire_option("AAPL260417C00200000")
    assert held(market, "AAPL260417C00200000") == 0
    assert rows(market) == [("AAPL260417C00200000", -2, None, 0)]


def test_an_exercised_call_brings_shares_at_the_strike(market):
    market.trade("main", "AAPL260417C00200000", "2", price="3")
    market.exercise_option("main", "AAPL260417C00200000", "2", shown_price="90")
    assert held(market, "AAPL") == 200
    assert average(market, "AAPL") == 200
    assert rows(market) == [
        ("AAPL260417C00200000", -2, None, 0),
        ("AAPL", 200, 90, -40000),
    ]


def test_an_assigned_put_brings_shares_and_its_proof_may_come_later(market):
    market.list_asset("AAPL260417P00195000", price="6")
    market.trade("main", "AAPL260417P00195000", "-1")
    market.late_kinds |= {"assignment", "delivery"}
    market.assign_option("main", "AAPL260417P00195000", "1")
    assert (held(market, "AAPL260417P00195000"), held(market, "AAPL")) == (0, 100)
    assert bookings(market) == []
    market.post_withheld()
    assert [row.kind for row in bookings(market)] == ["assignment", "delivery"]


def test_a_busted_trade_leaves_nothing_behind(market):
    market.trade("main", "BTC/USD", "1", price="60000")
    market.bust_fill("main", fills(market)[0].id)
    assert held(market, "BTC/USD") == 0
    assert market.account("main").cash == 100000
    assert [fill.status for fill in fills(market)] == ["canceled"]
    assert market.post_withheld("main") == 0


def test_a_corrected_trade_has_the_new_price(market):
    market.trade("main", "AAPL", "10", price="180")
    fixed = market.correct_fill("main", fills(market)[0].id, price="181")
    assert average(market, "AAPL") == 181
    assert market.account("main").cash == 100000 - 1810
    assert (fixed.status, fixed.corrects) == ("correct", fills(market)[0].id)


def test_a_split_taken_back_restores_quantity_and_cost(market):
    market.trade("main", "AAPL", "10", price="180")
    market.split("AAPL", old="1", new="4")
    assert market.cancel_booking("main", bookings(market)[0].id) == 2
    assert held(market, "AAPL") == 10
    assert market.account("main").holdings["AAPL"].cost == 1800
    assert {row.status for row in bookings(market)} == {"canceled"}


def test_an_account_can_be_seen_as_it_was(market, clock):
    market.trade("main", "AAPL", "10")
    before, cash = clock.now, market.account("main").cash
    clock.advance(seconds=60)
    market.trade("main", "AAPL", "-10")
    market.trade("main", "MSFT", "1")
    holdings, then = market.account("main").as_of(before)
    assert {symbol: each.quantity for symbol, each in holdings.items()} == {"AAPL": 10}
    assert then == cash
    assert market.account("main").as_of(before - timedelta(days=1)) == ({}, 100000)


def test_a_reset_account_is_another_account(market):
    old = market.account("main")
    market.trade("main", "AAPL", "10")
    new = market.reset_account("main", cash="100000")
    assert (new.holdings, new.cash) == ({}, 100000)
    assert new.id != old.id
    assert new.number != old.number


def test_numbers_that_lost_digits_are_refused():
    for wrong in (0.1, True):
        with pytest.raises(TypeError):
            exact(wrong)
    for wrong in ("NaN", "Infinity"):
        with pytest.raises(ValueError, match="not a number"):
            exact(wrong)


def test_more_can_not_be_filled_than_was_ordered(market):
    order = market.place_order("main", "AAPL", side="buy", quantity="5")
    with pytest.raises(Impossible, match="5 of order"):
        market.fill_order("main", order.id, quantity="6")


amounts = st.decimals("-50", "50", places=3).filter(bool)
prices = st.decimals("0.01", "900", places=2)


@given(st.lists(st.tuples(amounts, prices, st.booleans()), max_size=25))
def test_lots_always_add_up_to_the_holding(trades):
    holding = Holding()
    for quantity, price, is_last_of_day in trades:
        holding = holding.traded(quantity, quantity * price)
        if is_last_of_day:
            holding = holding.after_close(value=holding.quantity * price)
        lots = [lot.quantity for lot in holding.carried]
        assert sum(lots) + holding.opened_today.quantity - holding.closed_today == holding.quantity
        assert holding.cost * holding.quantity >= 0


@given(st.lists(st.tuples(st.sampled_from(["AAPL", "MSFT"]), amounts), max_size=20))
def test_trades_at_the_market_price_neither_make_nor_lose_money(trades):
    market = Market(clock=lambda: NOON, chance=random.Random(1))
    account = market.open_account("main", cash="1000")
    for symbol in ("AAPL", "MSFT"):
        market.list_asset(symbol, price="123.45")
    for symbol, quantity in trades:
        market.trade("main", symbol, quantity)
    assert market.equity(account) == 1000
