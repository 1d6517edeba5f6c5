"""The currencies in which the gateway's lists are read, and from where in each."""

import asyncio
from datetime import UTC, datetime

import pytest

from tieout.core.errors import VenueRefused
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.currencies import Currencies, merged
from tieout.venues.coinbase.rows import Log, LogRow, TradeRow

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SLOT = 7


def currencies(**before) -> Currencies:
    return Currencies(Bookmark(**before), {}, lambda: NOW)


def row(number: int) -> LogRow:
    return LogRow(id=str(number), kind="settlement", time=number, currency="USDC")


def listing(**told):
    """What a gateway has in each currency, and the notes of what was asked since when."""
    asked: dict[str, object] = {}

    async def ask(currency, since):
        asked[currency] = since
        found = told.get(currency, [])
        if isinstance(found, Exception):
            raise found
        return found

    return ask, asked


def refusal() -> VenueRefused:
    return VenueRefused("forbidden", venue="cb", status=403, advice="")


def test_a_new_currency_is_read_from_the_beginning_and_one_that_was_read_from_where_it_ended():
    each = currencies(currencies=("BTC", "USDC"))
    ask, asked = listing()
    asyncio.run(each.trades(1234, ask))
    assert asked == {"USDC": 1234, "BTC": 1234, "ETH": None}
    asyncio.run(each.trades(1500, ask))  # once more in the same reading
    assert asked == {"USDC": 1500, "BTC": 1500, "ETH": 1500}
    assert each.known == ("BTC", "ETH", "USDC")


def test_a_currency_of_which_a_row_cannot_be_read_is_not_known_yet():
    each = currencies()
    ask, _ = listing(BTC=["a trade is an object without a time"], ETH=[])
    asyncio.run(each.trades(1234, ask))
    assert each.known == ("ETH", "USDC")


def test_what_a_slot_refuses_is_not_known_yet():
    each = currencies()
    ask, _ = listing(ETH=refusal())
    asyncio.run(each.trades(1234, ask))
    assert each.known == ("BTC", "USDC")
    ask, asked = listing(BTC=refusal())
    with pytest.raises(VenueRefused):
        asyncio.run(each.trades(1234, ask, slot=SLOT))
    assert set(asked) <= {"BTC", "USDC"}
    assert each.known == ("USDC",)


def test_a_trade_in_a_coin_has_the_log_of_that_coin_read_from_the_beginning():
    each = currencies(logged=("ETH", "USDC"))
    ask_log, asked = listing(**dict.fromkeys(("USDC", "BTC", "ETH"), Log(rows=())))
    asyncio.run(each.log(1234, ask_log))
    assert asked == {"USDC": 1234, "ETH": 1234}
    ask, _ = listing(BTC=[TradeRow(id="1", name="BTC-26DEC25", time=5)])
    asyncio.run(each.trades(1234, ask))
    asked.clear()
    asyncio.run(each.log(1234, ask_log))
    assert asked == {"BTC": 0}
    assert asyncio.run(each.log(1234, ask_log)) is None
    assert each.logged == ("BTC", "ETH", "USDC")


def test_a_log_of_which_a_row_cannot_be_read_is_read_from_the_beginning_again():
    each = currencies(held={"BTC-PERPETUAL": "10"})
    ask, _ = listing(USDC=Log(rows=()), BTC=Log(rows=("a row without a time",)))
    asyncio.run(each.log(1234, ask))
    assert each.logged == ()


def test_several_logs_reach_as_far_back_as_the_shortest_that_is_not_whole():
    whole = Log(rows=(row(1), row(9)), reached=1)
    cut, shorter = (Log(rows=(row(at),), is_whole=False, reached=at) for at in (5, 7))
    found = merged((whole, cut, shorter, whole))
    assert (found.is_whole, found.reached) == (False, 7)
    assert sorted(each.time for each in found.rows) == [1, 5, 7, 9]
    assert merged((whole, whole)).is_whole
