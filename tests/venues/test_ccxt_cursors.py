"""Short pages by ccxt: a cursor says that there are more, whatever their length."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tieout.core.errors import VenueUnavailable
from venues import ccxt_recordings as lists
from venues.ccxt_market import NOW, read, venue_at
from venues.ccxt_recordings import bybit_execution, bybit_position, good
from venues.ccxt_stub import ExchangeStub

POSITIONS, TRADES = "/v5/position/list", "/v5/execution/list"


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    lists.bybit(stub)
    yield stub
    stub.close()


def is_asked(query) -> bool:
    if "execType" in query:
        return (query["category"], query["execType"]) == ("linear", "Trade")
    return query.get("settleCoin") == "USDT"


def paged(stub, path, pages) -> None:
    """Answer with pages, each found by the cursor of the one before."""

    def said(query):
        if not is_asked(query):
            return good([])
        number = int(query.get("cursor", "page:0").partition(":")[2])
        return good(pages[number], nextPageCursor=_cursor(number + 1, pages))

    stub.say(path, said)


def _cursor(number, pages) -> str:
    return f"page%3A{number}" if number < len(pages) else ""


LONG, SHORT = bybit_position(size="0.5"), bybit_position(symbol="ETHUSDT", size="3", side="Sell")


def test_positions_behind_a_cursor_are_read(stub):
    paged(stub, POSITIONS, [[LONG], [SHORT]])
    found = read(venue_at(stub, "bybit"), account="7").snapshot
    assert found.complete
    assert [each.quantity for each in found.holdings] == ["0.5", "-3"]


def test_a_last_page_without_a_row_ends_a_list(stub):
    paged(stub, POSITIONS, [[LONG], []])
    found = read(venue_at(stub, "bybit"), account="7").snapshot
    assert (found.complete, len(found.holdings)) == (True, 1)


def test_trades_behind_a_cursor_are_read(stub):
    rows = [bybit_execution(number, at=NOW - timedelta(minutes=number)) for number in range(7)]
    paged(stub, TRADES, [rows[:3], rows[3:5], rows[5:]])
    found = read(venue_at(stub, "bybit"), account="7")
    assert found.snapshot.complete
    assert len(found.activities) == 7


def test_a_page_behind_a_cursor_that_does_not_come_is_no_end_of_the_list(stub):
    busy = {"retCode": 10016, "retMsg": "Server error.", "result": {}, "retExtInfo": {}, "time": 1}
    stub.say(POSITIONS, lambda query: (
        busy if "cursor" in query else good([LONG], nextPageCursor="page%3A1")
    ))  # fmt: skip
    with pytest.raises(VenueUnavailable):
        read(venue_at(stub, "bybit"), account="7")


@pytest.mark.parametrize("path", [POSITIONS, TRADES])
def test_a_cursor_that_comes_again_is_no_end_of_the_list(stub, path):
    row = LONG if path == POSITIONS else bybit_execution(1, at=NOW - timedelta(hours=1))
    stub.say(path, lambda query: (
        good([row], nextPageCursor="page%3A1") if is_asked(query) else good([])
    ))  # fmt: skip
    found = read(venue_at(stub, "bybit"), account="7").snapshot
    assert not found.complete
    assert "its cursor comes again" in found.problems[0]


def test_cursors_without_an_end_are_not_followed_for_ever(stub):
    asked = []

    def said(query):
        asked.append(query)
        return good([LONG], nextPageCursor=f"page%3A{len(asked)}") if is_asked(query) else good([])

    stub.say(POSITIONS, said)
    venue = venue_at(stub, "bybit")
    found = read(venue, account="7").snapshot
    assert not found.complete
    assert "more than 200 pages" in found.problems[0]
