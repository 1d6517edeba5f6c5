"""What happens to a connection: refused, silent, taken, cut, without IBKR behind it, and back."""

import asyncio
import socket
import threading

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.limits import Limits
from venues.alpaca import FakeClock
from venues.ibkr import AAPL, CLIENT, error, nothing, only, read, venue_at

SHORT = Limits(connect_s=0.2, request_s=0.2, marks_s=0.05, reports_s=0.05, answer_s=0.2)
LOST = error(1100, "Connectivity between IB and Trader Workstation has been lost.")
BACK = error(1102, "Connectivity has been restored - data maintained.")


@pytest.fixture
def short(tws):
    venue = venue_at(tws, FakeClock(), limits=SHORT)
    yield venue
    asyncio.run(venue.aclose())


def failure(venue, kind=VenueError):
    with pytest.raises(kind) as caught:
        read(venue)
    assert caught.value.advice
    assert caught.value.evidence
    return caught.value


def test_nobody_listens_there(tws, short):
    tws.close()
    found = failure(short, VenueUnavailable)
    assert found.status == 502
    assert str(found).startswith(
        f"gateway: 502: no gateway could be reached at 127.0.0.1:{tws.port}"
    )
    assert "IBKR_HOST and IBKR_PORT" in found.advice


def test_a_host_that_does_not_exist_is_not_reached(tws):
    nowhere = Address(host="no-such-host.invalid", port=4001)
    venue = venue_at(tws, FakeClock(), limits=SHORT, address=nowhere)
    assert failure(venue, VenueUnavailable).status == 502
    asyncio.run(venue.aclose())


def test_a_gateway_that_says_nothing_at_all(tws, short):
    tws.is_logged_on = False
    found = failure(short, VenueUnavailable)
    assert "did not log on within 0.2 s" in str(found)
    assert "look at its screen" in found.advice


def test_a_gateway_older_than_the_sdk_reads(tws, short):
    tws.version = 150
    assert isinstance(failure(short), VenueUnavailable)


def test_a_client_id_in_use_says_so_at_once_and_is_not_tried_again(tws, gateway):
    tws.taken = {str(CLIENT)}
    found = failure(gateway, VenueRefused)
    assert found.status == 326
    assert "client id 7 is in use" in str(found)
    assert "IBKR_CLIENT_ID" in found.advice
    assert tws.calls("71") == 1


def test_a_web_server_behind_the_port_is_told_from_a_gateway(tws):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(SHORT.tries_max):
            connection, _ = server.accept()
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    there = Address(host="127.0.0.1", port=server.getsockname()[1])
    venue = venue_at(tws, FakeClock(), limits=SHORT, address=there)
    found = failure(venue, VenueReplyInvalid)
    asyncio.run(venue.aclose())
    thread.join()
    server.close()
    assert "HTTP/1.1" in str(found)


def test_a_request_without_answer_is_asked_again_only_over_a_new_connection(tws, short):
    tws.hold(AAPL, "10", "190.5")
    read(short)
    tws.asked.clear()
    tws.say_instead("61", nothing)
    assert only(read(short)).quantity == "10"
    kinds = [each[0] for each in tws.asked]
    assert kinds[:4] == ["17", "61", "71", "61"]  # silence, then a connect, which asks first


@pytest.mark.parametrize("kind", ["61", "7", "17"])
def test_whatever_is_not_answered_is_named(tws, short, kind):
    read(short)
    tws.silent = {kind}
    names = {"61": "reqPositions", "7": "reqExecutions", "17": "reqManagedAccts"}
    found = failure(short, VenueUnavailable)
    assert f"{names[kind]} was not answered within 0.2 s" in str(found)


def test_what_the_gateway_said_last_is_told_with_its_silence(tws, short):
    read(short)
    tws.instead["7"] = [error(162, "Historical data is not subscribed")] * 3
    assert "it last said 162: Historical data" in str(failure(short))


def test_a_request_that_is_refused_says_with_what(tws, gateway):
    read(gateway)

    def refuse(client):
        client.send("4", "2", tws.asked[-1][2], "200", "No security definition", "")

    tws.say_instead("7", refuse)
    found = failure(gateway, VenueRefused)
    assert "reqExecutions was refused with 200: No security definition" in str(found)


def test_a_gateway_without_ibkr_behind_it_is_not_read(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    tws.say_instead("17", lambda client: (LOST(client), tws._answer_17(client, [])))
    found = failure(gateway, VenueUnavailable)
    assert found.status == 1100
    tws.asked.clear()
    assert failure(gateway).status == 1100
    assert tws.asked == []  # until it says that it is back
    tws.push("4", "2", "-1", 1101, "Connectivity has been restored - data lost.", "")
    tws.say_instead("17")
    assert only(read_when_back(gateway)).quantity == "10"


def read_when_back(venue, *, tries=200):
    """The reading once the notice was heard."""
    for _ in range(tries):
        try:
            return read(venue)
        except VenueUnavailable:
            continue
    raise AssertionError("it did not come back")


def test_an_outage_within_a_reading_spoils_it(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)

    def outage(client):
        LOST(client)
        BACK(client)
        tws._answer_7(client, tws.asked[-1])

    tws.say_instead("7", outage)
    assert failure(gateway).status == 1100
    assert read(gateway).snapshot.complete


def test_after_a_drop_the_accounts_are_asked_for_again_and_nothing_is_flat(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    read(gateway)
    tws.drop()
    assert only(read(gateway)).quantity == "10"


def test_a_gateway_that_is_away_is_there_again_in_the_next_reading(tws, short):
    tws.hold(AAPL, "10", "190.5")
    read(short)
    tws.is_logged_on = False
    tws.drop()
    assert isinstance(failure(short), VenueUnavailable)
    tws.is_logged_on = True
    assert only(read(short)).quantity == "10"


def test_a_reading_that_is_given_up_does_not_spoil_the_next(tws, short):
    tws.hold(AAPL, "10", "190.5")
    read(short)
    tws.say_instead("61", nothing)

    async def given_up():
        async with asyncio.timeout(0.02):
            await short.read("U1", cursor=None)

    with pytest.raises(TimeoutError):
        asyncio.run(given_up())
    assert only(read(short)).quantity == "10"


def test_a_reading_has_a_deadline_for_all_it_asks(tws):
    venue = venue_at(tws, FakeClock(), limits=Limits(deadline_s=0.1))
    tws.silent = {"61"}
    found = failure(venue, VenueUnavailable)
    asyncio.run(venue.aclose())
    assert "did not answer everything within 0.1 s" in str(found)


def test_requests_of_many_tasks_are_made_one_at_a_time(tws, gateway):
    tws.hold(AAPL, "10", "190.5")

    async def many():
        reads = (gateway.read("U1", cursor=None) for _ in range(5))
        return await asyncio.gather(*reads, gateway.accounts(), gateway.check())

    found = asyncio.run(many())
    assert all(each.snapshot.complete for each in found[:5])
    assert tws.calls("71") == 1


def test_two_event_loops_share_one_connection(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    found = []
    threads = [threading.Thread(target=lambda: found.append(read(gateway))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [only(each).quantity for each in found] == ["10", "10"]
    assert tws.calls("71") == 1


def test_messages_in_small_pieces_are_whole_in_the_end(tws, gateway):
    tws.hold(AAPL, "10", "190.5")
    tws.piece_bytes = 3
    assert only(read(gateway)).quantity == "10"
