"""The user stream, through the real SDK."""

import json
import ssl

import pytest
from coinbase import jwt_generator
from coinbase.websocket.websocket_base import (
    WSClientConnectionClosedException,
    WSClientException,
)
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from tieout.simulators.coinbase_faults import STREAM_TROUBLES

from .coinbase import BIT, WAIT_S, Socket, Stream, serving, streaming

pytestmark = [
    # The SDK's own way to open a connection.
    pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning"),
]


@pytest.fixture
def stream(desk):
    with streaming(desk, "heartbeats", "user") as stream:
        assert stream.next("user")["events"][0]["type"] == "snapshot"
        yield stream


def orders(message) -> list[dict]:
    return [order for event in message["events"] for order in event["orders"]]


def test_a_subscription_begins_with_the_open_orders(desk, coinbase):
    resting = coinbase.place_order("main", "BTC-USD", "0.1", limit_price="50000")
    coinbase.trade("main", "ETH-USD", "1")
    with streaming(desk, "user") as stream:
        assert stream.next()["channel"] == "subscriptions"
        message = stream.next()
    (order,) = orders(message)
    assert message["events"][0]["type"] == "snapshot"
    assert (order["order_id"], order["leaves_quantity"]) == (resting.id, "0.1")


def test_many_open_orders_come_in_batches(desk, coinbase):
    for _ in range(51):
        coinbase.place_order("main", "ETH-USD", "0.01", limit_price="1000")
    with streaming(desk, "user") as stream:
        sizes = [len(orders(stream.next("user"))) for _ in range(2)]
    assert sizes == [50, 1]


def test_an_update_has_what_was_done_in_all(coinbase, stream):
    coinbase.trade("main", "ETH-USD", "2", price="100", parts=["1"])
    first, second = (orders(stream.next("user"))[0] for _ in range(2))
    assert (first["cumulative_quantity"], first["status"]) == ("1", "OPEN")
    assert (second["cumulative_quantity"], second["status"]) == ("2", "FILLED")
    assert (second["avg_price"], second["leaves_quantity"]) == ("100", "0")
    assert second["total_fees"] == "1.2"


def test_a_canceled_order_is_told(coinbase, stream):
    order = coinbase.place_order("main", "ETH-USD", "1", limit_price="100")
    coinbase.cancel_order("main", order.id)
    told = [orders(stream.next("user"))[0]["status"] for _ in range(2)]
    assert told == ["OPEN", "CANCELLED"]


def test_messages_are_numbered_one_after_the_other(coinbase, stream):
    coinbase.trade("main", "ETH-USD", "1")
    before = stream.next("user")["sequence_num"]
    assert stream.next("heartbeats")["sequence_num"] == before + 1


def test_a_test_can_wait_for_listeners(desk):
    assert not desk.wait_until_listening(timeout_s=0)
    with streaming(desk, "heartbeats", "user"):
        assert desk.wait_until_listening(2)


def test_heartbeats_count(stream):
    first, second = (stream.next("heartbeats")["events"][0]["heartbeat_counter"] for _ in range(2))
    assert second == first + 1


def test_only_ones_own_orders_are_told(coinbase, stream):
    coinbase.trade("other", "ETH-USD", "0.1")
    coinbase.trade("main", "ETH-USD", "0.2")
    assert orders(stream.next("user"))[0]["cumulative_quantity"] == "0.2"


def test_a_subscription_to_products_hears_of_no_others(desk, coinbase):
    with streaming(desk) as stream:
        stream.client.subscribe(["ETH-USD"], ["user"])
        stream.next("user")
        coinbase.trade("main", "BTC-USD", "0.1")
        coinbase.trade("main", "ETH-USD", "0.2")
        assert orders(stream.next("user"))[0]["product_id"] == "ETH-USD"


def test_perpetuals_are_not_told_here(coinbase, stream):
    coinbase.trade("main", "BTC_USDC-PERPETUAL", "0.1")
    coinbase.trade("main", BIT, "1")
    (order,) = orders(stream.next("user"))
    assert (order["product_id"], order["product_type"]) == (BIT, "FUTURE")


def test_who_unsubscribes_hears_no_more(coinbase, stream):
    stream.client.unsubscribe([], ["user"])
    while "user" in stream.next("subscriptions")["events"][0]["subscriptions"]:
        pass
    coinbase.trade("main", "ETH-USD", "1")
    stream.client.subscribe([], ["user"])
    assert stream.next("user")["events"][0]["type"] == "snapshot"


def test_positions_are_empty_unless_the_venue_enabled_them(coinbase, stream):
    coinbase.trade("main", BIT, "3", price="60000")
    shown = stream.next("user")["events"][0]["positions"]
    assert shown == {"perpetual_futures_positions": [], "expiring_futures_positions": []}
    with serving(coinbase, stream_positions=True) as desk, streaming(desk, "user") as beta:
        (row,) = beta.next("user")["events"][0]["positions"]["expiring_futures_positions"]
    assert (row["product_id"], row["number_of_contracts"]) == (BIT, "3")
    assert row["entry_price"] == "60000"


def test_the_balance_of_futures_has_a_channel(desk, coinbase):
    with streaming(desk, "futures_balance_summary") as stream:
        first = stream.next("futures_balance_summary")["events"][0]
        coinbase.move_to_futures("main", "100")
        coinbase.trade("main", BIT, "1")
        second = stream.next("futures_balance_summary")["events"][0]
    assert (first["type"], second["type"]) == ("snapshot", "update")
    assert second["fcm_balance_summary"]["cfm_usd_balance"] == "99.85"


