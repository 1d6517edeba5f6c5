"""Section 1: matching is by instrument, over the union of both sides, and quantity is signed."""

import pytest

from scenario import check

SPELLINGS = ("BTCUSD", "BTC/USD", "BTC-USD")


@pytest.mark.parametrize("ours", SPELLINGS)
@pytest.mark.parametrize("fills", SPELLINGS)
@pytest.mark.parametrize("theirs", SPELLINGS)
def test_three_spellings_of_a_pair_are_one_instrument(ours, fills, theirs):
    check(f"""
        book     {ours} 2 @ 100
        fill f1  {fills} -0.5 @ 120
        broker   {theirs} 1.5 @ 100 price 130
        =>       reduced {ours} 2 -> 1.5 realized 10 USD by f1  tied out
        =>       book {ours} 1.5 @ 100 unrealized 45
    """)


def test_the_name_of_the_book_stays_whatever_arrives_later():
    check("""
        broker   BTC-USD 1 @ 100
        =>       created BTC-USD 0 -> 1
        ---
        fill f1  BTC/USD 1 @ 110
        broker   BTCUSD 2 @ 105
        =>       increased BTC-USD 1 -> 2 @ 105 by f1  tied out  nothing else
    """)


@pytest.mark.parametrize("other", ["BTC/EUR", "ETH/USD", "BTC"])
def test_another_pair_is_another_instrument(other):
    check(f"""
        policy   on_missing flag
        book     BTC/USD 1 @ 100
        broker   {other} 1 @ 100
        =>       break missing_in_book {other}  break missing_at_broker BTC/USD
        =>       not tied out  and more
    """)


def test_an_option_is_not_its_underlying():
    check("""
        book     AAPL 100 @ 150
        book     AAPL270115C00150000 1 @ 5
        fill f1  AAPL270115C00150000 -1 @ 7
        broker   AAPL 100 @ 150
        =>       closed AAPL270115C00150000 1 -> 0 realized 200 USD by f1  tied out
        =>       book AAPL 100 @ 150
    """)


def test_two_options_of_one_underlying_are_two_instruments():
    check("""
        book     AAPL270115C00150000 1 @ 5
        book     AAPL270115P00150000 -2 @ 4
        book     AAPL270115C00155000 3 @ 2
        fill f1  AAPL270115P00150000 1 @ 3
        broker   AAPL270115C00150000 1 @ 5
        broker   AAPL270115P00150000 -1 @ 4
        broker   AAPL270115C00155000 3 @ 2
        =>       reduced AAPL270115P00150000 -2 -> -1 realized 100 USD by f1  tied out
    """)


def test_a_ticker_change_with_the_same_id_keeps_the_episode_and_its_lots():
    """4 @ 90 and 6 @ 110; the first four go: (120 - 90) x 4 = 120."""
    check("""
        policy   cost_basis fifo
        instrument OLD id 7
        book     OLD 10 lots 4 @ 90 2026-01-02, 6 @ 110 2026-01-03
        broker   NEW 10 @ 102 id 7
        =>       renamed NEW 10 -> 10 @ 102 was OLD by nothing realized nothing  tied out
        ---
        fill f1  NEW -4 @ 120
        broker   NEW 6 @ 110 id 7
        =>       reduced NEW 10 -> 6 @ 110 realized 120 USD by f1  tied out
    """)


def test_a_ticker_change_and_a_fill_between_two_snapshots():
    check("""
        instrument OLD id 7
        book     OLD 10 @ 100
        fill f1  OLD -4 @ 120 at 14:50
        broker   NEW 6 @ 100 id 7
        =>       reduced NEW 10 -> 6 @ 100 was OLD realized 80 USD by f1 SYNCED  tied out
    """)


