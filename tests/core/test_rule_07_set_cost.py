"""Rules 7 and 21: a person enters the price of one of the units that have no cost."""

import pytest

from scenario import check


def test_a_row_of_the_book_without_an_average_gets_its_cost():
    check("""
        book    AAPL 10
        local   set_cost AAPL @ 100
        =>      restated AAPL 10 -> 10 @ 100 realized nothing
        ---
        fill f1 AAPL -10 @ 110
        =>      closed 10 -> 0 realized 100 USD  total USD net 100 complete
    """)


def test_a_row_of_the_book_that_was_sold_first_gets_it_too():
    """(110 - 100) x 4 = 40."""
    check("""
        book    AAPL 10
        fill f1 AAPL -4 @ 110 fee 1
        =>      reduced AAPL 10 -> 6 @ ? realized incomplete (fees 1)
        ---
        local   set_cost AAPL @ 100
        =>      restated AAPL 6 -> 6 @ 100 realized 40 USD final (gross 40 fees 0)
        =>      total USD net 39 complete
    """)


def test_lots_of_the_book_have_their_own_cost_and_keep_it():
    check("""
        policy  cost_basis fifo
        book    AAPL 10 lots 4 @ 90 2026-01-02, 6 @ 110 2026-01-03
        transfer t1 AAPL 5
        =>      increased 10 -> 15 @ ?
        ---
        local   set_cost AAPL @ 120
        =>      restated 15 -> 15 @ 108
    """)


def test_an_adopted_holding_without_an_average_gets_its_cost():
    check("""
        broker  AAPL 10 @ null
        =>      created AAPL 0 -> 10 @ ?
        ---
        fill f1 AAPL -4 @ 110
        =>      reduced 10 -> 6 realized incomplete
        ---
        local   set_cost AAPL @ 100
        =>      restated 6 -> 6 @ 100 realized 40 USD  total USD net 40 complete
    """)


@pytest.mark.parametrize(
    ("ratio", "after", "price", "average", "realized"),
    [
        ("2 for 1", "8", "50", "50", "80"),  # 4 cost 400: 8 x (60 - 50)
        ("1 for 2", "2", "50", "50", "20"),
        ("3 for 2", "6", "50", "50", "60"),
        ("4 for 3", "~5.33", "50", "50", None),
    ],
)
def test_after_a_split_the_price_is_that_of_one_of_the_new_units(
    ratio, after, price, average, realized
):
    sale = (
        ""
        if realized is None
        else f"""
        ---
        fill f1 AAPL -{after} @ 60
        =>      closed realized {realized} USD
    """
    )
    check(f"""
        transfer t1 AAPL 4
        ---
        split s1 AAPL {ratio}
        =>      split AAPL 4 -> {after} @ ?
        ---
        local   set_cost AAPL @ {price}
        =>      restated AAPL @ {average} realized nothing
        {sale}
    """)


def test_what_was_sold_before_the_split_is_worth_as_many_of_the_new_units():
    """Two of four went at 120; 50 for a unit of after the split is 100 for one of before."""
    check("""
        transfer t1 AAPL 4
        fill f1 AAPL -2 @ 120
        ---
        split s1 AAPL 2 for 1
        =>      split AAPL 2 -> 4 @ ? REDUCED
        ---
        local   set_cost AAPL @ 50
        =>      restated AAPL 4 -> 4 @ 50 realized 40 USD  total USD net 40 complete
    """)


def test_a_split_after_the_price_was_given_scales_it():
    check("""
        transfer t1 AAPL 4
        ---
        local   set_cost AAPL @ 100
        ---
        split s1 AAPL 2 for 1
        =>      split AAPL 4 -> 8 @ 50
    """)


def test_a_split_that_is_heard_of_after_the_price_was_given_scales_it_too():
    """The person saw four units."""
    check("""
        transfer t1 AAPL 4 at 14:00
        ---
        local   set_cost AAPL @ 100
        ---
        split s1 AAPL 2 for 1 at 14:30
        =>      split AAPL 4 -> 8 @ 50
    """)


