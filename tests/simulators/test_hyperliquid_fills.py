"""Fills: what they say, in which order they come, and how they are paged."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.simulators.hyperliquid import Dialect
from tieout.simulators.hyperliquid_margin import Margins
from tieout.simulators.hyperliquid_values import MAIN
from tieout.simulators.ledger import Impossible

from .conftest import Clock
from .hyperliquid import serving, small_exchange


def chain(fills):
    """What a reader of positions looks at, the oldest first."""
    return [
        (row["side"], row["sz"], row["startPosition"], row["dir"], row["closedPnl"])
        for row in reversed(fills)
    ]


def test_a_position_is_opened_added_to_reduced_flipped_and_closed(exchange, clock, info, main):
    for quantity, price in [(2, 3000), (2, 3100), (-1, 3200), (-5, 3000), (2, 2900)]:
        exchange.trade("main", "ETH", quantity, price=price)
        clock.advance(seconds=1)
    assert chain(info.user_fills(main)) == [
        ("B", "2.0", "0.0", "Open Long", "0.0"),
        ("B", "2.0", "2.0", "Open Long", "0.0"),
        ("A", "1.0", "4.0", "Close Long", "150.0"),
        ("A", "5.0", "3.0", "Long > Short", "-150.0"),
        ("B", "2.0", "-2.0", "Close Short", "200.0"),
    ]
    assert info.user_state(main)["assetPositions"] == []


def test_what_is_realized_comes_from_the_average_cut_to_the_prices_digits(exchange, info, main):
    exchange.trade("main", "ARB", "1", price="0.5")
    exchange.trade("main", "ARB", "2", price="0.50001")
    assert info.user_state(main)["assetPositions"][0]["position"]["entryPx"] == "0.5"
    (fill,) = exchange.trade("main", "ARB", "-3", price="0.6")
    assert fill.closed_pnl == Decimal("0.3")  # exactly it would be 0.29998


def test_fees_are_cut_and_a_maker_pays_less(exchange, info, main):
    exchange.trade("main", "BTC", "-0.001", price="66653", is_maker=True)
    exchange.trade("main", "BTC", "0.001", price="66653")
    maker, taker = info.user_fills(main)
    assert (maker["fee"], maker["crossed"]) == ("0.009997", False)
    assert (taker["fee"], taker["crossed"]) == ("0.029993", True)


def test_the_fills_of_one_order_share_all_but_their_trade_ids(exchange, info, main):
    exchange.trade("main", "ETH", "5", parts=["1", "1.5"], client_id="0x" + "1" * 32)
    rows = info.user_fills(main)
    assert [row["sz"] for row in rows] == ["1.0", "1.5", "2.5"]
    assert [row["startPosition"] for row in rows] == ["0.0", "1.0", "2.5"]
    assert {(row["oid"], row["hash"], row["time"], row["cloid"]) for row in rows} == {
        (rows[0]["oid"], rows[0]["hash"], exchange.now(), "0x" + "1" * 32)
    }
    assert len({row["tid"] for row in rows}) == 3


def test_both_sides_of_a_self_trade_start_from_the_same_position(exchange, info, main):
    exchange.trade("main", "ETH", "-10")
    exchange.self_trade("main", "ETH", "3", price="3100")
    _, bought, sold = info.user_fills(main)
    assert (bought["side"], bought["dir"], bought["crossed"]) == ("B", "Close Short", True)
    assert (sold["side"], sold["dir"], sold["crossed"]) == ("A", "Open Short", False)
    assert bought["startPosition"] == sold["startPosition"] == "-10.0"
    assert (bought["tid"], bought["hash"]) == (sold["tid"], sold["hash"])
    assert bought["oid"] != sold["oid"]
    assert info.user_state(main)["assetPositions"][0]["position"]["szi"] == "-10.0"


def test_the_direction_may_be_a_word_nobody_knows(exchange, info, main):
    exchange.trade("main", "ETH", "1", direction="Foo")
    assert info.user_fills(main)[0]["dir"] == "Foo"


def test_a_spot_purchase_pays_its_fee_in_coins_and_a_sale_in_money(exchange, info, main):
    exchange.move_class("main", "-10000")
    exchange.trade("main", "@107", "10")
    exchange.trade("main", "@107", "-4", price="30")
    bought, sold = info.user_fills(main)
    assert (bought["dir"], bought["fee"], bought["feeToken"]) == ("Buy", "0.007", "HYPE")
    assert (sold["dir"], sold["fee"], sold["feeToken"]) == ("Sell", "0.084", "USDC")
    assert (sold["startPosition"], sold["closedPnl"]) == ("9.993", "19.929951")
    shown = {row["coin"]: row["total"] for row in info.spot_user_state(main)["balances"]}
    assert shown == {"USDC": "9869.916", "HYPE": "5.993"}
    with pytest.raises(Impossible, match="too little"):
        exchange.trade("main", "@107", "-6")


# Order and pages.


def test_the_newest_come_first_but_inside_a_millisecond_the_oldest(exchange, clock, info, main):
    exchange.trade("main", "ETH", "2", parts=["1"])
    clock.advance(seconds=1)
    exchange.trade("main", "ETH", "4", parts=["1"])
    starts = [row["startPosition"] for row in info.user_fills(main)]
    assert starts == ["2.0", "3.0", "0.0", "1.0"]


def test_a_range_of_time_has_both_its_ends_and_the_oldest_first(exchange, clock, info, main):
    times = []
    for _ in range(4):
        exchange.trade("main", "ETH", "1")
        times.append(exchange.now())
        clock.advance(seconds=1)
    rows = info.user_fills_by_time(main, times[1], times[2])
    assert [row["time"] for row in rows] == times[1:3]
    rows = info.user_fills_by_time(main, times[2])
    assert [row["time"] for row in rows] == times[2:]


def fill_many(exchange, clock, count, *, per_millisecond):
    for number in range(count):
        exchange.trade("main", "ETH", "0.01")
        if number % per_millisecond == per_millisecond - 1:
            clock.advance(milliseconds=1)


def test_a_page_has_2000_fills_and_may_end_inside_a_millisecond(exchange, clock, info, main):
    fill_many(exchange, clock, 4100, per_millisecond=3)
    first = info.user_fills_by_time(main, 0)
    assert len(first) == len(info.user_fills(main)) == 2000
    assert first[-1]["time"] == first[-2]["time"]
    second = info.user_fills_by_time(main, first[-1]["time"])
    assert second[:2] == first[-2:]
    assert second[2]["time"] == first[-1]["time"]
    # Who goes on one millisecond later, as most do, loses the third of them.
    later = info.user_fills_by_time(main, first[-1]["time"] + 1)
    assert later[0] == second[3]


def test_only_the_last_10000_fills_are_there_at_all(exchange, clock, info, main):
    fill_many(exchange, clock, 10_002, per_millisecond=1)
    assert info.user_fills_by_time(main, 0)[0]["startPosition"] == "0.02"


@pytest.mark.parametrize("order", ["oldest first", "newest first"])
def test_pages_are_smaller_where_that_is_asked_for(exchange, clock, order):
    fill_many(exchange, clock, 5, per_millisecond=1)
    with serving(exchange, Dialect(fills_page=2, fills_kept=4, fills_by_time=order)) as (
        simulator,
        info,
    ):
        rows = info.user_fills_by_time(simulator.address_of("main"), 0)
    expected = {"oldest first": ["0.01", "0.02"], "newest first": ["0.04", "0.03"]}
    assert [row["startPosition"] for row in rows] == expected[order]


def test_fills_of_a_crossing_order_are_one_when_aggregated(exchange, info, main):
    exchange.trade("main", "ETH", "2", price="3000")
    exchange.trade("main", "ETH", "-2", price="3100", parts=["0.5", "0.7"])
    exchange.trade("main", "ETH", "2", price="3000", parts=["0.5"], is_maker=True)
    rows = info.user_fills_by_time(main, 0, aggregate_by_time=True)
    assert [row["sz"] for row in rows] == ["2.0", "2.0", "0.5", "1.5"]
    assert (rows[1]["closedPnl"], rows[1]["px"], rows[1]["fee"]) == ("200.0", "3100.0", "2.79")
    assert len(info.user_fills_by_time(main, 0)) == 6


# Money.

trades = st.lists(
    st.tuples(
        st.sampled_from(["BTC", "ETH", "ARB"]),
        st.integers(-500, 500).filter(bool),
        st.integers(1, 200),
    ),
    max_size=25,
)


@given(trades=trades, is_isolated=st.booleans(), is_shared=st.booleans())
def test_no_money_is_made_or_lost_by_arithmetic(trades, is_isolated, is_shared):
    exchange = small_exchange(Clock())
    mode = "unifiedAccount" if is_shared else "default"
    owner = exchange.open_account("one", cash="1000", mode=mode)
    if is_isolated:
        exchange.set_leverage("one", "ETH", 3, is_isolated=True)
    expected = Decimal(1000)
    for coin, quantity, price in trades:
        (fill,) = exchange.trade("one", coin, quantity, price=price)
        expected += fill.quantity * (exchange.mark(coin) - fill.price) - fill.fee
    with exchange.changing():
        perps = Margins(exchange, owner, owner.state, MAIN).whole().value
        cash = owner.state.held("USDC").total
    assert abs(perps + cash - expected) < Decimal("1e-40")


@given(trades=trades)
def test_each_fill_starts_where_the_one_before_it_ended(trades):
    exchange = small_exchange(Clock())
    for coin, quantity, price in trades:
        exchange.trade("main", coin, quantity, price=price)
    fills = sorted(exchange.account("main").fills, key=lambda fill: fill.coin)
    for before, after in itertools.pairwise(fills):
        if before.coin == after.coin:
            assert before.start + before.quantity == after.start
