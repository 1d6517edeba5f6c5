"""An address to ask: this machine or https, and no login in it, as it is shown."""

import pytest

from tieout.venues.http.address import AddressInvalid, address_in, is_loopback, stream_address_in


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" https://broker.example/v2/ ", "https://broker.example"),
        ("https://Broker.example:8443", "https://broker.example:8443"),
        ("https://proxy.example/broker/v2", "https://proxy.example/broker"),
        ("http://127.0.0.1:9101", "http://127.0.0.1:9101"),
        ("http://[::1]:9101/", "http://[::1]:9101"),
        ("http://localhost:9101", "http://localhost:9101"),
    ],
)
def test_what_people_copy_along_is_left_out(text, address):
    assert address_in(text, path="/v2") == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://me:planted@broker.example", "a login in it; set key and secret instead"),
        ("https://planted@broker.example", "a login in it"),
        ("http://broker.planted", "use https://"),
        ("ftp://broker.example", "must begin with https://"),
        ("broker.example", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://broker.example?key=planted", "behind a ? or #"),
        ("https://broker.example#planted", "behind a ? or #"),
        ("https://broker.example:99999", "it is not an address"),
        ("https://[planted", "it is not an address"),
    ],
)
def test_a_wrong_one_is_refused_without_its_login(text, why):
    with pytest.raises(AddressInvalid) as caught:
        address_in(text)
    assert why in str(caught.value)
    assert "me:planted" not in str(caught.value)
    assert "key=planted" not in str(caught.value)


def test_loopback_is_this_machine_only():
    assert is_loopback("http://127.8.9.1:1")
    assert is_loopback("https://[::1]")
    assert not is_loopback("https://broker.example")
    assert not is_loopback("")


@pytest.mark.parametrize("text", ["wss://stream.example/ws", "ws://localhost:1", "ws://[::1]:9/v1"])
def test_a_stream_is_secure_or_on_this_machine(text):
    assert stream_address_in(f" {text}/ ", connection="x") == text


@pytest.mark.parametrize("text", [None, "", " "])
def test_no_stream_is_none(text):
    assert stream_address_in(text, connection="x") is None
