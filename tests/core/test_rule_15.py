"""Rule 15: inverse contracts, whose money is the base asset."""

import pytest

from scenario import check

CONTRACT = "instrument XBTUSD perpetual inverse"


def test_rule_15_gross_is_in_the_base_asset():
    check(f"""
        {CONTRACT}
        fill f1 XBTUSD 10000 @ 10000 at 14:00
        fill f2 XBTUSD -10000 @ 12500 at 14:10
        =>      closed XBTUSD 0 -> 0 realized 0.2 XBT  total XBT net 0.2
    """)


def test_rule_15_a_loss_of_a_long_is_larger_than_the_gain():
    check(f"""
        {CONTRACT}
        book    XBTUSD 10000 @ 10000
        fill f2 XBTUSD -10000 @ 8000
        =>      closed 10000 -> 0 realized -0.25 XBT
    """)


def test_rule_15_the_gain_of_a_short():
    check(f"""
        {CONTRACT}
        book    XBTUSD -10000 @ 10000
        fill f2 XBTUSD 10000 @ 8000
        =>      closed -10000 -> 0 realized 0.25 XBT
    """)


def test_rule_15_the_average_is_harmonic():
    check(f"""
        {CONTRACT}
        fill f1 XBTUSD 10000 @ 10000 at 14:00
        fill f2 XBTUSD 10000 @ 40000 at 14:10
        =>      created 0 -> 20000 @ 16000
        ---
        fill f3 XBTUSD -10000 @ 20000
        =>      reduced 20000 -> 10000 @ 16000 realized 0.125 XBT
    """)


def test_rule_15_the_multiplier_counts():
    check("""
        instrument XBTUSD perpetual inverse x100
        book    XBTUSD 100 @ 10000
        fill f2 XBTUSD -100 @ 12500
        =>      closed 100 -> 0 realized 0.2 XBT
    """)


def test_rule_15_unrealized_is_in_the_base_asset_too():
    check(f"""
        {CONTRACT}
        book    XBTUSD 10000 @ 10000
        broker  XBTUSD 10000 @ 10000 price 12500
        =>      tied out  marked 1  book XBTUSD 10000 @ 10000 unrealized 0.2
    """)


def test_rule_15_a_linear_contract_is_in_the_quote_currency():
    check("""
        instrument XBTUSD perpetual
        book    XBTUSD 2 @ 10000
        fill f2 XBTUSD -2 @ 12500
        =>      closed 2 -> 0 realized 5000 USD
    """)


@pytest.mark.parametrize(
    "row", ["@ 0", "lots 60 @ 0 2026-01-02, 40 @ 10000 2026-01-03"], ids=["average", "lots"]
)
@pytest.mark.parametrize("basis", ["average", "fifo"])
def test_rule_15_a_price_of_0_has_no_value_in_the_base_asset_so_the_cost_is_not_known(row, basis):
    check(f"""
        {CONTRACT}
        policy  cost_basis {basis}
        book    XBTUSD 100 {row}
        fill f1 XBTUSD -50 @ 12500 fee 0.01 XBT
        broker  XBTUSD 50 price 12500
        =>      reduced XBTUSD 100 -> 50 @ ? realized incomplete (fees 0.01)  tied out
        =>      book XBTUSD 50 unrealized ?  total XBT incomplete
    """)


def test_rule_15_the_average_of_a_linear_contract_may_be_0():
    check("""
        instrument XBTUSD perpetual
        book    XBTUSD 100 @ 0
        fill f1 XBTUSD -50 @ 2
        =>      reduced XBTUSD 100 -> 50 @ 0 realized 100 USD
    """)


@pytest.mark.parametrize("price", ["0", "10000"])
def test_rule_15_a_holding_without_value_is_compared_all_the_same(price):
    check(f"""
        {CONTRACT}
        book    XBTUSD 100 @ 0
        broker  XBTUSD 100 @ {price} price {price}
        =>      tied out and more
    """)


def test_rule_15_units_that_cost_nothing_have_no_price():
    check(f"""
        {CONTRACT}
        book    MSFT 1 @ 1
        transfer t1 XBTUSD 100 cost 0
        =>      created XBTUSD 0 -> 100 @ ?
        ---
        fill f2 XBTUSD -100 @ 0
        =>      closed XBTUSD 100 -> 0 realized incomplete (fees 0)
    """)
