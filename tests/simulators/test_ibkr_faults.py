"""Each fault of a gateway, as the real ib_async meets it."""

import asyncio
import logging
import socket

import pytest
from ib_async import IB

from tieout.simulators.faults import (
    BareNumbers,
    ClockSkew,
    CutBody,
    Delay,
    DuplicateRows,
    EmptyList,
    ErrorObject,
    Fault,
    HtmlBody,
    NullBody,
    ReorderRows,
    Reset,
    SetField,
    ShortPage,
    Silence,
    Status,
    TradeMeanwhile,
    WrongAccount,
)

from .ibkr import LIMIT_S, Client, connect, connected, in_a_loop, positions, raw

A_WHILE_S = 0.3  # what does not come is waited for so long

HELD = {("U1", "AAPL"): 10, ("U1", "MSFT"): 5, ("U2", "AAPL"): -3}


@pytest.fixture(autouse=True)
def holdings(broker):
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "MSFT", "5")
    broker.trade("U2", "AAPL", "-3")


async def is_silent(asked: "asyncio.Future") -> bool:
    done, _ = await asyncio.wait([asked], timeout=A_WHILE_S)
    return not done


@in_a_loop
async def test_a_late_answer_is_right(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Delay(0.2), path="reqPositions"))
        loop = asyncio.get_running_loop()
        before = loop.time()
        assert await positions(ib) == HELD
        assert loop.time() - before >= 0.2


@in_a_loop
async def test_an_unanswered_request_leaves_the_connection_alive(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Silence(), path="reqPositions"))
        assert await is_silent(ib.reqPositionsAsync())
        assert await ib.reqCurrentTimeAsync()
        assert [call.status for call in gateway.calls][-2:] == [None, 200]


@in_a_loop
async def test_a_late_end_of_one_download_ends_the_next(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Delay(0.1), path="reqPositions"))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(ib.reqPositionsAsync(), 0.01)
        assert len(await ib.reqPositionsAsync()) == 3
        with pytest.raises(KeyError):
            ib.wrapper._results["positions"]


@in_a_loop
async def test_a_gateway_that_greets_nobody_is_silent(gateway):
    gateway.faults.add(Fault(Silence(), path="handshake"))
    with pytest.raises(asyncio.TimeoutError):
        await connect(gateway, timeout_s=A_WHILE_S)
    async with connected(gateway) as ib:
        assert await positions(ib) == HELD


@in_a_loop
async def test_a_gateway_that_never_starts_the_api_is_silent(gateway):
    gateway.faults.add(Fault(Silence(), path="startApi"))
    with pytest.raises(asyncio.TimeoutError):
        await connect(gateway, timeout_s=A_WHILE_S)


@in_a_loop
async def test_positions_that_time_out_at_the_start_fail_the_connection(gateway):
    gateway.faults.add(Fault(Silence(), path="reqPositions"))
    with pytest.raises(ConnectionError, match="positions request timed out"):
        await connect(gateway, timeout_s=A_WHILE_S)
    gateway.faults.add(Fault(Silence(), path="reqPositions"))
    ib = IB()
    await ib.connectAsync(gateway.host, gateway.port, clientId=8, timeout=A_WHILE_S)
    assert ib.isConnected()
    assert ib.positions() == []
    ib.disconnect()


def test_silence_does_not_keep_the_gateway_from_stopping(gateway):
    gateway.faults.add(Fault(Silence(), times=None))
    with raw(gateway, client_id=-1):
        gateway.halt()


def test_a_client_that_says_nothing_does_not_either(gateway):
    with socket.create_connection((gateway.host, gateway.port)) as line:
        gateway.halt()
        assert line.recv(1) == b""


@in_a_loop
async def test_the_connection_is_reset_before_an_answer(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Reset(), path="reqPositions"))
        asked = ib.reqPositionsAsync()
        await ib.ended()
        assert not ib.isConnected()
        assert not asked.done() or asked.exception() is not None


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.99, 1.0])
@in_a_loop
async def test_an_answer_is_cut_inside_a_message(gateway, keep):
    with raw(gateway) as client:
        client.send(61, 1)
        whole = sum(4 + len("\0".join(row)) + 1 for row in client.until("62") if row[0] != "4")
        gateway.faults.add(Fault(CutBody(keep), path="reqPositions"))
        client.send(61, 1)
        data = b""
        while more := client.line.recv(4096):
            data += more
    assert 0 < len(data) < whole
    while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
        data = data[4 + int.from_bytes(data[:4], "big") :]
    assert data, "the last message is not whole"


