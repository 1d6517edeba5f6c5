"""Positions in isolated margin: each in a hidden subaccount of the gateway, a slot of its own."""

from dataclasses import replace

import pytest

from tieout.core.errors import VenueError
from tieout.venues.moments import milliseconds_of
from venues.coinbase import Bench
from venues.coinbase_rows import rpc, rpc_error
from venues.coinbase_stub import POSITIONS, SUBACCOUNTS, TRADES, whose
from venues.stub import Said, said

PERPETUAL = "SOL_USDC-PERPETUAL"
OTHER = "ETH_USDC-PERPETUAL"
SLOT, NEXT = 123456, 123457
IN_SLOT, IN_NEXT = f"{PERPETUAL}@{SLOT}", f"{PERPETUAL}@{NEXT}"
TEN_MINUTES_S, A_DAY_S = 601, 86_401
REFUSED = rpc_error(13021, "forbidden")
FAULTS = {
    "null": rpc(None),
    "no list": rpc("nothing"),
    "a web page": Said(body=b"<html>"),
    "a cut body": Said(body=rpc([]).body, cut=9),
    "no envelope": said([]),
    "the reply to another request": said({"jsonrpc": "2.0", "id": 424242, "result": []}),
    "a server error": Said(status=500, body=b"internal"),
    "a hang-up": Said(hung_up=True),
}


@pytest.fixture
def bench():
    bench = Bench()
    bench.stub.trade("BTC-USD", "1")
    yield bench
    bench.close()


def row(size, name=PERPETUAL, **fields):
    return {"instrument_name": name, "direction": "buy" if size > 0 else "sell", "size": size,
            "kind": "future", "average_price": 150.5, "mark_price": 150.5, **fields}  # fmt: skip


def trade(bench, slot, amount, *, name=PERPETUAL, price=150.5, trade_id=None):
    """A trade in a slot (or the login's own, for None), and what is held there after it."""
    stub = bench.stub
    bench.clock.advance(10)
    lists = stub.isolated_trades.setdefault(slot, []) if slot else stub.trades
    lists.append({
        "trade_id": trade_id or f"USDC-{slot}-{len(lists)}", "instrument_name": name, "fee": 0.01,
        "fee_currency": "USDC", "direction": "buy" if amount > 0 else "sell",
        "amount": abs(amount), "price": price, "timestamp": milliseconds_of(bench.clock.now()),
        **(whose(slot) if slot else {"user_id": 1000}),
    })  # fmt: skip
    rows = stub.isolated.setdefault(slot, []) if slot else stub.positions
    held = sum(each["size"] for each in rows if each["instrument_name"] == name) + amount
    rows[:] = [each for each in rows if each["instrument_name"] != name]
    rows += [row(held, name)] if held else []
    bench.clock.advance(10)


def held(bench):
    """What the book has of perpetuals."""
    return {
        ledger.instrument.symbol: str(ledger.quantity)
        for ledger in bench.book.ledgers.values()
        if ledger.position and ledger.instrument.asset_class == "perpetual"
    }


def asked_of(bench, path):
    """The slots that were asked for on a path since `forget`; None is the login itself."""
    found = (each for each in bench.stub.asked if each.path == path)
    return [each.body["params"].get("subaccount_id") for each in found]


def restart(bench):
    """A process of its own, which has nothing but the book and its bookmark."""
    bench.venue = bench.another()


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
    trade(bench, None, 2, price=100)
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
    assert asked_of(bench, TRADES) == [None] * 2  # recent and older ones


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


def lists_nothing(bench):
    """The list of all positions, which is done as well as can be, has none of the slots'."""
    bench.stub.say_of(None, POSITIONS, rpc([]))


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


# What goes wrong


@pytest.fixture
def invested(bench):
    """With a position in a slot, which the book has."""
    trade(bench, SLOT, 3)
    assert bench.tie_out().tied_out
    assert held(bench) == {IN_SLOT: "3"}
    bench.limits = replace(bench.limits, tries_max=1)
    restart(bench)
    return bench


def tied_out_or_refused(bench):
    """Whether a reading came about and tied the book out."""
    try:
        return bench.tie_out().tied_out
    except VenueError:
        return False


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", [POSITIONS, TRADES])
def test_no_fault_at_what_is_in_a_slot_closes_it_or_loses_its_trades(invested, path, fault):
    trade(invested, SLOT, -1)
    invested.stub.say_of(SLOT, path, FAULTS[fault])
    assert not tied_out_or_refused(invested)
    assert held(invested)[IN_SLOT] in "32"
    invested.stub.heal()
    restart(invested)
    assert tied_out_or_refused(invested)
    assert held(invested) == {IN_SLOT: "2"}
    assert invested.tie_out().changes == ()


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_at_the_list_of_slots_closes_one_or_hides_one(invested, fault):
    trade(invested, NEXT, 1)
    lists_nothing(invested)
    invested.stub.say(SUBACCOUNTS, FAULTS[fault])
    assert not tied_out_or_refused(invested)
    assert held(invested) == {IN_SLOT: "3"}
    invested.stub.heal()
    assert tied_out_or_refused(invested)
    assert held(invested) == {IN_SLOT: "3", IN_NEXT: "1"}


@pytest.mark.parametrize("told", [[], [{"type": "main"}], [7], [{"id": "1000"}]])
def test_a_list_of_slots_without_the_login_itself_is_not_believed(invested, told):
    invested.stub.say(SUBACCOUNTS, rpc(told))
    (problem,) = invested.read(cursor=invested.cursor).snapshot.problems
    assert problem.startswith("whether there is more in isolated margin: ")


