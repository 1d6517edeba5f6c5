"""What happens at Interactive Brokers without an execution, and to its gateway."""

import asyncio
import re

import pytest
from ib_async import Bond, FuturesOption, Option, RequestError

from tieout.simulators.faults import DropMessages, Fault, Stall, Status
from tieout.simulators.ibkr_wire import TEXTS
from tieout.simulators.ledger import Impossible

from .ibkr import CALL, connect, connected, in_a_loop, positions

PUT = "AAPL260417P00180000"
A_WHILE_S = 0.3  # what does not come is waited for so long


@in_a_loop
async def test_an_assigned_put_leaves_shares_at_the_strike_and_no_execution(gateway, broker):
    broker.list_asset(PUT, price="2.5")
    broker.trade("U1", PUT, "-2")
    async with connected(gateway) as ib:
        broker.assign_option("U1", PUT, "1")
        await ib.until(lambda: len(ib.positions()) == 2)
        rows = {row.contract.localSymbol: row for row in await ib.reqPositionsAsync()}
        assert len(await ib.reqExecutionsAsync()) == 1
    assert rows["AAPL  260417P00180000"].position == -1
    assert (rows["AAPL"].position, rows["AAPL"].avgCost) == (100, 180)


@in_a_loop
async def test_an_exercised_call_leaves_shares_at_the_strike(gateway, broker):
    broker.trade("U1", CALL, "2")
    broker.exercise_option("U1", CALL, "2")
    async with connected(gateway) as ib:
        held = await positions(ib)
    assert held == {("U1", "AAPL"): 200, ("U1", "AAPL  260417C00200000"): 0}


@in_a_loop
async def test_an_option_on_a_future_becomes_one_future(gateway, broker):
    option = broker.list_option(
        "E1AU6 C6300", underlying="ESU6", expires_on="2026-09-04", right="call", strike="6300",
        multiplier="50", sec_type="FOP", price="41.25",
    )  # fmt: skip
    broker.trade("U1", "E1AU6 C6300", "1")
    async with connected(gateway) as ib:
        (row,) = await ib.reqPositionsAsync()
        broker.exercise_option("U1", "E1AU6 C6300", "1")
        held = await positions(ib)
        future = next(each for each in ib.positions() if each.contract.localSymbol == "ESU6")
    assert isinstance(row.contract, FuturesOption)
    assert (row.contract.symbol, row.contract.multiplier, row.contract.strike) == ("ES", "50", 6300)
    assert row.avgCost == 50 * 41.25 + 1.42
    assert row.contract.conId == option.con_id
    assert held["U1", "ESU6"] == 1
    assert future.avgCost == 50 * 6300


@in_a_loop
async def test_an_adjusted_option_has_a_multiplier_of_its_own(gateway, broker):
    broker.list_option(
        "AAPL1 260417C00050000", underlying="AAPL", expires_on="2026-04-17", right="call",
        strike="50", multiplier="150", price="4",
    )  # fmt: skip
    broker.trade("U1", "AAPL1 260417C00050000", "2")
    async with connected(gateway) as ib:
        (row,) = await ib.reqPositionsAsync()
    assert isinstance(row.contract, Option)
    assert (row.contract.symbol, row.contract.multiplier) == ("AAPL", "150")
    assert row.avgCost == 150 * 4 + 0.65


@in_a_loop
async def test_a_bond_is_a_thousand_of_face_value_and_tells_no_multiplier(gateway, broker):
    broker.list_bond("IBCID123456789", matures_on="2026-11-19", price="98.7")
    broker.trade("U1", "IBCID123456789", "21")
    async with connected(gateway) as ib:
        await ib.reqAccountUpdatesAsync("U1")
        (row,) = await ib.reqPositionsAsync()
        (item,) = ib.portfolio()
    assert isinstance(row.contract, Bond)
    assert (row.position, row.avgCost, row.contract.multiplier) == (21, 988, "")
    assert (item.marketPrice, item.marketValue) == (98.7, 20727)


@in_a_loop
async def test_a_future_is_settled_in_cash_on_its_last_day(gateway, broker):
    broker.trade("U1", "ESU6", "2", price="6300")
    broker.trade("U2", "ESU6", "-1", price="6300")
    broker.expire_future("ESU6", price="6310")
    async with connected(gateway) as ib:
        assert set((await positions(ib)).values()) == {0}
        values = {
            (value.account, value.tag): value.value
            for value in await ib.accountSummaryAsync()
            if value.currency == "USD"
        }
    assert values["U1", "TotalCashValue"] == "100995.50"
    assert values["U2", "TotalCashValue"] == "499497.75"
    with pytest.raises(Impossible, match="no future"):
        broker.expire_future("AAPL")


