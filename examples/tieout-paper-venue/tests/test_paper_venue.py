"""The suite that every venue passes, run on the paper venue with its real broker on loopback."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tieout_paper_venue.broker import Handler, PaperBroker
from tieout_paper_venue.venue import PaperVenue
from tieout_paper_venue.wire import Wire

from tieout.core.book import AccountId
from tieout.core.errors import SettingsError
from tieout.testing.venue import Stage, Trouble, VenueSuite
from tieout.venues import registry

KEY = "paper-key-0123456789"


class PaperClock:
    """A time that passes only when somebody sleeps or trades."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class PaperStage(Stage):
    """A broker, a key for it, and the venue; and everything that may go wrong between them."""

    account = AccountId("P-1")
    secrets = (KEY,)
    long = "AAPL"
    short = "TSLA"

    def __init__(self) -> None:
        self.clock = PaperClock()
        self.broker = PaperBroker(key=KEY)
        self.released = threading.Event()
        self.thread = self.broker.start()
        wire = Wire(name="paper", address=self.broker.address, key=KEY, clock=self.clock,
                    sleep=self.clock.sleep, read_s=0.25)  # fmt: skip
        self.venue = PaperVenue(wire)

    def trade(self, symbol: str, quantity: str) -> None:
        self.broker.trade(symbol, quantity, "100.5", at=self.clock.at)
        self.clock.at += timedelta(seconds=10)

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        left = [times]

        def spoil(handler: Handler, body: bytes) -> bool:
            if left[0] == 0:
                return False
            left[0] = None if left[0] is None else left[0] - 1
            self._spoil(kind, handler, body)
            return True

        self.broker.spoil = spoil

    def _spoil(self, kind: Trouble, handler: Handler, body: bytes) -> None:
        handler.close_connection = True
        match kind:
            case "server_error":
                handler.reply(500, b"{}")
            case "rate_limit":
                handler.reply(429, b"{}")
            case "hang_up":
                pass
            case "silence":
                self.released.wait()
            case "cut_body":
                handler.reply(200, body[: len(body) // 2], length=len(body))
            case "web_page":
                handler.reply(200, b"<!doctype html><title>maintenance</title>")
            case "null":
                handler.reply(200, b"null")
            case "error_object":
                handler.reply(200, b'{"message": "maintenance"}')

    def heal(self) -> None:
        self.broker.spoil = None

    def revoke(self) -> None:
        self.broker.keys.clear()

    def swap_account(self) -> None:
        self.broker.account = "P-2"


class TestPaper(VenueSuite):
    """Every promise of the port."""

    @pytest.fixture
    def stage(self) -> Iterator[PaperStage]:
        stage = PaperStage()
        yield stage
        stage.released.set()
        stage.broker.server.shutdown()
        stage.thread.join()
        stage.broker.server.server_close()


def test_it_is_found_by_its_entry_point():
    settings = {"address": "http://127.0.0.1:9", "key": KEY}
    venue = registry.connect("paper", name="mine", settings=settings, clock=PaperClock())
    assert isinstance(venue, PaperVenue)
    assert "paper" in registry.venues()


def test_what_is_not_set_is_named():
    settings = {"address": "http://127.0.0.1:9"}
    with pytest.raises(SettingsError, match=r"connections\.mine\.key is not set"):
        registry.connect("paper", name="mine", settings=settings, clock=PaperClock())


def test_trades_of_many_pages_are_read_to_the_end():
    stage = PaperStage()
    for _ in range(250):
        stage.trade("AAPL", "1")
    try:
        found = asyncio.run(stage.venue.read(stage.account, cursor=None))
    finally:
        stage.broker.server.shutdown()
        stage.thread.join()
        stage.broker.server.server_close()
    assert [activity.id for activity in found.activities] == [str(n) for n in range(1, 251)]
