"""A book as somebody might find it in the morning: everything that tables must be able to say."""

from decimal import Decimal
from pathlib import Path

from runs.fakes import ACCOUNT, Bench, activity, holding
from tieout.core.activity import Activity, ActivityId
from tieout.core.errors import VenueUnavailable
from tieout.core.instrument import Instrument
from tieout.settings import Settings
from tieout.settings.values import AccountSettings
from tieout.store.sqlite import SqliteStore
from tieout.wiring import Desk

SETTINGS = f"""
[store]
url = "sqlite:///book.db"

[[connections]]
name = "paper"
venue = "alpaca"
key = "env:NO_KEY"

[accounts."{ACCOUNT.id}"]
name = "main"
"""

AAPL = holding("AAPL", "10", average="100.00", price="131.00")
BTC = holding("BTC/USD", "0.5", average="61250.50", price="61400.25")
TSLA = holding("TSLA", "-30", average="242.10", price="243.77")
MSFT = holding("MSFT", "40", average="415.20", price="418.52")
PENNY = holding("PNNY", "1000000", average="0.00001234", price="0.00002")
INSTRUMENTS = (
    Instrument(symbol="BTC/USD", asset_class="spot"),
    Instrument(symbol="PNNY", asset_class="stock"),
)


def written(folder: Path) -> Bench:
    """The settings, and a book with some days of history; run-8 is the last of them."""
    (folder / "tieout.toml").write_text(SETTINGS, encoding="utf-8")
    bench = Bench(SqliteStore(folder / "book.db"))
    venue = bench.venue
    venue.instruments = INSTRUMENTS
    bench.run(AAPL, BTC, MSFT, PENNY, TSLA)
    bench.clock.skip(hours=1)
    venue.activities = (activity("f1", "AAPL", "-4", "130.00", at=bench.clock.now()),)
    six = AAPL._replace(quantity="6")
    bench.run(six, BTC, MSFT, PENNY, TSLA)
    bench.clock.skip(days=1)
    venue.activities = (dividend(bench, "AAPL", "1.56"),)
    bench.run(six, BTC, MSFT, PENNY, TSLA)
    venue.error = VenueUnavailable("did not answer", venue="paper", advice="try again later")
    bench.run()
    venue.error = None
    bench.run()
    bench.clock.skip(hours=2)
    venue.activities = (activity("f2", "MSFT", "-40", "420.00", at=bench.clock.now()),)
    bench.run(six, BTC, PENNY, TSLA)
    venue.activities = (
        activity("20261120074935364::1a2b8f1f-f1fd-42a2-9755-d4c13a902931", "TSLA", "5", "240",
                 at=bench.clock.now()),
    )  # fmt: skip
    venue.ignored = ("JNLC j1: cash moved between accounts",)
    bench.run(
        six._replace(quantity="5"), BTC, PENNY, TSLA._replace(quantity="-25"),
    )  # fmt: skip
    bench.run(six._replace(quantity="5"), PENNY, TSLA._replace(quantity="NaN"))
    return bench


def dividend(bench: Bench, symbol: str, cash: str) -> Activity:
    return Activity(
        id=ActivityId("d1"), type="dividend", symbol=symbol, at=bench.clock.now(),
        cash=Decimal(cash),
    )  # fmt: skip


def desk_of(bench: Bench) -> Desk:
    """A desk at which that book lies, on the clock of the book."""
    settings = Settings(
        accounts={ACCOUNT.id: AccountSettings(key=ACCOUNT.id, name="main", policy={})}
    )
    return Desk(settings, store=bench.store, clock=bench.clock)
