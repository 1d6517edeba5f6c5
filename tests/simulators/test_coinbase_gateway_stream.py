"""The gateway's websocket."""

import ssl

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from tieout.simulators.coinbase_faults import GATEWAY_STREAM_TROUBLES

from .coinbase import PERP, RpcStream, Socket, serving

INVERSE = "BTC-PERPETUAL"


@pytest.fixture
def stream(desk):
    stream = RpcStream(desk)
    stream.sign_in()
    yield stream
    stream.socket.close()


def test_every_call_is_answered_here_too(coinbase, stream, rpc):
    coinbase.trade("main", PERP, "0.25")
    (position,) = stream("private/get_positions", currency="any")["result"]
    assert position["size_currency"] == "0.25"
    assert [position] == rpc("private/get_positions", currency="any")


def test_nobody_is_answered_before_signing_in(desk):
    stranger = RpcStream(desk)
    assert stranger("private/get_positions")["error"]["code"] == 13009
    assert stranger("private/subscribe", channels=["user.trades.any.any.raw"])["error"]
    given = stranger.sign_in()["result"]["access_token"]
    stranger.socket.close()
    other = RpcStream(desk)  # a token may also come with the call
    assert other("private/get_positions", access_token=given)["result"] == []
    other.socket.close()


def test_a_trade_is_told_with_the_position_after_it(coinbase, stream):
    channels = ["user.trades.any.any.raw", "user.changes.any.any.raw", "user.portfolio.usdc"]
    assert stream("private/subscribe", channels=channels)["result"] == channels
    coinbase.trade("main", PERP, "-0.25", price="60000")
    trades, changes, portfolio = (stream.next()["params"] for _ in range(3))
    assert [trades["channel"], changes["channel"], portfolio["channel"]] == channels
    (trade,) = trades["data"]
    assert (trade["direction"], trade["amount"], trade["price"]) == ("sell", "0.25", 60000)
    assert changes["data"]["positions"][0]["size_currency"] == "-0.25"
    assert portfolio["data"]["currency"] == "USDC"


def test_a_closed_position_is_told_as_flat(coinbase, stream):
    coinbase.trade("main", PERP, "1")
    stream("private/subscribe", channels=["user.changes.any.any.raw"])
    coinbase.trade("main", PERP, "-1")
    (position,) = stream.next()["params"]["data"]["positions"]
    assert (position["size_currency"], position["instrument_name"]) == (0, PERP)


@pytest.mark.parametrize(
    "channel",
    [f"user.trades.{INVERSE}.raw", "user.trades.any.BTC.raw", "user.trades.future.btc.100ms"],
)
def test_a_subscription_is_about_a_currency_or_an_instrument(coinbase, stream, channel):
    stream("private/subscribe", channels=[channel])
    coinbase.trade("main", PERP, "1")
    coinbase.trade("other", INVERSE, "10")
    coinbase.trade("main", INVERSE, "20")
    (trade,) = stream.next()["params"]["data"]
    assert (trade["instrument_name"], trade["amount"]) == (INVERSE, 20)


def test_coins_are_not_told_here(coinbase, stream):
    stream("private/subscribe", channels=["user.trades.any.any.raw", "user.nothing", "book.x"])
    coinbase.trade("main", "ETH-USD", "1")
    coinbase.trade("main", PERP, "1")
    assert stream.next()["params"]["data"][0]["instrument_name"] == PERP
    stream("private/unsubscribe", channels=["user.trades.any.any.raw"])
    coinbase.trade("main", PERP, "1")
    assert stream("public/test")["result"] == {"version": "1.2.26"}


def test_heartbeats_are_asked_for(coinbase, stream):
    assert stream("public/set_heartbeat", interval=9)["error"]["code"] == -32602
    with serving(coinbase, gateway_heartbeat_s_min=1) as desk:
        beating = RpcStream(desk)
        assert beating("public/set_heartbeat", interval=1)["result"] == "ok"
        assert beating.next()["method"] == "heartbeat"
        beating.socket.close()


def test_nonsense_is_a_parse_error(stream):
    for nonsense in ("{", "[]", '{"params": 3}'):
        stream.socket.send(nonsense)
        assert stream.next()["error"]["code"] == -32700


TROUBLES = {trouble.name: trouble for trouble in GATEWAY_STREAM_TROUBLES}


@pytest.fixture
def listening(stream):
    stream("private/subscribe", channels=["user.trades.any.any.raw"])
    return stream


def amount(message) -> int:
    return message["params"]["data"][0]["amount"]


def test_a_frame_may_be_dropped_or_come_twice(desk, coinbase, listening):
    TROUBLES["a dropped frame"].befall(desk.faults)
    coinbase.trade("main", PERP, "1")
    coinbase.trade("main", PERP, "2")
    assert amount(listening.next()) == 2
    TROUBLES["a frame twice"].befall(desk.faults)
    coinbase.trade("main", PERP, "3")
    assert [amount(listening.next()) for _ in range(2)] == [3, 3]


def test_a_dead_socket_stays_open_and_silent(desk, coinbase, listening):
    TROUBLES["a dead socket"].befall(desk.faults)
    coinbase.trade("main", PERP, "1")
    listening.socket.send('{"method": "public/test", "id": 1}')
    with pytest.raises(TimeoutError):
        listening.socket.recv(timeout=0.3)


@pytest.mark.parametrize(
    ("name", "closed"), [("a cut", ConnectionClosedError), ("a close in order", ConnectionClosedOK)]
)
def test_a_connection_may_end(desk, listening, name, closed):
    TROUBLES[name].befall(desk.faults)
    with pytest.raises(closed):
        listening.socket.recv()


def test_a_login_may_be_refused(desk, stream):
    TROUBLES["a refused login"].befall(desk.faults)
    assert stream.sign_in()["error"]["code"] == 13009
    assert stream.sign_in()["result"]["token_type"] == "bearer"


@pytest.mark.parametrize(
    ("name", "status"), [("a refused connection", 403), ("too many connections", 429)]
)
def test_a_connection_may_be_refused(desk, name, status):
    TROUBLES[name].befall(desk.faults)
    with pytest.raises(InvalidStatus) as refused:
        RpcStream(desk)
    assert refused.value.response.status_code == status
    assert b'"jsonrpc"' not in refused.value.response.body


def test_a_connection_may_hang(desk):
    TROUBLES["a connection that hangs"].befall(desk.faults)
    with pytest.raises(TimeoutError):
        Socket(desk.gateway_stream_address, trusted=desk.ca_file, open_timeout=0.3)


def test_a_client_that_does_not_know_the_authority_refuses(desk):
    with pytest.raises(ssl.SSLCertVerificationError):
        Socket(desk.gateway_stream_address)
