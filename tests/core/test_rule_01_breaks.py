"""Rule 1b: the life of a break."""

from scenario import check


def test_rule_1b_a_missing_position_closed_by_its_policy_stays_an_open_break_in_that_run():
    check("""
        book    AAPL 10 @ 100
        book    MSFT 5 @ 300
        broker  AAPL 10 @ 100
        broker  MSFT 5 @ 300 price 310
        ---
        broker  AAPL 10 @ 100
        =>      missing MSFT 5 -> 5 OPEN PENDING
        =>      break missing_at_broker MSFT 5 -> ? remainder -5 seen 1 open  not tied out
        ---
        broker  AAPL 10 @ 100
        =>      closed MSFT 5 -> 0 CLOSED realized 50 USD estimated reason missing by nothing
        =>      break missing_at_broker MSFT seen 2 open  not tied out  listed removed MSFT
        ---
        broker  AAPL 10 @ 100
        =>      break missing_at_broker MSFT seen 2 resolved  tied out
        ---
        broker  AAPL 10 @ 100
        =>      nothing else  tied out
    """)


def test_rule_1b_one_closed_by_approval_stays_open_with_seen_1():
    check("""
        book    AAPL 10 @ 100
        broker  nothing
        =>      held and more
        ---
        approve
        =>      closed AAPL 10 -> 0 reason missing realized incomplete
        =>      break missing_at_broker AAPL seen 1 open  applied  not tied out
        ---
        broker  nothing
        =>      break missing_at_broker AAPL seen 1 resolved  tied out
    """)


def test_rule_1b_what_ends_by_its_expiry_date_is_tied_out_in_that_run():
    check("""
        book    AAPL261119C00150000 2 @ 1.50
        book    MSFT 5 @ 300
        broker  MSFT 5 @ 300
        =>      closed AAPL261119C00150000 2 -> 0 CLOSED reason expiry realized -300 USD estimated
        =>      tied out  and more
    """)


def test_rule_1b_what_ends_unconfirmed_is_tied_out_in_that_run():
    check("""
        policy  missing_confirmations 1
        book    MSFT 5 @ 300
        local   open AAPL 10 @ 100
        ---
        at      15:10
        broker  MSFT 5 @ 300
        =>      closed AAPL 10 -> 0 CLOSED reason unconfirmed realized nothing
        =>      tied out  and more  ended AAPL unconfirmed realized nothing  total nothing
    """)


def test_rule_1b_a_zero_row_after_an_absence_is_the_same_break():
    check("""
        policy  on_missing flag
        book    AAPL 10 @ 100
        book    MSFT 5 @ 300
        broker  MSFT 5 @ 300
        =>      missing AAPL PENDING break missing_at_broker AAPL seen 1
        ---
        broker  MSFT 5 @ 300
        broker  AAPL 0 @ null price 90
        =>      closed AAPL 10 -> 0 realized -100 USD estimated reason flat
        =>      break missing_at_broker AAPL 10 -> 0 seen 2 open  not tied out
        ---
        broker  MSFT 5 @ 300
        =>      break missing_at_broker AAPL seen 2 resolved  tied out
    """)


def test_rule_1b_a_difference_of_another_kind_is_another_break():
    check("""
        policy  truth book
        book    AAPL 10 @ 100 actual
        broker  AAPL 9 @ 100
        =>      break quantity AAPL seen 1 open
        ---
        broker  AAPL 9 @ 100
        =>      break quantity AAPL seen 2 open  and more
        ---
        broker  AAPL 10 @ 105
        =>      break quantity AAPL seen 2 resolved
        =>      break cost AAPL 100 -> 105 remainder 5 seen 1 open  not tied out  and more
    """)


def test_rule_1b_a_resolved_break_is_listed_once():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 9 @ 100 price 100
        ---
        broker  AAPL 9 @ 100 price 100
        =>      break quantity AAPL seen 1 resolved
        ---
        broker  AAPL 9 @ 100 price 100
        =>      nothing else  tied out
    """)


def test_rule_1b_source_breaks_resolve_at_the_next_applied_snapshot():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100
        ---
        broker  fails unavailable "503"
        =>      break incomplete_source open seen 1  failed  not tied out
        ---
        broker  as of 14:00
        broker  AAPL 10 @ 100
        =>      break stale_source open seen 1  rejected  not tied out  and more
        ---
        broker  AAPL 10 @ 100
        =>      break incomplete_source resolved break stale_source resolved  tied out  and more
    """)


def test_rule_1b_a_break_that_a_run_could_not_judge_keeps_its_count():
    check("""
        policy  truth book
        book    AAPL 10 @ 100
        broker  AAPL 9 @ 100
        =>      break quantity AAPL seen 1 open
        ---
        broker  fails unavailable "503"
        =>      break incomplete_source
        ---
        broker  AAPL 9 @ 100
        =>      break incomplete_source resolved  break quantity AAPL seen 2 open
        =>      alert break AAPL
    """)
