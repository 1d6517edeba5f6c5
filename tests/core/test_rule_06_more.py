"""Rule 6 with others: lots over splits, flips, fees in kind, late fills and unexplained sales."""

import pytest

from scenario import check

TWO_LOTS = """
        fill a  X 4 @ 90 fee 0.40 at 14:00
        fill b  X 6 @ 110 fee 1.20 at 14:10
        =>      created X 0 -> 10 @ 102
"""


@pytest.mark.parametrize(
    ("basis", "first", "second"),
    [
        # 8 of 4 @ 90 and 6 @ 110 at 120, opening fees pro rata of the lots; then the last two.
        ("average", "142.72", "35.68"),  # 8 x 18 - 8 x 0.16; 2 x 18 - 2 x 0.16
        ("fifo", "158.80", "19.60"),  # 4 x 30 + 4 x 10 - 0.40 - 0.80; 2 x 10 - 0.40
        ("lifo", "118.60", "59.80"),  # 6 x 10 + 2 x 30 - 1.20 - 0.20; 2 x 30 - 0.20
        ("hifo", "118.60", "59.80"),
    ],
)
def test_rule_6_the_parts_differ_and_the_whole_does_not(basis, first, second):
    check(f"""
        policy  cost_basis {basis}
        {TWO_LOTS}
        ---
        fill c  X -8 @ 120
        =>      reduced X 10 -> 2 realized {first} USD
        ---
        fill d  X -2 @ 120
        =>      closed X 2 -> 0 realized {second} USD  ended X fill net 178.40 gross 180 fees 1.60
    """)


@pytest.mark.parametrize(("basis", "average"), [("average", "51"), ("fifo", "55"), ("lifo", "45")])
def test_rule_6_a_split_scales_every_lot(basis, average):
    """8 @ 45 and 12 @ 55, of which the first, the last, or eight of all go."""
    check(f"""
        policy  cost_basis {basis}
        {TWO_LOTS}
        ---
        split s X 2 for 1
        =>      split X 10 -> 20 @ 51
        ---
        fill c  X -{"12" if basis == "lifo" else "8"} @ 60
        =>      reduced X @ {average}
    """)


def test_rule_6_a_lot_keeps_its_name_over_a_split():
    check(f"""
        policy  cost_basis specific
        {TWO_LOTS}
        ---
        split s X 2 for 1
        ---
        fill c  X -8 @ 60 lot a
        =>      reduced X 20 -> 12 @ 55 realized 119.60 USD (gross 120 fees 0.40)
    """)


def test_rule_6_a_lot_keeps_its_name_over_a_rename():
    check(f"""
        policy  cost_basis specific
        {TWO_LOTS}
        ---
        rename r X to Y
        fill c  Y -4 @ 100 lot a at 15:00:40
        =>      reduced Y 10 -> 6 @ 110 was X realized 39.60 USD
    """)


def test_rule_6_a_flip_uses_up_all_lots_and_opens_one():
    """4 x 30 + 6 x 10 = 180; fees 1.60 and two thirds of 3; the other third opens the short."""
    check(f"""
        policy  cost_basis fifo
        {TWO_LOTS}
        ---
        fill c  X -15 @ 120 fee 3
        =>      flipped X 10 -> -5 @ 120 realized 176.40 USD (gross 180 fees 3.60)
        ---
        fill d  X 5 @ 100
        =>      closed X -5 -> 0 realized 99 USD (gross 100 fees 1)
    """)


def test_rule_6_an_unexplained_sale_takes_lots_like_any_other():
    """4 x 30 - 0.40 and 1 x 10 - 0.20."""
    check(f"""
        policy  cost_basis fifo
        {TWO_LOTS}
        ---
        broker  X 5 @ 110 price 120
        =>      reduced X 10 -> 5 @ 110 REDUCED realized 129.40 USD estimated  break quantity X
    """)


def test_rule_6_the_fill_that_comes_later_takes_the_same_lots():
    check(f"""
        policy  cost_basis fifo
        {TWO_LOTS}
        ---
        broker  X 5 @ 110 price 120
        =>      reduced X 10 -> 5 realized 129.40 USD estimated and more
        ---
        fill c  X -5 @ 121 fee 1 at 15:00:30
        broker  X 5 @ 110 price 120
        =>      restated X 5 -> 5 @ 110 realized 4 USD final (gross 5 fees 1) by c
        =>      break quantity X resolved  tied out
    """)


