"""What the real ib_async decodes is what was traded, in markets that chance makes."""

import math
from decimal import Decimal

import pytest

from tieout.simulators.ibkr import IbkrSimulator, running

from .ibkr import connected, in_a_loop
from .ibkr_generated import ACCOUNTS, MULTIPLIERS, live_through, new_market

KEPT = [20260302, 20261120, 4711]  # had flips, closes, corrections and splits in them when chosen
SEEDS = [*KEPT, *range(12)]
DIGITS = 1e-12  # a double holds no more


def symbol_of(market, con_id: int) -> str:
    return next(each.symbol for each in market.assets.values() if each.con_id == con_id)


def is_close(found: float, exact: Decimal) -> bool:
    return math.isclose(found, float(exact), rel_tol=DIGITS, abs_tol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@in_a_loop
async def test_positions_are_those_that_were_traded(clock, seed):
    market = new_market(clock, seed)
    expected = live_through(market, seed)
    with running(gateway := IbkrSimulator(market)):
        async with connected(gateway) as ib:
            rows = await ib.reqPositionsAsync()
    found = {(row.account, symbol_of(market, row.contract.conId)): row for row in rows}
    assert len(found) == len(rows)
    held = {key: quantity for key, quantity in expected.quantity.items() if quantity}
    assert {key for key, row in found.items() if row.position} == held.keys()
    for key, quantity in held.items():
        assert Decimal(str(found[key].position)) == quantity, key
        assert is_close(found[key].avgCost, expected.cost[key] / quantity), key
    closed = {key for key, quantity in expected.quantity.items() if not quantity}
    assert {key for key, row in found.items() if not row.position} == closed


@pytest.mark.parametrize("seed", SEEDS)
@in_a_loop
async def test_executions_are_those_that_were_traded(clock, seed):
    market = new_market(clock, seed)
    expected = live_through(market, seed)
    with running(gateway := IbkrSimulator(market)):
        async with connected(gateway) as ib:
            fills = await ib.reqExecutionsAsync()
    found = [
        (
            fill.execution.acctNumber,
            symbol_of(market, fill.contract.conId),
            Decimal(str(fill.execution.shares)) * {"BOT": 1, "SLD": -1}[fill.execution.side],
            Decimal(str(fill.execution.price)),
        )
        for fill in fills
    ]
    assert sorted(found) == sorted(expected.shares)
    assert len({fill.execution.execId for fill in fills}) == len(fills)
    assert all(fill.commissionReport.execId == fill.execution.execId for fill in fills)


@pytest.mark.parametrize("seed", KEPT)
@in_a_loop
async def test_marks_of_each_account_are_those_of_the_market(clock, seed):
    market = new_market(clock, seed)
    expected = live_through(market, seed)
    with running(gateway := IbkrSimulator(market)):
        async with connected(gateway) as ib:
            for account in ACCOUNTS:
                await ib.reqAccountUpdatesAsync(account)
            items = ib.portfolio()
            values = {(each.account, each.tag, each.currency): each for each in ib.accountValues()}
    held = {key: quantity for key, quantity in expected.quantity.items() if quantity}
    assert len(items) == len(held)
    for item in items:
        symbol = symbol_of(market, item.contract.conId)
        quantity, price = held[item.account, symbol], market.prices[symbol]
        worth = quantity * price * MULTIPLIERS.get(symbol, 1)
        gain = worth - expected.cost[item.account, symbol]
        assert item.marketPrice == float(price)
        assert abs(Decimal(str(item.marketValue)) - worth) <= Decimal("0.005"), symbol
        assert abs(Decimal(str(item.unrealizedPNL)) - gain) <= Decimal("0.005001"), symbol
    for account in ACCOUNTS:
        shown = Decimal(values[account, "NetLiquidation", "USD"].value)
        assert abs(shown - market.equity(market.account(account))) <= Decimal("0.005")


def test_the_kept_seeds_have_everything_in_them(clock):
    for seed in KEPT:
        market = new_market(clock, seed)
        expected = live_through(market, seed)
        shares = [(account, symbol) for account, symbol, *_ in expected.shares]
        assert len(shares) > 25
        assert len({symbol for _, symbol in shares}) >= 8
        assert any(quantity < 0 for quantity in expected.quantity.values())
        assert 0 in expected.quantity.values()
