"""Splits, spin-offs and mergers at their edges; each figure worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from scenario import check, read, run
from tieout.cases.running import run_case
from tieout.core.activity import Activity, ActivityId, Ratio
from tieout.core.book import Account, AccountId, Book
from tieout.core.instrument import LedgerId
from tieout.core.policy import Policy
from tieout.core.tieout import tie_out

D3 = Decimal(3)
D100 = Decimal(100)


def test_cash_in_lieu_of_no_fraction_is_money():
    check("""
        book       AAPL 10 @ 100.00
        split s1   AAPL 2 for 1 cash 5.00
        broker     AAPL 20 @ 50.00
        =>         split AAPL 10 -> 20 realized 5.00 USD by s1  tied out
    """)


def test_cash_in_lieu_when_nothing_is_held_is_money():
    check("""
        split s1   AAPL 1 for 10 cash 5.00
        =>         restated AAPL 0 -> 0 realized 5.00 USD by s1
        =>         book nothing
    """)


def test_cash_in_lieu_sells_the_fraction_for_exactly_the_cash():
    """105 shares at 2.00 become 10.5; half a share cost 10.00 and brought 12.34."""
    check("""
        book       AAPL 105 @ 2.00 actual
        split s1   AAPL 1 for 10 cash 12.34
        broker     AAPL 10 @ 20.00
        =>         split AAPL 105 -> 10 @ 20.00 realized 2.34 USD final by s1  tied out
    """)


def test_a_spin_off_of_nothing_brings_nothing():
    check("""
        spin_off p1  GE to GEV 1 for 4 cost 20.00
        =>           book nothing
    """)


def test_a_spin_off_of_a_short_moves_cost_the_other_way():
    check("""
        book         GE -8 @ 100.00 actual
        spin_off p1  GE to GEV 1 for 4 cost 160.00
        broker       GE -8 @ 80.00
        broker       GEV -2 @ 80.00
        =>           restated GE -8 -> -8 @ 80.00 by p1
        =>           created GEV 0 -> -2 @ 80.00 by p1  tied out
    """)


def test_a_spin_off_takes_its_cost_from_the_lots_whose_cost_is_known():
    check("""
        policy       cost_basis fifo
        book         GE 8 lots 4 @ 100 2026-01-02, 4 @ 50 2026-01-03
        transfer t1  GE 2 at 14:00
        spin_off p1  GE to GEV 1 for 5 cost 60.00 at 14:30
        =>           increased GE 8 -> 10 @ ? by t1 p1
        =>           created GEV 0 -> 2 @ 30.00 by p1
        ---
        fill f1      GE -8 @ 100.00
        =>           reduced GE 10 -> 2 realized 260.00 USD
    """)


def test_a_spin_off_may_close_what_was_short():
    """Two units came at the 40.00 that left the parent's cost for each: 40 x -2 + 60 = -20."""
    check("""
        book         GE 8 @ 100.00 actual
        book         GEV -2 @ 30.00 actual
        spin_off p1  GE to GEV 1 for 4 cost 160.00
        =>           book GE 8 @ 80.00 and more
        =>           ended GEV fill
    """)


def test_a_merger_for_cash_of_units_of_unknown_cost_is_incomplete():
    check("""
        transfer t1  OLD 10 at 14:00
        merger m1    OLD cash 500.00 at 14:30
        =>           closed OLD 0 -> 0 realized incomplete reason merger by t1 m1
    """)


def test_a_merger_may_close_what_was_short_in_the_new_company():
    result = run("""
        book         OLD 10 @ 10.00 actual
        book         NEW -5 @ 30.00 actual
        merger m1    OLD to NEW 1 for 2
    """)
    assert [
        (each["kind"], each["symbol"], each["to"]) for each in result["steps"][0]["changes"]
    ] == [
        ("closed", "NEW", "0"),
        ("closed", "OLD", "0"),
    ]


def test_what_came_late_to_the_old_company_explains_what_was_seen_of_the_new():
    """10 known, 4 not: after 1 for 2 the broker shows 7. Then the fill of 4 arrives."""
    check("""
        book         OLD 10 @ 10.00 actual opened 2026-11-01
        merger m1    OLD to NEW 1 for 2 at 14:30
        broker       NEW 7 @ 20.00
        =>           closed OLD 10 -> 0 and more
        =>           created NEW 0 -> 7 and more
        ---
        fill f1      OLD 4 @ 10.00 at 14:00
        broker       NEW 7 @ 20.00
        =>           book NEW 7 @ 20.00
        =>           tied out and more
    """)


def test_a_merger_may_bring_the_new_companys_id():
    """The row that carries the id is the new company's, under whatever name."""
    case = read("""
        book       OLD 10 @ 10.00 actual
        merger m1  OLD to NEW 1 for 2
        broker     NEWCO 5 @ 20.00 id 77
        =>         applied
    """)
    case.material["steps"][0]["activities"][0]["venue_id"] = "77"
    step = run_case(case.case).json()["steps"][0]
    assert step["tied_out"] is True
    assert [(each["kind"], each["symbol"], each["to"]) for each in step["changes"]] == [
        ("created", "NEWCO", "5"),
        ("closed", "OLD", "0"),
    ]


