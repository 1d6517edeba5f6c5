"""Coinbase is asked over TLS that is verified, everywhere; a simulator is reached all the same."""

import asyncio
import ssl

import pytest

from tieout.core.errors import VenueRefused
from tieout.ports import News
from tieout.venues.coinbase.channel import tls_of
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.stream import UserChannel
from venues.coinbase import Bench, login
from venues.coinbase_keys import certificates
from venues.coinbase_rows import PORTFOLIO


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.close()


def read(bench, **changes):
    return asyncio.run(bench.another(**changes).read(PORTFOLIO, cursor=None))


def test_a_simulator_with_a_certificate_of_its_own_is_reached(bench):
    assert read(bench).snapshot.complete
    assert bench.stub.address.startswith("https://127.0.0.1:")


def test_a_simulator_without_tls_is_reached_on_this_machine():
    bench = Bench(has_tls=False)
    assert read(bench, ca_file=None).snapshot.complete
    bench.close()


def test_a_certificate_of_somebody_unknown_is_refused_and_nothing_is_sent(bench):
    with pytest.raises(VenueRefused, match="its TLS certificate was not verified") as caught:
        read(bench, ca_file=None)
    assert "ca_file" in caught.value.advice
    assert bench.stub.asked == []


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_may_name_certificates(bench, monkeypatch, name):
    for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, certificates().ca_file)
    assert read(bench, ca_file=None).snapshot.complete


def test_a_netrc_does_not_replace_the_signature(bench, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert read(bench).snapshot.complete


def test_the_user_channel_is_verified_by_the_same_rules():
    context = tls_of("wss://127.0.0.1:1", ca_file=certificates().ca_file)
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    own = tls_of("wss://advanced-trade-ws-user.coinbase.com", ca_file=None)
    assert own is not None
    assert own.verify_mode is ssl.CERT_REQUIRED
    assert own.cert_store_stats()["x509_ca"] > 50


def test_the_user_channel_sends_nothing_to_somebody_unknown(bench):
    address = bench.stub.address.replace("https", "wss")
    channel = UserChannel(
        address=address, login=login(), limits=Limits(reconnect_s=60), ca_file=None
    )
    heard = asyncio.Queue()

    async def first() -> News:
        listening = asyncio.ensure_future(channel.listen(heard.put_nowait))
        try:
            return await asyncio.wait_for(heard.get(), 5)
        finally:
            listening.cancel()

    news = asyncio.run(first())
    assert news.kind == "lost"
    assert "its TLS certificate could not be verified" in news.reason
    assert bench.stub.asked == []