def test_a_wrong_token_is_refused_in_words(desk, coinbase):
    coinbase.open_account("gone")
    stream = Stream(desk, "gone")
    coinbase.revoke_key("gone", stream.client.api_key)
    stream.client.open()
    stream.client.subscribe([], ["user"])
    assert stream.next() == {"type": "error", "message": "authentication failure"}
    stream.client.close()


def plain(desk) -> Socket:
    """A client that checks the certificate, which the SDK does not."""
    return Socket(desk.stream_address, trusted=desk.ca_file)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("nonsense", "failed to parse message"),
        ('{"type": "subscribe", "channel": "level9"}', "channel 'level9' is not supported"),
        ('{"type": "hello", "channel": "heartbeats"}', "type not supported"),
        ('{"type": "subscribe", "channel": "user"}', "authentication failure"),
    ],
)
def test_what_cannot_be_done_is_said(desk, sent, words):
    with plain(desk) as socket:
        socket.send(sent)
        assert json.loads(socket.recv()) == {"type": "error", "message": words}


def test_a_client_that_does_not_know_the_authority_refuses(desk):
    with pytest.raises(ssl.SSLCertVerificationError):
        Socket(desk.stream_address)


def test_tokens_in_messages_are_checked_without_a_uri(desk):
    key = desk.credentials("main")
    token = jwt_generator.build_ws_jwt(key.name, key.secret)
    with plain(desk) as socket:
        socket.send(json.dumps({"type": "subscribe", "channel": "user", "jwt": token}))
        told = [json.loads(socket.recv())["channel"] for _ in range(2)]
    assert told == ["subscriptions", "user"]


def test_connections_and_messages_have_limits(coinbase):
    with serving(coinbase, connections_per_s=1, messages_per_s=1) as desk:
        desk._ticks = lambda: 5.0
        with plain(desk) as socket:
            for _ in range(2):
                socket.send('{"type": "subscribe", "channel": "heartbeats"}')
            heard = [json.loads(socket.recv()) for _ in range(3)]
            assert heard[2] == {"type": "error", "message": "rate limit exceeded"}
            with pytest.raises(InvalidStatus) as refused:
                plain(desk)
    assert refused.value.response.status_code == 429


def test_silence_ends_a_connection(coinbase):
    closed = pytest.raises(ConnectionClosedOK)
    with serving(coinbase, stream_idle_s=0.2) as desk, plain(desk) as socket, closed:
        socket.recv()


# What goes wrong.

TROUBLES = {trouble.name: trouble for trouble in STREAM_TROUBLES}


@pytest.fixture
def quiet(desk):
    """A stream without heartbeats."""
    with streaming(desk, "user") as stream:
        assert stream.next("user")["sequence_num"] == 1
        yield stream


def test_a_dropped_frame_leaves_a_gap(desk, coinbase, quiet):
    TROUBLES["a dropped frame"].befall(desk.faults)
    coinbase.trade("main", "ETH-USD", "0.1")
    coinbase.trade("main", "ETH-USD", "0.2")
    message = quiet.next()
    assert orders(message)[0]["cumulative_quantity"] == "0.2"
    assert message["sequence_num"] == 3


def test_a_frame_may_come_twice(desk, coinbase, quiet):
    TROUBLES["a frame twice"].befall(desk.faults)
    coinbase.trade("main", "ETH-USD", "0.1")
    assert quiet.next() == quiet.next()


def test_a_dead_socket_stays_open_and_silent(desk, coinbase, stream):
    TROUBLES["a dead socket"].befall(desk.faults)
    coinbase.trade("main", "ETH-USD", "0.1")
    with streaming(desk, "user") as other:
        other.next("user")
        coinbase.trade("main", "ETH-USD", "0.2")
        other.next("user")  # by then the first would have heard of both
    seen = list(stream.heard.queue)
    assert all(message["channel"] == "heartbeats" for message in seen)
    assert stream.client._is_websocket_open()


def test_a_cut_is_an_error_that_the_sdk_tells_who_asks(desk, quiet):
    TROUBLES["a cut"].befall(desk.faults)
    quiet.ended.wait(WAIT_S)
    with pytest.raises(WSClientConnectionClosedException, match="1011"):
        quiet.client.raise_background_exception()


def test_a_close_in_order_is_not_even_noticed_by_the_sdk(desk, quiet):
    TROUBLES["a close in order"].befall(desk.faults)
    assert quiet.ended.wait(WAIT_S)
    quiet.client.raise_background_exception()


def test_a_login_may_be_refused(desk):
    TROUBLES["a refused login"].befall(desk.faults)
    with streaming(desk, "user") as stream:
        assert stream.next() == {"type": "error", "message": "authentication failure"}
        stream.client.subscribe([], ["user"])
        assert stream.next("user")["events"][0]["type"] == "snapshot"


@pytest.mark.parametrize("name", ["a refused connection", "too many connections"])
def test_a_connection_may_be_refused(desk, name):
    TROUBLES[name].befall(desk.faults)
    stream = Stream(desk)
    with pytest.raises(WSClientException):
        stream.client.open()
    stream.client.open()  # the next one is let in
    stream.client.close()


def test_a_connection_may_hang(desk):
    TROUBLES["a connection that hangs"].befall(desk.faults)
    stream = Stream(desk)
    stream.client.timeout = 0.3
    with pytest.raises(WSClientException, match="timed out"):
        stream.client.open()
