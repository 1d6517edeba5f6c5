"""Rule 21: a person decides."""

import pytest

from scenario import check


def test_rule_21_under_book_a_difference_waits_as_drift():
    check("""
        policy  truth book
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        =>      break quantity AAPL 10 -> 6 open  not tied out  book AAPL 10 @ 100 OPEN DRIFT
    """)


@pytest.mark.parametrize("truth", ["book", "manual"])
def test_rule_21_accept_broker_moves_the_book(truth):
    check(f"""
        policy  truth {truth}
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        local   accept_broker AAPL
        broker  AAPL 6 @ 100 price 111
        =>      reduced 10 -> 6 @ 100 REDUCED SYNCED realized 40 USD estimated by nothing
        =>      break quantity AAPL resolved  tied out
    """)


def test_rule_21_accept_broker_for_a_missing_position_closes_it():
    check("""
        policy  truth manual, guard_empty false
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100 price 110
        ---
        broker  nothing
        =>      break missing_at_broker AAPL open  and more
        ---
        local   accept_broker AAPL
        broker  nothing
        =>      closed AAPL 10 -> 0 CLOSED realized 100 USD estimated reason missing
        =>      break missing_at_broker AAPL resolved  tied out
    """)


def test_rule_21_accept_broker_for_one_we_do_not_have_creates_it():
    check("""
        policy  truth manual
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        broker  AAPL 5 @ 100
        =>      break missing_in_book AAPL open  not tied out
        ---
        local   accept_broker AAPL
        broker  MSFT 1 @ 1
        broker  AAPL 5 @ 100
        =>      created AAPL 0 -> 5 @ 100 SYNCED  break missing_in_book AAPL resolved  tied out
    """)


def test_rule_21_accept_broker_on_a_cost_break_takes_the_venues_average():
    check("""
        policy  cost_basis fifo
        book    AAPL 10 lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03
        broker  AAPL 10 @ 105
        =>      break cost AAPL 100 -> 105 open  not tied out
        ---
        local   accept_broker AAPL
        broker  AAPL 10 @ 105
        =>      restated 10 -> 10 @ 105 SYNCED realized nothing  break cost AAPL resolved  tied out
        =>      book AAPL 10 @ 105 venue
        ---
        fill f1 AAPL -5 @ 110
        =>      reduced 10 -> 5 @ 105 realized 25 USD
    """)


def test_rule_21_keep_book_lets_a_waiting_difference_be():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100
        ---
        local   keep_book AAPL
        broker  AAPL 6 @ 100
        =>      break quantity AAPL resolved  tied out  book AAPL 10
        ---
        broker  AAPL 6 @ 100
        =>      nothing else  tied out  book AAPL 10
    """)


def test_rule_21_it_stays_so_only_while_theirs_stays_the_same():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100
        ---
        local   keep_book AAPL
        broker  AAPL 6 @ 100
        ---
        broker  AAPL 5 @ 100
        =>      break quantity AAPL 10 -> 5 open seen 1  not tied out  book AAPL 10
    """)


def test_rule_21_ignore_break_no_longer_prevents_tied_out():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100
        ---
        local   ignore_break AAPL
        broker  AAPL 6 @ 100
        =>      break quantity AAPL ignored  tied out  book AAPL 10
        ---
        broker  AAPL 7 @ 100
        =>      break quantity AAPL 10 -> 7 open  and more  not tied out
    """)


def test_rule_21_keep_book_after_the_book_has_followed_restores_it():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        =>      reduced 10 -> 6 realized 40 USD estimated and more
        ---
        local   keep_book AAPL
        broker  AAPL 6 @ 100 price 110
        =>      increased 6 -> 10 @ 100 realized -40 USD  break quantity AAPL resolved  tied out
        =>      total nothing
        ---
        broker  AAPL 6 @ 100 price 110
        =>      nothing else  tied out  book AAPL 10 @ 100
    """)