def test_a_split_that_was_taken_back_scales_nothing():
    check("""
        transfer t1 AAPL 4
        ---
        split s1 AAPL 2 for 1
        ---
        split s2 AAPL cancels s1
        =>      book AAPL 4 @ ? and more
        ---
        local   set_cost AAPL @ 100
        =>      restated AAPL 4 -> 4 @ 100
    """)


def test_a_split_that_nobody_announced_counts_like_one_that_was():
    """Of four, two had come at a known 30; the average of the venue tells the split."""
    check("""
        policy  cost_basis fifo
        book    AAPL 10 @ 60
        broker  AAPL 20 @ 30 price 31
        =>      split AAPL 10 -> 20 @ 30  break corporate_action AAPL
        ---
        transfer t1 AAPL 5
        =>      increased AAPL 20 -> 25 @ ?
        ---
        local   set_cost AAPL @ 40
        =>      restated AAPL 25 -> 25 @ 32
    """)


def test_units_of_a_merger_get_theirs_under_the_new_name():
    """Ten of unknown cost became five: 5 x (40 - 30) = 50."""
    check("""
        book    OLD 10
        merger m1 OLD to NEW 1 for 2
        =>      created NEW 0 -> 5 @ ?  closed OLD
        ---
        local   set_cost NEW @ 30
        =>      restated NEW 5 -> 5 @ 30 realized nothing
        ---
        fill f1 NEW -5 @ 40
        =>      closed NEW 5 -> 0 realized 50 USD  total USD net 50 complete
    """)


def test_a_price_given_before_the_merger_goes_along():
    """Ten at 15 are 150, and five at 30."""
    check("""
        transfer t1 OLD 10
        ---
        local   set_cost OLD @ 15
        ---
        merger m1 OLD to NEW 1 for 2
        =>      created NEW 0 -> 5 @ 30  closed OLD 10 -> 0 realized nothing
    """)


def test_a_merger_keeps_the_cost_of_the_lots_that_have_one():
    """Four at 10 become two at 20; six of unknown cost become three at 40."""
    check("""
        policy  cost_basis fifo
        fill f1 OLD 4 @ 10 at 14:00
        transfer t1 OLD 6 at 14:10
        merger m1 OLD to NEW 1 for 2 at 14:20
        =>      created NEW 0 -> 5 @ ?  closed OLD
        ---
        local   set_cost NEW @ 40
        =>      restated NEW 5 -> 5 @ 32
        ---
        fill f2 NEW -2 @ 50
        =>      reduced NEW 5 -> 3 @ 40 realized 60 USD
    """)


def test_units_of_a_spin_off_get_theirs_and_the_parent_keeps_its_own():
    check("""
        book    GE 16 @ 10
        spin_off p1 GE to GEV 1 for 4
        =>      created GEV 0 -> 4 @ ?
        ---
        fill f1 GEV -1 @ 15
        =>      reduced GEV 4 -> 3 realized incomplete
        ---
        local   set_cost GEV @ 12
        =>      restated GEV 3 -> 3 @ 12 realized 3 USD  book GE 16 @ 10
    """)


def test_a_short_that_was_transferred_in_gets_the_price_it_was_sold_at():
    check("""
        transfer t1 X -5
        =>      created X 0 -> -5 @ ?
        ---
        local   set_cost X @ 20
        =>      restated X -5 -> -5 @ 20
        ---
        fill f1 X 5 @ 15
        =>      closed X -5 -> 0 realized 25 USD
    """)


def test_under_average_known_and_unknown_units_are_one_pool():
    """Four at 100 and four at 120 are eight at 110; four went at 130: 80."""
    check("""
        fill f1 AAPL 4 @ 100 at 14:00
        transfer t1 AAPL 4 at 14:10
        ---
        fill f2 AAPL -4 @ 130
        =>      reduced AAPL 8 -> 4 @ ? realized incomplete
        ---
        local   set_cost AAPL @ 120
        =>      restated AAPL 4 -> 4 @ 110 realized 80 USD
    """)


def test_units_that_arrive_later_without_a_cost_need_a_price_of_their_own():
    check("""
        transfer t1 AAPL 4
        ---
        local   set_cost AAPL @ 100
        =>      restated AAPL 4 -> 4 @ 100
        ---
        transfer t2 AAPL 4
        =>      increased AAPL 4 -> 8 @ ?
        ---
        local   set_cost AAPL @ 200
        =>      restated AAPL 8 -> 8 @ 150
    """)