@pytest.mark.parametrize("path", [POSITIONS, TRADES])
def test_a_slot_that_is_there_and_refused_is_kept_and_told_for_as_long_as_that_lasts(
    invested, path
):
    invested.stub.say_of(SLOT, path, REFUSED)
    for _ in range(3):
        assert not invested.tie_out().tied_out
        invested.clock.advance(A_DAY_S)
    (problem,) = invested.read(cursor=invested.cursor).snapshot.problems
    assert problem.startswith(f"isolated margin in subaccount {SLOT} is not read: ")
    assert held(invested) == {IN_SLOT: "3"}
    trade(invested, SLOT, -2)
    invested.stub.heal()
    assert invested.tie_out().tied_out
    assert held(invested) == {IN_SLOT: "1"}


def test_trades_that_were_read_while_positions_were_refused_are_booked_once(invested):
    trade(invested, SLOT, -1)
    invested.stub.say_of(SLOT, POSITIONS, REFUSED)
    assert not invested.tie_out().tied_out
    invested.stub.heal()
    assert invested.tie_out().tied_out
    assert held(invested) == {IN_SLOT: "2"}


def test_a_slot_that_is_no_more_and_refused_is_kept_for_a_day_and_then_missed(invested):
    del invested.stub.isolated[SLOT]
    plan = invested.tie_out()
    assert not plan.tied_out
    assert held(invested) == {IN_SLOT: "3"}
    found = invested.read(cursor=invested.cursor)
    assert f"{IN_SLOT} is gone without a fill" in found.snapshot.problems[0]
    assert any("which is no more" in words for words in found.ignored)
    invested.clock.advance(A_DAY_S)
    found = invested.read(cursor=invested.cursor)
    assert found.snapshot.complete
    assert IN_SLOT not in [each.symbol for each in found.snapshot.holdings]
    invested.stub.forget()
    invested.read(cursor=found.cursor)
    assert asked_of(invested, POSITIONS) == [None]


def test_an_empty_list_of_a_slot_is_not_believed(invested):
    invested.stub.say_of(SLOT, POSITIONS, rpc([]))
    assert not invested.tie_out().tied_out
    assert held(invested) == {IN_SLOT: "3"}


def test_a_position_that_only_the_list_of_all_has_makes_the_first_reading_incomplete(bench):
    bench.stub.isolated = {SLOT: [row(3)]}
    bench.stub.say_of(SLOT, POSITIONS, rpc([]))
    (problem,) = bench.read().snapshot.problems
    assert problem == (
        f"the list of all positions has {IN_SLOT} 3, but that of its subaccount has not"
    )


@pytest.mark.parametrize("path", [POSITIONS, TRADES])
def test_a_reply_of_another_slot_is_not_taken_for_that_of_this_one(invested, path):
    other = {**row(-9), **whose(NEXT), "trade_id": "x", "timestamp": 1, "amount": 1, "price": 1}
    result = [other] if path == POSITIONS else {"trades": [other], "has_more": False}
    invested.stub.say_of(SLOT, path, rpc(result))
    found = invested.read(cursor=invested.cursor)
    assert f"what came is of {NEXT}" in found.snapshot.problems[0]
    assert not invested.tie_out().tied_out
    assert held(invested) == {IN_SLOT: "3"}


def test_a_row_in_isolated_margin_of_nobody_makes_the_reading_incomplete(bench):
    bench.stub.positions = [row(3, isolated=True)]
    found = bench.read()
    assert found.snapshot.problems == (f"{PERPETUAL} is in isolated margin, it is not told where",)
    assert PERPETUAL not in [each.symbol for each in found.snapshot.holdings]


def test_a_trade_in_isolated_margin_among_the_others_is_not_booked_as_one_of_them(invested):
    trade(invested, None, 1)
    invested.stub.trades[-1] |= whose(SLOT)
    found = invested.read(cursor=invested.cursor)
    assert not found.snapshot.complete
    assert f"a trade of {PERPETUAL} in isolated margin is among those that are not" in (
        found.snapshot.problems
    )
    assert [each for each in found.activities if each.symbol == PERPETUAL] == []


def test_a_row_that_cannot_be_read_makes_the_reading_incomplete(invested):
    invested.stub.isolated[SLOT].append({"size": 1})
    assert not invested.tie_out().tied_out
    assert held(invested) == {IN_SLOT: "3"}


def test_a_gateway_that_does_not_tell_of_slots_is_said_so(bench):
    bench.stub.say(SUBACCOUNTS, rpc_error(-32601, "Method not found"))
    found = bench.read()
    assert found.snapshot.complete
    assert any("isolated margin" in words for words in found.ignored)


def test_a_gateway_that_tells_of_slots_no_more_makes_the_reading_incomplete(invested):
    invested.stub.say(SUBACCOUNTS, rpc_error(-32601, "Method not found"))
    assert not invested.tie_out().tied_out
    assert held(invested) == {IN_SLOT: "3"}


def test_a_trade_while_the_lists_are_read_makes_them_be_read_again(bench):
    trade(bench, SLOT, 3)
    bench.tie_out()
    trades = []

    def meanwhile(asked):
        if asked.path == TRADES and asked.body["params"].get("subaccount_id") and not trades:
            trades.append(asked)
            bench.clock.advance(-15)
            trade(bench, SLOT, 2)

    bench.stub.before = meanwhile
    plan = bench.tie_out()
    assert plan.tied_out
    assert trades
    assert held(bench) == {IN_SLOT: "5"}