def test_rule_21_keep_book_brings_back_what_had_been_closed():
    check("""
        policy  missing_confirmations 1
        book    AAPL 10 @ 100
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed AAPL 10 -> 0 reason missing  and more
        ---
        local   keep_book AAPL
        broker  MSFT 1 @ 1
        =>      created AAPL 0 -> 10 @ 100 OPEN  break missing_at_broker AAPL resolved  tied out
        =>      ended nothing
    """)


@pytest.mark.parametrize("action", ["accept_broker", "ignore_break"])
def test_rule_21_there_must_be_a_break(action):
    check(f"""
        book    AAPL 10 @ 100
        local   {action} AAPL
        broker  AAPL 10 @ 100
        =>      error AAPL  partial  not tied out
    """)


@pytest.mark.parametrize("truth", ["book", "manual"])
def test_rule_21_a_different_average_on_basis_venue_waits_too(truth):
    check(f"""
        policy  truth {truth}
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 105
        =>      break cost AAPL 100 -> 105 open  not tied out  book AAPL 10 @ 100 DRIFT
    """)


def test_rule_21_a_kind_of_break_may_have_its_own_truth():
    check("""
        policy  by_kind.quantity.truth manual
        book    AAPL 10 @ 100
        book    MSFT 1 @ 1
        broker  AAPL 6 @ 100
        broker  MSFT 1 @ 1
        broker  XYZ 1 @ 1
        =>      created XYZ 0 -> 1  break quantity AAPL open  break missing_in_book XYZ
        =>      book AAPL 10 DRIFT
    """)


def test_rule_21_set_cost_gives_the_price_of_one_unit():
    check("""
        instrument ESZ6 future x50
        transfer t1 ESZ6 2
        ---
        local   set_cost ESZ6 @ 5000
        =>      restated 2 -> 2 @ 5000 realized nothing
        ---
        fill f1 ESZ6 -2 @ 5010
        =>      closed 2 -> 0 realized 1000 USD
    """)


def test_rule_21_set_cost_is_for_the_units_without_one():
    check("""
        policy  cost_basis fifo
        fill f1 AAPL 4 @ 100 at 14:00
        transfer t1 AAPL 4 at 14:10
        ---
        local   set_cost AAPL @ 120
        =>      restated 8 -> 8 @ 110
    """)


@pytest.mark.parametrize(
    ("event", "cancel"),
    [
        ("fill x1 AAPL -4 @ 110", "fill x2 AAPL 4 @ 110 cancels x1"),
        ("dividend x1 AAPL cash 5", "dividend x2 AAPL cash -5 cancels x1"),
        ("split x1 AAPL 4 for 1", "split x2 AAPL cancels x1"),
        ("transfer x1 AAPL 4 cost 400", "transfer x2 AAPL -4 cancels x1"),
        ("fee x1 AAPL cash -5", "fee x2 AAPL cash 5 cancels x1"),
    ],
)
def test_rule_21_what_only_cancels_has_the_type_and_the_negated_quantity(event, cancel):
    check(f"""
        book    AAPL 10 @ 100
        {event}
        ---
        {cancel}
        =>      applied  and more  book AAPL 10 @ 100 OPEN  total nothing
    """)


def test_rule_21_a_kept_zero_row_that_is_gone_is_missing_and_asks_again():
    """Not reported is not zero: theirs has changed, so what was decided about 0 is over."""
    check("""
        book    X 4 @ 90
        book    Y 1 @ 1
        broker  X 0
        broker  Y 1 @ 1
        =>      closed X 4 -> 0 reason flat break quantity X 4 -> 0  not tied out
        ---
        local   keep_book X
        broker  X 0
        broker  Y 1 @ 1
        =>      created X 0 -> 4 break quantity X resolved  tied out
        ---
        broker  X 0
        broker  Y 1 @ 1
        =>      nothing else  tied out  book X 4 SYNCED
        ---
        broker  Y 1 @ 1
        =>      missing X 4 -> 4 PENDING break missing_at_broker X 4 -> ? seen 1 open
        =>      not tied out  book X 4
    """)
