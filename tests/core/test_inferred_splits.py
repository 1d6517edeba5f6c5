"""A split that nobody announced, told from quantity, average and price."""

from decimal import Decimal

import pytest

from tieout.core.comparison import infer_split


def inferred(ours, theirs, our_average, average, *, last=None, price=None, decimals=None):
    return infer_split(
        Decimal(ours), Decimal(theirs),
        our_average=None if our_average is None else Decimal(our_average), average=average,
        last_price=None if last is None else Decimal(last),
        price=None if price is None else Decimal(price), price_decimals=decimals,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "our_average", "average", "ratio"),
    [
        ("10", "40", "100", "25.00", (4, 1)),
        ("10", "20", "100", "50.00", (2, 1)),
        ("1", "4", "100", "25.00", (4, 1)),
        ("10", "1", "5", "50.00", (1, 10)),
        ("1", "0", "5", "50.00", None),  # all of it paid in cash: that is flat
        ("10", "15", "100", "66.67", (3, 2)),
        ("100", "10", "5", "50.00", (1, 10)),
        ("105", "10", "5", "50.00", (1, 10)),  # half a share paid in cash
        ("109", "10", "5", "50.00", (1, 10)),
        ("110", "10", "5", "50.00", None),  # a whole share is missing
        ("99", "10", "5", "50.00", None),  # more than the ratio gives
        ("7", "10", "3", "2.00", (3, 2)),  # 10.5 shares
        ("-10", "-40", "100", "25.00", (4, 1)),
        ("10", "-40", "100", "25.00", None),
        ("10", "41", "100", "25.00", None),
        ("10", "1000", "100", "1.00", (100, 1)),
        ("10", "1010", "100", "0.99", None),  # whole numbers up to 100 only
        ("1000", "10", "1", "100.00", (1, 100)),
        ("1010", "10", "1", "101.00", None),
        ("10", "10", "100", "100.00", None),
        ("10", "40", None, "25.00", None),
        ("10", "40", "100", None, None),
        ("10", "40", "0", "0", None),
        ("10", "40", "100", "0", None),
        ("10", "40", "100", "NaN", None),
        ("10", "40", "-100", "-25.00", (4, 1)),
        ("10", "40", "100", "-25.00", None),
        ("0", "40", "100", "25.00", None),
    ],
)
def test_a_split_shows_in_quantity_and_average(ours, theirs, our_average, average, ratio):
    assert inferred(ours, theirs, our_average, average) == ratio


def test_the_average_may_be_rounded_in_its_last_digit():
    assert inferred("10", "30", "100", "33.33") == (3, 1)
    assert inferred("10", "30", "100", "33.34") is None
    assert inferred("10", "30", "100", "33.3333333") == (3, 1)


def test_of_several_ratios_that_fit_the_smallest_terms_count():
    assert inferred("12", "36", "0.3", "0.1") == (3, 1)
    assert inferred("20", "10", "50", "100.00") == (1, 2)


def test_what_is_missing_is_cash_in_lieu_only_at_venues_of_whole_units():
    assert inferred("0.5", "0.4", "100", "50") is None
    assert inferred("2.5", "5", "100", "50.00") == (2, 1)
    assert inferred("2.25", "4.5", "100", "50.00") == (2, 1)
    assert inferred("2.3", "4.5", "100", "50.00") is None


@pytest.mark.parametrize(
    ("last", "price", "ratio"),
    [
        ("100", "25", (4, 1)),
        ("100", "30", (4, 1)),
        ("30", "30", None),
        ("100", "100", None),
        ("100", None, (4, 1)),
        (None, "100", (4, 1)),
        ("100", "40", None),  # 160 is as far from 100 as 40 is
        ("100", "39.99", (4, 1)),
    ],
)
def test_a_price_that_did_not_move_speaks_against_a_split(last, price, ratio):
    assert inferred("10", "40", "100", "25.00", last=last, price=price) == ratio


def test_the_decimals_a_venue_declares_are_those_it_rounds_to():
    assert inferred("10", "30", "100", "33.3") is None
    assert inferred("10", "30", "100", "33.3", decimals=1) == (3, 1)
    assert inferred("10", "30", "100", "33.4", decimals=1) is None
    assert inferred("10", "30", "100", "33.3", decimals=2) is None


def test_a_rounding_that_tells_no_ratios_apart_excuses_nothing():
    assert inferred("3", "2", "4.8", "7", decimals=0) == (2, 3)  # 7.2, and 6 parts are below 7
    assert inferred("3", "2", "4.2", "6", decimals=0) == (7, 10)  # 6.3 is not; 6.0 is exact
