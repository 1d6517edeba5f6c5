"""Rules 1b and 11: which runs count a break, what makes it another one, and when it alerts."""

from scenario import check


def test_the_break_of_one_position_says_nothing_about_another():
    check("""
        policy  truth book
        book    A 10 @ 10
        book    B 10 @ 10
        broker  A 9 @ 10
        broker  B 10 @ 10
        =>      break quantity A seen 1  book B 10 SYNCED
        ---
        broker  A 10 @ 10
        broker  B 9 @ 10
        =>      break quantity A seen 1 resolved  break quantity B seen 1 open  not tied out
        ---
        broker  A 9 @ 10
        broker  B 9 @ 10
        =>      break quantity A seen 1 open  break quantity B seen 2 open  alert break B
    """)


def test_a_break_goes_on_while_its_amount_changes():
    check("""
        policy  truth book
        book    A 10 @ 10
        broker  A 9 @ 10
        =>      break quantity A 10 -> 9 remainder -1 seen 1
        ---
        fill f1 A -3 @ 10
        broker  A 8 @ 10
        =>      reduced A 10 -> 7  break quantity A 7 -> 8 remainder 1 seen 2 after fill f1 -3
        ---
        broker  A 7 @ 10
        =>      break quantity A resolved seen 2  tied out
    """)


def test_an_incomplete_run_shows_a_break_and_does_not_count_it():
    check("""
        policy  truth book
        book    A 10 @ 10
        book    B 1 @ 1
        broker  A 9 @ 10
        broker  B 1 @ 1
        =>      break quantity A seen 1
        ---
        broker  incomplete
        broker  B 1 @ 1
        =>      break incomplete_source seen 1  partial  book A 10 FAILED  book B 1 SYNCED
        ---
        broker  incomplete
        broker  A 9 @ 10
        =>      break incomplete_source seen 2  break quantity A seen 1  no alert
        ---
        broker  A 9 @ 10
        broker  B 1 @ 1
        =>      break incomplete_source resolved  break quantity A seen 2  alert break A
    """)


def test_a_break_alerts_once_and_again_after_it_was_gone():
    check("""
        policy  truth book
        book    A 10 @ 10
        broker  A 9 @ 10
        ---
        broker  A 9 @ 10
        =>      alert break A  and more
        ---
        broker  A 9 @ 10
        =>      no alert  break quantity A seen 3
        ---
        broker  A 10 @ 10
        =>      no alert  break quantity A resolved
        ---
        broker  A 9 @ 10
        =>      no alert  break quantity A seen 1
        ---
        broker  A 9 @ 10
        =>      alert break A  break quantity A seen 2
    """)
