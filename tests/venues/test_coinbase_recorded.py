"""Replies of the real Coinbase, recorded by others and kept beside this repository, not in it."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.venues.coinbase.fills import translated
from tieout.venues.coinbase.holdings import balances, coins, futures
from tieout.venues.coinbase.products import MONEY, Products
from tieout.venues.coinbase.rows import Breakdown, FillRow, WalletRow
from tieout.venues.coinbase.wire import (
    breakdown_in,
    fills_in,
    futures_in,
    portfolios_in,
    product_in,
    wallets_in,
)

FOLDER = Path(__file__).parents[3] / "shared" / "venues" / "coinbase"
ABSENT = "the recorded replies are not here: put them into ../shared/venues/coinbase"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)


def body(name: str, *, folder: str = "kmiq_fixtures") -> bytes:
    return (FOLDER / folder / f"{name}.json").read_bytes()


def test_a_page_of_49_of_49_has_a_cursor_to_the_next():
    page = wallets_in(body("list_accounts_success_response"))
    assert len(page.rows) == 49
    assert page.cursor == "26559de7-3d80-5139-a7b8-781a3fbe2cd0"


def test_both_pages_of_49_are_read_and_the_last_one_ends_them():
    first = wallets_in(body("list_accounts_all_call_1_success_response"))
    last = wallets_in(body("list_accounts_all_call_2_success_response"))
    assert (len(first.rows), first.cursor) == (49, "somecursor")
    assert (len(last.rows), last.cursor) == (49, None)


def test_amounts_with_16_decimals_keep_every_digit():
    page = wallets_in(body("list_accounts_success_response"))
    sand = page.rows[0]
    assert isinstance(sand, WalletRow)
    assert (sand.currency, sand.available, sand.hold) == (
        "SAND", "242.2100000000000000", "0.0000000000000000",
    )  # fmt: skip
    raw = json.loads(body("list_accounts_success_response"))["accounts"]
    sums = {
        row["currency"]: Decimal(row["available_balance"]["value"]) + Decimal(row["hold"]["value"])
        for row in raw
    }
    assert balances(page.rows).totals == sums


def test_float_amounts_of_a_breakdown_are_read_by_their_digits():
    found = breakdown_in(body("get_portfolio_breakdown_success_response"))
    raw = json.loads(
        body("get_portfolio_breakdown_success_response"), parse_float=str, parse_int=str
    )["breakdown"]
    assert found.portfolio == raw["portfolio"]["uuid"]
    assert len(found.spot) == 78
    for row, theirs in zip(found.spot, raw["spot_positions"], strict=True):
        assert (row.asset, row.fiat, row.crypto, row.cost) == (
            theirs["asset"], theirs["total_balance_fiat"], theirs["total_balance_crypto"],
            theirs["cost_basis"]["value"],
        )  # fmt: skip
    assert (found.futures, found.perpetuals) == ((), ())


def test_cost_and_price_of_one_unit_come_from_the_breakdown():
    raw = json.loads(body("get_portfolio_breakdown_success_response"), parse_float=Decimal)
    rows = [
        WalletRow(uuid=row["account_uuid"], currency=row["asset"], hold="0",
                  available=str(row["total_balance_crypto"]))
        for row in raw["breakdown"]["spot_positions"]
    ]  # fmt: skip
    breakdown: Breakdown = breakdown_in(body("get_portfolio_breakdown_success_response"))
    held = coins(balances(rows), breakdown, moved=())
    assert held.problems == []
    prices = {each.symbol: (each.average_price, each.price) for each in held.holdings}
    average, price = prices["UNI-USD"]
    assert average is not None
    assert abs(Decimal(average) * Decimal("92.88555") - Decimal("534.9191455075")) < Decimal("1e-9")
    assert price == "6.68100044"


def test_recorded_fills_are_booked_exactly():
    page = fills_in(body("list_fills_success_response"))
    rows = [row for row in page.rows if isinstance(row, FillRow)]
    assert (len(rows), page.cursor) == (5, "31971874")
    found = translated(rows, products=Products(), money=MONEY)
    assert found.problems == found.ignored == []
    assert [(each.symbol, each.quantity, each.price, each.fee) for each in found.activities] == [
        ("ALGO-USD", Decimal("-5"), Decimal("0.2569"), Decimal("0.007707")),
        ("ALGO-USD", Decimal("5"), Decimal("0.2577"), Decimal("0.007731")),
        ("ALGO-USD", Decimal("-5"), Decimal("0.2549"), Decimal("0.007647")),
        ("ALGO-USD", Decimal("3.89817955015008"), Decimal("0.255"), Decimal("0.0059642147117296")),
        ("ALGO-USD", Decimal("5"), Decimal("0.2138"), Decimal("0.006414")),
    ]
    assert found.activities[0].at.isoformat() == "2023-01-29T05:25:44.826000+00:00"


def test_the_last_page_of_recorded_fills_has_an_empty_cursor():
    assert fills_in(body("list_fills_all_call_2_success_response")).cursor is None


def test_portfolios_are_read():
    (found,) = portfolios_in(body("list_portfolios_success_response"))
    assert (found.name, found.uuid) == ("Default", "cd5d3286-b5ad-5f48-b356-1fd3e4e73f72")


def test_documented_futures_with_amounts_as_objects_are_read():
    rows = futures_in(body("http_cfm_positions", folder="nautilus"))
    (holding,) = futures(rows, Products()).holdings
    assert (holding.symbol, holding.quantity, holding.average_price, holding.multiplier) == (
        "BIP-20DEC30-CDE", "2", "49000.00", "0.01",
    )  # fmt: skip
    assert (holding.price, holding.leverage, holding.liquidation_price) == (
        "50000.00", "5", "40000.00",
    )  # fmt: skip


def test_documented_accounts_and_fills_of_newer_replies_are_read():
    page = wallets_in(body("http_accounts", folder="nautilus"))
    assert balances(page.rows).coins == {"BTC-USD": Decimal("1.23956789")}
    assert [row.portfolio for row in page.rows if isinstance(row, WalletRow)] == [
        "portfolio-001", "portfolio-001",
    ]  # fmt: skip
    assert len(fills_in(body("http_fills", folder="nautilus")).rows) == 2


def test_recorded_products_tell_perpetuals_from_dated_futures():
    raw = json.loads(body("http_products_future", folder="nautilus"))["products"]
    found = [product_in(json.dumps(row).encode()) for row in raw]
    assert [(each.id, each.contract_size, each.is_perpetual) for each in found] == [
        ("BIP-20DEC30-CDE", "0.01", True),
        ("BIT-24APR26-CDE", "0.01", False),
    ]