def test_a_ticker_change_and_an_unexplained_difference_at_once():
    """The name is explained by the id, the four shares by nothing."""
    check("""
        instrument OLD id 7
        book     OLD 10 @ 100
        broker   NEW 6 @ 100 id 7 price 110
        =>       reduced NEW 10 -> 6 was OLD DRIFT realized 40 USD estimated by nothing
        =>       break quantity NEW 10 -> 6 remainder -4  not tied out
    """)


def test_a_reused_ticker_with_another_id_is_another_instrument():
    check("""
        instrument ABC id 1
        book     ABC 10 @ 100
        broker   ABC 10 @ 100 id 2
        =>       created ABC 0 -> 10 @ 100 DRIFT by nothing  missing ABC 10 -> 10 PENDING
        =>       break missing_in_book ABC 0 -> 10  break missing_at_broker ABC 10 -> ?
        =>       not tied out  and more
    """)


@pytest.mark.parametrize("spelt", ["AAPL ", " AAPL", "aapl"])
def test_blanks_and_case_are_spelling(spelt):
    check(f"""
        book     AAPL 10 @ 100
        broker   "{spelt}" 10 @ 100
        =>       nothing else  tied out
    """)


def test_differences_are_found_from_both_sides():
    """A is in both, B only in the book, C only at the broker."""
    check("""
        policy   truth book
        book     A 1 @ 10
        book     B 2 @ 10
        broker   A 1 @ 10
        broker   C 3 @ 10
        =>       missing B 2 -> 2 PENDING
        =>       break missing_at_broker B 2 -> ? remainder -2
        =>       break missing_in_book C 0 -> 3 remainder 3  not tied out
        =>       book A 1 SYNCED
    """)


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ("AAPL 5 @ 100", "5"),
        ("AAPL -5 @ 100", "-5"),
        ("AAPL 5 @ 100 side short", "-5"),
        ("AAPL -5 @ 100 side short", "-5"),
        ("AAPL 5 @ 100 side long", "5"),
    ],
)
def test_quantity_is_signed_whatever_the_venue_writes(row, held):
    check(f"""
        broker   {row}
        =>       created AAPL 0 -> {held} @ 100 SYNCED  tied out  nothing else
        ---
        broker   {row}
        =>       nothing else  tied out
    """)


def test_a_row_that_contradicts_itself_is_invalid_and_not_guessed():
    check("""
        book     AAPL 5 @ 100
        broker   AAPL -5 @ 100 side long
        =>       invalid AAPL 5 -> 5 FAILED  error AAPL long  partial  not tied out
    """)


def test_futures_of_one_root_and_two_months_are_apart():
    check("""
        instrument ESZ6 future x50 id 11
        instrument ESH7 future x50 id 12
        book     ESZ6 1 @ 5000
        book     ESH7 -1 @ 5050
        fill f1  ESZ6 -1 @ 5010 id 11
        fill f2  ESH7 1 @ 5055 id 12
        broker   nothing
        =>       closed ESH7 -1 -> 0 realized -250 USD by f2
        =>       closed ESZ6 1 -> 0 realized 500 USD by f1  tied out  total USD net 250
    """)


def test_the_same_id_under_two_declared_spellings_is_one_row():
    check("""
        instrument ESZ6 future x50 id 11 spelling "ES 20261218" spelling "ES DEC26"
        book     ESZ6 1 @ 5000
        fill f1  "ES 20261218" 1 @ 5010
        broker   "ES DEC26" 2 @ 5005 price 5020
        =>       increased ESZ6 1 -> 2 @ 5005 by f1  tied out  book ESZ6 2 unrealized 1500
    """)


def test_an_id_decides_before_a_spelling():
    """The row is called like B and has the id of A."""
    check("""
        instrument A id 1
        instrument B id 2
        book     A 1 @ 10
        book     B 2 @ 20
        broker   B 2 @ 20 id 2
        broker   A 1 @ 10 id 1
        =>       nothing else  tied out
        ---
        fill f1  B 1 @ 10 id 1
        =>       increased 1 -> 2 @ 10 by f1
    """)
