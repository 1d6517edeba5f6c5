"""A shell with a simulated Hyperliquid, by file and by environment names."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tieout.simulators.hyperliquid import Dialect, HyperliquidSimulator, running
from tieout.simulators.hyperliquid_market import HyperliquidMarket
from tieout.simulators.hyperliquid_story import ACCOUNT, demo_story

SETTINGS = """
[[connections]]
name = "hl"
venue = "hyperliquid"
address = "{address}"
account = "{account}"
"""
PRIVATE_KEY = "0x" + "5e" * 32


@pytest.fixture
def exchange() -> Iterator[HyperliquidSimulator]:
    from random import Random

    market = HyperliquidMarket(clock=lambda: datetime.now(UTC), chance=Random(1))
    simulator = HyperliquidSimulator(market, dialect=Dialect(weight_per_minute=1_000_000))
    demo_story(market, 0, simulator.faults)
    with running(simulator):
        yield simulator


def write(folder, simulator, *, account: str | None = None) -> None:
    account = simulator.address_of(ACCOUNT) if account is None else account
    text = SETTINGS.format(address=simulator.address, account=account)
    (folder / "tieout.toml").write_text(text, encoding="utf-8")


def test_a_file_is_enough_for_doctor_sync_and_accounts(tieout, folder, exchange):
    write(folder, exchange)
    findings = tieout("doctor", "--json").json["findings"]
    assert {each["level"] for each in findings} == {"ok"}
    assert tieout("sync").status == 0
    rows = tieout("accounts", "--json").json["accounts"]
    assert {each["venue"] for each in rows} == {"hyperliquid"}
    assert len(rows) == 2  # the account and its sub-account
    symbols = {each["symbol"] for each in tieout("positions", "--json").json["positions"]}
    assert symbols == {"BTC", "ETH", "DOGE", "xyz:TSLA", "flx:TSLA", "HYPE/USDC"}


def test_environment_names_are_enough(tieout, folder, exchange, monkeypatch):
    monkeypatch.setenv("HYPERLIQUID_KEY", exchange.address_of(ACCOUNT))
    monkeypatch.setenv("TIEOUT_CONNECTIONS_HYPERLIQUID_ADDRESS", exchange.address)
    assert tieout("doctor").status == 0
    assert tieout("sync").status == 0


def test_an_agents_address_is_one_clear_error(tieout, folder, exchange):
    write(folder, exchange, account=exchange.market.approve_agent(ACCOUNT, "another"))
    for command in ("doctor", "sync"):
        told = tieout(command)
        assert told.status == 2
        assert "is an API wallet (agent) and has no account of its own" in told.out
        assert f"set account to {exchange.address_of(ACCOUNT)}" in told.out


@pytest.mark.parametrize("account", ["0x123", "me", ""])
def test_a_wrong_address_of_the_account_is_named(tieout, folder, exchange, account):
    write(folder, exchange, account=account)
    told = tieout("sync")
    assert told.status == 2
    assert "connections.hl.account" in told.err + told.out


def test_a_private_key_is_refused_and_never_repeated(tieout, folder, exchange):
    write(folder, exchange, account=PRIVATE_KEY)
    told = tieout("doctor")
    assert told.status == 2
    assert "private key" in told.out + told.err
    assert PRIVATE_KEY not in told.out + told.err


def test_a_private_key_in_the_environment_is_warned_of(tieout, folder, exchange, monkeypatch):
    monkeypatch.setenv("HYPERLIQUID_SECRET", PRIVATE_KEY)
    write(folder, exchange)
    told = tieout("doctor")
    assert told.status == 0
    assert "secret could trade: a private key signs orders; it was not used" in told.out
    assert PRIVATE_KEY not in told.out


def test_a_missing_sdk_says_what_to_install(tieout, folder, exchange, monkeypatch):
    write(folder, exchange)
    for name in [name for name in sys.modules if name.startswith("tieout.venues.hyperliquid")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hyperliquid.info", None)
    monkeypatch.setitem(sys.modules, "hyperliquid", None)
    told = tieout("doctor")
    assert told.status == 2
    assert "pip install 'tieout[hyperliquid]'" in told.out