@in_a_loop
async def test_after_a_cut_ib_async_has_nothing(gateway):
    async with connected(gateway) as ib:
        assert len(ib.positions()) == 3
        gateway.faults.add(Fault(CutBody(), path="reqPositions"))
        ib.client.reqPositions()
        await ib.ended()
        assert ib.positions() == []


@in_a_loop
async def test_a_request_is_answered_with_an_error(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(Status(162, message="try again"), path="reqExecutions"))
        with pytest.raises(Exception, match="try again"):
            await ib.reqExecutionsAsync()
        gateway.faults.add(Fault(Status(321, message="not now"), path="reqPositions"))
        asked = ib.reqPositionsAsync()
        assert await ib.code(321) == "not now"
        assert await is_silent(asked)


@in_a_loop
async def test_no_rows_come_although_something_is_held(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(EmptyList(), path="reqPositions"))
        assert await ib.reqPositionsAsync() == []
        assert len(ib.positions()) == 3
        assert await positions(ib) == HELD


@in_a_loop
async def test_an_error_and_an_end_look_like_an_empty_account(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(ErrorObject(code=2110, message="broken"), path="reqPositions"))
        assert await ib.reqPositionsAsync() == []
        assert 2110 in ib.codes


@in_a_loop
async def test_rows_go_missing_come_twice_or_in_another_order(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(ShortPage(), path="reqPositions"))
        assert len(await ib.reqPositionsAsync()) == 2
        gateway.faults.add(Fault(DuplicateRows(), path="reqPositions"))
        assert len(await ib.reqPositionsAsync()) == 4
        gateway.faults.add(Fault(ReorderRows(), path="reqPositions", times=20))
        orders = {tuple(await positions(ib)) for _ in range(20)}
        assert len(orders) > 1
        assert {frozenset(order) for order in orders} == {frozenset(HELD)}


@in_a_loop
async def test_all_rows_belong_to_a_foreign_account(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(WrongAccount("U999"), path="reqPositions"))
        assert {account for account, _ in await positions(ib)} == {"U999"}
        assert ib.managedAccounts() == ["U1", "U2"]
    gateway.faults.add(Fault(WrongAccount("U999"), path="startApi"))
    async with connected(gateway) as ib:
        assert ib.managedAccounts() == ["U999"]
    gateway.faults.add(Fault(WrongAccount("U999"), path="reqExecutions"))
    async with connected(gateway) as ib:
        fills = await ib.reqExecutionsAsync()
        assert {fill.execution.acctNumber for fill in fills} == {"U999"}


@pytest.mark.parametrize("value", ["", "NaN", "1.7976931348623157E308", "many", 5.5])
@in_a_loop
async def test_a_number_can_be_anything(gateway, caplog, value):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(SetField("position", value, row=1), path="reqPositions"))
        rows = await ib.reqPositionsAsync()
    found = [row.position for row in rows if row.contract.symbol == "MSFT"]
    expected = {
        "": [0.0],
        "many": [],
        5.5: [5.5],
        "1.7976931348623157E308": [1.7976931348623157e308],
    }
    assert str(found) == str(expected.get(value, [float("nan")]))


@pytest.mark.parametrize(("field", "value"), [("currency", None), ("more", "1")])
@in_a_loop
async def test_a_row_with_a_field_too_few_or_too_many_vanishes(gateway, caplog, field, value):
    caplog.set_level(logging.ERROR, logger="ib_async.Decoder")
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(SetField(field, value, row=1), path="reqPositions"))
        assert set(await positions(ib)) == {("U1", "AAPL"), ("U2", "AAPL")}
    assert [record.name for record in caplog.records] == ["ib_async.Decoder"]


@in_a_loop
async def test_a_field_of_some_rows_is_changed_in_the_first_that_has_it(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(SetField("averageCost", "NaN"), path="reqAccountUpdates"))
        await ib.reqAccountUpdatesAsync("U1")
        first, second = ib.portfolio()
        tags = {value.tag for value in ib.accountValues("U1")}
    assert (str(first.averageCost), second.averageCost) == ("nan", 400.7)
    assert {"AccountCode", "NetLiquidation"} <= tags


