"""The rows of TWS.md and of IBKR's users, parsed exactly."""

from decimal import Decimal

import pytest

from tieout.venues.ibkr import wire
from tieout.venues.ibkr.contracts import instrument_of, symbol_of
from tieout.venues.ibkr.holdings import average_price, holding, translated
from tieout.venues.ibkr.moments import moment
from venues.ibkr import AAPL, ES
from venues.tws import UNSET, commission, contract, execution


def position(listed, quantity, cost):
    return wire.position_in(["61", "3", "U1", *listed, quantity, cost])


def portfolio(listed, *numbers):
    return wire.portfolio_in(["7", "8", *listed, *numbers, "U1"])


QQQ = contract("QQQ", con_id=320227571, right="0")
GC = contract(
    "GC", con_id=2, kind="FUT", expires="20191227", multiplier="100", exchange="",
    local_symbol="GCZ9",
)  # fmt: skip


def test_a_recorded_short_stock():
    found = holding(position(AAPL, "-110", "201.8829709"), None)
    assert (found.symbol, found.quantity, found.average_price) == ("AAPL", "-110", "201.8829709")
    assert (found.venue_id, found.asset_class, found.currency) == ("265598", "stock", "USD")


def test_a_recorded_future_has_multiplier_and_commission_in_its_cost():
    found = holding(position(ES, "1", "315114.75"), None)
    assert found.average_price == "6302.295"  # 6302.25, and 2.25 of commission over 50 units
    assert (found.symbol, found.multiplier) == ("ESZ6", "50")


@pytest.mark.parametrize(
    ("cost", "multiplier", "average"),
    [
        ("147732.37", "100", "1477.3237"),  # GC, ib_insync #175
        ("44332.96", "10", "4433.296"),  # MGC, QuantDinger #200
        ("250.65", "100", "2.5065"),
        ("1.0E7", "1000", "10000"),
        ("100", "3", "33.333333333333333333"),
    ],
)
def test_the_average_is_of_one_unit(cost, multiplier, average):
    listed = contract("GC", kind="FUT", multiplier=multiplier)
    assert average_price(position(listed, "1", cost)) == average


def test_the_options_row_of_a_users_log():
    listed = contract(
        "SPXW", con_id=443758230, kind="OPT", multiplier="100", exchange="", expires="20251209",
        strike="6935.0", right="C", local_symbol="SPXW  251209C06935000",
    )  # fmt: skip
    found = holding(position(listed, "10.0", "63.7338"), None)
    assert (found.quantity, found.average_price) == ("10.0", "0.637338")
    assert found.symbol == "SPXW  251209C06935000"
    told = instrument_of(wire.Contract(*listed))
    assert (told.multiplier, f"{told.expires}") == (Decimal(100), "2025-12-09")


def test_the_portfolio_row_of_a_users_log():
    row = portfolio(QQQ, "122.0", "380.2999878", "46396.6", "381.546", "-152.02", "0.0")
    assert (row.price, row.value, row.unrealized_pnl) == ("380.2999878", "46396.6", "-152.02")
    held = holding(position(QQQ, "122", "381.546"), row)
    assert held.price == "380.2999878"


def test_a_closed_position_is_pushed_with_zeros():
    rivn = contract("RIVN", con_id=523253110)
    row = portfolio(rivn, "0.0", "0.0", "0.0", "0.0", "0.0", "-73.07")
    found = holding(position(rivn, "0.0", "0.0"), row)
    assert (found.quantity, found.average_price, found.price) == ("0.0", None, None)
    assert row.realized_pnl == "-73.07"


@pytest.mark.parametrize(("quantity", "cost"), [
    ("165700", "1.1247148664589277"), ("20000", "1.128775"),
])  # fmt: skip
def test_a_currency_row_is_left_out_and_said_so(quantity, cost):
    listed = contract("EUR", con_id=12087792, kind="CASH", local_symbol="EUR.USD")
    found = translated([position(listed, quantity, cost)], marks={})
    assert found.holdings == ()
    assert found.ignored == (f"EUR.USD {quantity}: a currency trade",)


