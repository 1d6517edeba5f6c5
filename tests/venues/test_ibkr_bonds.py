"""Bonds: what one is worth is what the venue's own figures show; else a person has to say."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from tieout.core.instrument import LedgerId
from tieout.venues.ibkr import wire
from tieout.venues.ibkr.flex_files import FlexFiles
from tieout.venues.ibkr.sizes import shown_by, sizes_in
from venues.alpaca import FakeClock
from venues.flex import position as flex_position
from venues.flex import statement, trade, write
from venues.ibkr import NOW, one, only, read, venue_at
from venues.ibkr_market import Desk, gateway_stage
from venues.test_ibkr_flex_venue import held
from venues.tws import commission, contract, execution

BILL = contract("US-T", con_id=77, kind="BILL", local_symbol="IBCID77", exchange="SMART")
FLEX_BILL = {"assetCategory": "BILL", "symbol": "US-T", "conid": "77", "multiplier": "1"}
NAME = "0000e0d5.6576fd38.01.01"


@pytest.fixture
def desk():
    for stage in gateway_stage():
        stage.market.list_bond("IBCID5", matures_on="2031-05-15", price="98.7465")
        yield Desk(stage)


def numbers(*texts):
    return [None if text is None else Decimal(text) for text in texts]


@pytest.mark.parametrize(
    ("value", "quantity", "price", "size"),
    [
        ("20727", "21", "98.7", "10"),
        ("20736.77", "21", "98.7465", "10"),  # 20736.765, rounded to cents
        ("-20727.0", "-21.0", "98.7", "10"),
        ("20736.76", "21", "98.7464981", "10"),
        ("9850", "10000", "98.5", "0.01"),
        ("985", "10", "98.5", "1"),
        ("0.99", "1", "98.7465", "0.01"),
        ("98500000", "10", "98.5", "100000"),
        ("20600", "21", "98.7", None),  # no power of ten
        ("41454", "21", "98.7", None),
        ("20727", "0", "98.7", None),
        ("0", "21", "98.7", None),
        ("20727", "21", None, None),
        ("0.01", "1", "0.01", None),  # so little that more than one would do
    ],
)
def test_a_size_is_a_power_of_ten_that_the_figures_show(value, quantity, price, size):
    assert shown_by(*numbers(value, quantity, price)) == (size and Decimal(size))


def test_only_a_bond_is_sized_by_its_figures():
    def row(kind):
        listed = wire.Contract(*contract(kind=kind))
        return wire.PortfolioRow(listed, "21", "98.7", "20727", "0", "0", "0", "U1")

    assert sizes_in({"1": row("STK"), "2": row("BOND"), "3": row("BILL")}) == {"2": "10", "3": "10"}


def hold(tws, *, value="20727"):
    tws.hold(BILL, "21", "988")
    tws.portfolio["U1"] = [[*BILL, "21", "98.7", value, "988", "-21", "0"]]


def test_an_average_is_of_one_for_a_hundred(tws, gateway):
    hold(tws)
    found = read(gateway)
    row = only(found)
    assert (row.quantity, row.average_price, row.multiplier) == ("21", "98.8", "10")
    assert (row.price, row.asset_class, row.problem) == ("98.7", "bond", None)
    assert [each.multiplier for each in found.instruments] == [10]
    assert found.contract_costs == {"77": 988}


def test_an_execution_has_the_size_that_the_portfolio_shows(tws, gateway):
    hold(tws)
    tws.fill(execution(NAME, BILL, "21", "98.7"), commission(NAME, "21"))
    found = read(gateway)
    assert (one(found).quantity, one(found).price) == (21, Decimal("98.7"))
    assert [each.multiplier for each in found.instruments] == [10]


@pytest.mark.parametrize("value", ["0", "12345"])
def test_figures_that_show_no_size_are_no_size(tws, gateway, value):
    hold(tws, value=value)
    found = read(gateway)
    row = only(found)
    assert (row.average_price, row.multiplier, row.problem) == (None, None, None)
    assert [each.multiplier for each in found.instruments] == [None]
    assert found.contract_costs == {"77": 988}


# At the simulated gateway


def test_an_account_with_bonds_is_tied_out_with_what_they_made(desk):
    market = desk.stage.market
    assert desk.after().tied_out
    plan = desk.after(lambda market: market.trade("U1", "IBCID5", "20", price="98"))
    assert (plan.tied_out, plan.errors, plan.breaks) == (True, (), ())
    ledger = desk.book.ledgers[LedgerId("IBCID5")]
    assert ledger.position.average_price(ledger.instrument) == 98
    made = ledger.position.unrealized_pnl(ledger.instrument, Decimal("98.7465"))
    assert made.text() == "149.3000"  # 20 units of 1,000, three quarters of a percent
    market.set_price("IBCID5", "99")
    (change,) = desk.after(lambda market: market.trade("U1", "IBCID5", "-5", price="99")).changes
    assert change.kind == "reduced"
    assert change.realized.of("USD").gross.text() == "50.0"


def test_bonds_from_before_are_taken_over_with_their_average(desk):
    desk.stage.market.trade("U1", "IBCID5", "20", price="98")
    desk.stage.clock.advance(86_400 * 3)
    plan = desk.after()
    assert (plan.tied_out, plan.errors) == (True, ())
    ledger = desk.book.ledgers[LedgerId("IBCID5")]
    assert ledger.position.average_price(ledger.instrument) == Decimal("98.1")  # commission inside


def test_without_a_portfolio_the_bond_alone_fails_and_says_what_to_set(desk):
    desk.stage.market.trade("U1", "IBCID5", "20")
    desk.stage.market.trade("U1", "AAPL", "5")
    desk.stage.clock.advance(86_400 * 3)
    desk.stage.market.link_account("U1")
    plan = desk.after()
    assert (plan.outcome, desk.holds) == ("partial", {"AAPL": "5"})
    (error,) = plan.errors
    assert error.symbol == "IBCID5"
    assert '[instruments."IBCID5"] with multiplier = a number' in error.message


# In statements, and both together


def test_a_statement_counts_face_value(tmp_path):
    row = flex_position("21000", "20748", markPrice="98.7", positionValue="20727", **FLEX_BILL)
    reading = held(tmp_path, row)
    (found,) = reading.snapshot.holdings
    assert (found.quantity, found.average_price, found.multiplier) == ("21000", "98.8", "0.01")
    assert [each.multiplier for each in reading.instruments] == [Decimal("0.01")]


def test_a_multiplier_of_one_is_not_believed_of_a_bond(tmp_path):
    reading = held(tmp_path, flex_position("21000", "20748", **FLEX_BILL))
    (found,) = reading.snapshot.holdings
    assert (found.average_price, found.multiplier) == (None, None)
    assert reading.contract_costs == {"77": Decimal("0.988")}


@pytest.mark.parametrize("money", ["9850", ""])
def test_what_a_statement_adds_is_counted_as_the_gateway_counts(tws, tmp_path, money):
    row = trade("10000", "98.5", tradeMoney=money, ibExecID=NAME, **FLEX_BILL)
    write(tmp_path, statement(Trades=row, made="20261120;093500"))
    hold(tws)
    gateway = venue_at(tws, FakeClock(NOW), flex=FlexFiles(tmp_path))
    found = read(gateway)
    asyncio.run(gateway.aclose())
    assert (f"{one(found).quantity:f}", one(found).price) == ("10", Decimal("98.5"))
    assert {each.multiplier for each in found.instruments} == {10}


def test_a_bond_that_only_a_statement_tells_of_is_counted_so_too(tws, tmp_path):
    row = trade("10000", "98.5", tradeMoney="9850", ibExecID=NAME, **FLEX_BILL)
    write(tmp_path, statement(Trades=row, made="20261120;093500"))
    gateway = venue_at(tws, FakeClock(NOW + timedelta(days=1)), flex=FlexFiles(tmp_path))
    found = read(gateway)
    asyncio.run(gateway.aclose())
    assert (f"{one(found).quantity:f}", found.instruments[0].multiplier) == ("10", 10)