def test_a_spin_off_takes_its_whole_cost_where_the_last_lot_has_none():
    """A third of 100 has no end; what two lots give up leaves the rest to the third."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    bought = [
        Activity(id=ActivityId(f"f{n}"), type="fill", symbol="GE", at=at, quantity=D3, price=D100)
        for n in range(3)
    ]
    came = Activity(id=ActivityId("t1"), type="transfer", symbol="GE", at=at, quantity=D3)
    spun = Activity(
        id=ActivityId("p1"), type="spin_off", symbol="GE", to="GEV", at=at, cost=D100,
        ratio=Ratio(new=Decimal(1), old=Decimal(6)),
    )  # fmt: skip
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    policy = Policy(cost_basis="fifo")
    plan = tie_out(book, None, [*bought, came, spun], policy=policy, now=at)
    position = plan.ledgers[LedgerId("GE")].position
    assert position is not None
    left = [lot.cost.value for lot in position.lots if lot.cost is not None]
    assert sum(map(Fraction, left)) == 800


@pytest.mark.parametrize("basis", ["average", "fifo"])
@pytest.mark.parametrize(
    ("happens", "quantity"),
    [
        ("split s1 AAPL 1 for 20 cash 91", "1"),
        ("", "1"),
        ("split s1 AAPL 1 for 20\n broker AAPL 1 @ 120\n---\nsplit s2 AAPL 1 for 1 cash 9", "1"),
        ("split s1 AAPL 2.50 for 1.00 at 14:00", "82.5"),
        ("split s1 AAPL 40.00 for 1 at 14:00", "1320"),
    ],
    ids=["cash in lieu", "inferred", "cash later", "ratio", "whole ratio"],
)
def test_a_ratio_writes_no_zeros_behind_a_quantity(basis, happens, quantity):
    result = run(f"""
        policy  cost_basis {basis}
        book    AAPL 33 lots 20 @ 6 2026-01-02, 13 @ 6 2026-01-03
        {happens}
        broker  AAPL {quantity} @ 120
    """)
    assert [row["quantity"] for row in result["book"]] == [quantity]
    told = [change["to"] for step in result["steps"] for change in step["changes"]]
    assert set(told) == {quantity}


def test_units_of_a_ratio_with_zeros_have_none():
    result = run("""
        book    AAPL 30 @ 6
        book    OLD 30 @ 6
        spin_off p1 AAPL to CHILD 0.50 for 1
        merger  m1 OLD to NEW 1.50 for 2
    """)
    quantities = {row["symbol"]: row["quantity"] for row in result["book"]}
    assert quantities == {"AAPL": "30", "CHILD": "15", "NEW": "22.5"}


def test_zeros_that_somebody_wrote_stay():
    result = run("""
        book    AAPL 30.00 @ 6
        split s1 AAPL 3 for 2
    """)
    assert result["book"][0]["quantity"] == "45.00"


def test_the_lots_of_a_merger_keep_their_own_fees():
    """Two of the lot that paid 1, two of the lot that paid 3."""
    check("""
        policy  cost_basis fifo
        fill a  OLD 2 @ 10 fee 1 at 14:00
        fill b  OLD 2 @ 12 fee 3 at 14:01
        merger m OLD to NEW 1 for 1 at 14:02
        =>      created NEW 0 -> 4 @ 11  closed OLD reason merger
        ---
        fill c  NEW -2 @ 15
        =>      reduced NEW 4 -> 2 @ 12 realized 9 USD (gross 10 fees 1)
        ---
        fill d  NEW -2 @ 15
        =>      closed NEW 2 -> 0 realized 3 USD (gross 6 fees 3)
    """)


def test_under_average_the_fees_of_a_merger_are_one_pool():
    check("""
        fill a  OLD 2 @ 10 fee 1 at 14:00
        fill b  OLD 2 @ 12 fee 3 at 14:01
        merger m OLD to NEW 1 for 2 at 14:02
        =>      created NEW 0 -> 2 @ 22  closed OLD
        ---
        fill c  NEW -1 @ 30
        =>      reduced NEW 2 -> 1 @ 22 realized 6 USD (gross 8 fees 2)
    """)


def test_cash_in_lieu_pays_for_what_the_activity_says_is_missing():
    """33 x 6 = 198; 1.65 by the ratio, 1 by its quantity: 0.65 x 120 = 78 went for 91."""
    check("""
        book     X 33 @ 6
        split s1 X -32 1 for 20 cash 91
        broker   X 1 @ 120
        =>       split 33 -> 1 @ 120 SYNCED realized 13 USD final by s1  tied out
    """)


def test_cash_in_lieu_pays_for_a_whole_unit_where_the_activity_says_so():
    """4 x 10 = 40 for two of 20; one of them went for 25."""
    check("""
        book     X 4 @ 10
        split s1 X -3 1 for 2 cash 25
        =>       split 4 -> 1 @ 20 realized 5 USD final by s1
    """)


def test_cash_in_lieu_of_all_that_a_split_left_ends_the_position():
    """4 x 10 = 40 for 0.4 of a share, which went for 50."""
    check("""
        book     X 4 @ 10
        split s1 X 1 for 10 cash 50
        =>       closed 4 -> 0 realized 10 USD final by s1  book nothing  total USD net 10
    """)
