"""Positions in isolated margin are in hidden subaccounts of the gateway: never called not to be."""

import pytest

from venues.coinbase import Bench
from venues.coinbase_rows import rpc, rpc_error
from venues.coinbase_stub import POSITIONS, SUBACCOUNTS

PERPETUAL = "SOL_USDC-PERPETUAL"
TEN_MINUTES_S = 601


@pytest.fixture
def bench():
    bench = Bench()
    bench.stub.trade("BTC-USD", "1")
    yield bench
    bench.close()


def row(size):
    return {"instrument_name": PERPETUAL, "direction": "buy", "size": size, "kind": "future",
            "average_price": 150.5, "mark_price": 150.5}  # fmt: skip


def test_a_login_with_a_position_in_isolated_margin_is_never_tied_out_without_it(bench):
    bench.stub.isolated = {123456: [row(3)]}
    plan = bench.tie_out()
    assert not plan.tied_out
    assert plan.outcome == "partial"
    (problem,) = bench.read(cursor=bench.cursor).snapshot.problems
    assert f"{PERPETUAL} 3 in subaccount 123456" in problem
    assert "isolated margin" in problem


def test_its_end_is_noticed(bench):
    bench.stub.isolated = {123456: [row(3)]}
    bench.tie_out()
    bench.stub.isolated = {123456: [row(0)]}
    assert bench.tie_out().tied_out


def test_one_that_is_new_is_found_within_ten_minutes(bench):
    assert bench.tie_out().tied_out
    bench.stub.isolated = {123456: [row(3)]}
    bench.clock.advance(TEN_MINUTES_S)
    assert not bench.tie_out().tied_out


def test_a_login_without_any_is_asked_once_in_ten_minutes(bench):
    bench.tie_out()
    bench.stub.forget()
    bench.tie_out()
    assert SUBACCOUNTS not in bench.stub.paths()


def test_one_that_cannot_be_read_makes_the_reading_incomplete(bench):
    bench.stub.isolated = {123456: [row(3)]}
    bench.tie_out()
    bench.stub.say(POSITIONS, rpc_error(13021, "forbidden"), rpc([]))
    found = bench.read(cursor=bench.cursor)
    assert not found.snapshot.complete
    assert "subaccount 123456" in found.snapshot.problems[0]


def test_a_list_of_them_that_is_none_makes_the_reading_incomplete_and_is_asked_for_again(bench):
    bench.stub.say(SUBACCOUNTS, rpc(None))
    assert not bench.tie_out().tied_out
    bench.stub.heal()
    assert bench.tie_out().tied_out


def test_a_gateway_that_does_not_tell_of_them_is_said_so(bench):
    bench.stub.say(SUBACCOUNTS, rpc_error(-32601, "Method not found"))
    found = bench.read()
    assert found.snapshot.complete
    assert any("isolated margin" in words for words in found.ignored)
