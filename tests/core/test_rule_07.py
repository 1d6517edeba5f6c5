"""Rule 7: units whose cost nobody knows, and which average counts on which basis."""

import pytest

from scenario import check


@pytest.mark.parametrize(
    ("arrival", "by"),
    [
        ("transfer t1 AAPL 4 @ 157.44", "t1"),
        ("spin_off p1 GE to AAPL 1 for 4", "p1"),
    ],
)
def test_rule_7_units_that_came_without_a_cost_have_none(arrival, by):
    check(f"""
        book    GE 16 @ 10
        {arrival}
        broker  GE 16 @ 10
        broker  AAPL 4 @ 157.44 price 160
        =>      created AAPL 0 -> 4 @ ? OPEN SYNCED realized nothing by {by}  tied out
        =>      book AAPL 4 @ ? price 160 unrealized ?
        ---
        fill f1 AAPL -4 @ 160
        =>      closed AAPL 4 -> 0 realized incomplete (fees 0) by f1
        =>      ended AAPL fill incomplete  total USD net 0 incomplete
    """)


def test_rule_7_a_part_of_unknown_cost_makes_the_whole_average_unknown():
    check("""
        book    AAPL 4 @ 100 actual
        transfer t1 AAPL 4
        =>      increased 4 -> 8 @ ? by t1
        ---
        fill f1 AAPL -2 @ 160
        =>      reduced 8 -> 6 realized incomplete
    """)


def test_rule_7_by_lot_only_the_units_of_unknown_cost_are_incomplete():
    check("""
        policy  cost_basis fifo
        fill f1 AAPL 4 @ 100 at 14:00
        transfer t1 AAPL 4 at 14:10
        =>      created AAPL 0 -> 8 @ ?
        ---
        fill f2 AAPL -4 @ 160
        =>      reduced 8 -> 4 realized 240 USD
        ---
        fill f3 AAPL -4 @ 160
        =>      closed 4 -> 0 realized incomplete  total USD net 240 incomplete
    """)


def test_rule_7_a_person_enters_the_cost_before_the_sale():
    check("""
        transfer t1 AAPL 4
        broker  AAPL 4 @ 157.44
        ---
        local   set_cost AAPL @ 100
        =>      restated AAPL 4 -> 4 @ 100 realized nothing
        ---
        fill f1 AAPL -4 @ 160
        =>      closed 4 -> 0 realized 240 USD
    """)


def test_rule_7_a_person_enters_the_cost_after_the_sale():
    check("""
        transfer t1 AAPL 4
        broker  AAPL 4 @ 157.44
        ---
        fill f1 AAPL -4 @ 160
        =>      closed 4 -> 0 realized incomplete
        ---
        local   set_cost AAPL @ 100
        =>      restated AAPL 0 -> 0 realized 240 USD
        =>      ended AAPL fill net 240 complete  total USD net 240 complete
    """)


def test_rule_7_a_holding_without_average_has_no_cost():
    check("""
        broker  AAPL 4 @ null price 10
        =>      created 0 -> 4 @ ? OPEN SYNCED  tied out  book AAPL 4 @ ? unrealized ?
    """)


def test_rule_7_units_that_arrive_unexplained_without_an_average_have_no_cost():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 12 @ null price 110
        =>      increased 10 -> 12 @ ? DRIFT  break quantity AAPL 10 -> 12
    """)


def test_rule_7_an_average_of_0_is_a_figure():
    check("""
        broker  AAPL 4 @ 0 price 10
        =>      created 0 -> 4 @ 0  book AAPL 4 @ 0 unrealized 40
        ---
        fill f1 AAPL -4 @ 160
        =>      closed 4 -> 0 realized 640 USD  total USD net 640 complete
    """)


def test_rule_7_after_an_unexplained_increase_the_basis_is_venue():
    check("""
        fill f1 AAPL 10 @ 100
        broker  AAPL 10 @ 100
        =>      created 0 -> 10  book AAPL 10 actual
        ---
        broker  AAPL 12 @ 101 price 110
        =>      increased 10 -> 12 @ 101 DRIFT  break quantity AAPL  book AAPL 12 @ 101 venue
    """)


def test_rule_7_after_an_explained_increase_the_basis_stays_actual():
    check("""
        fill f1 AAPL 10 @ 100
        broker  AAPL 10 @ 100
        ---
        fill f2 AAPL 2 @ 106
        broker  AAPL 12 @ 101
        =>      increased 10 -> 12 @ 101 SYNCED  tied out  book AAPL 12 @ 101 actual
    """)


def test_rule_7_on_basis_venue_an_unexplained_reduction_takes_the_venues_average():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 102 price 110
        =>      reduced 10 -> 6 @ 102 realized 40 USD estimated  break quantity AAPL
        =>      book AAPL 6 @ 102 venue
    """)


