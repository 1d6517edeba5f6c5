"""Tieout inside another program: `import tieout`."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

import tieout as library
from cli.broker import Broker
from tieout.core.errors import SettingsError


@pytest.fixture
def bought(broker: Broker) -> Broker:
    broker.trade("AAPL", "10.5", "100.25")
    return broker


def test_a_book_is_opened_synced_and_read(bought, folder):
    async def program():
        async with library.open() as book:
            (planned,) = await book.plan("main")
            assert book.accounts() == []
            (answer,) = await book.sync()
            assert planned.finished.plan.changes == answer.finished.plan.changes
            (account,) = book.accounts()
            return account, book.positions("main"), book.positions(), book.breaks()

    account, of_main, of_all, breaks = asyncio.run(program())
    assert account.venue == "alpaca"
    assert of_main == of_all
    (position,) = of_main
    assert (position["symbol"], position["quantity"]) == ("AAPL", Decimal("10.5"))
    assert position["average_price"] == Decimal("100.25")
    assert breaks == []


def test_breaks_are_listed_like_those_of_the_api(bought, folder):
    async def program():
        async with library.open(folder / "tieout.toml") as book:
            await book.sync()
            held = bought.market.account("main").holdings
            held["AAPL"] = replace(held["AAPL"], quantity=Decimal(12))
            await book.sync()
            return book.breaks("main")

    (found,) = asyncio.run(program())
    assert (found["account"], found["symbol"]) == ("main", "AAPL")


def test_one_call_plans_or_syncs(bought, folder):
    (planned,) = asyncio.run(library.plan("main"))
    assert planned.finished.record.outcome == "applied"
    assert not (folder / "book.db").exists()
    (synced,) = asyncio.run(library.sync(config="tieout.toml"))
    assert synced.finished.record.tied_out
    assert (folder / "book.db").exists()


def test_a_connection_alone_can_be_read(bought, folder):
    async def program():
        venue = library.connect("paper")
        try:
            (account,) = await venue.accounts()
            read = await venue.read(account.id, cursor=None)
            return [each.symbol for each in read.snapshot.holdings]
        finally:
            await venue.aclose()

    assert asyncio.run(program()) == ["AAPL"]


@pytest.mark.parametrize("work", [library.sync, library.plan])
def test_an_account_that_is_not_there_is_an_error(bought, folder, work):
    with pytest.raises(SettingsError, match="nobody"):
        asyncio.run(work("nobody"))
    assert not (folder / "book.db").exists() or work is library.sync
