"""A gateway whose own link is lost and restored, that is restarted, or that is of another age."""

import asyncio

import pytest
import requests

from tieout.simulators.faults import Fault, Silence

from .ibkr import connect, connected, in_a_loop, positions, raw

CONTROL = {"content-type": "application/json"}


@in_a_loop
async def test_while_the_link_is_lost_positions_stand_still(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        broker.lose_link()
        assert "lost" in await ib.code(1100)
        broker.trade("U1", "AAPL", "5")
        assert await positions(ib) == {("U1", "AAPL"): 10}
        assert ib.fills() == []
        broker.restore_link()
        assert "data maintained" in await ib.code(1102)
        assert [row.position for row in ib.positions()] == [10]
        assert await positions(ib) == {("U1", "AAPL"): 15}


@in_a_loop
async def test_a_fill_can_still_come_while_the_link_is_lost(gateway, broker):
    async with connected(gateway) as ib:
        broker.lose_link(lets_fills_through=True)
        broker.trade("U1", "ESU6", "60", price="75")
        await ib.until(lambda: len(ib.fills()) == 1)
        assert 1100 in ib.codes
        assert ib.positions() == []


@in_a_loop
async def test_1101_means_that_subscriptions_are_lost(gateway, broker):
    async with connected(gateway) as ib:
        broker.lose_link()
        broker.restore_link(keeps_data=False)
        assert "data lost" in await ib.code(1101)
        broker.trade("U1", "AAPL", "5")
        await ib.reqCurrentTimeAsync()
        assert ib.positions() == []
        assert await positions(ib) == {("U1", "AAPL"): 5}


@in_a_loop
async def test_who_connects_while_the_link_is_lost_is_told_so(gateway, broker):
    broker.lose_link()
    async with connected(gateway) as ib:
        assert ib.codes == [2110]


@in_a_loop
async def test_any_message_can_be_sent_to_everybody(gateway, broker):
    async with connected(gateway) as ib:
        broker.say(1300)
        broker.say(2103)
        broker.say(10197, "No market data during competing live session")
        assert "reset" in await ib.code(1300)
        assert "broken" in await ib.code(2103)
        assert "competing" in await ib.code(10197)


@in_a_loop
async def test_the_daily_restart_drops_connections_and_refuses_new_ones(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        await gateway.stop()
        await ib.ended()
        with pytest.raises(ConnectionRefusedError):
            await connect(gateway)
        broker.trade("U1", "AAPL", "-4")
        await gateway.start()
    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL"): 6}


@in_a_loop
async def test_connections_can_be_dropped_without_a_restart(gateway, broker):
    async with connected(gateway) as ib, connected(gateway, client_id=8) as other:
        broker.drop_all()
        await ib.ended()
        await other.ended()
    async with connected(gateway) as ib:
        assert ib.isConnected()


@pytest.mark.parametrize(
    ("own", "negotiated"), [(157, 157), (163, 163), (165, 165), (173, 173), (178, 178), (222, 178)]
)
@in_a_loop
async def test_the_lower_version_is_spoken(gateway, broker, own, negotiated):
    gateway.dialect.server_version = own
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        assert ib.client.serverVersion() == negotiated
        assert await positions(ib) == {("U1", "AAPL"): 10}
        (fill,) = await ib.reqExecutionsAsync()
        assert fill.execution.shares == 10
        (found,) = await ib.reqContractDetailsAsync(fill.contract)
        assert found.contract.conId == fill.contract.conId
        assert ib.codes == [2104, 2106, 2158]


@pytest.mark.parametrize("forced", [150, 201])
@in_a_loop
async def test_a_version_that_ib_async_can_not_speak_never_becomes_ready(gateway, forced):
    gateway.dialect.forced_version = forced
    with pytest.raises(asyncio.TimeoutError):
        await connect(gateway, timeout_s=0.3)


def test_what_is_no_handshake_is_hung_up_on(gateway):
    with raw(gateway, offer="hello", client_id=-1) as client:
        assert client.receive() == []


def test_nothing_is_answered_before_the_client_has_named_itself(gateway):
    with raw(gateway, client_id=-1) as client:
        version, at = client.receive()
        assert (version, at) == ("178", "20260302 14:51:12 EST")
        client.send(61, 1)
        client.send(71, 2, 9, "")
        assert client.receive() == ["15", "1", "U1,U2"]
        assert client.receive() == ["9", "1", "1"]


@pytest.mark.parametrize("fields", [(999, 1), ("x",), (6, 2)])
def test_what_can_not_be_read_is_an_error_and_no_more(gateway, fields):
    with raw(gateway) as client:
        client.send(*fields)
        assert [row for row in client.until("4") if row[3] == "320"] or client.until("4")
        client.send(49, 1)
        assert client.until("49")[-1][0] == "49"


def test_a_message_without_end_is_hung_up_on(gateway):
    with raw(gateway) as client:
        client.line.sendall(b"\xff\xff\xff\xff")
        assert client.until("none")[-1] == []


def ask(gateway, method: str, path: str, **options) -> requests.Response:
    return requests.request(method, f"{gateway.address}/_sim/{path}", timeout=10, **options)


@in_a_loop
async def test_the_same_port_takes_events_and_faults_over_http(gateway):
    events = [
        {"do": "trade", "account": "U1", "symbol": "AAPL", "quantity": "10"},
        {"do": "set_apart", "account": "U1", "symbol": "AAPL", "quantity": "4", "model": "M"},
        {"do": "lose_link"},
        {"do": "restore_link", "keeps_data": False},
        {"do": "say", "code": 2110},
    ]
    async with connected(gateway) as ib:
        answer = await asyncio.to_thread(ask, gateway, "POST", "market", json=events)
        assert answer.json()["done"][0]["do"] == "trade"
        await ib.code(2110)
        assert ib.codes[3:] == [1100, 1101, 2110]
        fault = {"effect": {"type": "silence"}, "path": "reqExecutions"}
        answer = await asyncio.to_thread(ask, gateway, "POST", "faults", json=fault)
        assert answer.status_code == 200
        assert isinstance(gateway.faults.standing()[0].fault, Fault)
        assert gateway.faults.standing()[0].fault.effect == Silence()
        calls = await asyncio.to_thread(ask, gateway, "GET", "calls")
        assert [call["path"] for call in calls.json()][:3] == [
            "handshake",
            "startApi",
            "reqPositions",
        ]


def test_nothing_but_the_control_answers_http(gateway):
    assert requests.get(f"{gateway.address}/v2/positions", timeout=10).status_code == 404
    assert ask(gateway, "GET", "market").json()["U1"]["cash"] == "100000"
    big = ask(gateway, "POST", "market", data=b"x" * (2 << 20), headers=CONTROL)
    assert big.status_code == 413