def test_rule_7_after_an_unexplained_reduction_of_actual_it_stays_actual():
    check("""
        fill f1 AAPL 10 @ 100
        broker  AAPL 10 @ 100
        ---
        broker  AAPL 6 @ 100 price 110
        =>      reduced 10 -> 6 @ 100 realized 40 USD estimated  break quantity AAPL
        =>      book AAPL 6 @ 100 actual
    """)


def test_rule_7_a_different_average_at_equal_quantity_is_taken_over_on_basis_venue():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 105
        =>      restated 10 -> 10 @ 105 OPEN SYNCED realized nothing by nothing  tied out
    """)


def test_rule_7_a_different_average_at_equal_quantity_is_a_cost_break_on_basis_actual():
    check("""
        book    AAPL 10 @ 100 actual
        broker  AAPL 10 @ 105
        =>      break cost AAPL 100 -> 105 remainder 5 seen 1 open  not tied out
        =>      book AAPL 10 @ 100 DRIFT actual
    """)


def test_rule_7_the_cost_of_a_transfer_is_money_its_price_is_none():
    check("""
        instrument ESZ6 future x50
        transfer t1 ESZ6 2 @ 7000 cost 500000
        =>      created ESZ6 0 -> 2 @ 5000 OPEN realized nothing by t1
        =>      book ESZ6 2 @ 5000 actual
    """)


def test_rule_7_the_cost_of_a_short_is_a_total_too():
    check("""
        transfer t1 AAPL -4 cost 400
        =>      created AAPL 0 -> -4 @ 100
    """)


def test_rule_7_a_transfer_out_takes_its_cost_along_and_realizes_nothing():
    check("""
        book    AAPL 10 @ 100
        transfer t1 AAPL -4 @ 150
        =>      reduced 10 -> 6 @ 100 OPEN realized nothing by t1  total nothing
        ---
        transfer t2 AAPL -6
        =>      closed 6 -> 0 CLOSED realized nothing reason transfer
        =>      ended AAPL transfer realized nothing
    """)


def test_rule_7_cash_of_a_merger_reduces_the_cost_first():
    check("""
        book    OLD 10 @ 100
        merger m1 OLD to NEW 1 for 2 cash 300
        broker  NEW 5 @ 140
        =>      created NEW 0 -> 5 @ 140 OPEN SYNCED realized nothing by m1
        =>      closed OLD 10 -> 0 CLOSED realized nothing reason merger by m1  tied out
    """)


def test_rule_7_only_cash_that_exceeds_the_cost_is_realized_by_the_old_episode():
    check("""
        book    OLD 10 @ 100
        merger m1 OLD to NEW 1 for 2 cash 1300
        =>      created NEW 0 -> 5 @ 0 realized nothing
        =>      closed OLD 10 -> 0 realized 300 USD reason merger
        =>      ended OLD merger net 300  total USD net 300
    """)


def test_rule_7_a_merger_for_cash_only_realizes_the_difference():
    check("""
        book    OLD 10 @ 100
        merger m1 OLD cash 1200
        broker  nothing
        =>      closed OLD 10 -> 0 CLOSED SYNCED realized 200 USD reason merger by m1  tied out
    """)


def test_rule_7_a_merger_of_unknown_cost_gives_units_of_unknown_cost():
    check("""
        book    OLD 10
        merger m1 OLD to NEW 1 for 2
        =>      created NEW 0 -> 5 @ ? realized nothing
        =>      closed OLD 10 -> 0 realized nothing reason merger
    """)


def test_rule_7_a_spin_off_with_a_cost_moves_it_from_the_parent():
    check("""
        book    GE 16 @ 10
        spin_off p1 GE to GEV 1 for 4 cost 40
        broker  GE 16 @ 7.50
        broker  GEV 4 @ 10
        =>      restated GE 16 -> 16 @ 7.50 OPEN SYNCED realized nothing by p1
        =>      created GEV 0 -> 4 @ 10 OPEN SYNCED realized nothing by p1  tied out
    """)
