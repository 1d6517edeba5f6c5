"""Exact arithmetic: what is kept, where digits end, and how a number is written."""

from decimal import Context, Decimal, localcontext

import pytest

from tieout.core.errors import NumberError
from tieout.core.numbers import (
    EXPONENT_MAX,
    NOTHING,
    Amount,
    add,
    divide,
    exact,
    exponent_of,
    is_quotient,
    last_digit,
    magnitude,
    money,
    multiply,
    negate,
    normal,
    plain,
    printed,
    subtract,
    trimmed,
    truncate,
)

LONG = "12345678901234567890123456789012345678901234567890.123456789012345678"


def test_sums_and_products_keep_every_digit():
    one = Decimal("0.000000000000000001")
    assert plain(add(Decimal(LONG), one)) == LONG[:-1] + "9"
    assert subtract(add(Decimal(LONG), one), one) == Decimal(LONG)
    assert multiply(Decimal(10**40 + 1), Decimal(10**40 - 1)) == Decimal(10**80 - 1)


def test_a_quotient_has_fifty_digits_half_even():
    assert str(divide(Decimal(1), Decimal(3))) == "0." + "3" * 50
    assert str(divide(Decimal(2), Decimal(3))) == "0." + "6" * 49 + "7"
    half = Decimal(f"{10**50 + 1}")  # 51 digits: the last one is half a unit of the fiftieth
    assert divide(multiply(half, Decimal(5)), Decimal(10)) == Decimal("5E+49")
    assert divide(multiply(half, Decimal(15)), Decimal(10)) == Decimal(f"{15 * 10**48}0") + 2


def test_the_context_of_the_thread_does_not_reach_the_core():
    with localcontext(Context(prec=3)):
        assert plain(negate(Decimal(LONG))) == f"-{LONG}"
        assert plain(magnitude(Decimal(f"-{LONG}"))) == LONG
        assert plain(add(Decimal(LONG), Decimal(0))) == LONG
        assert plain(normal(Decimal(LONG))) == LONG


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("10", "10"),
        ("-0.50", "-0.50"),
        ("1E-8", "1E-8"),
        (".5", "0.5"),
        ("+7", "7"),
        (7, "7"),
        (-7, "-7"),
        (Decimal("1.10"), "1.10"),
        ("0E+5000", "0E+5000"),
    ],
)
def test_texts_integers_and_decimals_are_read_exactly(given, expected):
    assert str(exact(given)) == expected


@pytest.mark.parametrize(
    "given",
    [
        "", " 1", "1 ", "1_000", "1,000", "0x10", "NaN", "sNaN", "Infinity", "-inf", "one", ".",
        "1.2.3", "1e", 1.5, 0.0, True, None, b"1", Decimal("NaN"), Decimal("-Infinity"), "٣", "²",
    ],
)  # fmt: skip
def test_what_is_no_finite_decimal_number_is_refused(given):
    with pytest.raises(NumberError, match="is not a finite decimal number"):
        exact(given)


def test_a_number_error_is_a_value_error_with_a_code():
    with pytest.raises(ValueError, match="'x' is not a finite decimal number") as refused:
        exact("x")
    assert refused.value.code == "number"


@pytest.mark.parametrize("given", ["1E+2001", "1E-2001", "-1E+2001", "9" * 2002, "0." + "1" * 2001])
def test_a_number_of_absurd_length_is_refused(given):
    with pytest.raises(NumberError, match=f"has more than {EXPONENT_MAX} digits"):
        exact(given)


@pytest.mark.parametrize("given", ["1E+2000", "1E-2000", "9" * 2001, "0." + "1" * 2000])
def test_a_number_at_the_limit_is_read(given):
    assert exact(given) == Decimal(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1E+2", "100"), ("100.00", "100.00"), ("-0", "0"), ("-0.00", "0.00"), ("0E+3", "0"),
        ("0E-3", "0.000"), ("1E-10", "0.0000000001"), ("-1.5", "-1.5"), ("1.50E+1", "15.0"),
    ],
)  # fmt: skip
def test_plain_notation_has_no_exponent_and_no_minus_zero(given, expected):
    assert plain(Decimal(given)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1.50", "1.50"),
        ("0.123456789012345678", "0.123456789012345678"),
        ("0.1234567890123456785", "0.123456789012345678"),  # half to even
        ("0.1234567890123456775", "0.123456789012345678"),
        ("0.12345678901234567851", "0.123456789012345679"),
        ("2.0000000000000000001", "2"),
        ("-0.0000000000000000001", "0"),
        ("0.0000000000000000001", "0"),
        ("1.1000000000000000000", "1.1"),
        ("100.0000000000000000001", "100"),
    ],
)
def test_a_quotient_is_printed_to_eighteen_decimals(given, expected):
    assert printed(Decimal(given)) == expected


