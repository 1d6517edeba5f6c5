"""A position at the gateway moves by trades only: a list that says otherwise is not believed."""

from datetime import timedelta

import pytest

from tieout.core.errors import VenueRefused
from tieout.core.numbers import normal
from tieout.venues.moments import milliseconds_of
from venues.coinbase import Bench
from venues.coinbase_gateway_lists import TRADES
from venues.coinbase_rows import fill, wallet
from venues.stub import Said

PERPETUAL = "BTC_USDC-PERPETUAL"


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def hold(bench, size):
    """What the gateway lists from now on."""
    row = {"instrument_name": PERPETUAL, "direction": "buy" if size > 0 else "sell", "size": size,
           "average_price": 65000.5, "mark_price": 65000.5, "kind": "future"}  # fmt: skip
    bench.stub.positions = [row] if size else []


def trade(bench, amount):
    """A trade now."""
    bench.clock.advance(1)
    row = {"trade_id": f"USDC-{len(bench.stub.trades)}", "instrument_name": PERPETUAL,
           "direction": "buy" if amount > 0 else "sell", "amount": abs(amount), "price": 65000.5,
           "timestamp": milliseconds_of(bench.clock.now()), "fee": 0}  # fmt: skip
    bench.stub.trades.append(row)


@pytest.fixture
def invested(bench):
    trade(bench, 0.5)
    hold(bench, 0.5)
    assert bench.tie_out().tied_out
    return bench


@pytest.mark.parametrize("size", [0, 0.25, -0.5, 7])
def test_a_position_that_moved_without_a_trade_is_not_believed(invested, size):
    hold(invested, size)
    for _ in range(3):
        plan = invested.tie_out()
        assert not plan.tied_out
        assert [each.kind for each in plan.changes if each.kind != "invalid"] == []
    hold(invested, 0.5)
    plan = invested.tie_out()
    assert plan.tied_out
    assert plan.changes == ()


def test_the_trade_that_comes_later_ends_the_doubt(invested):
    hold(invested, 0.25)
    invested.tie_out()
    trade(invested, -0.25)
    plan = invested.tie_out()
    assert plan.tied_out
    assert [(each.kind, str(each.after)) for each in plan.changes] == [("reduced", "0.25")]
    assert invested.tie_out().changes == ()


def test_a_position_that_is_gone_for_a_day_without_a_trade_is_believed(invested):
    hold(invested, 0)
    found = invested.read(cursor=invested.cursor)
    assert f"{PERPETUAL} is gone without a fill, since 2026-" in found.snapshot.problems[0]
    invested.clock.advance(timedelta(days=1).total_seconds())
    found = invested.read(cursor=found.cursor)
    assert found.snapshot.complete
    assert found.snapshot.holdings == ()


def test_a_trade_that_is_listed_with_another_time_moves_nothing_twice(invested):
    invested.stub.trades[0]["timestamp"] += 90_000
    found = invested.read(cursor=invested.cursor)
    assert found.snapshot.complete
    assert [each.quantity for each in found.snapshot.holdings] == ["0.5"]


@pytest.mark.parametrize("amount", [None, "zz", -1])
def test_a_trade_that_could_not_be_read_counts_once_it_can(invested, amount):
    trade(invested, -0.25)
    hold(invested, 0.25)
    invested.stub.trades[-1]["amount"] = amount
    assert not invested.tie_out().tied_out
    invested.stub.trades[-1]["amount"] = 0.25
    plan = invested.tie_out()
    assert plan.tied_out
    assert [(each.kind, str(each.after)) for each in plan.changes] == [("reduced", "0.25")]


def held(bench):
    rows = bench.book.ledgers.values()
    return {row.instrument.symbol: str(row.quantity) for row in rows if row.position}


def test_a_first_list_without_what_trades_left_is_not_taken_over(bench):
    trade(bench, 0.5)
    plan = bench.tie_out()
    assert not plan.tied_out
    assert held(bench) == {}
    hold(bench, 0.5)
    assert bench.tie_out().tied_out
    assert held(bench) == {PERPETUAL: "0.5"}


def test_a_first_list_that_trades_contradict_is_believed_when_it_is_told_again(bench):
    trade(bench, -0.5)
    hold(bench, 2)
    assert not bench.tie_out().tied_out
    assert held(bench) == {}
    plan = bench.tie_out()
    assert plan.tied_out
    assert [each.kind for each in plan.changes] == ["created"]
    assert held(bench) == {PERPETUAL: "2"}
    assert bench.tie_out().tied_out


def test_trades_that_are_refused_though_there_are_positions_are_no_empty_list(bench):
    trade(bench, 0.5)
    hold(bench, 0.5)
    bench.stub.say(TRADES, Said(status=403, body=b"no"))
    with pytest.raises(VenueRefused):
        bench.read()


def test_a_first_fill_that_cannot_be_read_leaves_no_position_that_others_alone_make(bench):
    now = bench.clock.now()
    bench.stub.fills = [
        fill(1, now - timedelta(hours=2), side="BUY", size="2", price="zz"),
        fill(2, now - timedelta(hours=1), side="SELL", size="1"),
    ]
    bench.stub.wallets = [wallet("BTC", "1")]
    assert not bench.tie_out().tied_out
    assert held(bench) == {"BTC-USD": "1"}
    bench.stub.fills[0]["price"] = "50000"
    bench.tie_out()
    assert bench.tie_out().tied_out
    (ledger,) = bench.book.ledgers.values()
    assert (str(normal(ledger.quantity)), ledger.position.basis) == ("1", "actual")
