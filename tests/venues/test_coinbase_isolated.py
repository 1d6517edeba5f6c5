"""Positions in isolated margin: each in a hidden subaccount of the gateway, a slot of its own."""

import pytest

from venues.coinbase import Bench
from venues.coinbase_gateway_lists import POSITIONS, SUBACCOUNTS, TRADES
from venues.coinbase_rows import rpc
from venues.coinbase_slots import (
    A_DAY_S,
    IN_NEXT,
    IN_SLOT,
    NEXT,
    OTHER,
    PERPETUAL,
    SLOT,
    TEN_MINUTES_S,
    asked_of,
    held,
    lists_nothing,
    restart,
    row,
    trade,
)  # fmt: skip


@pytest.fixture
def bench():
    bench = Bench()
    bench.stub.trade("BTC-USD", "1")
    yield bench
    bench.close()


# Keys


def test_a_perpetual_held_cross_and_in_two_slots_is_three_positions_with_what_each_has(bench):
    bench.stub.positions = [row(5, average_price=100.5, estimated_liquidation_price=50.5)]
    bench.stub.isolated = {
        SLOT: [row(3, average_price=150.5, estimated_liquidation_price=140.5, leverage=10)],
        NEXT: [row(-3, average_price=160.5, estimated_liquidation_price=170.5, leverage=5)],
    }
    assert bench.tie_out().tied_out
    found = bench.read(cursor=bench.cursor).snapshot.holdings
    rows = {
        each.symbol: (each.quantity, each.average_price, each.liquidation_price, each.margin_mode)
        for each in found
        if each.asset_class == "perpetual"
    }
    assert rows == {
        PERPETUAL: ("5", "100.5", "50.5", None),
        IN_SLOT: ("3", "150.5", "140.5", "isolated"),
        IN_NEXT: ("-3", "160.5", "170.5", "isolated"),
    }
    assert held(bench) == {PERPETUAL: "5", IN_SLOT: "3", IN_NEXT: "-3"}


def test_what_is_realized_in_a_slot_is_of_its_own_average(bench):
    trade(bench, None, 2)
    trade(bench, SLOT, 3, price=150)
    assert bench.tie_out().tied_out
    trade(bench, SLOT, -3, price=160)
    plan = bench.tie_out()
    assert plan.tied_out
    (change,) = plan.changes
    assert (change.kind, str(change.before), str(change.after)) == ("closed", "3", "0")
    assert change.realized.of("USDC").gross.value == 30
    assert held(bench) == {PERPETUAL: "2"}


def test_both_sides_of_a_trade_with_oneself_are_booked(bench):
    bench.tie_out()
    trade(bench, None, 2, trade_id="USDC-1")
    trade(bench, SLOT, -2, trade_id="USDC-1")
    assert bench.tie_out().tied_out
    assert held(bench) == {PERPETUAL: "2", IN_SLOT: "-2"}
    assert bench.tie_out().changes == ()


def test_a_slot_that_is_used_again_for_another_perpetual_is_another_position(bench):
    trade(bench, SLOT, 3)
    bench.tie_out()
    trade(bench, SLOT, -3)
    trade(bench, SLOT, 7, name=OTHER)
    assert bench.tie_out().tied_out
    assert held(bench) == {f"{OTHER}@{SLOT}": "7"}


# Which slots there are


def test_a_login_without_any_is_asked_once_in_ten_minutes_and_costs_no_other_call(bench):
    bench.tie_out()
    assert bench.stub.paths().count(SUBACCOUNTS) == 1
    bench.stub.forget()
    bench.tie_out()
    assert SUBACCOUNTS not in bench.stub.paths()
    assert asked_of(bench, POSITIONS) == [None]
    assert asked_of(bench, TRADES) == [None] * 6  # recent and older ones in three currencies


def test_a_slot_that_is_new_is_found_at_once_in_the_list_of_all(bench):
    bench.tie_out()
    trade(bench, SLOT, 3)
    assert bench.tie_out().tied_out
    assert held(bench) == {IN_SLOT: "3"}


def test_a_slot_that_the_list_of_all_lacks_is_found_within_ten_minutes(bench):
    bench.tie_out()
    trade(bench, SLOT, 3)
    lists_nothing(bench)
    bench.clock.advance(TEN_MINUTES_S)
    assert bench.tie_out().tied_out
    assert held(bench) == {IN_SLOT: "3"}


def test_a_slot_that_holds_something_is_read_though_no_list_has_it(bench):
    trade(bench, SLOT, 3)
    bench.tie_out()
    bench.stub.unlisted.add(SLOT)
    restart(bench)
    assert bench.tie_out().tied_out
    trade(bench, SLOT, -1)
    assert bench.tie_out().tied_out
    assert held(bench) == {IN_SLOT: "2"}


def test_the_fills_that_close_a_slot_which_is_listed_no_more_are_booked(bench):
    trade(bench, SLOT, 3, price=150)
    bench.tie_out()
    trade(bench, SLOT, -3, price=160)
    bench.stub.unlisted.add(SLOT)
    restart(bench)
    plan = bench.tie_out()
    assert plan.tied_out
    assert [each.kind for each in plan.changes] == ["closed"]
    assert held(bench) == {}


