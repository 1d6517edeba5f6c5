"""What may be set for Coinbase, and what a wrong value says without ever repeating a secret."""

import json
import sys

import pytest

from tieout.core.errors import SettingsError
from tieout.venues import registry
from tieout.venues.coinbase.address import GATEWAY, REST, STREAM, addresses_of
from venues.coinbase import SteppedClock
from venues.coinbase_keys import certificates, identity
from venues.coinbase_rows import KEY

SECRET = identity().secret
LOGIN = {"key": KEY, "secret": SECRET}


def connect(**settings: str):
    return registry.connect("coinbase", name="cb", settings=settings, clock=SteppedClock())


def refusal(**settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        connect(**settings)
    for line in SECRET.splitlines()[1:-1]:
        assert line not in str(caught.value)
    return str(caught.value)


def test_a_key_and_its_secret_are_enough_and_nothing_is_sent():
    venue = connect(**LOGIN)
    assert venue.name == "cb"
    assert KEY not in repr(venue)


@pytest.mark.parametrize(
    "secret",
    [SECRET, SECRET.replace("\n", "\\n"), f"\n{SECRET}\n", json.dumps(SECRET)[1:-1]],
)
def test_a_secret_is_taken_however_its_lines_are_written(secret):
    assert connect(key=KEY, secret=secret).name == "cb"


def test_an_ed25519_key_is_taken_too():
    assert connect(key=KEY, secret="nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").name == "cb"


@pytest.mark.parametrize("which", ["key", "secret"])
def test_a_missing_login_names_the_variable(which):
    message = refusal(**{**LOGIN, which: " "})
    assert f"connections.cb.{which} is not set" in message
    assert f"COINBASE_{which.upper()} or COINBASE_API_{which.upper()}" in message


@pytest.mark.parametrize(
    "secret",
    ["hunter2hunter2", SECRET[:100], SECRET.replace("M", "N")],
    ids=["a word", "cut", "other letters"],
)
def test_a_secret_that_is_no_key_is_not_repeated(secret):
    message = refusal(key=KEY, secret=secret)
    assert "is no private key of Coinbase" in message
    assert secret not in message


def test_a_setting_that_does_not_exist_is_named():
    assert "coinbase has no setting portfolio; allowed are account" in refusal(
        **LOGIN, portfolio="x"
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"address": "http://10.0.0.1"}, "connections.cb.address: http:// is only for this"),
        ({"address": "https://me:pw@h"}, "connections.cb.address: it has a login in it"),
        ({"address": "ftp://h"}, "connections.cb.address: it must begin with https://"),
        ({"address": "https://h?x=1"}, "connections.cb.address: it has something behind"),
        ({"gateway_address": "http://h"}, "options.gateway_address: http:// is only for"),
        ({"futures": "maybe"}, "options.futures must be one of: auto, yes, no"),
        ({"perpetuals": "2"}, "options.perpetuals must be one of: auto, yes, no"),
        ({"ca_file": "nowhere.pem"}, "options.ca_file: there is no file nowhere.pem"),
        ({"timeout_s": "0"}, "timeout_s must be a number from 0.1 to 600"),
    ],
)
def test_a_wrong_value_says_what_is_allowed(settings, words):
    assert words in refusal(**LOGIN, **settings)


def test_everything_that_can_be_set_is_taken():
    venue = connect(
        **LOGIN, address="https://127.0.0.1:9", gateway_address="https://127.0.0.1:8",
        stream_address="wss://127.0.0.1:7", ca_file=certificates().ca_file, futures="no",
        perpetuals="YES", timeout_s="3", account="x",
    )  # fmt: skip
    assert "https://127.0.0.1:9" in repr(venue)


def test_coinbase_has_three_addresses_of_its_own():
    found = addresses_of(None, None, None, connection="cb")
    assert (found.rest, found.gateway, found.stream) == (REST, GATEWAY, STREAM)
    copied = f"{REST}/api/v3/brokerage/"
    assert addresses_of(copied, f"{GATEWAY}/api/v2", None, connection="cb") == found


def test_what_is_meant_for_a_simulator_never_goes_to_coinbase():
    found = addresses_of("http://[::1]:9103/", None, None, connection="cb")
    assert found.rest == found.gateway == "http://[::1]:9103"
    assert found.stream == "ws://[::1]:9103/ws"


def test_a_missing_sdk_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("tieout.venues.coinbase")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.split(".")[0] == "coinbase"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "coinbase", None)
    message = refusal(**LOGIN)
    assert "venue 'coinbase' needs a package that is not installed" in message
    assert "pip install 'tieout[coinbase]'" in message