@in_a_loop
async def test_a_new_ticker_keeps_the_contract_id(gateway, broker):
    broker.trade("U1", "MSFT", "5")
    async with connected(gateway) as ib:
        before = (await ib.reqPositionsAsync())[0].contract
        broker.rename("MSFT", "MSFU")
        row = next(each for each in await ib.reqPositionsAsync() if each.position)
    assert (row.contract.symbol, row.contract.localSymbol, row.position) == ("MSFU", "MSFU", 5)
    assert row.contract.conId == before.conId


@in_a_loop
async def test_a_models_share_is_split_with_the_rest_and_ends_with_it(gateway, broker):
    gateway.dialect.model_rows = "apart"
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "AAPL", "4", model="Growth")
    broker.split("AAPL", old="1", new="2")
    async with connected(gateway) as ib:
        assert [row.position for row in await ib.reqPositionsAsync()] == [20, 8]
        broker.trade("U1", "AAPL", "-28")
        broker.trade("U1", "AAPL", "3")
        await ib.reqCurrentTimeAsync()  # what was pushed is not among the rows
        assert [row.position for row in await ib.reqPositionsAsync()] == [3]


@in_a_loop
async def test_marks_come_again_after_three_minutes(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        await ib.reqAccountUpdatesAsync("U1")
        broker.set_price("AAPL", "60")
        await ib.reqCurrentTimeAsync()
        assert [item.marketPrice for item in ib.portfolio()] == [50]
        broker.tell_marks()
        await ib.updatePortfolioEvent
        assert [item.marketPrice for item in ib.portfolio()] == [60]


@in_a_loop
async def test_nobody_is_let_in_during_the_nightly_reset(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        broker.begin_reset()
        assert "lost" in await ib.code(1100)
        await ib.ended()
        broker.trade("U1", "AAPL", "-4")
        with pytest.raises((OSError, asyncio.TimeoutError)):
            await connect(gateway, timeout_s=A_WHILE_S)
        broker.end_reset()
    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL"): 6}


@in_a_loop
async def test_what_was_closed_before_the_link_was_lost_is_listed_as_the_gateway_does(
    gateway, broker
):
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "AAPL", "-10")
    broker.lose_link()
    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL"): 0}
        gateway.dialect.lists_closed = False
        assert await positions(ib) == {}


@in_a_loop
async def test_half_a_message_is_followed_by_nothing(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Stall(0.5), path="reqPositions"))
        asked = asyncio.ensure_future(ib.reqPositionsAsync())
        later = asyncio.ensure_future(ib.reqCurrentTimeAsync())
        await asyncio.wait([asked, later], timeout=A_WHILE_S)
        assert not asked.done()
        assert not later.done()
        assert ib.isConnected()


@in_a_loop
async def test_an_answer_whose_end_is_lost_never_ends(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(DropMessages(), path="positionEnd"))
        asked = asyncio.ensure_future(ib.reqPositionsAsync())
        await ib.reqCurrentTimeAsync()
        assert not asked.done()
        assert len(ib.positions()) == 1


@pytest.mark.parametrize("code", [100, 502, 504, 1100])
@in_a_loop
async def test_an_error_has_the_gateways_own_words(gateway, code):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Status(code), path="reqExecutions"))
        with pytest.raises(RequestError, match=re.escape(TEXTS[code])):
            await ib.reqExecutionsAsync()


@in_a_loop
async def test_ib_async_takes_a_refused_request_for_a_warning_and_waits_on(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Status(321), path="reqExecutions"))
        asked = asyncio.ensure_future(ib.reqExecutionsAsync())
        assert TEXTS[321] in await ib.code(321)
        await ib.reqCurrentTimeAsync()
        assert not asked.done()


def test_what_is_not_known_is_refused(broker):
    with pytest.raises(Impossible):
        broker.manage(["U1", "U7"])
    with pytest.raises(Impossible, match="was never listed"):
        broker.list_option("X", underlying="NONE", expires_on="2026-09-04", right="put", strike=1)
