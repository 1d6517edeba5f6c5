"""Coinbase does not say whether the cost of a coin has its fees inside: either explains itself."""

import pytest

from scenario import check


@pytest.mark.parametrize("theirs", ["100", "105"])
def test_the_cost_of_a_coin_with_its_fees_inside_or_not_is_no_break(theirs):
    check(f"""
        account venue coinbase
        broker  ETH-USD 1 @ 7
        ---
        fill f1 BTC-USD 2 @ 100 fee 10
        broker  BTC-USD 2 @ {theirs}
        broker  ETH-USD 1 @ 7
        =>      created BTC-USD 0 -> 2 @ 100  tied out
    """)


@pytest.mark.parametrize("theirs", ["104", "95", "106"])
def test_any_other_cost_of_a_coin_is_a_break(theirs):
    check(f"""
        account venue coinbase
        broker  ETH-USD 1 @ 7
        ---
        fill f1 BTC-USD 2 @ 100 fee 10
        broker  BTC-USD 2 @ {theirs}
        broker  ETH-USD 1 @ 7
        =>      created BTC-USD 0 -> 2 @ 100  not tied out  and more
    """)


def test_the_cost_of_a_future_has_no_fees_inside():
    check("""
        account venue coinbase
        instrument BIP-20DEC30-CDE perpetual x0.01
        broker  ETH-USD 1 @ 7
        ---
        fill f1 BIP-20DEC30-CDE 2 @ 100 fee 10
        broker  BIP-20DEC30-CDE 2 @ 105
        broker  ETH-USD 1 @ 7
        =>      created BIP-20DEC30-CDE 0 -> 2 @ 100  not tied out  and more
    """)
