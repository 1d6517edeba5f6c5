"""Rule 5 with rule 22: opening fees that the venue's average has inside count once."""

from scenario import check


def test_rule_5_an_average_that_is_taken_over_brings_its_fees_along_at_ibkr():
    """(100 x 50.01 + 100 x 51 + 1.00) / 200 = 50.51; sold at 52: (52 - 50.51) x 200 = 298."""
    check("""
        account venue ibkr
        book    AAPL 100 @ 50.01
        fill f1 AAPL 100 @ 51 fee 1.00
        broker  AAPL 200 @ 50.51 price 52
        =>      increased 100 -> 200 @ 50.51 OPEN SYNCED by f1  tied out  book AAPL 200 venue
        ---
        fill f2 AAPL -200 @ 52 fee 2.00
        broker  nothing
        =>      closed 200 -> 0 realized 296 USD final (gross 298 fees 2.00) by f2  tied out
    """)


def test_rule_5_elsewhere_the_average_has_no_fees_and_they_count():
    check("""
        account venue file
        book    AAPL 100 @ 50
        fill f1 AAPL 100 @ 51 fee 1.00
        broker  AAPL 200 @ 50.60 price 52
        =>      increased 100 -> 200 @ 50.60 OPEN SYNCED by f1  tied out  book AAPL 200 venue
        ---
        fill f2 AAPL -200 @ 52
        =>      closed 200 -> 0 realized 279 USD final (gross 280 fees 1.00)
    """)


def test_rule_5_on_basis_actual_the_fees_at_ibkr_stay_apart():
    """The venue's 50.01 is explained by 50 and the fee, and is not taken."""
    check("""
        account venue ibkr
        book    MSFT 1 @ 1
        fill f1 AAPL 100 @ 50 fee 1.00
        broker  MSFT 1 @ 1
        broker  AAPL 100 @ 50.01
        =>      created AAPL 0 -> 100 @ 50 SYNCED  tied out  book AAPL 100 @ 50 actual
        ---
        fill f2 AAPL -50 @ 52
        =>      reduced AAPL 100 -> 50 @ 50 realized 99.50 USD (gross 100 fees 0.50)
    """)


def test_rule_5_a_person_who_takes_ibkrs_average_takes_the_fees_in_it():
    """(52 - 50.05) x 100 = 195."""
    check("""
        account venue ibkr
        book    MSFT 1 @ 1
        fill f1 AAPL 100 @ 50 fee 1.00
        broker  MSFT 1 @ 1
        broker  AAPL 100 @ 50.05
        =>      created AAPL DRIFT  break cost AAPL 50 -> 50.05  not tied out
        ---
        local   accept_broker AAPL
        broker  MSFT 1 @ 1
        broker  AAPL 100 @ 50.05
        =>      restated AAPL 100 -> 100 @ 50.05 SYNCED  break cost AAPL resolved  tied out
        ---
        fill f2 AAPL -100 @ 52
        =>      closed AAPL 100 -> 0 realized 195 USD final (gross 195 fees 0)
    """)


def test_rule_5_units_that_nobody_explains_bring_ibkrs_average_and_its_fees():
    """After it the basis is the venue's, with all opening fees in its 50.51."""
    check("""
        account venue ibkr
        book    MSFT 1 @ 1
        fill f1 AAPL 100 @ 50 fee 1.00
        broker  MSFT 1 @ 1
        broker  AAPL 100 @ 50.01
        ---
        broker  MSFT 1 @ 1
        broker  AAPL 200 @ 50.51 price 51
        =>      increased AAPL 100 -> 200 @ 50.51 DRIFT  break quantity AAPL
        =>      book AAPL 200 @ 50.51 venue
        ---
        fill f2 AAPL -200 @ 52
        =>      closed AAPL 200 -> 0 realized 298 USD final (gross 298 fees 0)
    """)


def test_rule_5_a_short_at_ibkr_has_its_fees_in_the_average_too():
    """Sold 100 at 50 for 1.00: 49.99. Bought back at 48: 1.99 x 100 = 199."""
    check("""
        account venue ibkr
        book    AAPL -50 @ 49.99
        fill f1 AAPL -50 @ 50 fee 1.00
        broker  AAPL -100 @ 49.985 price 49
        =>      increased -50 -> -100 @ 49.985 by f1  tied out
        ---
        fill f2 AAPL 100 @ 48
        =>      closed -100 -> 0 realized 198.50 USD final (gross 198.50 fees 0)
    """)


def test_rule_5_fees_paid_after_the_average_was_taken_count():
    check("""
        account venue ibkr
        book    AAPL 100 @ 50.01
        fill f1 AAPL 100 @ 51 fee 1.00
        broker  AAPL 200 @ 50.51
        ---
        fill f2 AAPL 100 @ 52 fee 0.60
        =>      increased 200 -> 300 @ ~51.006667
        ---
        fill f3 AAPL -150 @ 53
        =>      reduced 300 -> 150 realized 298.70 USD (gross 299 fees 0.30)
    """)


def test_rule_5_a_venue_without_an_average_contains_no_fees():
    check("""
        account venue ibkr
        book    AAPL 100 @ 50.01
        fill f1 AAPL 100 @ 51 fee 1.00
        broker  AAPL 200 @ null
        =>      increased 100 -> 200 @ 50.505 by f1  tied out
        ---
        fill f2 AAPL -200 @ 52
        =>      closed 200 -> 0 realized 298 USD (gross 299 fees 1.00)
    """)
