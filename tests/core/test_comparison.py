"""Where the broker disagrees with the book: rows, tolerances, and the venue's own methods."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.comparison import (
    Finding,
    break_kind,
    compare_quantity,
    is_in_grace,
    is_rounding,
    row_problem,
    row_quantity,
    same_average,
    same_quantity,
    within,
)
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot
from tieout.core.numbers import divide, money
from tieout.core.policy import Tolerance
from tieout.core.position import Position
from tieout.core.snapshot import Holding

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AAPL = LedgerId("AAPL")
STOCK = Instrument(symbol="AAPL")
COIN = Instrument(symbol="ETH/USD", asset_class="spot")


def row(quantity: str | None, average: str | None = None, **fields) -> Holding:
    return Holding(symbol="AAPL", quantity=quantity, average_price=average, **fields)


def position(quantity: str, cost: str | None, *, is_resized=False) -> Position:
    lot = Lot(
        id="a",
        quantity=Decimal(quantity),
        cost=None if cost is None else money(Decimal(cost)),
        fees=money(Decimal(0)),
        at=NOON,
    )
    return Position(
        quantity=Decimal(quantity), lots=(lot,), basis="actual", status="OPEN", opened_at=NOON,
        opened_by="a", is_resized=is_resized,
    )  # fmt: skip


# Rows


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (row("6"), None),
        (row("0"), None),
        (row("-6"), None),
        (row("1E-8"), None),
        (row("6", "NaN", price=""), None),  # only the quantity is indispensable
        (row(None), "the quantity was not reported"),
        (row(""), "the quantity was not reported"),
        (row("NaN"), "the quantity 'NaN' is not a finite number"),
        (row("inf"), "the quantity 'inf' is not a finite number"),
        (row("6 shares"), "the quantity '6 shares' is not a finite number"),
        (row("6", side="long"), None),
        (row("0", side="long"), None),
        (row("-6", side="long"), "the row says long and the quantity is -6"),
        (row("6", side="short"), None),
        (row("-6", side="short"), None),
        (row("6", multiplier="100"), None),
        (row("6", multiplier="0.5"), None),
        (row("6", multiplier=""), None),
        (row("6", multiplier="many"), "the multiplier 'many' is not a positive number"),
        (row("6", problem="the row has no columns"), "the row has no columns"),
        (row(None, problem="the row has no columns"), "the row has no columns"),
    ],
)
def test_a_row_is_usable_or_says_why_not(given, problem):
    assert row_problem(given) == problem


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Holding("A", "6", average_price="zz"), "the average price 'zz' is no number"),
        (Holding("A", "6", price="1,5"), "the price '1,5' is no number"),
        (Holding("A", "6", price="9" * 39 + "x"), f"the price '{'9' * 39}x' is no number"),
        (Holding("A", "6", price="9" * 40 + "x"), f"the price '{'9' * 40}…' is no number"),
        (Holding("A", "6", average_price=""), None),
    ],
)
def test_a_price_that_is_written_and_is_no_number_is_named_and_shown(given, problem):
    assert row_problem(given) == problem


@pytest.mark.parametrize("multiplier", ["0", "-100", "0.00"])
def test_a_multiplier_that_is_not_positive_makes_a_row_unusable(multiplier):
    assert row_problem(row("6", multiplier=multiplier)) is not None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (row("6"), "6"),
        (row("-6"), "-6"),
        (row("6", side="long"), "6"),
        (row("6", side="short"), "-6"),
        (row("-6", side="short"), "-6"),
        (row("0", side="short"), "0"),
        (row("0.5", side="short"), "-0.5"),
    ],
)
def test_a_short_leg_may_be_written_without_its_sign(given, expected):
    assert str(row_quantity(given)) == expected


# Tolerances


@pytest.mark.parametrize(
    ("ours", "theirs", "absolute", "relative", "agrees"),
    [
        ("100", "100.01", "0.01", "0", True),  # equal to the tolerance is within it
        ("100", "100.0100001", "0.01", "0", False),
        ("100", "99.99", "0.01", "0", True),
        ("100", "100.01", "0", "0.0001", True),
        ("100", "100.0101", "0", "0.0001", False),
        ("-100", "-100.01", "0", "0.0001", True),
        ("100", "100.02", "0.01", "0.0002", True),
        ("100", "100.02", "0.02", "0.0001", True),
        ("0", "0.01", "0", "1", False),  # relative to ours
        ("5", "5", "0", "0", True),
    ],
)
def test_figures_agree_within_the_larger_tolerance(ours, theirs, absolute, relative, agrees):
    found = within(
        Decimal(ours), Decimal(theirs), absolute=Decimal(absolute), relative=Decimal(relative)
    )
    assert found is agrees


@pytest.mark.parametrize(
    ("ours", "theirs", "tolerance", "agrees"),
    [
        ("10", "10.00", "0", True),
        ("0", "0.000", "0", True),
        ("10", "10.1", "0.1", True),
        ("10", "10.1", "0", False),
        ("10", "10.11", "0.1", False),
        ("-10", "-10.1", "0.1", True),
        ("0", "0.5", "1", False),
        ("0.5", "0", "1", False),
        ("0", "-0.5", "1", False),
        ("-0.5", "0", "1", False),
        ("0.5", "-0.5", "1", False),
        ("-0.5", "0.5", "1", False),
        ("1000000", "1000001", "0", False),  # quantities have no relative tolerance
    ],
)
def test_a_tolerance_never_makes_or_unmakes_a_position(ours, theirs, tolerance, agrees):
    found = same_quantity(Decimal(ours), Decimal(theirs), Tolerance(quantity=Decimal(tolerance)))
    assert found is agrees


@pytest.mark.parametrize(
    ("ours", "theirs", "decimals", "setting", "agrees"),
    [
        ("100.004", "100.00", 2, None, True),
        ("100.01", "100.00", 2, None, True),
        ("100.0101", "100.00", 2, None, False),
        ("100.0001", "100.00", None, None, True),  # 1e-6 of ours
        ("100.00011", "100.00", None, None, False),
        ("100000.05", "100000.00", 2, None, True),  # the relative part is larger
        ("100.05", "100.00", 2, "0.05", True),
        ("100.01", "100.00", 2, "0.001", False),  # the setting replaces the last digit
        ("100000.05", "100000.00", 2, "0", True),  # and leaves the relative part
        ("1250", "1200", -2, None, True),
    ],
)
def test_averages_agree_to_the_last_declared_digit(ours, theirs, decimals, setting, agrees):
    tolerance = Tolerance(average_price=None if setting is None else Decimal(setting))
    found = same_average(Decimal(ours), Decimal(theirs), tolerance, price_decimals=decimals)
    assert found is agrees


# Quantities


def compared(held: Position | None, theirs: Holding, **options) -> Finding:
    given = {
        "instrument": STOCK, "tolerance": Tolerance(), "last": None, "may_be_split": True,
    } | options  # fmt: skip
    return compare_quantity(ledger=AAPL, position=held, row=theirs, **given)


def test_a_finding_carries_both_sides():
    found = compared(position("10", "1000"), row("6", "99.50", price="101"))
    assert found == Finding(
        ledger=AAPL, verdict="differs", ours=Decimal(10), theirs=Decimal(6),
        average=Decimal("99.50"), price=Decimal(101), row=row("6", "99.50", price="101"),
        our_average=Decimal(100),
    )  # fmt: skip
    assert found.remainder == Decimal(-4)


@pytest.mark.parametrize(
    ("held", "theirs", "verdict"),
    [
        (position("10", "1000"), row("10.0"), "agrees"),
        (position("10", "1000"), row("11"), "differs"),
        (position("10", "1000"), row("-10"), "differs"),
        (position("10", "1000"), row("0"), "flat"),
        (position("-10", "-1000"), row("0.00"), "flat"),
        (None, row("0"), "agrees"),
        (None, row("5"), "differs"),
        (position("10", "1000"), row("40", "25.00"), "split"),
        (position("10", None), row("40", "25.00"), "differs"),
        (position("10", "1000"), row("40"), "differs"),
    ],
)
def test_a_row_agrees_or_not(held, theirs, verdict):
    assert compared(held, theirs).verdict == verdict


def test_what_is_not_reported_moves_us_to_flat():
    gone = Finding(ledger=AAPL, verdict="missing", ours=Decimal(10), theirs=None)
    assert gone.remainder == Decimal(-10)


def test_nothing_held_has_no_average():
    assert compared(None, row("5", "10")).our_average is None
    assert compared(None, row("5", "10")).ours == 0


def test_within_the_quantity_tolerance_a_row_agrees():
    loose = Tolerance(quantity=Decimal(1))
    assert compared(position("10", "1000"), row("11"), tolerance=loose).verdict == "agrees"
    assert compared(position("1", "100"), row("0"), tolerance=loose).verdict == "flat"


def test_a_split_is_inferred_only_where_one_can_be():
    held, theirs = position("10", "1000"), row("40", "25.00")
    assert compared(held, theirs).ratio == (4, 1)
    assert compared(held, theirs, may_be_split=False).verdict == "differs"
    assert compared(held, theirs, may_be_split=False).ratio is None
    for kind in ("spot", "perpetual", "forex"):
        coin = Instrument(symbol="X", asset_class=kind)
        assert compared(held, theirs, instrument=coin).verdict == "differs"
    for kind in ("stock", "option", "future", "fund", "bond", "other"):
        share = Instrument(symbol="X", asset_class=kind)
        assert compared(held, theirs, instrument=share).verdict == "split"


def test_an_average_is_rounded_to_the_decimals_of_the_instrument():
    held, theirs = position("10", "1000"), row("30", "33.3")
    rounded = Instrument(symbol="X", asset_class="stock", price_decimals=1)
    assert compared(held, theirs).verdict == "differs"
    assert compared(held, theirs, instrument=rounded).ratio == (3, 1)


def test_the_price_must_have_moved_with_the_split():
    held, theirs = position("10", "1000"), row("40", "25.00", price="26")
    assert compared(held, theirs, last=row("10", price="104")).verdict == "split"
    assert compared(held, theirs, last=row("10", price="26")).verdict == "differs"


@pytest.mark.parametrize(
    ("last", "ratio"),
    [
        (row("10", "100.04"), (4, 1)),  # with the fees of the opening inside
        (row("10", "100.08"), None),
        (row("9", "100.04"), None),  # another quantity had that average
        (row("10"), None),
        (row("ten", "100.04"), None),
        (None, None),
    ],
)
def test_the_averages_of_the_venue_tell_a_split_where_ours_is_without_its_fees(last, ratio):
    held, theirs = position("10", "1000"), row("40", "25.01")
    assert compared(held, theirs, last=last).ratio == ratio


# Rounding after a split


@pytest.mark.parametrize(
    ("held", "theirs", "is_one"),
    [
        ("3.333", "3.33", True),
        ("3.333", "3", True),
        ("3.333", "4", True),
        ("3.333", "5", False),
        ("3.34", "3.33", False),  # a whole unit of the last digit is no rounding
        ("3.3399", "3.33", True),
        ("-3.333", "-3.33", True),
        ("3.333", "-3.33", False),
        ("0.55", "0.5", True),
        ("0.4", "0", False),
    ],
)
def test_after_a_split_less_than_the_last_digit_is_rounding(held, theirs, is_one):
    assert (
        is_rounding(position(held, "10", is_resized=True), Decimal(theirs), row(theirs)) is is_one
    )
    assert not is_rounding(position(held, "10"), Decimal(theirs), row(theirs))


def test_rounding_is_told_before_anything_else_is_guessed():
    resized = position("3.333", "100", is_resized=True)
    assert compared(resized, row("3.33", "30.00")).verdict == "rounding"
    assert compared(position("0", "0", is_resized=True), row("0.5")).verdict == "differs"


# Names


@pytest.mark.parametrize(
    ("verdict", "ours", "kind"),
    [
        ("cost", "10", "cost"),
        ("restated", "10", "cost"),
        ("missing", "10", "missing_at_broker"),
        ("split", "10", "corporate_action"),
        ("unconfirmed", "10", "timing"),
        ("side", "10", "side"),
        ("side", "0", "side"),
        ("differs", "10", "quantity"),
        ("differs", "-1", "quantity"),
        ("differs", "0", "missing_in_book"),
        ("flat", "10", "quantity"),
        ("invalid", "0", "quantity"),
    ],
)
def test_a_difference_is_listed_under_its_kind(verdict, ours, kind):
    found = Finding(ledger=AAPL, verdict=verdict, ours=Decimal(ours), theirs=Decimal(3))
    assert break_kind(found) == kind


@pytest.mark.parametrize(
    ("age_s", "grace_s", "is_young"),
    [
        ("0", "60", True),
        ("60", "60", True),
        ("60.000001", "60", False),
        ("-5", "60", True),
        ("0.5", "0.5", True),
        ("0.500001", "0.5", False),
        ("0", "0", True),
        ("0.000001", "0", False),
    ],
)
def test_a_booking_has_its_grace_period(age_s, grace_s, is_young):
    booked_at = NOON - timedelta(microseconds=int(Decimal(age_s).scaleb(6)))
    assert is_in_grace(booked_at, as_of=NOON, grace_s=Decimal(grace_s)) is is_young


def test_an_average_of_long_digits_is_compared_exactly():
    third = divide(Decimal(100), Decimal(3))
    assert same_average(third, Decimal("33.3333"), Tolerance(), price_decimals=None)
    assert not same_average(third, Decimal("33.333"), Tolerance(), price_decimals=None)
