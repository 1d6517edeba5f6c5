"""Closings in the account's own currency, where the rates of the trades are known."""

import pytest

from scenario import check, read
from tieout.cases.running import run_case


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("", "rate 1.20"), ("rate 1.10", ""), ("", "")],
    ids=["opening not known", "closing not known", "neither known"],
)
def test_without_one_of_the_rates_the_base_value_is_not_known(opening, closing):
    check(f"""
        instrument XYZ EUR
        fill f1 XYZ 100 @ 50 {opening}
        fill f2 XYZ -100 @ 55 {closing}
        =>      closed XYZ realized 500 EUR base nothing
    """)


def test_fees_of_opening_and_closing_count_at_the_rates_of_their_days():
    # paid (5000 + 10) x 1.10 = 5511, received (5500 - 20) x 1.20 = 6576
    check("""
        instrument XYZ EUR
        fill f1 XYZ 100 @ 50 fee 10 rate 1.10
        fill f2 XYZ -100 @ 55 fee 20 rate 1.20
        => closed XYZ realized 470 EUR base 1065 USD price 564 exchange 501
    """)


def test_a_short_gains_where_its_currency_falls():
    # received 5500 x 1.20 = 6600, paid 5000 x 1.10 = 5500
    check("""
        instrument XYZ EUR
        fill f1 XYZ -100 @ 55 rate 1.20
        fill f2 XYZ 100 @ 50 rate 1.10
        => closed XYZ realized 500 EUR base 1100 USD price 550 exchange 550
    """)


@pytest.mark.parametrize(
    ("basis", "first", "second"),
    [("average", "230", "230"), ("fifo", "340", "120"), ("lifo", "120", "340")],
)
def test_each_method_takes_the_base_cost_of_the_units_it_takes(basis, first, second):
    # 10 for 1440, less 1100 for the first ten, 1320 for the second, 1210 on average
    check(f"""
        policy cost_basis {basis}
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 2026-11-20T10:00:00Z
        fill f2 XYZ 10 @ 110 rate 1.20 at 2026-11-20T11:00:00Z
        => created XYZ 0 -> 20
        ---
        fill f3 XYZ -10 @ 120 rate 1.20
        => reduced XYZ base {first} USD
        ---
        fill f4 XYZ -10 @ 120 rate 1.20
        => closed XYZ base {second} USD
    """)


def test_of_two_openings_one_without_a_rate_makes_the_average_unknown():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ 10 @ 100
        fill f3 XYZ -10 @ 110 rate 1.20
        => created XYZ 0 -> 10 realized 100 EUR base nothing
    """)


def test_a_trade_through_zero_divides_its_fee_in_both_currencies():
    # closes 10: (1100 - 2) x 1.20 - 1000 x 1.10 = 217.60; opens -5 with 1 of the fee
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -15 @ 110 fee 3 rate 1.20
        => flipped XYZ 10 -> -5 realized 98 EUR base 217.60 USD price 117.60 exchange 100
        ---
        fill f3 XYZ 5 @ 100 rate 1.25
        => closed XYZ realized 49 EUR base 33.80 USD price 61.25 exchange -27.45
    """)


def test_a_split_keeps_what_the_units_cost_in_base_currency():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 2026-11-20T10:00:00Z
        split s1 XYZ 2 for 1 at 2026-11-20T11:00:00Z
        fill f2 XYZ -20 @ 55 rate 1.20 at 2026-11-20T12:00:00Z
        => closed XYZ realized 100 EUR base 220 USD price 120 exchange 100
    """)


def test_a_transfer_in_brings_no_rate():
    check("""
        instrument XYZ EUR
        transfer t1 XYZ 10 cost 1000 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f1 XYZ -10 @ 110 rate 1.20
        => closed XYZ realized 100 EUR base nothing
    """)


def test_a_cost_that_moves_to_a_new_company_leaves_no_base_cost():
    check("""
        instrument XYZ EUR
        instrument NEW EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        spin_off s1 XYZ to NEW 1 for 1 cost 200 rate 1.15
        => created NEW 0 -> 10  restated XYZ
        ---
        fill f2 XYZ -10 @ 110 rate 1.20
        fill f3 NEW -10 @ 30 rate 1.20
        => closed NEW realized 100 EUR base nothing  closed XYZ realized 300 EUR base nothing
    """)


def test_units_that_nobody_explained_have_no_rate():
    check("""
        instrument XYZ EUR
        book XYZ 10 @ 100
        fill f1 XYZ -10 @ 110 rate 1.20
        => closed XYZ realized 100 EUR base nothing
    """)


def test_an_average_taken_from_the_venue_has_no_rate():
    check("""
        instrument XYZ EUR
        book    XYZ 10 @ 100
        fill f1 XYZ 10 @ 100 rate 1.10
        broker  XYZ 20 @ 101
        => increased XYZ 10 -> 20 @ 101
        ---
        fill f2 XYZ -20 @ 110 rate 1.20
        => closed XYZ base nothing  and more
    """)


def test_a_trade_in_the_accounts_own_currency_needs_no_rate():
    check("""
        fill f1 XYZ 10 @ 100 rate 1
        fill f2 XYZ -10 @ 110 rate 1
        => closed XYZ realized 100 USD base nothing
    """)


def test_a_rate_of_another_currency_than_the_instruments_is_not_used():
    scenario = read("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ -10 @ 110 rate 1.20
    """)
    fill = scenario.material["steps"][0]["activities"][1]
    assert base_of_first_change(scenario) == "220.00"
    fill["currency"] = "EUR"
    assert base_of_first_change(scenario) == "220.00"
    fill["currency"] = "GBP"
    assert base_of_first_change(scenario) is None


def base_of_first_change(scenario) -> str | None:
    base = run_case(scenario.case).plans[0].changes[0].base
    return None if base is None else base.net.text()


@pytest.mark.parametrize("kind", ["future", "perpetual"])
def test_what_is_not_paid_for_when_it_is_opened_has_no_base_value(kind):
    check(f"""
        instrument XYZ {kind} EUR x10
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ -10 @ 110 rate 1.20
        => closed XYZ realized 1000 EUR base nothing
    """)


def test_an_option_that_expires_loses_what_it_cost_at_the_rate_of_its_day():
    check("""
        instrument XYZ261120C00100000 option EUR x100
        fill f1 XYZ261120C00100000 1 @ 2 rate 1.10
        => created XYZ261120C00100000 0 -> 1
        ---
        expiry e1 XYZ261120C00100000 rate 1.20
        => closed XYZ261120C00100000 realized -200 EUR base -220 USD price -240 exchange 20
    """)


def test_several_closings_of_one_change_add_up():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -4 @ 110 rate 1.20
        fill f3 XYZ -6 @ 110 rate 1.30
        => closed XYZ realized 100 EUR base 286 USD price 126 exchange 160
    """)


def test_of_several_closings_one_without_a_rate_leaves_the_sum_unknown():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -4 @ 110 rate 1.20
        fill f3 XYZ -6 @ 110
        => closed XYZ realized 100 EUR base nothing
    """)
