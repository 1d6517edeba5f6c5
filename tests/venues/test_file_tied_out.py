"""From a delivered file to a book that is tied out, through the settings and the whole product."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tieout.runs.order import Finished
from tieout.settings import Settings, read_settings
from tieout.venues.file import venue as file_venue
from tieout.venues.file.limits import Limits
from tieout.wiring.connected import keys_of
from tieout.wiring.desk import open_desk
from venues.alpaca import FakeClock
from venues.files import NOW, written

SETTINGS = """
[[connections]]
name = "broker"
venue = "file"
path = "inbox/positions.csv"
[connections.options]
map = { Ticker = "symbol", Qty = "quantity" }
sign = "quantity"
"""
HEADER = "Ticker,Qty,price\n"
FOUR = HEADER + "AAPL,10,190\nTSLA,-3,250\nMSFT,1,400\nF,5,12\n"


class Inbox:
    """A folder that a broker writes to, the book beside it, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(NOW)
        (folder / "tieout.toml").write_text(SETTINGS)
        (folder / "inbox").mkdir()

    @property
    def settings(self) -> Settings:
        elsewhere = Path("/")  # a relative path is as seen from the file
        return read_settings(self.folder / "tieout.toml", environment={}, folder=elsewhere)

    def delivered(self, text: str) -> Finished:
        """The run after a file came."""
        self.clock.at += timedelta(minutes=1)
        written(self.folder / "inbox" / "positions.csv", text, at=self.clock.at)
        desk = open_desk(self.settings, clock=self.clock)
        (answer,) = asyncio.run(desk.sync())
        asyncio.run(desk.aclose())
        assert answer.finished is not None, answer
        return answer.finished


def held(run: Finished) -> dict[str, str]:
    return {
        each.instrument.symbol: str(each.position.quantity)
        for each in run.after.ledgers.values()
        if each.position is not None
    }


@pytest.fixture
def inbox(tmp_path, monkeypatch) -> Inbox:
    monkeypatch.setattr(file_venue, "DEFAULT", Limits(settle_s=0.01))
    return Inbox(tmp_path)


def test_a_statement_is_taken_over_and_followed(inbox):
    first = inbox.delivered(FOUR)
    assert first.plan.tied_out
    assert held(first) == {"AAPL": "10", "TSLA": "-3", "MSFT": "1", "F": "5"}
    second = inbox.delivered(FOUR.replace("AAPL,10", "AAPL,4"))
    assert held(second)["AAPL"] == "4"
    assert inbox.delivered(FOUR.replace("AAPL,10", "AAPL,4")).plan.tied_out


@pytest.mark.parametrize(("text", "outcome"), [
    (HEADER, "held"),
    (HEADER + "AAPL,10,190\n", "held"),
    ("", "failed"),
    (FOUR[:-9], "failed"),
    (FOUR.removesuffix("\n"), "failed"),
    ("<html>maintenance</html>\n", "failed"),
    (FOUR.replace("Qty", "Quantity"), "failed"),
])  # fmt: skip
def test_no_file_that_is_empty_short_or_wrong_closes_anything(inbox, text, outcome):
    before = held(inbox.delivered(FOUR))
    run = inbox.delivered(text)
    assert run.plan.outcome == outcome
    assert held(run) == before
    assert inbox.delivered(FOUR).plan.tied_out


def test_a_row_that_is_wrong_fails_alone(inbox):
    inbox.delivered(FOUR)
    run = inbox.delivered(FOUR.replace("TSLA,-3", "TSLA,minus 3").replace("F,5", "F,6"))
    assert run.plan.outcome == "partial"
    assert held(run) == {"AAPL": "10", "TSLA": "-3", "MSFT": "1", "F": "6"}
    assert "line 3, column Qty" in str(run.plan.errors)


def test_options_reach_the_venue_as_texts(inbox):
    (connection,) = inbox.settings.connections
    keys = keys_of(connection)
    assert keys["map"] == "Ticker=symbol, Qty=quantity"
    assert keys["path"] == str(inbox.folder / "inbox" / "positions.csv")
