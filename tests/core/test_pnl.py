"""Realized money: figures by currency, and what closing units at a price makes."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.numbers import NOTHING, Amount, divide, money
from tieout.core.pnl import (
    NO_FIGURES,
    NO_TOTALS,
    BaseFigure,
    BaseSum,
    Closing,
    Figures,
    Totals,
    base_after,
    base_figure,
    base_of,
    gross_pnl,
    has_net,
    price_of,
    total_of,
    value_at,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = Decimal(1)


def figures(gross="0", fees="0", funding="0", income="0", closings=0, unknown=0) -> Figures:
    return Figures(
        gross=money(Decimal(gross)),
        fees=money(Decimal(fees)),
        funding=Decimal(funding),
        income=Decimal(income),
        closings=closings,
        unknown=unknown,
    )


SOME = figures("120.00", "1.00", "-0.30", "2", closings=2, unknown=1)


# Figures


def test_net_is_gross_less_fees_and_nothing_else():
    assert SOME.net == Amount(Decimal("119.00"))
    assert figures(funding="5", income="7").net == Amount(Decimal(0))


def test_figures_add_and_subtract_field_by_field():
    other = figures("0.50", "0.25", "0.10", "-1", closings=3, unknown=2)
    assert SOME.plus(other) == figures("120.50", "1.25", "-0.20", "1", closings=5, unknown=3)
    assert SOME.minus(other) == figures("119.50", "0.75", "-0.40", "3", closings=-1, unknown=-1)
    assert SOME.minus(SOME).is_nothing
    assert SOME.plus(NO_FIGURES) == SOME


@pytest.mark.parametrize(
    "one",
    [
        figures(gross="1"), figures(fees="-1"), figures(funding="1"), figures(income="-1"),
        figures(closings=1), figures(unknown=1), figures(closings=-1),
    ],
)  # fmt: skip
def test_any_single_figure_is_something(one):
    assert not one.is_nothing
    assert not one.same_money(NO_FIGURES) or one.closings


def test_no_figures_are_nothing():
    assert NO_FIGURES.is_nothing
    assert figures("0.00", "0.0").is_nothing


def test_the_same_money_may_come_from_another_number_of_closings():
    assert SOME.same_money(figures("120.0", "1", "-0.3", "2.00", closings=7, unknown=1))
    for other in (
        figures("120.01", "1", "-0.3", "2", unknown=1),
        figures("120", "1.01", "-0.3", "2", unknown=1),
        figures("120", "1", "-0.31", "2", unknown=1),
        figures("120", "1", "-0.3", "2.01", unknown=1),
        figures("120", "1", "-0.3", "2", unknown=0),
    ):
        assert not SOME.same_money(other)


def test_the_same_money_is_compared_by_value_not_by_parts():
    split = Figures(gross=Amount(Decimal(100), Decimal(20)), fees=Amount(Decimal(2), Decimal(-1)))
    assert split.same_money(figures("120", "1"))


# Totals


def test_currencies_are_kept_apart():
    totals = NO_TOTALS.with_figures("USD", figures("1")).with_figures("EUR", figures("2"))
    more = totals.with_figures("USD", figures("3", closings=1))
    assert more == Totals({"USD": figures("4", closings=1), "EUR": figures("2")})
    assert more.of("USD") == figures("4", closings=1)
    assert more.of("BNB") == NO_FIGURES
    assert totals.of("USD") == figures("1")


def test_totals_add_and_subtract_currency_by_currency():
    one = Totals({"USD": figures("5"), "EUR": figures("1")})
    other = Totals({"USD": figures("2"), "BNB": figures(fees="3")})
    both = {"USD": figures("7"), "EUR": figures("1"), "BNB": figures(fees="3")}
    assert one.plus(other) == Totals(both)
    rest = {"USD": figures("3"), "EUR": figures("1"), "BNB": figures(fees="-3")}
    assert one.minus(other).same_money(Totals(rest))
    assert one.minus(other).of("BNB") == figures(fees="-3")
    assert one.minus(one).is_nothing
    assert NO_TOTALS.is_nothing
    assert not one.is_nothing


def test_totals_are_nothing_only_if_every_currency_is():
    assert Totals({"USD": NO_FIGURES, "EUR": NO_FIGURES}).is_nothing
    assert not Totals({"USD": NO_FIGURES, "EUR": figures("1")}).is_nothing


def test_totals_say_the_same_money_if_every_currency_does():
    one = Totals({"USD": figures("5", closings=1)})
    assert one.same_money(Totals({"USD": figures("5.00"), "EUR": NO_FIGURES}))
    assert Totals({"USD": figures("5.00"), "EUR": NO_FIGURES}).same_money(one)
    assert not one.same_money(Totals({"USD": figures("5"), "EUR": figures("1")}))
    assert not Totals({"USD": figures("5"), "EUR": figures("1")}).same_money(one)
    assert not one.same_money(NO_TOTALS)


def test_the_total_of_several_is_their_sum():
    one, other = Totals({"USD": figures("5")}), Totals({"USD": figures("2"), "EUR": figures("1")})
    assert total_of([one, other, one]) == Totals({"USD": figures("12"), "EUR": figures("1")})
    assert total_of([]) == NO_TOTALS


# Closings


def closing(gross: Amount | None) -> Closing:
    return Closing(
        by="f1", at=NOON, quantity=Decimal(4), price=Decimal(130), gross=gross,
        fees=money(Decimal("1.50")), currency="USD",
    )  # fmt: skip


def test_a_closing_of_known_cost_counts_in_gross():
    assert closing(money(Decimal(120))).figures == figures("120", "1.50", closings=1)
    assert closing(NOTHING).figures == figures("0", "1.50", closings=1)


def test_a_closing_of_unknown_cost_counts_as_unknown_with_its_fees():
    assert closing(None).figures == figures("0", "1.50", closings=1, unknown=1)


# Prices and values


@pytest.mark.parametrize(
    ("quantity", "price", "cost", "multiplier", "expected"),
    [
        ("4", "130.00", "400.00", "1", "120.00"),
        ("4", "90.00", "400.00", "1", "-40.00"),
        ("-4", "90.00", "-400.00", "1", "40.00"),  # a short that fell
        ("-4", "130.00", "-400.00", "1", "-120.00"),
        ("2", "5010.25", "500000", "50", "1025.00"),  # 2 x 50 x (5010.25 - 5000)
        ("-3", "-1.50", "-300", "100", "750.00"),  # sold at 1, bought back at -1.5
        ("0.5", "2000.00", "900.00", "1", "100.00"),
    ],
)
def test_gross_is_price_less_cost_times_quantity_and_multiplier(
    quantity, price, cost, multiplier, expected
):
    made = gross_pnl(
        Decimal(quantity), price=Decimal(price), cost=money(Decimal(cost)),
        multiplier=Decimal(multiplier),
    )  # fmt: skip
    assert made.text() == expected


def test_an_inverse_contract_makes_coins():
    """1000 contracts of 1 USD bought at 10000 (0.1 coin), sold at 12500 (0.08): 0.02 made."""
    cost = value_at(Decimal(1000), price=Decimal(10000), multiplier=ONE, inverse=True)
    assert cost.text() == "0.1"
    made = gross_pnl(Decimal(1000), price=Decimal(12500), cost=cost, multiplier=ONE, inverse=True)
    assert made.text() == "0.02"
    short = gross_pnl(
        Decimal(-1000), price=Decimal(12500), cost=cost.negated(), multiplier=ONE, inverse=True
    )
    assert short.text() == "-0.02"


def test_an_inverse_value_has_the_multiplier_above_and_the_price_below():
    value = value_at(Decimal(3), price=Decimal(8), multiplier=Decimal(100), inverse=True)
    assert value.text() == "37.5"
    third = value_at(Decimal(1), price=Decimal(3), multiplier=ONE, inverse=True)
    assert third == Amount(Decimal(0), divide(ONE, Decimal(3)))


def test_a_price_of_0_has_no_value_in_coins_and_no_price_gives_a_cost_of_0():
    contracts = {"multiplier": ONE, "inverse": True}
    assert value_at(ONE, price=Decimal(0), **contracts) is None
    assert gross_pnl(ONE, price=Decimal(0), cost=money(ONE), **contracts) is None
    assert price_of(money(Decimal(0)), quantity=ONE, **contracts) is None
    assert price_of(money(Decimal(0)), quantity=ONE, multiplier=ONE) == 0


def test_a_value_is_signed_like_the_quantity():
    assert value_at(Decimal(-2), price=Decimal("10.50"), multiplier=Decimal(50)).text() == (
        "-1050.00"
    )
    inverse = value_at(Decimal(-2), price=Decimal(8), multiplier=Decimal(100), inverse=True)
    assert inverse.text() == "-25"


def test_a_value_has_the_digits_of_its_price_and_no_zeros_of_its_quantity():
    assert value_at(Decimal("0.500"), price=Decimal("100.0"), multiplier=ONE).text() == "50.0"
    assert value_at(Decimal("0.125"), price=Decimal("0.3"), multiplier=ONE).text() == "0.0375"


def test_a_price_gives_its_cost_back():
    cost = money(Decimal("-1050.00"))
    assert price_of(cost, quantity=Decimal(-2), multiplier=Decimal(50)) == Decimal("10.5")
    assert price_of(money(Decimal(100)), quantity=Decimal(3), multiplier=ONE) == divide(
        Decimal(100), Decimal(3)
    )


def test_the_average_of_an_inverse_contract_is_harmonic():
    """100 at 100 and 100 at 200 cost 1 + 0.5 coins: 200 / 1.5 is 133.33, not 150."""
    cost = value_at(Decimal(100), price=Decimal(100), multiplier=ONE, inverse=True).plus(
        value_at(Decimal(100), price=Decimal(200), multiplier=ONE, inverse=True)
    )
    average = price_of(cost, quantity=Decimal(200), multiplier=ONE, inverse=True)
    assert average == divide(Decimal(400), Decimal(3))
    ten = price_of(money(Decimal(25)), quantity=Decimal(2), multiplier=Decimal(100), inverse=True)
    assert ten == Decimal(8)


# Base currency


def base(net: str, price: str, currency: str = "USD") -> BaseFigure:
    return BaseFigure(currency=currency, net=money(Decimal(net)), price=money(Decimal(price)))


def test_a_base_figure_is_what_came_in_less_what_went_out_each_at_its_rate():
    made = base_figure(
        money(Decimal(470)), paid=money(Decimal(5010)), base_cost=money(Decimal(5511)),
        rate=Decimal("1.20"), currency="USD",
    )  # fmt: skip
    assert made.currency == "USD"
    assert (made.net.value, made.price.value, made.exchange.value) == (1065, 564, 501)


def test_base_figures_add_and_turn_part_by_part():
    assert base("5", "3").plus(base("2", "-1")) == base("7", "2")
    assert base("5", "3").negated() == base("-5", "-3")
    assert base("5", "3").after_fee(money(Decimal(2))) == base("3", "1")


def test_base_figures_of_two_currencies_are_never_added():
    with pytest.raises(AssertionError):
        base("5", "3").plus(base("5", "3", "CHF"))


def based(gross: str, figure: BaseFigure | None) -> Closing:
    return replace(closing(money(Decimal(gross))), base=figure)


def test_closings_make_a_base_figure_where_all_have_one_and_they_are_all_there_is():
    one, other = based("10", base("12", "11")), based("5", base("7", "6"))
    both = one.figures.plus(other.figures)
    assert base_of((one, other), both) == base("19", "17")
    assert base_of((one,), one.figures) == base("12", "11")
    assert base_of((), NO_FIGURES) is None
    assert base_of((one, based("5", None)), both) is None
    assert base_of((one, other), both.plus(figures(fees="1"))) is None
    assert base_of((one, other), both.plus(figures(funding="1"))) == base("19", "17")


def test_a_sum_in_base_currency_is_known_where_all_of_it_is():
    made = figures(gross="10", closings=1)
    assert BaseSum().known is None
    whole = BaseSum().plus(made, base("12", "11")).plus(made, base("1", "2"))
    assert whole.known == base("13", "13")
    assert whole.plus(figures(funding="1", income="2"), None).known == base("13", "13")


@pytest.mark.parametrize(
    "rest", [figures(gross="1"), figures(fees="1"), figures(closings=1), figures(unknown=1)]
)
def test_a_sum_of_which_a_part_is_not_valued_is_not_known_until_that_is_taken_back(rest):
    some = BaseSum().plus(figures(gross="10", closings=1), base("12", "11"))
    assert some.plus(rest, None).known is None
    back = NO_FIGURES.minus(rest)
    assert some.plus(rest, None).plus(back, None).known == base("12", "11")


def test_a_sum_of_two_base_currencies_is_not_known():
    made = figures(gross="10", closings=1)
    assert BaseSum().plus(made, base("1", "1")).plus(made, base("1", "1", "CHF")).known is None


# The sum of an episode

TWENTY = BaseFigure(currency="USD", net=money(Decimal(20)), price=money(Decimal(12)))
GONE = Closing(
    by="f2",
    at=NOON,
    quantity=Decimal(1),
    price=Decimal(110),
    gross=money(Decimal(10)),
    fees=money(Decimal(0)),
    currency="EUR",
    base=TWENTY,
)
GONE_BEFORE = Totals({"EUR": GONE.figures})


def test_a_sum_begins_where_nothing_was_realized_yet():
    assert base_after(None, Totals(), GONE) == TWENTY
    assert base_after(None, Totals({"EUR": Figures(funding=Decimal(3))}), GONE) == TWENTY
    assert base_after(None, GONE_BEFORE, GONE) is None
    assert base_after(None, Totals({"EUR": figures(fees="1")}), GONE) is None


def test_a_sum_in_another_currency_is_not_added_to():
    assert base_after(TWENTY, GONE_BEFORE, GONE) == TWENTY.plus(TWENTY)
    assert base_after(replace(TWENTY, currency="CHF"), GONE_BEFORE, GONE) is None
    assert base_after(TWENTY, GONE_BEFORE, replace(GONE, base=None)) is None


@pytest.mark.parametrize(
    ("totals", "is_so"),
    [
        (NO_TOTALS, False),
        (Totals({"EUR": figures(funding="3", income="2")}), False),
        (Totals({"EUR": figures(fees="1")}), True),
        (Totals({"EUR": figures(gross="5", fees="5", closings=1)}), True),
        (Totals({"USD": figures(gross="5")}), False),
        (Totals({"USD": figures(closings=1)}), True),
    ],
)
def test_something_is_in_a_net_once_money_or_a_closing_is(totals, is_so):
    assert has_net(totals, "EUR") is is_so