def test_an_execution_and_its_commission():
    fields = ["11", "-1", *execution("0000e0d5.1.01.01", GC, "-2", "1477.3")]
    row = wire.execution_in(fields, version=178)
    assert (row.side, row.shares, row.price, row.request) == ("SLD", "2", "1477.3", "-1")
    report = wire.commission_in(commission("0000e0d5.1.01.01", "2.37"))
    assert wire.number(report.commission) == Decimal("2.37")
    assert wire.number(report.realized_pnl) is None  # unset for what opens, and not 0


def test_before_version_178_an_execution_has_one_field_less():
    fields = ["11", "3", *execution("x.01", AAPL, "1", "2")]
    with pytest.raises(wire.RowInvalid, match="32 fields, not 31"):
        wire.execution_in(fields, version=177)
    assert wire.execution_in(fields[:-1], version=177).id == "x.01"


@pytest.mark.parametrize(
    "text",
    [
        "20261120 09:30:00 US/Eastern",
        "20261120-14:30:00",
        "20261120 14:30:00 UTC",
        "20261120 08:30:00 GMT-06:00",
    ],
)
def test_the_forms_of_a_time(text):
    assert moment(text).isoformat() == "2026-11-20T14:30:00+00:00"


@pytest.mark.parametrize(
    "text",
    ["", "20261120", "20261120 09:30:00", "20261320-14:30:00", "20261120 09:30:00 Mars/Olympus"],
)
def test_a_time_without_a_known_zone_is_none(text):
    assert moment(text) is None


@pytest.mark.parametrize("text", ["", "nan", "NaN", "inf", UNSET, "abc", None])
def test_what_is_no_number_is_not_reported(text):
    assert wire.number(text) is None


def test_numbers_are_exact_however_long():
    assert wire.number("12345678901234567.123456789") == Decimal("12345678901234567.123456789")
    assert wire.number("-0.0") == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["61", "3", "U1", *AAPL, "1"], "a position has 15 fields, not 16"),
        (["61", "3", "U1", *AAPL, "1", "2", "3"], "a position has 17 fields"),
        (["61", "3", "", *AAPL, "1", "2"], "of no account"),
        (["61", "3", "U1", *contract(con_id=0), "1", "2"], "no contract id"),
    ],
)
def test_a_row_of_another_form_is_refused(fields, message):
    with pytest.raises(wire.RowInvalid, match=message):
        wire.position_in(fields)


def test_futures_of_one_root_are_two_instruments():
    october, december = (
        wire.Contract(*contract("MGC", con_id=number, kind="FUT", local_symbol=name))
        for number, name in ((1, "MGCV6"), (2, "MGCZ6"))
    )
    assert (symbol_of(october), symbol_of(december)) == ("MGCV6", "MGCZ6")


@pytest.mark.parametrize("kind", ["FUT", "OPT", "FOP"])
@pytest.mark.parametrize("written", ["", "0", "many"])
def test_a_contract_of_unknown_size_is_never_taken_as_one(kind, written):
    listed = contract("ES", kind=kind, multiplier=written)
    found = translated([position(listed, "1", "315114.75")], marks={})
    (row,), (told,) = found.holdings, found.instruments
    assert (row.multiplier, row.average_price, told.multiplier) == (None, None, None)
    assert found.costs == {"265598": Decimal("315114.75")}  # for who knows the size


@pytest.mark.parametrize("written", ["", "1", "1000"])
def test_a_bonds_units_are_not_guessed(written):
    bond = position(contract("US-T", kind="BOND", multiplier=written), "10", "99.5")
    (row,) = translated([bond], marks={}).holdings
    assert (row.multiplier, row.average_price) == (None, None)


def test_a_kind_of_contract_that_nobody_knows_is_refused():
    found = holding(position(contract(kind="MOON"), "1", "2"), None)
    assert "MOON is no kind of contract" in found.problem


def test_fractions_of_shares_keep_their_digits():
    assert holding(position(AAPL, "0.38962051", "128.33"), None).quantity == "0.38962051"


@pytest.mark.parametrize("price", ["", "nan", UNSET])
def test_a_price_that_is_not_reported_is_none(price):
    row = portfolio(AAPL, "1", price, "0", "0", "0", "0")
    assert holding(position(AAPL, "1", "2"), row).price is None


def test_a_quantity_that_is_not_reported_is_not_flat():
    found = holding(position(AAPL, "", "190.5"), None)
    assert found.quantity == ""
    assert found.average_price == "190.5"
