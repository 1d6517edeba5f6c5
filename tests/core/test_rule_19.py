"""Rule 19: the same symbol with another id, and the same id under another symbol."""

from scenario import check


def test_rule_19_another_id_is_another_instrument():
    check("""
        book    ABC 10 @ 100 id 1
        broker  ABC 5 @ 7 id 2
        =>      created ABC 0 -> 5 @ 7 DRIFT missing ABC 10 -> 10 PENDING  and more  not tied out
    """)


def test_rule_19_the_same_id_is_the_same_instrument():
    check("""
        book    ABC 10 @ 100 id 1
        broker  ABC 10 @ 100 id 1
        =>      nothing else  tied out
    """)


def test_rule_19_where_we_know_no_id_the_first_one_is_learnt():
    check("""
        book    ABC 10 @ 100
        broker  ABC 10 @ 100 id 1
        =>      nothing else  tied out
        ---
        broker  ABC 10 @ 100 id 2
        =>      created ABC missing ABC  and more  not tied out
    """)


def test_rule_19_the_instrument_may_list_both_ids():
    check("""
        instrument ABC id 1 id 2
        book    ABC 10 @ 100 id 1
        broker  ABC 10 @ 100 id 2
        =>      nothing else  tied out
    """)


def test_rule_19_a_split_of_the_same_run_may_bring_a_new_id():
    check("""
        book    ABC 10 @ 100 id 1
        split s1 ABC 1 for 10 id 2
        broker  ABC 1 @ 1000 id 2
        =>      split ABC 10 -> 1 @ 1000 SYNCED by s1  tied out
    """)


def test_rule_19_a_split_without_the_id_says_so_too():
    check("""
        book    ABC 10 @ 100 id 1
        split s1 ABC 1 for 10
        broker  ABC 1 @ 1000 id 2
        =>      split ABC 10 -> 1 @ 1000 SYNCED by s1  tied out
    """)


def test_rule_19_a_rename_may_bring_a_new_id():
    check("""
        book    FB 10 @ 100 id 1
        rename r1 FB to META id 2
        broker  META 10 @ 100 id 2
        =>      renamed META 10 -> 10 @ 100 was FB SYNCED realized nothing by r1  tied out
    """)


def test_rule_19_a_fill_says_nothing_about_ids():
    check("""
        book    ABC 10 @ 100 id 1
        fill f1 ABC -5 @ 100
        broker  ABC 5 @ 100 id 2
        =>      break missing_at_broker ABC  and more  not tied out
    """)


def test_rule_19_the_same_id_under_another_symbol_is_renamed():
    check("""
        book    FB 10 @ 100 id 1
        broker  META 10 @ 100 id 1
        =>      renamed META 10 -> 10 @ 100 OPEN SYNCED was FB realized nothing by nothing
        =>      tied out  book META 10
        ---
        broker  META 10 @ 100 id 1
        =>      nothing else  tied out
    """)


def test_rule_19_fills_find_it_by_its_new_name():
    check("""
        book    FB 10 @ 100 id 1
        broker  META 10 @ 100 id 1
        ---
        fill f1 META -10 @ 110
        =>      closed META 10 -> 0 realized 100 USD
    """)


def test_rule_19_another_spelling_is_no_rename():
    check("""
        book    BTC/USD 1 @ 100 id 1
        broker  BTCUSD 1 @ 100 id 1
        =>      nothing else  tied out  book BTC/USD 1
    """)


def test_rule_19_a_rename_by_activity_keeps_the_position():
    check("""
        book    RNA 7.30762391 @ 300
        rename r1 RNA to RNAM
        broker  RNAM 7.30762391 @ 300
        =>      renamed RNAM 7.30762391 -> 7.30762391 @ 300 was RNA SYNCED by r1  tied out
    """)


def test_rule_19_a_fill_with_an_id_is_of_that_instrument_and_not_of_another_of_its_name():
    check("""
        book    ABC 10 @ 100 id 1
        fill f1 ABC 5 @ 7 id 2
        broker  ABC 10 @ 100 id 1
        broker  ABC 5 @ 7 id 2
        =>      created ABC 0 -> 5 @ 7 SYNCED by f1  nothing else  tied out
        ---
        fill f2 ABC -10 @ 120 id 1
        broker  ABC 5 @ 7 id 2
        =>      closed ABC 10 -> 0 by f2 realized 200 USD  nothing else  tied out
    """)


def test_rule_19_a_fill_with_an_id_is_not_of_a_flat_one_that_had_the_name_before():
    check("""
        book    ABC 10 @ 100 id 1
        fill f1 ABC -10 @ 120 id 1
        broker  nothing
        =>      closed ABC realized 200 USD  tied out
        ---
        fill f2 ABC 5 @ 7 id 2
        broker  ABC 5 @ 7 id 2
        =>      created ABC 0 -> 5 @ 7 SYNCED by f2  nothing else  tied out
    """)


def test_rule_19_a_fill_finds_its_instrument_by_the_id_under_a_new_name():
    check("""
        book    ABC 10 @ 100 id 1
        fill f1 XYZ -4 @ 120 id 1
        broker  XYZ 6 @ 100 id 1
        =>      reduced XYZ 10 -> 6 SYNCED realized 80 USD by f1 was "ABC"  tied out
    """)
