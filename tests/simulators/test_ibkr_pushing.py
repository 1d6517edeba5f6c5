"""What a gateway tells its clients without being asked."""

import asyncio

from tieout.simulators.faults import (
    CloseStream,
    DropMessages,
    DuplicateMessages,
    Fault,
    MuteStream,
)

from .ibkr import Client, connected, in_a_loop, next_of, positions, raw


async def caught_up(ib: Client) -> None:
    """What was pushed before comes before the answer to this."""
    await ib.reqCurrentTimeAsync()


@in_a_loop
async def test_a_trade_is_told_as_execution_commission_and_position(gateway, broker):
    with raw(gateway) as client:
        client.send(61, 1)
        client.until("62")
        broker.trade("U1", "AAPL", "10")
        told = client.until("61")
    numbers = [fields[0] for fields in told if fields[0] != "4"]
    assert numbers == ["11", "59", "61"]
    assert told[-1][-2:] == ["10", "50.1"]


@in_a_loop
async def test_a_change_without_a_trade_is_told_as_position_alone(gateway, broker):
    async with connected(gateway) as ib:
        broker.transfer("U1", "AAPL", "5", price="50", cost="48")
        row = await ib.positionEvent
        assert (row.account, row.position, row.avgCost) == ("U1", 5, 48)
        assert ib.fills() == []


@in_a_loop
async def test_a_closed_position_is_told_with_zero(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        assert len(ib.positions()) == 1
        broker.trade("U1", "AAPL", "-10")
        assert (await ib.positionEvent).position == 0
        assert ib.positions() == []


@in_a_loop
async def test_who_cancelled_is_told_no_more(gateway, broker):
    async with connected(gateway) as ib, connected(gateway, client_id=8) as other:
        ib.client.cancelPositions()
        await caught_up(ib)
        broker.trade("U1", "AAPL", "10")
        await other.positionEvent
        await caught_up(ib)
        assert ib.positions() == []
        assert len(other.positions()) == 1


@in_a_loop
async def test_fills_are_told_to_everybody_unless_the_gateway_keeps_them(gateway, broker):
    async with connected(gateway) as ib:
        broker.trade("U1", "AAPL", "10")
        await ib.positionEvent
        assert [fill.execution.shares for fill in ib.fills()] == [10]
        gateway.dialect.pushes_executions = False
        broker.trade("U1", "AAPL", "5")
        await ib.positionEvent
        assert len(ib.fills()) == 1
        assert len(await ib.reqExecutionsAsync()) == 2


@in_a_loop
async def test_one_account_at_a_time_is_subscribed_to(gateway, broker):
    async with connected(gateway) as ib:
        await ib.reqAccountUpdatesAsync("U1")
        await ib.reqAccountUpdatesAsync("U2")
        assert "unsubscribed" in await ib.code(2100)
        broker.trade("U1", "AAPL", "10")
        broker.trade("U2", "AAPL", "20")
        assert (await ib.updatePortfolioEvent).account == "U2"
        assert ib.portfolio("U1") == []


@in_a_loop
async def test_another_client_can_not_subscribe_to_another_account(gateway):
    async with connected(gateway) as ib, connected(gateway, client_id=8) as other:
        await ib.reqAccountUpdatesAsync("U1")
        other.client.reqAccountUpdates(True, "U2")
        assert "different account" in await other.code(2101)
        ib.client.reqAccountUpdates(False, "")
        await caught_up(ib)
        await other.reqAccountUpdatesAsync("U2")
        assert 2101 not in ib.codes


@in_a_loop
async def test_models_are_told_to_who_asked_for_them(gateway, broker):
    found: list[tuple] = []
    async with connected(gateway) as ib:
        ib.wrapper.positionMulti = lambda *row: found.append(row)
        ib.client.reqPositionsMulti(901, "U1", "Growth")
        await caught_up(ib)
        broker.trade("U1", "AAPL", "10")
        broker.trade("U1", "AAPL", "4", model="Growth")
        await ib.until(lambda: [row.position for row in ib.positions()] == [14])
        await caught_up(ib)
    assert [(row[2], row[4]) for row in found] == [("Growth", 4)]


@in_a_loop
async def test_two_summaries_at_a_time_are_the_most(gateway):
    async with connected(gateway) as ib:
        for req_id in (901, 902, 903):
            ib.client.reqAccountSummary(req_id, "All", "NetLiquidation")
        assert "Maximum number" in await ib.code(322)
        ib.client.cancelAccountSummary(901)
        ib.errors.clear()
        ib.client.reqAccountSummary(903, "All", "NetLiquidation")
        await caught_up(ib)
        assert ib.codes == []


@in_a_loop
async def test_a_message_can_get_lost_or_come_twice(gateway, broker):
    gateway.faults.add(Fault(DropMessages(), path="position"))
    gateway.faults.add(Fault(DuplicateMessages(), path="position", skip=1))
    rows = []
    async with connected(gateway) as ib:
        ib.positionEvent += rows.append
        for _ in range(3):
            broker.trade("U1", "AAPL", "1")
        while len(rows) < 3:
            await next_of(ib.positionEvent)
    assert [row.position for row in rows] == [2, 2, 3]


@in_a_loop
async def test_a_muted_connection_says_nothing_more_and_a_new_one_does(gateway, broker):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(MuteStream(), times=1))
        asked = asyncio.ensure_future(ib.reqCurrentTimeAsync())
        broker.trade("U1", "AAPL", "10")
        async with connected(gateway, client_id=8) as other:
            assert await positions(other) == {("U1", "AAPL"): 10}
        assert ib.isConnected()
        assert not asked.done()
        assert ib.positions() == []


@in_a_loop
async def test_every_connection_can_be_closed_at_once(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(CloseStream(), times=1))
        await ib.ended()
        assert gateway.faults.standing() == []
    async with connected(gateway) as ib:
        assert ib.isConnected()