@in_a_loop
async def test_an_empty_message_can_not_be_decoded(gateway, caplog):
    caplog.set_level(logging.ERROR, logger="ib_async.Decoder")
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(NullBody(), path="reqPositions"))
        assert await is_silent(ib.reqPositionsAsync())
        await ib.reqCurrentTimeAsync()  # ib_async looks at four bytes only when more have come
    assert "Error handling fields: []" in caplog.text


@in_a_loop
async def test_a_web_page_looks_like_the_start_of_a_huge_message(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(HtmlBody(), path="reqPositions"))
        assert await is_silent(ib.reqPositionsAsync())
        assert await is_silent(ib.reqCurrentTimeAsync())
        assert ib.isConnected()


@in_a_loop
async def test_numbers_are_texts_whatever_happens(gateway):
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(BareNumbers(), path="reqPositions"))
        assert await positions(ib) == HELD


@in_a_loop
async def test_the_gateways_clock_may_be_wrong(gateway, clock):
    gateway.faults.add(Fault(ClockSkew(seconds=90), times=None))
    async with connected(gateway) as ib:
        told = await ib.reqCurrentTimeAsync()
        assert (told - clock.now.replace(microsecond=0)).total_seconds() == 90
        fill = (await ib.reqExecutionsAsync())[0]
        assert 89 <= (fill.execution.time - clock.now).total_seconds() <= 90


@in_a_loop
async def test_two_reads_do_not_agree(gateway):
    fault = TradeMeanwhile("U1", "AAPL", "1")
    gateway.faults.add(Fault(fault, path="reqPositions", skip=1, times=None))
    async with connected(gateway) as ib:
        reads = [(await positions(ib))["U1", "AAPL"] for _ in range(3)]
    assert reads == [11, 12, 13]


@in_a_loop
async def test_a_change_comes_in_the_middle_of_a_download(gateway):
    fault = TradeMeanwhile("U1", "AAPL", "1", is_midway=True)
    async with connected(gateway) as ib:
        gateway.faults.add(Fault(fault, path="reqPositions"))
        rows = await ib.reqPositionsAsync()
    assert [row.position for row in rows if row.account == "U1"] == [10, 5, 11]
    assert [row.position for row in rows] == [10, 5, 11, -3]


@in_a_loop
async def test_answers_come_in_pieces_of_three_bytes(gateway):
    gateway.dialect.chunk_bytes = 3
    async with connected(gateway) as ib:
        assert await positions(ib) == HELD


@in_a_loop
async def test_a_client_id_that_is_in_use_is_refused(gateway):
    async with connected(gateway) as ib:
        other = Client()
        with pytest.raises(asyncio.TimeoutError):
            await other.connectAsync(gateway.host, gateway.port, clientId=7, timeout=A_WHILE_S)
        assert "client id is already in use" in dict(other.errors)[326]
        assert await positions(ib) == HELD
    async with connected(gateway) as ib:
        assert ib.isConnected()


@in_a_loop
async def test_a_client_id_can_linger_after_its_client(gateway, broker):
    broker.occupy_client_id(7)
    other = Client()
    with pytest.raises(asyncio.TimeoutError):
        await other.connectAsync(gateway.host, gateway.port, clientId=7, timeout=A_WHILE_S)
    assert other.codes == [326]
    broker.free_client_id(7)
    async with connected(gateway) as ib:
        assert ib.isConnected()


@in_a_loop
async def test_only_so_many_clients_are_let_in(gateway):
    gateway.dialect.clients_max = 1
    async with connected(gateway):
        with pytest.raises(asyncio.TimeoutError):
            await connect(gateway, client_id=8, timeout_s=A_WHILE_S)


@in_a_loop
async def test_more_than_fifty_messages_a_second_end_the_connection(gateway):
    async with connected(gateway) as ib:
        ib.client.MaxRequests = 0
        for _ in range(60):
            ib.client.reqIds(1)
        await ib.ended()
        assert "Max rate of messages per second" in dict(ib.errors)[100]


@in_a_loop
async def test_ib_asyncs_own_pace_is_slow_enough_with_headroom(gateway):
    async with connected(gateway) as ib:
        ib.client.MaxRequests = 35
        before = len(gateway.calls)
        for _ in range(60):
            ib.client.reqIds(1)
        await asyncio.wait_for(ib.reqCurrentTimeAsync(), LIMIT_S)
        assert len(gateway.calls) == before + 61
        assert 100 not in ib.codes
