"""Which venues there are, and what a wrong name or a missing package says."""

import sys
from importlib.metadata import EntryPoint

import pytest

from tieout.core.errors import SettingsError
from tieout.venues import registry
from venues.alpaca import KEY, SECRET, FakeClock

LOGIN = {"key": KEY, "secret": SECRET}


def connect(venue: str = "alpaca", **settings: str):
    return registry.connect(venue, name="main", settings=settings, clock=FakeClock())


def refusal(venue: str = "alpaca", **settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        connect(venue, **settings)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_known_venue_is_connected_without_asking_it_anything():
    venue = connect(**LOGIN, address="http://127.0.0.1:9")
    assert venue.name == "main"
    assert "alpaca" in registry.venues()


def test_an_unknown_venue_names_what_there_is():
    assert refusal("robinhood").startswith("venue 'robinhood' is not known; use one of: alpaca")


def test_a_missing_sdk_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("tieout.venues.alpaca")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "alpaca.common.exceptions", None)
    monkeypatch.setitem(sys.modules, "alpaca", None)
    message = refusal(**LOGIN)
    assert "venue 'alpaca' needs a package that is not installed" in message
    assert "pip install 'tieout[alpaca]'" in message


def test_without_ccxt_its_venue_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("tieout.venues.ccxt")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ccxt", None)
    message = refusal("ccxt:kraken", **LOGIN)
    assert "venue 'ccxt' needs a package that is not installed" in message
    assert "pip install 'tieout[ccxt]'" in message


def test_a_venue_may_come_from_another_package(monkeypatch):
    made = []

    def factory(**arguments):
        made.append(arguments)
        return "a venue"

    entries = {"moon": _Entry(factory)}
    monkeypatch.setattr(registry, "_from_others", lambda: entries)
    assert connect("moon:dark-side", key="k") == "a venue"
    assert made[0]["venue"] == "moon:dark-side"
    assert "moon" in registry.venues()
    assert "moon" in refusal("mars")


class _Entry:
    dist = None
    module = "moon"

    def __init__(self, factory) -> None:
        self.load = lambda: factory


def test_another_package_that_does_not_load_is_named(monkeypatch):
    entry = EntryPoint(name="moon", value="no_such_package.moon:connect", group=registry.GROUP)
    monkeypatch.setattr(registry, "_from_others", lambda: {"moon": entry})
    assert "does not load" in refusal("moon")
    assert "no_such_package" in refusal("moon")


@pytest.mark.parametrize(("which", "variable"), [
    ("key", "APCA_API_KEY_ID"), ("secret", "APCA_API_SECRET_KEY"),
])  # fmt: skip
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_login_names_the_variable_to_set(which, variable, value):
    settings = {**LOGIN, which: value}
    settings = {name: text for name, text in settings.items() if text is not None}
    message = refusal(**settings)
    assert f"connections.main.{which} is not set" in message
    assert variable in message


def test_a_login_that_cannot_be_one_is_refused():
    assert "copy it again" in refusal(key=KEY, secret="two words")
    assert "copy it again" in refusal(key="schlüssel-123", secret=SECRET)


def test_a_setting_that_alpaca_does_not_have_is_named():
    message = refusal(**LOGIN, client_id="7")
    assert "alpaca has no setting client_id" in message
    assert "address" in message


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        (None, "https://paper-api.alpaca.markets"),
        ("", "https://paper-api.alpaca.markets"),
        ("https://api.alpaca.markets/v2", "https://api.alpaca.markets"),
        ("https://api.alpaca.markets/v2/", "https://api.alpaca.markets"),
        ("https://api.alpaca.markets///", "https://api.alpaca.markets"),
        ("https://API.alpaca.markets", "https://api.alpaca.markets"),
        (" http://127.0.0.1:9101/ ", "http://127.0.0.1:9101"),
        ("http://[::1]:9101", "http://[::1]:9101"),
        ("http://localhost:9101/v2", "http://localhost:9101"),
        ("https://proxy.example/alpaca/v2", "https://proxy.example/alpaca"),
    ],
)
def test_the_address_is_what_the_sdk_needs(address, asked):
    settings = LOGIN if address is None else {**LOGIN, "address": address}
    assert repr(connect(**settings)) == f"AlpacaVenue('main', '{asked}')"


def test_a_key_of_no_paper_account_is_asked_live():
    assert "https://api.alpaca.markets" in repr(connect(key="AK1234567", secret=SECRET))


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("http://api.alpaca.markets", "http:// is only for this machine"),
        ("http://10.0.0.7:9101", "use https://10.0.0.7"),
        ("ftp://127.0.0.1", "must begin with https://"),
        ("api.alpaca.markets", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://api.alpaca.markets?a=b", "behind a ? or #"),
        ("http://127.0.0.1:99999", "is not an address"),
    ],
)
def test_a_wrong_address_names_the_setting(address, fault):
    message = refusal(**LOGIN, address=address)
    assert message.startswith("connections.main.address (or APCA_API_BASE_URL): ")
    assert fault in message
    assert "https://paper-api.alpaca.markets" in message


@pytest.mark.parametrize("text", ["0", "601", "soon", "nan", "-1"])
def test_a_wrong_timeout_names_the_setting(text):
    assert "connections.main.timeout_s must be a number" in refusal(**LOGIN, timeout_s=text)


def test_a_timeout_may_be_set():
    assert connect(**LOGIN, timeout_s="7.5")._calls.limits.read_s == 7.5


def test_certificates_are_always_verified(monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
    session = connect(**LOGIN)._calls._wire._client._session
    assert session.verify not in (False, None, "")
    assert session.trust_env is False
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", __file__)
    assert connect(**LOGIN)._calls._wire._client._session.verify == __file__