def test_rule_6_a_late_purchase_changes_which_lot_was_sold():
    """Sold 4 x (120 - 110) as far as known; then 4 x (120 - 90)."""
    check("""
        policy  cost_basis fifo
        fill b  X 6 @ 110 at 14:10
        fill c  X -4 @ 120 at 14:20
        =>      created X 0 -> 2 @ 110 realized 40 USD
        ---
        fill a  X 4 @ 90 at 14:00
        =>      increased X 2 -> 6 @ 110 realized 80 USD final by a  total USD net 120
    """)


def test_rule_6_a_late_purchase_changes_no_lifo_sale():
    check("""
        policy  cost_basis lifo
        fill b  X 6 @ 110 at 14:10
        fill c  X -4 @ 120 at 14:20
        =>      created X 0 -> 2 @ 110 realized 40 USD
        ---
        fill a  X 4 @ 90 at 14:00
        =>      increased X 2 -> 6 @ ~96.67 realized nothing by a  total USD net 40
    """)


def test_rule_6_a_fee_in_the_coin_takes_from_the_lots_too():
    """0.51 of the second lot: 0.51 x 100 = 51, less 0.01 x 2200."""
    check("""
        policy  cost_basis specific
        fill a  ETH/USD 1 @ 2000 at 14:00
        fill b  ETH/USD 1 @ 2100 at 14:10
        ---
        fill c  ETH/USD -0.5 @ 2200 fee 0.01 ETH lot b
        =>      reduced ETH/USD 2 -> 1.49 realized 29 USD (gross 51 fees 22)
    """)


def test_rule_6_a_transfer_out_takes_the_lot_that_it_names():
    check(f"""
        policy  cost_basis specific
        {TWO_LOTS}
        ---
        transfer t X -6 lot b
        =>      reduced X 10 -> 4 @ 90 OPEN realized nothing
        ---
        fill c  X -4 @ 100 lot a
        =>      closed X 4 -> 0 realized 39.60 USD
    """)


@pytest.mark.parametrize(("basis", "left"), [("fifo", "110"), ("lifo", "~96.67")])
def test_rule_6_a_transfer_out_takes_lots_in_the_order_of_the_method(basis, left):
    check(f"""
        policy  cost_basis {basis}
        {TWO_LOTS}
        ---
        transfer t X -4
        =>      reduced X 10 -> 6 @ {left} OPEN realized nothing  total nothing
    """)


def test_rule_6_units_of_unknown_cost_go_first_under_fifo_and_last_under_hifo():
    for basis, expected in (
        ("fifo", "@ 110 REDUCED PENDING realized incomplete"),  # four unknown and one known
        ("hifo", "@ ? REDUCED PENDING realized 50 USD"),  # five of the known
    ):
        check(f"""
            policy  cost_basis {basis}
            transfer t X 4 at 14:00
            fill b  X 6 @ 110 at 14:10
            fill c  X -5 @ 120 at 14:20
            =>      created X 0 -> 5 {expected}
        """)


def test_rule_6_hifo_of_a_short_covers_the_cheapest_sale_first():
    """Covered at 95: 5 x (98 - 95), then 3 x (100 - 95)."""
    check("""
        policy  cost_basis hifo
        fill a  X -4 @ 100 at 14:00
        fill b  X -5 @ 98 at 14:10
        ---
        fill c  X 8 @ 95
        =>      reduced X -9 -> -1 @ 100 realized 30 USD
    """)


def test_rule_6_a_lot_that_was_corrected_is_found_under_its_new_name():
    check("""
        policy  cost_basis specific
        fill a  X 4 @ 90 at 14:00
        fill b  X 6 @ 110 at 14:10
        ---
        fill a2 X 4 @ 91 cancels a at 14:00
        =>      restated X 10 -> 10 @ 102.40 by a2
        ---
        fill c  X -4 @ 100 lot a
        =>      error c "lot a"  partial
        ---
        fill d  X -4 @ 100 lot a2
        =>      reduced X 10 -> 6 @ 110 realized 36 USD by d
    """)


def test_rule_6_a_sale_of_more_than_the_named_lot_is_an_error_even_where_others_hold_enough():
    check(f"""
        policy  cost_basis specific
        {TWO_LOTS}
        ---
        fill c  X -5 @ 120 lot a
        =>      error c "lot a"  partial  book X 10 @ 102
    """)
