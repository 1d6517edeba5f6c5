"""Settings of a connection to a gateway, refused by name where they are wrong."""

import asyncio
import subprocess
import sys

import pytest

from tieout.core.errors import SettingsError
from tieout.core.policy import default_policy
from tieout.venues import registry
from venues.alpaca import FakeClock


def connect(**settings: str):
    return registry.connect("ibkr", name="gateway", settings=settings, clock=FakeClock())


def refusal(**settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        connect(**settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("127.0.0.1:4002", "127.0.0.1:4002"),
        (" gateway.local:7497 ", "gateway.local:7497"),
        ("[::1]:4001", "[::1]:4001"),
        ("", "127.0.0.1:4001"),
    ],
)
def test_the_address_is_host_and_port(address, asked):
    assert (
        repr(connect(address=address, client_id="7"))
        == f"IbkrVenue('gateway', '{asked}', client 7)"
    )


def test_without_any_setting_a_gateway_on_this_machine_is_asked():
    assert "'127.0.0.1:4001'" in repr(connect())


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", ":4002", "http://127.0.0.1:4002", "a b:1"],
)
def test_a_wrong_address_says_what_is_allowed(address):
    message = refusal(address=address)
    assert "connections.gateway.address (or IBKR_HOST and IBKR_PORT) must be HOST:PORT" in message
    assert "4002 (paper)" in message


@pytest.mark.parametrize("client_id", ["0", "-1", "1.5", "seven", "2147483648"])
def test_a_wrong_client_id_says_what_is_allowed(client_id):
    message = refusal(client_id=client_id)
    assert "connections.gateway.client_id (or IBKR_CLIENT_ID)" in message


@pytest.mark.parametrize("text", ["0", "601", "soon", "nan"])
def test_a_wrong_timeout_names_the_setting(text):
    assert "connections.gateway.timeout_s must be a number" in refusal(timeout_s=text)


def test_a_timeout_may_be_set():
    assert connect(timeout_s="30")._limits.request_s == 30


def test_a_setting_that_ibkr_does_not_have_is_named():
    assert "ibkr has no setting key" in refusal(key="k")


def test_nothing_goes_over_the_network_before_it_is_asked():
    venue = connect(address="127.0.0.1:9")
    asyncio.run(venue.aclose())


def test_what_is_missing_at_ibkr_is_flagged():
    assert default_policy("ibkr").on_missing == "flag"


WITHOUT_SDK = """
import sys
sys.modules["ib_async"] = None
from tieout.core.errors import SettingsError
from tieout.venues.registry import connect
try:
    connect("ibkr", name="gateway", settings={}, clock=None)
except SettingsError as error:
    print(error)
"""


def test_a_missing_sdk_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK], capture_output=True, text=True, check=True, timeout=60
    )
    assert "venue 'ibkr' needs a package that is not installed (ib_async)" in done.stdout
    assert "pip install 'tieout[ibkr]'" in done.stdout