def test_normal_drops_zeros_and_nothing_else():
    assert str(normal(Decimal("100.00"))) == "1E+2"
    assert normal(Decimal(LONG + "000")) == Decimal(LONG)


@pytest.mark.parametrize(
    ("value", "like", "expected"),
    [
        ("1000.000", "2000.00", "1000.00"),
        ("1000.5000", "2000.00", "1000.50"),
        ("1000.125", "2000.00", "1000.125"),
        ("1000.1250", "2000.00", "1000.125"),
        ("1000", "2000.00", "1000"),
        ("1000.00", "2000.00", "1000.00"),
        ("1000.0", "7", "1000"),
        ("0.000", "7.0", "0.0"),
        ("5", "1E+3", "5"),
        ("5000.00", "1E+3", "5E+3"),
    ],
)
def test_zeros_that_only_a_product_made_are_trimmed(value, like, expected):
    assert str(trimmed(Decimal(value), like=Decimal(like))) == expected


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [("1.29", 1, "1.2"), ("-1.29", 1, "-1.2"), ("1.2", 3, "1.200"), ("19.99", 0, "19"),
     ("1234", -2, "1.2E+3")],
)  # fmt: skip
def test_truncation_is_towards_zero(value, decimals, expected):
    assert str(truncate(Decimal(value), decimals)) == expected


def test_a_quotient_is_one_when_digits_were_lost():
    assert is_quotient(divide(Decimal(1), Decimal(3)), of=Decimal(1), by=Decimal(3))
    assert not is_quotient(divide(Decimal(1), Decimal(8)), of=Decimal(1), by=Decimal(8))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12.345", "0.001"), ("12", "1"), ("1E+3", "1"), ("-0.10", "0.01"), ("0.00", "0.01")],
)
def test_the_last_digit_that_was_written(value, expected):
    assert last_digit(Decimal(value)) == Decimal(expected)
    assert exponent_of(Decimal("1E+3")) == 3


# Amounts


def test_an_amount_that_divides_evenly_stays_exact():
    assert money(Decimal("1000.00")).share(Decimal(4), Decimal(10)) == Amount(Decimal("400.00"))
    assert money(Decimal("1000.00")).share(Decimal(4), Decimal(10)).text() == "400.00"
    assert money(Decimal("-9")).share(Decimal(-3), Decimal(9)) == Amount(Decimal(3))


def test_what_a_quotient_took_is_given_back_to_the_last_digit():
    whole = money(Decimal("100.00"))
    first = whole.share(Decimal(1), Decimal(3))
    rest = whole.minus(first)
    second = rest.share(Decimal(1), Decimal(2))
    last = rest.minus(second)
    assert first.exact == 0
    assert first.quotient == divide(Decimal(100), Decimal(3))
    total = first.plus(second).plus(last)
    assert total == whole
    assert total.quotient == 0
    assert total.text() == "100.00"


def test_a_share_of_a_quotient_is_a_quotient():
    third = money(Decimal(1)).share(Decimal(1), Decimal(3))
    assert third.share(Decimal(3), Decimal(1)).exact == 0
    assert third.share(Decimal(3), Decimal(1)).quotient == Decimal("0." + "9" * 50)


def test_amounts_add_part_by_part():
    mixed = Amount(Decimal("2.50"), Decimal("0.25"))
    assert mixed.value == Decimal("2.75")
    assert mixed.plus(mixed) == Amount(Decimal("5.00"), Decimal("0.50"))
    assert mixed.minus(Amount(Decimal(1), Decimal(1))) == Amount(Decimal("1.50"), Decimal("-0.75"))
    assert mixed.times(Decimal(-2)) == Amount(Decimal("-5.00"), Decimal("-0.50"))
    assert mixed.negated() == Amount(Decimal("-2.50"), Decimal("-0.25"))
    assert NOTHING.value == 0


def test_an_exact_amount_is_written_with_all_its_digits():
    assert money(Decimal("0.1234567890123456789012345")).text() == "0.1234567890123456789012345"
    assert Amount(Decimal(0), Decimal("0.1234567890123456789012345")).text() == (
        "0.123456789012345679"
    )
