"""Rule 5 with others: fees of shorts, flips, coins and third currencies, money of an episode."""

import pytest

from scenario import check


def test_rule_5_a_short_bought_back_with_a_fee_in_the_coin():
    """One bought, 0.01 of it kept by the venue: 0.99 close at 900."""
    check("""
        book    ETH/USD -2 @ 1000
        fill f1 ETH/USD 1 @ 900 fee 0.01 ETH
        =>      reduced -2 -> -1.01 @ 1000 realized 90 USD (gross 99 fees 9)
    """)


def test_rule_5_a_fee_in_the_coin_can_make_it_flat():
    check("""
        book    ETH/USD 1.01 @ 1000
        fill f1 ETH/USD -1 @ 1100 fee 0.01 ETH
        broker  nothing
        =>      closed 1.01 -> 0 realized 90 USD (gross 101 fees 11) by f1  tied out
    """)


def test_rule_5_a_fee_in_the_coin_through_zero_divides_too():
    """2.5 go in all, 1.25 of them closing: half of 0.5 x 1100."""
    check("""
        book    ETH/USD 1.25 @ 1000
        fill f1 ETH/USD -2 @ 1100 fee 0.5 ETH
        =>      flipped 1.25 -> -1.25 @ 1100 realized -150 USD (gross 125 fees 275)
        ---
        fill f2 ETH/USD 1.25 @ 1000
        =>      closed -1.25 -> 0 realized -150 USD (gross 125 fees 275)
    """)


def test_rule_5_a_rebate_in_the_coin_adds_to_it():
    check("""
        book    M 1 @ 1
        fill f1 ETH/USD 1 @ 2000 fee -0.001 ETH
        =>      created ETH/USD 0 -> 1.001 @ 2000
        ---
        fill f2 ETH/USD -1.001 @ 2000
        =>      closed ETH/USD realized 2 USD (gross 0 fees -2)
    """)


def test_rule_5_two_third_currencies_are_two_figures():
    check("""
        fill f1 X 1 @ 100 fee 0.01 BNB at 14:00
        fill f2 X 1 @ 100 fee 0.50 EUR at 14:01
        =>      created X 0 -> 2 other 0.01 BNB other 0.50 EUR realized nothing
        =>      total BNB net -0.01  total EUR net -0.50
    """)


def test_rule_5_a_money_fee_in_a_third_currency_is_kept_apart():
    check("""
        book    X 10 @ 100
        fee e1  X cash -2 EUR
        =>      restated 10 -> 10 @ 100 realized nothing other 2 EUR by e1  total EUR net -2 fees 2
    """)


def test_rule_5_the_coin_of_a_perpetual_is_a_third_currency():
    check("""
        account venue hyperliquid
        instrument BTC perpetual
        book    BTC 1 @ 100
        fill f1 BTC -1 @ 110 fee 0.0001 BTC
        =>      closed 1 -> 0 realized 10 USD (fees 0) other 0.0001 BTC
    """)


def test_rule_5_an_inverse_contract_pays_its_fee_in_what_it_is_settled_in():
    """100 x (1/10000 - 1/12500) = 0.002."""
    check("""
        instrument XBTUSD perpetual inverse
        book    XBTUSD 100 @ 10000
        fill f1 XBTUSD -100 @ 12500 fee 0.0001
        =>      closed 100 -> 0 realized 0.0019 XBT (gross 0.002 fees 0.0001)  total XBT net 0.0019
    """)


def test_rule_5_late_funding_is_of_the_episode_of_its_time():
    check("""
        account venue hyperliquid
        book    BTC 1 @ 100
        fill f1 BTC -1 @ 110 at 14:50
        =>      closed 1 -> 0 realized 10 USD
        ---
        funding n1 BTC cash -0.30 at 14:40
        =>      restated BTC 0 -> 0 realized 0 USD (gross 0 fees 0 funding -0.30) by n1
        =>      ended BTC fill net 10 funding -0.30  total USD net 10 funding -0.30
    """)


def test_rule_5_funding_of_after_the_end_is_of_no_episode():
    check("""
        account venue hyperliquid
        book    BTC 1 @ 100
        fill f1 BTC -1 @ 110 at 14:40
        ---
        funding n1 BTC cash -0.30 at 14:50
        =>      restated BTC 0 -> 0 realized 0 USD (funding -0.30) by n1
        =>      ended BTC fill net 10 USD  total USD net 10 funding -0.30
    """)


