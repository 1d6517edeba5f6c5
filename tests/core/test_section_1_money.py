"""Section 1: average price and realized P&L, for shorts, contract sizes and currencies alike."""

from decimal import Decimal

import pytest

from scenario import check


@pytest.mark.parametrize(
    ("opening", "closing", "gross"),
    [
        ("10 @ 100", "-4 @ 130", "120"),
        ("10 @ 100", "-4 @ 70", "-120"),
        ("-10 @ 100", "4 @ 130", "-120"),
        ("-10 @ 100", "4 @ 70", "120"),
        ("0.5 @ 30000", "-0.2 @ 31000.5", "200.1"),
    ],
)
@pytest.mark.parametrize("unit", ["stock", "future x50", "option x100"])
def test_gross_is_the_move_times_quantity_side_and_multiplier(opening, closing, gross, unit):
    expected = Decimal(gross) * Decimal(unit.partition("x")[2] or 1)
    check(f"""
        instrument XYZ {unit}
        book     XYZ {opening}
        fill f1  XYZ {closing} fee 3
        =>       reduced realized {expected - 3} USD (gross {expected} fees 3)
    """)


def test_the_parts_of_a_closing_add_up_for_a_short():
    """Sold 3 @ 20 for 0.90 and 2 @ 25 for 0.60: 22 with 1.50; 2 of 5 bought back at 21 for 0.50."""
    check("""
        fill f1  XYZ -3 @ 20 fee 0.90 at 14:00
        fill f2  XYZ -2 @ 25 fee 0.60 at 14:10
        =>       created XYZ 0 -> -5 @ 22
        ---
        fill f3  XYZ 2 @ 21 fee 0.50
        =>       reduced -5 -> -3 @ 22 realized 0.90 USD (gross 2 fees 1.10)
        ---
        fill f4  XYZ 3 @ 19 fee 0.30
        =>       closed -3 -> 0 realized 7.80 USD (gross 9 fees 1.20)
        =>       ended XYZ fill net 8.70 gross 11 fees 2.30  total USD net 8.70
    """)


def test_an_increase_averages_again_and_a_reduction_does_not():
    check("""
        fill f1  XYZ 10 @ 100 at 14:00
        ---
        fill f2  XYZ 30 @ 120
        =>       increased 10 -> 40 @ 115 OPEN realized nothing
        ---
        fill f3  XYZ -20 @ 200
        =>       reduced 40 -> 20 @ 115 REDUCED realized 1700 USD
        ---
        fill f4  XYZ 20 @ 105
        =>       increased 20 -> 40 @ 110 OPEN
        ---
        fill f5  XYZ -40 @ 110
        =>       closed 40 -> 0 realized 0 USD  ended XYZ fill net 1700
    """)


def test_a_cost_that_does_not_divide_is_used_up_exactly():
    """Three cost 10; the parts are 3.33..., the last takes what is left: 3 x 4 - 10 = 2."""
    check("""
        transfer t1 XYZ 3 cost 10
        =>       created XYZ 0 -> 3 @ 3.333333333333333333
        ---
        fill f1  XYZ -1 @ 4
        =>       reduced 3 -> 2 realized 0.666666666666666667 USD
        ---
        fill f2  XYZ -1 @ 4
        ---
        fill f3  XYZ -1 @ 4
        =>       closed 1 -> 0 realized 0.666666666666666667 USD
        =>       ended XYZ fill net 2 gross 2 fees 0  total USD net 2
    """)


def test_the_basis_is_actual_only_where_every_unit_came_from_known_activities():
    check("""
        book     M 1 @ 1
        fill f1  A 5 @ 10
        book     B 5 @ 10
        fill f2  B 5 @ 12
        transfer t1 C 5 cost 50
        fill f3  C 5 @ 12
        broker   M 1 @ 1
        broker   A 5 @ 10
        broker   B 10 @ 11
        broker   C 10 @ 11
        =>       tied out  and more
        =>       book A 5 @ 10 actual  book B 10 @ 11 venue  book C 10 @ 11 actual
    """)


def test_a_venue_basis_ends_with_its_episode():
    check("""
        book     XYZ 5 @ 10
        fill f1  XYZ -5 @ 11 at 14:00
        fill f2  XYZ 5 @ 12 at 14:10
        broker   XYZ 5 @ 12
        =>       closed 5 -> 0 realized 5 USD  created 0 -> 5 @ 12  tied out  book XYZ 5 actual
    """)


def test_a_flip_by_a_fill_begins_an_actual_basis():
    check("""
        book     XYZ 5 @ 10
        fill f1  XYZ -8 @ 11
        broker   XYZ -3 @ 11.50
        =>       flipped 5 -> -3 @ 11 DRIFT realized 5 USD by f1
        =>       break cost XYZ 11 -> 11.50 remainder 0.50  not tied out  book XYZ -3 actual
    """)


def test_on_basis_venue_restated_realizes_nothing_and_the_next_closing_uses_it():
    check("""
        book     XYZ -5 @ 10
        broker   XYZ -5 @ 9
        =>       restated -5 -> -5 @ 9 SYNCED realized nothing by nothing  tied out
        ---
        fill f1  XYZ 5 @ 8
        broker   nothing
        =>       closed -5 -> 0 realized 5 USD by f1  tied out
    """)


def test_what_was_realized_before_it_was_restated_stays():
    check("""
        book     XYZ 10 @ 10
        fill f1  XYZ -4 @ 12
        =>       reduced 10 -> 6 @ 10 realized 8 USD
        ---
        broker   XYZ 6 @ 11
        =>       restated 6 -> 6 @ 11 REDUCED realized nothing  tied out  total USD net 8
        ---
        fill f2  XYZ -6 @ 11
        =>       closed 6 -> 0 realized 0 USD  ended XYZ fill net 8
    """)


