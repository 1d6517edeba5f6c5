"""What activities do at their edges: fees in the coin, events of nothing."""

import pytest

from scenario import check, run


def test_a_fee_in_the_coin_at_price_zero_moves_the_coins_alone():
    check("""
        fill f1  ETH/USD 1 @ 0 fee 0.001 ETH
        =>       created ETH/USD 0 -> 0.999 @ 0 realized nothing by f1
        =>       total nothing
    """)


@pytest.mark.parametrize("kind", ["fill", "fee"])
def test_a_rebate_in_the_coin_adds_coins(kind):
    line = "fill f2 ETH/USD -1 @ 2000 fee -0.001 ETH"
    if kind == "fee":
        line = "fee f2 ETH/USD 0.001 @ 2000"
    quantity = "1.001" if kind == "fill" else "2.001"
    check(f"""
        fill f1  ETH/USD 2 @ 1000
        ---
        {line}
        =>       book ETH/USD {quantity} and more
    """)


def test_a_fee_in_the_coin_takes_from_an_average_what_it_cost():
    """0.01 of 1 at 1000 goes at 2000: 10 made, 20 of fees."""
    check("""
        fill f1  ETH/USD 1 @ 1000
        ---
        fee e1   ETH/USD -0.01 @ 2000
        =>       reduced 1 -> 0.99 @ 1000 OPEN realized -10 USD (gross 10 fees 20) by e1
    """)


def test_an_option_event_of_nothing_changes_nothing():
    check("""
        expiry x1  AAPL270115C00150000
        =>         book nothing  total nothing
    """)


def test_an_expiry_of_more_than_there_is_does_not_flip():
    result = run("""
        fill f1    AAPL270115C00150000 1 @ 5
        ---
        expiry x1  AAPL270115C00150000 -2
    """)
    assert result["steps"][1]["errors"][0]["activity"] == "x1"
    assert result["book"][0]["quantity"] == "1"
