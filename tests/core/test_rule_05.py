"""Rule 5: fees, in whatever they are paid, funding and dividends."""

from scenario import check


def test_rule_5_the_fee_of_a_fill_through_zero_divides_by_quantity():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -15 @ 110 fee 3
        =>      flipped 10 -> -5 realized 98 USD (gross 100 fees 2)
        ---
        fill f2 AAPL 5 @ 110
        =>      closed -5 -> 0 realized -1 USD (gross 0 fees 1)
    """)


def test_rule_5_opening_fees_are_one_pool_under_average():
    check("""
        fill f1 AAPL 10 @ 100 fee 1 at 14:00
        fill f2 AAPL 10 @ 100 fee 3 at 14:10
        ---
        fill f3 AAPL -5 @ 100
        =>      reduced 20 -> 15 realized -1 USD (gross 0 fees 1)
    """)


def test_rule_5_opening_fees_go_by_lot_otherwise():
    check("""
        policy  cost_basis fifo
        fill f1 AAPL 10 @ 100 fee 1 at 14:00
        fill f2 AAPL 10 @ 100 fee 3 at 14:10
        ---
        fill f3 AAPL -5 @ 100 fee 0.25
        =>      reduced 20 -> 15 realized -0.75 USD (gross 0 fees 0.75)
    """)


def test_rule_5_a_rebate_is_a_negative_fee():
    check("""
        fill f1 AAPL 10 @ 100 fee -0.25
        fill f2 AAPL -10 @ 100
        =>      closed AAPL realized 0.25 USD (gross 0 fees -0.25)
    """)


def test_rule_5_the_fee_is_in_the_instruments_currency_unless_it_says_so():
    check("""
        instrument SAP EUR
        fill f1 SAP 10 @ 100 fee 1
        fill f2 SAP -10 @ 101 fee 1 EUR
        =>      closed SAP realized 8 EUR (gross 10 fees 2)  total EUR net 8
    """)


def test_rule_5_an_opening_fee_in_the_coin_leaves_less_of_it():
    check("""
        fill f1 ETH/USD 1 @ 2000 fee 0.0025 ETH
        broker  ETH/USD 0.9975 @ 2000 price 2000
        =>      created 0 -> 0.9975 @ 2000 OPEN SYNCED by f1  tied out
        ---
        fill f2 ETH/USD -0.9975 @ 2000
        =>      closed 0.9975 -> 0 realized -5 USD (gross 0 fees 5)
    """)


def test_rule_5_the_coin_is_that_of_the_pair_however_it_is_spelt():
    check("""
        fill f1 ETHUSD 1 @ 2000 fee 0.0025 ETH
        =>      created ETHUSD 0 -> 0.9975 @ 2000
    """)


def test_rule_5_a_closing_fee_in_the_coin_closes_its_quantity_too():
    check("""
        book    ETH/USD 2 @ 1000
        fill f1 ETH/USD -1 @ 2000 fee 0.01 ETH
        =>      reduced 2 -> 0.99 @ 1000 realized 990 USD (gross 1010 fees 20)
    """)


def test_rule_5_a_short_sold_with_a_fee_in_the_coin():
    check("""
        book    ETH/USD -2 @ 1000
        fill f1 ETH/USD -1 @ 1000 fee 0.01 ETH
        =>      increased -2 -> -3.01 @ 1000
    """)


def test_rule_5_a_fee_in_the_stock_of_a_company_is_no_coin():
    check("""
        fill f1 ETH 1 @ 20 fee 0.01 ETH
        =>      created ETH 0 -> 1 @ 20 other 0.01 ETH
    """)


def test_rule_5_a_fee_in_a_third_currency_is_apart_and_realized_at_once():
    check("""
        fill f1 ETH/USD 1 @ 2000 fee 0.01 BNB
        =>      created 0 -> 1 realized nothing other 0.01 BNB
        =>      total BNB net -0.01 gross 0 fees 0.01 complete
        ---
        fill f2 ETH/USD -1 @ 2100 fee 0.02 BNB
        =>      closed 1 -> 0 realized 100 USD (gross 100 fees 0) other 0.02 BNB
        =>      ended ETH/USD fill net 100 other 0.03 BNB
        =>      total BNB net -0.03  total USD net 100
    """)


def test_rule_5_a_fill_without_fee_has_fee_0():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -1 @ 110
        =>      reduced 10 -> 9 realized 10 USD (gross 10 fees 0)
    """)


def test_rule_5_an_estimated_closing_has_its_opening_fees_only():
    check("""
        fill f1 AAPL 10 @ 100 fee 2
        broker  AAPL 10 @ 100
        ---
        broker  AAPL 5 @ 100 price 110
        =>      reduced 10 -> 5 realized 49 USD estimated (gross 50 fees 1)  and more
    """)


def test_rule_5_a_fee_activity_is_realized_at_once():
    check("""
        book    AAPL 10 @ 100
        fee e1  AAPL cash -0.50
        broker  AAPL 10 @ 100
        =>      restated 10 -> 10 @ 100 OPEN SYNCED realized -0.50 USD (gross 0 fees 0.50) by e1
        =>      tied out  total USD net -0.50 fees 0.50 gross 0
    """)


def test_rule_5_a_fee_activity_in_the_coin_closes_its_quantity_at_its_price():
    check("""
        book    ETH/USD 1 @ 1500
        fee e1  ETH/USD -0.01 @ 2000
        broker  ETH/USD 0.99 @ 1500
        =>      reduced 1 -> 0.99 @ 1500 OPEN SYNCED realized -15 USD (gross 5 fees 20) by e1
        =>      tied out
    """)


def test_rule_5_funding_is_a_line_of_its_own():
    check("""
        account venue hyperliquid
        book    BTC 1 @ 30000
        funding n1 BTC cash -0.12
        broker  BTC 1 @ 30000
        =>      restated 1 -> 1 SYNCED realized 0 USD (gross 0 fees 0 funding -0.12) by n1
        =>      tied out  total USD net 0 gross 0 fees 0 funding -0.12
    """)


def test_rule_5_dividends_are_income():
    check("""
        book    AAPL 10 @ 100
        dividend d1 AAPL cash 2.50
        =>      restated 10 -> 10 realized 0 USD (gross 0 fees 0 income 2.50) by d1
        =>      total USD net 0 income 2.50
    """)


def test_rule_5_a_dividend_of_what_is_no_longer_held_is_realized_too():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -10 @ 100
        ---
        dividend d1 AAPL cash 2.50
        =>      restated AAPL 0 -> 0 realized 0 USD (income 2.50) by d1  total USD net 0 income 2.50
    """)


def test_rule_5_funding_with_a_movement_is_in_its_change():
    check("""
        account venue hyperliquid
        book    BTC 1 @ 100
        fill f1 BTC -1 @ 110 fee 0.05 at 14:58
        funding n1 BTC cash -0.30 at 14:57
        =>      closed 1 -> 0 realized 9.95 USD (gross 10 fees 0.05 funding -0.30) by n1 f1
    """)