def test_a_slot_that_was_no_more_for_days_and_is_used_again_is_read_from_its_beginning(bench):
    trade(bench, SLOT, 3)
    bench.tie_out()
    bench.clock.advance(TEN_MINUTES_S)
    trade(bench, SLOT, -3)
    assert bench.tie_out().tied_out
    gone = bench.stub.isolated.pop(SLOT)
    for _ in range(2):
        bench.clock.advance(A_DAY_S)
        assert bench.tie_out().tied_out
    bench.stub.isolated[SLOT] = gone
    trade(bench, SLOT, 5)
    assert bench.tie_out().tied_out
    assert held(bench) == {IN_SLOT: "5"}


def test_what_was_opened_and_closed_between_two_readings_is_found_within_ten_minutes(bench):
    trade(bench, SLOT, 3)
    trade(bench, SLOT, -3)
    bench.tie_out()
    trade(bench, SLOT, 3)
    trade(bench, SLOT, -3)
    bench.clock.advance(TEN_MINUTES_S)
    found = bench.read(cursor=bench.cursor)
    news = {each.id for each in found.activities if each.symbol == IN_SLOT}
    assert {f"USDC-{SLOT}-{number}@{SLOT}" for number in (2, 3)} <= news
    assert found.snapshot.complete


def test_a_slot_with_nothing_in_it_is_asked_for_once_in_ten_minutes(bench):
    trade(bench, SLOT, 3)
    trade(bench, SLOT, -3)
    trade(bench, NEXT, 1)
    bench.tie_out()
    bench.stub.forget()
    bench.tie_out()
    assert asked_of(bench, POSITIONS) == [None, NEXT]
    bench.clock.advance(TEN_MINUTES_S)
    bench.stub.forget()
    bench.tie_out()
    assert sorted(asked_of(bench, POSITIONS), key=str) == [SLOT, NEXT, None]


def test_trades_of_each_slot_are_asked_for_from_its_own_last_one_on(bench):
    trade(bench, SLOT, 1)
    first = bench.stub.isolated_trades[SLOT][-1]["timestamp"]
    bench.clock.advance(3600)
    trade(bench, NEXT, 1)
    second = bench.stub.isolated_trades[NEXT][-1]["timestamp"]
    bench.tie_out()
    bench.stub.forget()
    bench.tie_out()
    starts = {
        each.body["params"].get("subaccount_id"): each.body["params"]["start_timestamp"]
        for each in bench.stub.asked
        if each.path == TRADES
    }
    assert (starts[SLOT], starts[NEXT]) == (first - 60_000, second - 60_000)


def test_more_trades_in_a_slot_than_a_page_has_are_all_read(bench):
    bench.stub.page_rows_max = 3
    for _ in range(10):
        trade(bench, SLOT, 1)
    assert bench.tie_out().tied_out
    assert held(bench) == {IN_SLOT: "10"}
    found = bench.read()
    assert len([each for each in found.activities if each.symbol == IN_SLOT]) == 10


def test_more_slots_than_can_be_read_make_the_reading_incomplete(bench):
    bench.stub.isolated = {SLOT + number: [] for number in range(51)}
    found = bench.read()
    assert not found.snapshot.complete
    assert found.snapshot.problems == (
        f"isolated margin in subaccount {SLOT + 50} is not read: there are more than 50 such "
        "subaccounts",
    )


# The shapes of Coinbase's guide to isolated positions


def test_what_the_guide_to_isolated_positions_shows_is_understood(bench):
    """Its own example: 10 SOL at 100 in slot 123456, of a login with the number 1000."""
    bench.stub.say(
        SUBACCOUNTS,
        rpc(
            [
                {"id": 1000, "type": "main", "isolated": None, "isolated_margin_instrument": None},
                {
                    "id": 123456,
                    "type": "subaccount",
                    "isolated": True,
                    "isolated_margin_instrument": "SOL_USDC-PERPETUAL",
                },
            ]
        ),
    )
    shown = {
        "instrument_name": "SOL_USDC-PERPETUAL",
        "user_id": 123456,
        "main_uid": 1000,
        "isolated": True,
        "direction": "buy",
        "size": 1000.0,
        "size_currency": 10.0,
    }
    bench.stub.isolated = {SLOT: [shown]}
    bench.stub.say(POSITIONS, rpc([shown]))
    found = bench.read()
    assert found.snapshot.complete
    rows = {each.symbol: (each.quantity, each.average_price) for each in found.snapshot.holdings}
    assert rows == {"BTC-USD": ("1", "100"), IN_SLOT: ("10.0", None)}


def test_a_subaccount_that_is_not_of_isolated_margin_is_none_of_the_slots(bench):
    rows = [{"id": 1000, "type": "main"}, {"id": 7, "type": "subaccount", "isolated": False}]
    bench.stub.say(SUBACCOUNTS, rpc(rows))
    assert bench.tie_out().tied_out
    assert asked_of(bench, POSITIONS) == [None]