def test_units_that_nobody_explained_get_theirs_on_the_venues_basis():
    """5 x 20 + 3 x 25 = 175 for eight; the venue says the same later."""
    check("""
        book    X 5 @ 20
        broker  X 8 @ null price 22
        =>      increased 5 -> 8 @ ? DRIFT  break quantity X
        ---
        local   set_cost X @ 25
        broker  X 8 @ null price 22
        =>      restated 8 -> 8 @ 21.875 SYNCED  break quantity X resolved  tied out
        ---
        broker  X 8 @ 21.875 price 22
        =>      nothing else  tied out
    """)


def test_the_price_is_of_one_unit_and_the_multiplier_counts():
    check("""
        instrument ESZ6 future x50
        transfer t1 ESZ6 2
        fill f1 ESZ6 -1 @ 5010
        =>      created ESZ6 0 -> 1 @ ? realized incomplete
        ---
        local   set_cost ESZ6 @ 5000
        =>      restated ESZ6 1 -> 1 @ 5000 realized 500 USD  total USD net 500 complete
    """)


def test_units_of_the_same_run_get_the_price_too():
    check("""
        transfer t1 AAPL 4 at 14:00
        fill f1 AAPL -1 @ 120 at 14:10
        local   set_cost AAPL @ 100
        =>      created AAPL 0 -> 3 @ 100 REDUCED realized 20 USD final by t1 f1
    """)


@pytest.mark.parametrize("held", ["book AAPL 4 @ 100", "fill f1 AAPL 4 @ 100", "book AAPL 4 @ 0"])
def test_where_every_unit_has_a_cost_there_is_nothing_to_enter(held):
    check(f"""
        {held}
        ---
        local   set_cost AAPL @ 120
        =>      error AAPL "every unit of AAPL has a cost"  partial
    """)


def test_a_price_is_entered_once():
    check("""
        transfer t1 AAPL 4
        ---
        local   set_cost AAPL @ 100
        =>      restated AAPL 4 -> 4 @ 100
        ---
        local   set_cost AAPL @ 120
        =>      error AAPL  partial  book AAPL 4 @ 100
    """)


def test_the_book_must_know_the_name():
    check("""
        book    AAPL 4
        local   set_cost MSFT @ 120
        =>      error MSFT "the book has no MSFT"  partial  book AAPL 4 @ ?
    """)


def test_a_price_of_a_contract_whose_size_nobody_knows_counts_once_it_is_known():
    """2 x 5000 x 50; one goes at 5010: 500."""
    check("""
        instrument ESZ6 future
        book    ESZ6 2
        local   set_cost ESZ6 @ 5000
        =>      book ESZ6 2 @ ? and more
        ---
        broker  ESZ6 2 @ null x50
        =>      tied out and more  book ESZ6 2 @ 5000
        ---
        fill f1 ESZ6 -1 @ 5010
        =>      reduced ESZ6 2 -> 1 @ 5000 realized 500 USD
    """)


MERGED_FOR_CASH = """
        transfer t1 OLD 4 at 14:00
        merger m1   OLD to NEW 1 for 2 cash 10 at 14:10
        =>          created NEW 0 -> 2 @ ? closed OLD realized incomplete and more
"""


def test_units_that_still_cost_something_after_a_merger_took_all_of_its_cash():
    """Each of two still costs 30: the cash reduced the cost, and nothing is realized by OLD."""
    check(f"""{MERGED_FOR_CASH}
        ---
        local       set_cost NEW @ 30
        =>          book NEW 2 @ 30 and more  total nothing
        ---
        fill f1     NEW -2 @ 90
        =>          closed NEW 2 -> 0 realized 120 USD (gross 120 fees 0)
    """)


def test_units_that_cost_nothing_after_a_merger_do_not_say_what_its_cash_gained():
    check(f"""{MERGED_FOR_CASH}
        ---
        local       set_cost NEW @ 0
        =>          book NEW 2 @ 0 and more  total USD gross 0 incomplete
    """)