def test_currencies_are_never_summed():
    check("""
        instrument SAP EUR
        instrument SHEL GBP
        book     SAP 10 @ 100
        book     SHEL -10 @ 20
        book     AAPL 10 @ 100
        fill f1  SAP -10 @ 110 fee 1
        fill f2  SHEL 10 @ 19 fee 2 USD
        fill f3  AAPL -10 @ 99
        =>       closed AAPL realized -10 USD  closed SAP realized 99 EUR
        =>       closed SHEL realized 10 GBP (fees 0) other 2 USD
        =>       total EUR net 99  total GBP net 10  total USD net -12 gross -10 fees 2
    """)


def test_funding_in_another_currency_than_the_instruments_is_kept_apart():
    check("""
        account  venue hyperliquid
        book     BTC 1 @ 100
        funding n1 BTC cash -0.30 at 14:00
        funding n2 BTC cash 0.10 USDT at 14:01
        fill f1  BTC -1 @ 110 at 14:02
        =>       closed realized 10 USD (gross 10 fees 0 funding -0.30)
        =>       total USD net 10 funding -0.30  total USDT net 0 funding 0.10
    """)


def test_the_realized_figure_of_a_book_row_counts_in_the_episode_alone():
    check("""
        book     XYZ 10 @ 100 REDUCED realized 25
        fill f1  XYZ -4 @ 110 fee 1
        =>       reduced 10 -> 6 realized 39 USD  total USD net 39
        ---
        fill f2  XYZ -6 @ 110
        =>       closed 6 -> 0 realized 60 USD  total USD net 99
        =>       ended XYZ fill net 124
    """)


def test_a_closing_of_which_a_part_is_estimated_says_so_until_nothing_is():
    """Four by a fill at 110, two by nobody at 120."""
    check("""
        book     XYZ 10 @ 100
        fill f1  XYZ -4 @ 110
        broker   XYZ 4 @ 100 price 120
        =>       reduced 10 -> 4 realized 80 USD estimated by f1  break quantity XYZ 6 -> 4
        ---
        fill f2  XYZ -2 @ 119 at 14:59:50
        broker   XYZ 4 @ 100 price 120
        =>       restated 4 -> 4 realized -2 USD final by f2  break quantity XYZ resolved
        =>       tied out  total USD net 78
    """)


def test_an_incomplete_figure_is_completed_by_the_fill_and_never_was_0():
    check("""
        book     XYZ 10 @ 100
        broker   XYZ 4 @ 100
        =>       reduced 10 -> 4 realized incomplete (fees 0)  break quantity XYZ
        =>       total USD net 0 incomplete
        ---
        fill f1  XYZ -6 @ 105 fee 1 at 14:59
        broker   XYZ 4 @ 100
        =>       restated 4 -> 4 realized 29 USD final (gross 30 fees 1) by f1
        =>       break quantity XYZ resolved  tied out  total USD net 29 complete
    """)


def test_the_current_price_counts_before_the_last_mark():
    check("""
        book     XYZ -10 @ 100
        broker   XYZ -10 @ 100 price 95
        ---
        broker   XYZ -6 @ 100 price 90
        =>       reduced -10 -> -6 realized 40 USD estimated  break quantity XYZ
        ---
        broker   XYZ -1 @ 100
        =>       reduced -6 -> -1 realized 50 USD estimated  break quantity XYZ
    """)


def test_a_price_of_0_is_a_price():
    check("""
        book     XYZ 10 @ 100
        broker   XYZ 6 @ 100 price 0
        =>       reduced 10 -> 6 realized -400 USD estimated  break quantity XYZ
    """)


def test_a_mark_does_not_outlive_its_position():
    """The mark was of the old episode; what the new one is worth nobody said."""
    check("""
        book     XYZ 10 @ 100
        book     M 1 @ 1
        broker   XYZ 10 @ 100 price 95
        broker   M 1 @ 1
        ---
        fill f1  XYZ -10 @ 96
        broker   M 1 @ 1
        =>       closed XYZ realized -40 USD  tied out
        ---
        fill f2  XYZ 10 @ 50
        broker   XYZ 10 @ 50
        broker   M 1 @ 1
        ---
        broker   XYZ 4 @ 50
        broker   M 1 @ 1
        =>       reduced XYZ 10 -> 4 realized incomplete  break quantity XYZ
    """)


def test_the_venues_own_average_and_figure_are_beside_ours_and_not_in_them():
    check("""
        book     M 1 @ 1
        fill f1  XYZ 10 @ 100
        broker   M 1 @ 1
        broker   XYZ 10 @ 101 pnl 7 price 110
        =>       created XYZ 0 -> 10 @ 100 DRIFT  break cost XYZ 100 -> 101  not tied out
        =>       book XYZ 10 @ 100 actual unrealized 100  total nothing
    """)


@pytest.mark.parametrize("theirs", ["null", '""', "NaN"])
def test_an_average_that_was_not_reported_is_no_difference(theirs):
    check(f"""
        book     M 1 @ 1
        fill f1  XYZ 10 @ 100
        broker   M 1 @ 1
        broker   XYZ 10 @ {theirs}
        =>       created XYZ 0 -> 10 @ 100 SYNCED  tied out  nothing else
    """)


def test_an_average_of_0_is_a_difference():
    check("""
        book     M 1 @ 1
        fill f1  XYZ 10 @ 100
        broker   M 1 @ 1
        broker   XYZ 10 @ 0
        =>       created XYZ 0 -> 10 @ 100  break cost XYZ 100 -> 0 remainder -100  not tied out
    """)
