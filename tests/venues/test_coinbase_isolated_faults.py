"""What goes wrong with positions in isolated margin: nothing is closed by it, nothing is lost."""

from dataclasses import replace

import pytest

from tieout.core.errors import VenueError
from venues.coinbase import Bench
from venues.coinbase_gateway_lists import MAIN, POSITIONS, SUBACCOUNTS, TRADES, whose
from venues.coinbase_rows import rpc, rpc_error
from venues.coinbase_slots import (
    A_DAY_S,
    IN_NEXT,
    IN_SLOT,
    NEXT,
    PERPETUAL,
    SLOT,
    asked_of,
    held,
    lists_nothing,
    restart,
    row,
    trade,
)  # fmt: skip
from venues.stub import Said, said

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
    assert held(invested)[IN_SLOT] in ("3", "2")
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


def test_a_row_in_isolated_margin_under_the_number_of_the_login_is_no_slot(bench):
    bench.stub.positions = [row(3, **whose(MAIN["id"]))]
    found = bench.read()
    assert found.snapshot.problems == (f"{PERPETUAL} is in isolated margin, it is not told where",)
    assert set(asked_of(bench, POSITIONS)) == {None}


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
    for _ in range(2):  # the second time it is not asked again
        found = bench.read()
        assert found.snapshot.complete
        assert any("isolated margin" in words for words in found.ignored)


def test_a_gateway_that_tells_of_slots_no_more_makes_the_readings_incomplete_until_it_does(
    invested,
):
    invested.stub.say(SUBACCOUNTS, rpc_error(-32601, "Method not found"))
    for _ in range(2):
        assert not invested.tie_out().tied_out
        assert held(invested) == {IN_SLOT: "3"}
    invested.stub.heal()
    assert invested.tie_out().tied_out


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