@pytest.mark.parametrize("moves", ["fill f1 X -1 @ 110", "fill f1 X 1 @ 110", "split f1 X 2 for 1"])
def test_rule_5_a_dividend_beside_a_movement_is_in_its_change(moves):
    check(f"""
        book    X 10 @ 100
        {moves} at 14:58
        dividend d1 X cash 2.50 at 14:57
        =>      and more  total USD income 2.50
        ---
        dividend d2 X cash -0.50
        =>      restated X realized 0 USD (income -0.50) by d2  total USD income 2.00
    """)


def test_rule_5_a_reversed_fee_is_money_back():
    check("""
        book    X 10 @ 100
        fee e1  X cash -5
        =>      restated 10 -> 10 realized -5 USD (gross 0 fees 5)
        ---
        fee e2  X cash 2
        =>      restated 10 -> 10 realized 2 USD (gross 0 fees -2)  total USD net -3 fees 3
    """)


def test_rule_5_opening_fees_follow_a_partial_transfer():
    """Four of ten leave with their 0.40; the six that stay have 0.60."""
    check("""
        fill f1 X 10 @ 100 fee 1 at 14:00
        transfer t1 X -4 at 14:10
        =>      created X 0 -> 6 @ 100 realized nothing
        ---
        fill f2 X -6 @ 110
        =>      closed 6 -> 0 realized 59.40 USD (gross 60 fees 0.60)
    """)


def test_rule_5_opening_fees_stay_over_a_split_and_a_rename():
    check("""
        fill f1 X 10 @ 100 fee 1 at 14:00
        split s1 X 2 for 1 at 14:10
        rename r1 X to Y at 14:20
        =>      created Y 0 -> 20 @ 50
        ---
        fill f2 Y -5 @ 60 fee 0.25
        =>      reduced Y 20 -> 15 realized 49.50 USD (gross 50 fees 0.50)
    """)


def test_rule_5_an_increase_adds_its_fee_to_the_pool_and_a_reduction_takes_its_share():
    """1 + 3 over 20, a quarter of which goes; then 3 + 1 over 20, a half of which goes."""
    check("""
        fill f1 X 10 @ 100 fee 1 at 14:00
        fill f2 X 10 @ 100 fee 3 at 14:01
        ---
        fill f3 X -5 @ 100
        =>      reduced 20 -> 15 realized -1 USD (gross 0 fees 1)
        ---
        fill f4 X 5 @ 100 fee 1
        ---
        fill f5 X -10 @ 100
        =>      reduced 20 -> 10 realized -2 USD (gross 0 fees 2)
        ---
        fill f6 X -10 @ 100
        =>      closed 10 -> 0 realized -2 USD  ended X fill net -5 fees 5
    """)


def test_rule_5_income_in_another_currency_is_told_in_that_currency():
    check("""
        book        SAP 4 @ 90
        dividend d1 SAP cash 5 EUR
        broker      SAP 4 @ 90
        =>          restated 4 -> 4 realized 0 EUR final (gross 0 fees 0 income 5) by d1
        =>          total EUR net 0 gross 0 fees 0  tied out
        ---
        fee e1      SAP cash -0.10 EUR
        dividend d2 SAP cash 2 EUR
        =>          restated realized -0.10 EUR (gross 0 fees 0.10 income 2) by e1 d2
    """)


def test_rule_5_the_instruments_own_currency_comes_first_and_the_file_has_every_currency():
    check("""
        book        SAP 4 @ 90
        dividend d1 SAP cash 5 EUR
        fill f1     SAP -4 @ 100 fee 0.10 EUR
        =>          closed realized 40 USD (gross 40 fees 0) by d1 f1 other 0.10 EUR
        =>          total EUR net -0.10 gross 0 fees 0.10 total USD net 40
    """)


def test_rule_5_a_fee_alone_in_another_currency_stays_apart():
    check("""
        book        SAP 4 @ 90
        fee e1      SAP cash -0.10 EUR
        =>          restated 4 -> 4 realized nothing other 0.10 EUR
    """)
