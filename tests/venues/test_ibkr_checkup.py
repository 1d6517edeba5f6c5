"""What `doctor` says of a gateway: address, login, accounts, read-only or not, clock."""

import asyncio
from datetime import timedelta

import pytest

from tieout.ports import Finding
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.limits import Limits
from venues.alpaca import FakeClock
from venues.ibkr import CLIENT, NOW, error, read, venue_at


def found(venue) -> dict[str, Finding]:
    findings = asyncio.run(venue.check())
    assert all(each.advice for each in findings if each.level != "ok")
    return {each.subject: each for each in findings}


def test_a_good_gateway(tws, gateway):
    tws.accounts = ["U1", "U2"]
    findings = found(gateway)
    assert {name: each.level for name, each in findings.items()} == {
        "address": "ok",
        "sdk": "ok",
        "login": "ok",
        "connection to IBKR": "ok",
        "account": "ok",
        "limits": "ok",
        "trading": "ok",
        "clock": "ok",
    }
    assert findings["login"].message == "connected as client 7, version 178"
    assert findings["account"].message == "U1, U2"
    assert findings["sdk"].message.startswith("ib_async 2.1.")
    assert findings["trading"].message == "the gateway's API is read-only"


def test_a_gateway_that_takes_orders_is_a_warning(tws, gateway):
    tws.is_read_only = False
    trading = found(gateway)["trading"]
    assert (trading.level, trading.message) == (
        "warning", "the gateway takes orders from its clients",
    )  # fmt: skip
    assert "Read-Only API" in trading.advice


def test_a_gateway_that_does_not_say_is_a_warning(tws, gateway):
    tws.silent = {"5"}
    assert "did not say" in found(gateway)["trading"].message
    assert read(gateway).snapshot.complete


def test_a_client_id_in_use_is_a_finding(tws, gateway):
    tws.taken = {str(CLIENT)}
    client = found(gateway)["client id"]
    assert client.level == "error"
    assert "326" in client.message
    assert "IBKR_CLIENT_ID" in client.advice


def test_no_gateway_is_a_finding(tws, gateway):
    tws.close()
    login = found(gateway)["login"]
    assert login.level == "error"
    assert "502" in login.message


def test_a_login_with_more_accounts_than_a_gateway_tells_of_is_an_error(tws, gateway):
    tws.accounts = [f"U{number}" for number in range(51)]
    limits = found(gateway)["limits"]
    assert limits.level == "error"
    assert "51 accounts" in limits.message


def test_an_account_that_the_login_does_not_have_is_an_error(tws):
    venue = venue_at(tws, FakeClock(NOW), account="U9")
    account = found(venue)["account"]
    asyncio.run(venue.aclose())
    assert account.level == "error"
    assert "set up for U9, and the login has U1" in account.message


@pytest.mark.parametrize(("seconds", "words"), [(-90, "90 s ahead of"), (90, "90 s behind")])
def test_a_clock_that_is_off_is_told(tws, gateway, seconds, words):
    tws.now += timedelta(seconds=seconds)
    clock = found(gateway)["clock"]
    assert clock.level == "warning"
    assert clock.message == f"this machine is {words} the gateway"


def test_a_gateway_without_ibkr_behind_it_is_an_error(tws, gateway):
    tws.say_instead("17", lambda client: (error(1100, "lost")(client),
                                          tws._answer_17(client, [])))  # fmt: skip
    assert found(gateway)["connection to IBKR"].level == "error"


def test_a_gateway_on_another_machine_is_not_encrypted(tws):
    elsewhere = Address(host="gateway.invalid", port=4001)
    venue = venue_at(tws, FakeClock(NOW), address=elsewhere, limits=Limits(connect_s=0.05))
    findings = found(venue)
    asyncio.run(venue.aclose())
    assert findings["address"].level == "warning"
    assert "SSH" in findings["address"].advice
    assert "502" in findings["login"].message
