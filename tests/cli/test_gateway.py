"""A gateway of IBKR's from the shell and in the service: by settings, by variables, by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from cli.serving import serving
from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator, running

SETTINGS = """
[store]
url = "sqlite:///book.db"

[[connections]]
name = "gateway"
venue = "ibkr"
address = "127.0.0.1:{port}"
client_id = 7

[accounts."gateway/U1"]
name = "main"
"""
STORE = '[store]\nurl = "sqlite:///book.db"\n'


class Gateway:
    """Opened some hours ago; what happens at it after `goes_live` happens now."""

    def __init__(self, folder: Path) -> None:
        self._behind = timedelta(hours=6)
        self.market = IbkrMarket(clock=self._now, chance=Random(1))
        for name in ("U1", "U2"):
            self.market.open_account(name, cash="1000000")
        for symbol in ("AAPL", "TSLA"):
            self.market.list_asset(symbol, price="100")
            self.market.trade("U1", symbol, "10")
        self.market.trade("U2", "AAPL", "-3")
        self.simulator = IbkrSimulator(self.market)
        self.folder = folder

    def _now(self) -> datetime:
        return datetime.now(UTC) - self._behind

    def goes_live(self) -> None:
        self._behind = timedelta()

    def write(self, text: str = SETTINGS) -> None:
        text = text.format(port=self.simulator.port)
        (self.folder / "tieout.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def gateway(folder: Path) -> Iterator[Gateway]:
    gateway = Gateway(folder)
    with running(gateway.simulator):
        gateway.write()
        yield gateway


def held(tieout) -> set[tuple[str, int]]:
    listed = tieout("positions", "--json").json["positions"]
    return {(each["symbol"], each["quantity"]) for each in listed}


def test_the_accounts_of_the_login_are_synced_and_listed(tieout, gateway):
    result = tieout("sync")
    assert result.status == 0, result.out
    assert "main (ibkr): tied out" in result.out
    assert held(tieout) == {("AAPL", 10), ("TSLA", 10), ("AAPL", -3)}
    listed = tieout("accounts", "--json").out
    assert "gateway/U1" in listed
    assert "gateway/U2" in listed


def test_a_bond_without_figures_is_tied_out_once_its_size_is_set(tieout, gateway):
    gateway.market.list_bond("IBCID5", matures_on="2031-05-15", price="98.75")
    gateway.market.trade("U1", "IBCID5", "20")
    gateway.market.link_account("U1")  # no portfolio, so no figures
    result = tieout("sync", "--account", "main")
    assert result.status == 1
    assert 'give it in instruments: in tieout.toml, [instruments."IBCID5"]' in result.out
    gateway.write(SETTINGS + '[instruments."IBCID5"]\nmultiplier = 10\n')
    tieout("sync", "--account", "main")  # units that nothing explains: they tie out next time
    result = tieout("sync", "--account", "main")
    assert (result.status, "main (ibkr): tied out" in result.out) == (0, True), result.out
    assert ("IBCID5", 20) in held(tieout)


def test_variables_alone_make_a_connection(tieout, gateway, monkeypatch):
    gateway.write(STORE)
    monkeypatch.setenv("IBKR_HOST", "127.0.0.1")
    monkeypatch.setenv("IBKR_PORT", str(gateway.simulator.port))
    monkeypatch.setenv("IBKR_CLIENT_ID", "11")
    result = tieout("sync")
    assert (result.status, "(ibkr): tied out" in result.out) == (0, True), result.out
    assert "connected as client 11" in tieout("doctor").out


def test_doctor_shows_the_gateway(tieout, gateway):
    found = tieout("doctor").out
    for words in ("127.0.0.1", "connected as client 7", "U1, U2", "Read-Only API", "clock"):
        assert words in found


def test_a_gateway_that_is_away_leaves_the_book_and_says_what_to_do(tieout, gateway):
    assert tieout("sync").status == 0
    gateway.simulator.halt()
    result = tieout("sync")
    assert result.status == 2
    assert "502: no gateway could be reached at 127.0.0.1" in result.out
    assert "start TWS or IB Gateway" in result.out
    assert held(tieout) == {("AAPL", 10), ("TSLA", 10), ("AAPL", -3)}
    (account,) = {each["outcome"] for each in tieout("runs", "--json").json["runs"][:1]}
    assert account == "failed"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('address = "gateway"', "connections.gateway.address"),
        ('address = "127.0.0.1:1"\nclient_id = 0', "connections.gateway.client_id"),
        ('address = "127.0.0.1:1"\nflex = "nowhere"', "connections.gateway.flex: there is nothing"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(tieout, gateway, line, words):
    gateway.write(f'{STORE}[[connections]]\nname = "gateway"\nvenue = "ibkr"\n{line}\n')
    result = tieout("sync")
    assert result.status == 2
    assert words in f"{result.out}{result.err}"
    assert "Traceback" not in f"{result.out}{result.err}"


def test_a_fill_is_in_the_book_within_two_seconds_without_a_scheduled_run(tieout, gateway, folder):
    assert tieout("sync").status == 0
    gateway.goes_live()
    with serving(folder, first_run_s="0", schedule="3600") as served:
        served.wait_for("[Stream] gateway connected")
        served.wait_for("Position sync completed")
        gateway.market.trade("U1", "TSLA", "-10", price="90")
        line = served.wait_for("Removed 1 stale positions: TSLA", timeout_s=2)
        assert line["account"] == "gateway/U1"


def test_what_happened_while_the_gateway_restarted_is_read_after_it(tieout, gateway, folder):
    assert tieout("sync").status == 0
    gateway.goes_live()
    with serving(folder, first_run_s="0", schedule="3600") as served:
        served.wait_for("[Stream] gateway connected")
        served.wait_for("Position sync completed")
        gateway.market.begin_reset()
        served.wait_for("[Stream] gateway lost", timeout_s=10)
        gateway.market.trade("U1", "TSLA", "-10", price="90")
        gateway.market.end_reset()
        served.wait_for("Removed 1 stale positions: TSLA", timeout_s=30)
